"""Several models of one kind, trained at once, and what they agree on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isingrg._shared.errors import ConvergenceError, NonFiniteError
from isingrg._shared.progress import Report
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._many import fit_many
from isingrg.mlrg.model import MLRG

#: The universal numbers of a model.
NUMBERS = ("critical_coupling", "degeneracy", "delta_1", "thermal_exponent")


@dataclass(frozen=True)
class Trained:
    """A trained model and its universal numbers.

    What a model has no answer to is NaN, and `failures` holds the reason under its name.
    """

    model: MLRG
    seed: int
    fixed_point: Floats
    critical_coupling: float
    degeneracy: float
    delta_1: float
    thermal_exponent: float
    failures: dict[str, str] = field(default_factory=dict)


def train(
    seeds: Sequence[int], model: dict[str, Any], fit: dict[str, Any], report: Report | None = None
) -> list[Trained]:
    """One model for each seed, side by side; `report` hears of the steps of all together.

    Raises what ended a training early. A model without a transition is a result: see `Trained`.
    """
    models = [MLRG(**model) for _ in seeds]
    errors = fit_many(models, [fit | {"seed": seed} for seed in seeds], progress=report or False)
    for error in errors:
        if error is not None:
            raise error
    return [Trained(one, seed, **measure(one)) for one, seed in zip(models, seeds, strict=True)]


def measure(model: MLRG) -> dict[str, Any]:
    """Fixed point (c,), universal numbers and failures, as in `Trained`."""
    numbers: dict[str, Any] = {"fixed_point": np.full(model._count, math.nan)}
    numbers |= dict.fromkeys(NUMBERS, math.nan)
    failures: dict[str, str] = {}

    def attempt(names: Sequence[str], function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (ConvergenceError, NonFiniteError, np.linalg.LinAlgError) as error:
            failures.update(dict.fromkeys(names, str(error)))
            return None

    critical = attempt(NUMBERS[:1], model.critical_coupling)
    if critical is not None:
        numbers["critical_coupling"] = critical
    point = attempt(NUMBERS[1:], model.fixed_point)
    if point is not None:
        numbers["fixed_point"] = np.atleast_1d(point)
        for name, function in (
            ("degeneracy", lambda: model.ground_state_degeneracy(point)),
            ("delta_1", lambda: model.scaling_dimensions(point, k=2)[1]),
            ("thermal_exponent", lambda: model.thermal_exponent(point)),
        ):
            value = attempt([name], function)
            if value is not None:
                numbers[name] = float(value)
    return numbers | {"failures": failures}
