"""The method "mlrg": one model of `isingrg.mlrg`, trained, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import Report
from isingrg._shared.records import Settings, keywords_of, part
from isingrg.mlrg._family import groups
from isingrg.mlrg._many import fit_many
from isingrg.mlrg._survey import measure
from isingrg.mlrg.model import MLRG

#: Steps at the end of the training over which the loss is averaged.
_LAST_STEPS = 100

_OF_MODEL = keywords_of(MLRG)
_OF_FIT = keywords_of(MLRG.fit)

KEYWORDS = _OF_MODEL | _OF_FIT


def member(**settings: Any) -> dict[str, Any]:
    """The method "mlrg" trains one model of `isingrg.mlrg` in each member. Its settings are the
    keywords of `MLRG` and of `MLRG.fit`. For c couplings its values are ``fixed_point`` (c,);
    there ``thermal_exponent``, ``degeneracy`` and the first ``scaling_dimension``;
    ``critical_coupling``; ``loss``, the mean of the last 100 steps in nats; and with the setting
    `record_from` also ``recorded`` (steps - record_from,), the fixed points recorded in training.
    A value that a model does not have is NaN.
    """
    with _made(settings) as model:
        return _said(model.fit(**part(settings, _OF_FIT)), settings)


def together(
    members: Sequence[Settings], report: Report | None
) -> list[dict[str, Any] | Exception]:
    """Trains models side by side in the core."""
    results: list[dict[str, Any] | Exception] = [{} for _ in members]
    models: dict[int, MLRG] = {}
    for index, settings in enumerate(members):
        try:
            models[index] = _made(settings)
        except Exception as error:
            results[index] = error
    fits = [part(members[index], _OF_FIT) for index in models]
    errors = fit_many(list(models.values()), fits, progress=report or False)
    for (index, model), failure in zip(models.items(), errors, strict=True):
        try:
            with model:
                results[index] = failure or _said(model, members[index])
        except Exception as error:
            results[index] = error
    return results


def _made(settings: Settings) -> MLRG:
    model = MLRG(**part(settings, _OF_MODEL))
    if len(groups(model._configuration.internal)) > 1:
        raise ArgumentError(
            "internal must be a single group in an ensemble, whose values are those of one q"
        )
    return model


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
