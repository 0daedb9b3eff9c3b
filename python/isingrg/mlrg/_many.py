"""Training of many models side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from isingrg import _core
from isingrg._errors import ArgumentError
from isingrg._progress import reporting
from isingrg.mlrg.model import MLRG
from isingrg.mlrg.settings import RANGES

_KEYWORDS = {*RANGES, "proposal", "seed", "total_steps"}


def fit_many(
    models: Sequence[MLRG], settings: Sequence[Mapping[str, Any]], *, progress: Any = False
) -> list[Exception | None]:
    """Train several models side by side, one on each thread.

    Small models, such as those of A1, keep a single thread busy; side by side they use all. Each
    model ends exactly as after ``model.fit(**settings[i])``, bit for bit.

    Parameters
    ----------
    models : sequence of MLRG
        All different.
    settings : sequence of mappings
        Keywords of `MLRG.fit` for each, without progress.
    progress : bool or callable
        Counts the steps of all models.

    Returns
    -------
    list of Exception or None
        What `fit` would have raised for each model, such as `NonFiniteError`; the model is at its
        last complete step.

    Raises
    ------
    ArgumentError, TypeError
        If any setting is wrong; then no model has changed.
    KeyboardInterrupt, Interrupted
        When stopped; every model is at its last complete step and `fit` continues from it.
    """
    if len(models) != len(settings):
        raise ArgumentError(
            f"settings must be as many as the {len(models)} models, got {len(settings)}"
        )
    if len({id(model) for model in models}) != len(models):
        raise ArgumentError("models must all be different")
    fits = [_begin(model, dict(one)) for model, one in zip(models, settings, strict=True)]
    if not fits:
        return []
    with reporting(progress, "training") as report:
        outcomes, stopped = _core.mlrg_fit_many(tuple(fit.task() for fit in fits), report)
    errors = [
        model._finish(fit, done, error)
        for model, fit, (done, error) in zip(models, fits, outcomes, strict=True)
    ]
    if stopped is not None:
        raise stopped
    return errors


def _begin(model: MLRG, keywords: dict[str, Any]) -> Any:
    unknown = keywords.keys() - _KEYWORDS
    if unknown:
        raise TypeError(f"MLRG.fit has no keyword {min(unknown)!r}")
    return model._begin(keywords.pop("seed", None), keywords.pop("total_steps", None), keywords)
