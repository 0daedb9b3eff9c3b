"""Critical coupling of a model: where flows from bare couplings (J0, 0, ...) change their phase.

Three answers to one question. "monotone" is the maximum of C(J(J0, l)) (Eq. 21 of Hou & You) and
"degeneracy" the crossing of Z(J(J0, l)) at neighbouring l (their Sec. III D); "phase" brackets the
J0 at which the end of the flow changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._phases import phase_bracket
from isingrg.mlrg._scales import from_scales
from isingrg.statistics import Estimate


@dataclass(frozen=True)
class CriticalCouplings:
    """Critical coupling J0* by three methods; see `MLRG.critical_coupling_estimates`."""

    #: From the phase in which flows end.
    phase: Estimate
    #: From the maximum of C(J(J0, l)), Eq. 21 of Hou & You.
    monotone: Estimate
    #: From the crossing of Z(J(J0, l)), their Sec. III D.
    degeneracy: Estimate


def estimates(model: Any, steps: int) -> CriticalCouplings:
    """All methods; what fails says why."""
    try:
        low, high = phase_bracket(model)
        phase = Estimate(0.5 * (low + high), 0.5 * (high - low))
    except ConvergenceError as error:
        phase = Estimate.missing(str(error))
    return CriticalCouplings(phase, *from_scales(model, steps))


def critical_coupling(model: Any, method: str | None, steps: int) -> float:
    """J0* by one method, by default that of the paper where the model has a monotone."""
    if method is None:
        method = "monotone" if model._configuration.moderator == "monotone" else "phase"
    if method == "phase":
        return 0.5 * sum(phase_bracket(model))
    monotone, degeneracy = from_scales(model, steps)
    found = monotone if method == "monotone" else degeneracy
    if found.reason:
        raise ConvergenceError(f"no critical coupling: {found.reason}")
    return float(found.value)
