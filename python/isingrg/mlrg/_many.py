"""Training of many models side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg._shared.training import TrainingCall, advise
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._fitting import begin
from isingrg.mlrg.model import MLRG
from isingrg.mlrg.settings import Training

_KEYWORDS = {*Training.declared(), "seed", "total_steps"}


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
        Keywords of `MLRG.fit` for each, but for checkpoint, callback, every and progress.
    progress : bool or callable
        Counts the steps of all models.

    Returns
    -------
    list of Exception or None
        What `fit` would have raised for each model. A model whose settings are wrong has not
        changed; one whose training ended early is at its last complete step.

    Raises
    ------
    ArgumentError, TypeError
        If there are not as many settings as models, or a model is given twice.
    KeyboardInterrupt, Interrupted
        When stopped; every model is at its last complete step and `fit` continues from it.
    """
    models = _all_of("models", models, MLRG, "models of MLRG")
    settings = _all_of("settings", settings, Mapping, "mappings")
    if len(models) != len(settings):
        raise ArgumentError(
            f"settings must be as many as the {len(models)} models, got {len(settings)}"
        )
    if len({id(model) for model in models}) != len(models):
        raise ArgumentError("models must all be different")
    errors: list[Exception | None] = [None] * len(models)
    fits: dict[int, TrainingCall] = {}
    holder = object()
    try:
        for index, (model, keywords) in enumerate(zip(models, settings, strict=True)):
            try:
                model._hold(holder)
                fits[index] = _begin(model, dict(keywords))
            except Exception as error:
                errors[index] = error
        if fits:
            _train(models, fits, errors, progress)
        return errors
    finally:
        for model in models:
            if model._holder is holder:
                del model._holder


def _train(
    models: Sequence[MLRG],
    fits: dict[int, TrainingCall],
    errors: list[Exception | None],
    progress: Any,
) -> None:
    failures: Iterable[Exception | None] = [None] * len(fits)
    stopped: BaseException | None
    for index, fit in fits.items():
        models[index]._last_training = fit
    try:
        with reporting(progress, "training", "steps") as report:
            tasks = tuple(_task(fit) for fit in fits.values())
            outcomes, stopped = _core.mlrg_fit_many(tasks, report)
        failures = [failure for _, failure in outcomes]
    except BaseException as late:  # Ctrl-C after the core last looked for it
        stopped = late
    for (index, fit), failure in zip(fits.items(), failures, strict=True):
        model = models[index]
        done = model._take(fit)
        if failure is not None:
            advise(failure, fit)
            model._note_state(failure, done, fit.of)
            errors[index] = failure
    if stopped is not None:
        raise stopped


def _begin(model: MLRG, keywords: dict[str, Any]) -> TrainingCall:
    unknown = keywords.keys() - _KEYWORDS
    if unknown:
        raise TypeError(f"fit_many takes no keyword {min(unknown)!r}")
    return begin(model, keywords.get("seed"), keywords.get("total_steps"), keywords)


def _task(fit: TrainingCall) -> tuple[Any, dict[str, Any], Floats]:
    """Arguments of the core, but for progress."""
    return fit.native, fit.record | {"steps": len(fit.rows)}, fit.rows


def _all_of(name: str, values: Any, kind: Any, meant: str) -> list[Any]:
    """As a list; the first item of another kind is refused, however many follow."""
    items = []
    for item in values:
        if not isinstance(item, kind):
            raise TypeError(f"{name} must hold {meant}, not {type(item).__name__}")
        items.append(item)
    return items
