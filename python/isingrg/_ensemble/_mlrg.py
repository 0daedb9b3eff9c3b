"""The method "mlrg": one model of `isingrg.mlrg`, trained, and what it says."""

import inspect
from collections.abc import Sequence
from typing import Any

from isingrg import mlrg
from isingrg._ensemble._plan import Settings, part
from isingrg._progress import Report
from isingrg.mlrg import MLRG
from isingrg.mlrg._survey import measure

#: Steps at the end of the training over which the loss is averaged.
_LAST_STEPS = 100

_OF_MODEL = frozenset(inspect.signature(MLRG).parameters)
_OF_FIT = frozenset(inspect.signature(MLRG.fit).parameters) - {"self", "progress"}

KEYWORDS = _OF_MODEL | _OF_FIT


def member(**settings: Any) -> dict[str, Any]:
    """Trains one model."""
    with MLRG(**part(settings, _OF_MODEL)) as model:
        return _said(model.fit(**part(settings, _OF_FIT)), settings)


def together(
    members: Sequence[Settings], report: Report | None
) -> list[dict[str, Any] | Exception]:
    """Trains models side by side in the core."""
    results: list[dict[str, Any] | Exception] = [{} for _ in members]
    models: dict[int, MLRG] = {}
    for index, settings in enumerate(members):
        try:
            models[index] = MLRG(**part(settings, _OF_MODEL))
        except Exception as error:
            results[index] = error
    fits = [part(members[index], _OF_FIT) for index in models]
    errors = mlrg.fit_many(list(models.values()), fits, progress=report or False)
    for (index, model), failure in zip(models.items(), errors, strict=True):
        try:
            with model:
                results[index] = failure or _said(model, members[index])
        except Exception as error:
            results[index] = error
    return results


def _said(model: MLRG, settings: Settings) -> dict[str, Any]:
    """Universal numbers, NaN where the model has none; see `isingrg.ensemble` for their names."""
    said = measure(model)
    del said["failures"]
    said["scaling_dimension"] = said.pop("delta_1")
    history = model.history
    said["loss"] = history["loss"][-_LAST_STEPS:].mean()
    if settings.get("record_from") is not None:
        said["recorded"] = history["fixed_point"][settings["record_from"] :]
    return said
