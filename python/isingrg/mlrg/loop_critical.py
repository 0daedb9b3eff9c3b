"""The critical coupling of the Lieb lattice as students with chi states per spin have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from isingrg._shared import arguments
from isingrg._shared.errors import ConvergenceError
from isingrg._shared.progress import Report, reporting, tell
from isingrg.mlrg.internal import InternalSymmetry, internal_symmetry
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress, loop_scheme, teacher_state
from isingrg.tensorrg import LoopTNR, MirrorState
from isingrg.tensorrg.critical import bisected, is_ordered, lowest_dimension


@dataclass(frozen=True, eq=False)
class LoopCriticalPoint:
    """Where a flow with chi states per spin neither orders nor disorders."""

    #: States of a spin.
    chi: int
    #: Critical coupling J* of the Lieb lattice.
    J: float
    #: Half of the width within which the flow's own answer at its step is known. With "secant" that
    #: answer still moves with the step, by 1e-7 from the default on.
    uncertainty: float
    #: Flows that were followed.
    flows: int


def critical_coupling(
    chi: int, *, method: str = "secant", low: float = 0.70, high: float = 0.85,
    width: float | None = None, step: int = 12, mu: float = 1e-5, iterations: int | None = None,
    tolerance: float = 1e-10, internal: Any = "Z2", progress: Progress = False,
) -> LoopCriticalPoint:  # fmt: skip
    """The critical coupling of the Lieb lattice as the student with chi states per spin has it.

    Parameters
    ----------
    chi : int
        States of a spin, 1 to 64: 2, 4, 6, 8, 10, 12 and 16 are good.
    method : {"secant", "bisection"}
        Bisection asks only to which phase a flow goes. The secant method begins with some
        bisections and then solves Delta_1(step + 2) = Delta_1(step), which costs fewer flows.
    low, high : float
        Couplings in the disordered and in the ordered phase, 0 to 10. Those of Potts models are
        between 1.5 and 2.1 for two to five states.
    width : float, optional
        The result is known within it, 1e-14 to 1; by default 2e-7 for bisection and 1e-9 for the
        secant method.
    step : int
        Of the secant method, 2 to 40.
    mu, iterations, tolerance : float, int, float
        As for `tensor_flow`.
    internal : str or sequence of permutations
        As for `tensor_flow`.
    progress : bool or callable
        Counts flows; the total is an estimate.

    Returns
    -------
    LoopCriticalPoint

    Raises
    ------
    ConvergenceError
        If both ends are in one phase, a flow stays critical, or the secants do not settle.
    """
    scheme = loop_scheme(chi, mu, iterations, tolerance, internal)
    method = arguments.choice("method", method, ("secant", "bisection"))
    low = arguments.finite("low", low, 0, LARGEST_COUPLING)
    high = arguments.finite("high", high, low, LARGEST_COUPLING)
    final = 2e-7 if method == "bisection" else 1e-9
    width = arguments.finite("width", final if width is None else width, 1e-14, 1)
    step = arguments.integer("step", step, 2, 40)
    symmetry = internal_symmetry(internal)
    with reporting(progress, "critical coupling", "flows") as report:
        flows = _Flows(scheme, symmetry, report)
        if flows.is_ordered(low) or not flows.is_ordered(high):
            raise ConvergenceError(f"low = {low} and high = {high} must be on both sides of J*")
        coarse = width if method == "bisection" else max(width, 1e-4)
        low, high = bisected(flows.is_ordered, low, high, coarse)
        J, uncertainty = (low + high) / 2, (high - low) / 2
        if method == "secant":
            J, uncertainty = _secant(lambda J: flows.growth(J, step), low, high, width)
        tell(report, _MOST_FLOWS, _MOST_FLOWS)
    return LoopCriticalPoint(chi, J, uncertainty, flows.count)


#: More flows than a search takes, but with a width near the smallest.
_MOST_FLOWS = 50


class _Flows:
    """Flows of one scheme from the bare line, counted."""

    def __init__(self, scheme: LoopTNR, symmetry: InternalSymmetry, report: Report | None) -> None:
        self.scheme, self.symmetry, self.report, self.count = scheme, symmetry, report, 0

    def _begin(self, J: float) -> MirrorState:
        tell(self.report, min(self.count, _MOST_FLOWS - 1), _MOST_FLOWS)
        self.count += 1
        return teacher_state(J, internal=self.symmetry)

    def is_ordered(self, J: float) -> bool:
        return is_ordered(self._begin(J), self.scheme, lowest_dimension, f"J = {J}")

    def growth(self, J: float, step: int) -> float:
        """Delta_1(step + 2) - Delta_1(step)."""
        flow = self.scheme.follow(self._begin(J), step + 2)
        return lowest_dimension(flow.states[step + 2]) - lowest_dimension(flow.states[step])


#: Times that an interval without a change of sign becomes three times as wide.
_WIDENED = 3


def _secant(
    function: Callable[[float], float], low: float, high: float, width: float
) -> tuple[float, float]:
    """Where a function changes sign, between two couplings, by secants (the Illinois method).

    An end that stays twice counts half, so that both ends move. Noise of the flows near the zero
    leads to one of several changes of sign.
    """
    below, above = function(low), function(high)
    for _ in range(_WIDENED):  # a phase very near to the critical point may have been misjudged
        if below * above < 0:
            break
        low, high = low - (high - low), high + (high - low)
        below, above = function(low), function(high)
    if not below * above < 0:
        raise ConvergenceError(f"Delta_1 moves in one direction at both J = {low} and J = {high}")
    stayed = None
    for _ in range(100):
        middle = (low * above - high * below) / (above - below)
        if high - low <= width or not low < middle < high:
            return (low + high) / 2, (high - low) / 2
        # Not nearer to an end than a part of the width, so that the other one can follow.
        middle = min(max(middle, low + 0.25 * width), high - 0.25 * width)
        value = function(middle)
        if value * above > 0:
            high, above = middle, value
            below, stayed = below / 2 if stayed == "low" else below, "low"
        else:
            low, below = middle, value
            above, stayed = above / 2 if stayed == "high" else above, "high"
    raise ConvergenceError(f"the secants between {low} and {high} do not settle")
