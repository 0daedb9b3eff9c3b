"""The student that converges: loops of four tensors instead of a star, with chi states per spin.

The star of Hou & You keeps the short-range loop within each plaquette as if it were relevant,
whatever its representation. Here neighbouring plaquettes are mirror images of each other. The
teacher is the ring T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'],
whose bare form S = exp(J z (a + b)) is the teacher of A1, and the student
sum_z S'[z, a, b] S'[z, d, c] is judged by the loop of four. `isingrg.tensorrg.LoopTNR` does the
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import Report, reporting, tell
from isingrg.mlrg._couplings import Floats
from isingrg.statistics import Estimate
from isingrg.tensorrg import Flow, LoopFixedPoint, LoopTNR, MirrorState, loop_fixed_point
from isingrg.tensorrg.loop import mirror_state, ring

Progress = bool | Callable[[int, int], Any]

#: Sites of the Lieb lattice in a teacher: four corners, each of two teachers, and four edges.
LIEB_SITES = 6

#: Couplings beyond it leave nothing of the other weights.
LARGEST_COUPLING = 10.0

#: From states of spin +1, -1 to those of charge +1, -1, which is its own inverse.
_HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)

#: Delta_1 of states that have clearly left the critical point, to either side.
_ORDERED, _DISORDERED = 0.05, 0.3

#: Steps after which Delta_1 of a state says which phase it is in, and after which it has to.
_FIRST, _LAST = 4, 60


def tensor_flow(
    J: ArrayLike, chi: int, steps: int = 20, *, mu: float = 1e-5, iterations: int = 600,
    tolerance: float = 1e-10, progress: Progress = False,
) -> Flow:  # fmt: skip
    """The deterministic flow of the student with chi states per spin, from couplings on.

    Parameters
    ----------
    J : array_like, shape () or (3,)
        The coupling of the Lieb lattice, or the couplings (J_a, J_b, K) of ln S = J_a z a +
        J_b z b + K a b; at most 10 in magnitude.
    chi : int
        States of a spin, 1 to 64: 2, 4, 6, 8, 10, 12 and 16 are good.
    steps : int
        Steps, 0 to 10**6, each of which doubles the area.
    mu, iterations, tolerance : float, int, float
        As for `isingrg.tensorrg.LoopTNR`.
    progress : bool or callable
        Counts steps.

    Returns
    -------
    isingrg.tensorrg.Flow
        States, free energy, dimensions, central charge, degeneracy and distance of each step.
    """
    scheme = LoopTNR(chi, mu=mu, iterations=iterations, tolerance=tolerance)
    return scheme.follow(teacher_state(J), steps, progress=progress)


def teacher_state(J: ArrayLike) -> MirrorState:
    """The ring of students with couplings J, where a flow begins.

    Parameters
    ----------
    J : array_like, shape () or (3,)
        As for `tensor_flow`.

    Returns
    -------
    isingrg.tensorrg.MirrorState
    """
    student = loop_student(J)
    return mirror_state(ring(student), np.array([0, 1]), 0.0, 1.0, LIEB_SITES, student=student)


def loop_student(J: ArrayLike) -> Floats:
    """S = exp(J_a z a + J_b z b + K a b) of Ising spins, in states of charge +1 and -1.

    Parameters
    ----------
    J : array_like, shape () or (3,)
        As for `tensor_flow`.

    Returns
    -------
    ndarray, shape (2, 2, 2)
        S[z, a, b]: state 0 of each spin is (+1 + -1) / sqrt 2, state 1 is (+1 - -1) / sqrt 2.
    """
    values = arguments.reals("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    if values.shape not in ((), (3,)):
        raise ArgumentError(f"J must have the shape () or (3,), got {values.shape}")
    a, b, k = values if values.ndim else (values, values, 0.0)
    spin = np.array([1.0, -1.0])
    z_a, z_b, a_b = (
        np.multiply.outer(spin, spin).reshape(shape) for shape in ((2, 2, 1), (2, 1, 2), (1, 2, 2))
    )
    return _between(np.exp(a * z_a + b * z_b + k * a_b))


def loop_couplings(student: ArrayLike) -> Floats:
    """The couplings (J_a, J_b, K) of a student of Ising spins, the inverse of `loop_student`.

    Parameters
    ----------
    student : array_like, shape (2, 2, 2)
        S[z, a, b] in states of charge +1 and -1.

    Returns
    -------
    ndarray, shape (3,)
        With J_a >= 0 and J_b >= 0, which the signs of z and of b are chosen for.

    Raises
    ------
    ConvergenceError
        If no choice of signs makes all weights positive.
    """
    values = arguments.moderate("student", student)
    if values.shape != (2, 2, 2):
        raise ArgumentError(f"student must have the shape (2, 2, 2), got {values.shape}")
    weights = _between(values)
    weights = weights * np.sign(weights.flat[np.abs(weights).argmax()])
    if weights.min() <= 0:
        raise ConvergenceError("the student has weights of both signs, which no couplings give")
    logs = np.log(weights)
    return positive(np.array([_even(logs, axes) for axes in ((0, 1), (0, 2), (1, 2))]))


def positive(couplings: Floats) -> Floats:
    """The couplings of the same student with J_a >= 0 and J_b >= 0."""
    couplings = couplings.copy()
    if couplings[0] < 0:  # z -> -z
        couplings[[0, 1]] *= -1
    if couplings[1] < 0:  # b -> -b
        couplings[[1, 2]] *= -1
    return couplings


def _between(student: Floats) -> Floats:
    return np.ascontiguousarray(
        np.einsum("zab,zw,ac,bd->wcd", student, _HADAMARD, _HADAMARD, _HADAMARD)
    )


def _even(logs: Floats, axes: tuple[int, int]) -> float:
    spins = np.array([1.0, -1.0])
    signs = np.ones((2, 2, 2))
    for axis in axes:
        signs = signs * spins.reshape([2 if axis == k else 1 for k in range(3)])
    return float((signs * logs).mean())


@dataclass(frozen=True, eq=False)
class LoopCriticalPoint:
    """Where a flow with chi states per spin neither orders nor disorders."""

    #: States of a spin.
    chi: int
    #: Critical coupling J* of the Lieb lattice.
    J: float
    #: Half of the width it is known within.
    uncertainty: float
    #: Flows that were followed.
    flows: int


def critical_coupling(
    chi: int, *, method: str = "secant", low: float = 0.70, high: float = 0.85,
    width: float | None = None, step: int = 12, mu: float = 1e-5, iterations: int = 600,
    tolerance: float = 1e-10, progress: Progress = False,
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
        Couplings in the disordered and in the ordered phase, 0 to 10.
    width : float, optional
        The result is known within it, 1e-14 to 1; by default 2e-7 for bisection and 1e-9 for the
        secant method.
    step : int
        Of the secant method, 2 to 40.
    mu, iterations, tolerance : float, int, float
        As for `isingrg.tensorrg.LoopTNR`.
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
    scheme = LoopTNR(chi, mu=mu, iterations=iterations, tolerance=tolerance)
    method = arguments.choice("method", method, ("secant", "bisection"))
    low = arguments.finite("low", low, 0, LARGEST_COUPLING)
    high = arguments.finite("high", high, low, LARGEST_COUPLING)
    final = 2e-7 if method == "bisection" else 1e-9
    width = arguments.finite("width", final if width is None else width, 1e-14, 1)
    step = arguments.integer("step", step, 2, 40)
    with reporting(progress, "critical coupling", "flows") as report:
        flows = _Flows(scheme, report)
        if flows.is_ordered(low) or not flows.is_ordered(high):
            raise ConvergenceError(f"low = {low} and high = {high} must be on both sides of J*")
        coarse = width if method == "bisection" else max(width, 1e-4)
        while high - low > coarse:
            middle = (low + high) / 2
            if flows.is_ordered(middle):
                high = middle
            else:
                low = middle
        J, uncertainty = (low + high) / 2, (high - low) / 2
        if method == "secant":
            J, uncertainty = _secant(lambda J: flows.growth(J, step), low, high, width)
        tell(report, _MOST_FLOWS, _MOST_FLOWS)
    return LoopCriticalPoint(chi, J, uncertainty, flows.count)


#: More flows than a search takes, but with a width near the smallest.
_MOST_FLOWS = 50


class _Flows:
    """Flows of one scheme from the bare line, counted."""

    def __init__(self, scheme: LoopTNR, report: Report | None) -> None:
        self.scheme, self.report, self.count = scheme, report, 0

    def _begin(self, J: float) -> MirrorState:
        tell(self.report, min(self.count, _MOST_FLOWS - 1), _MOST_FLOWS)
        self.count += 1
        return teacher_state(J)

    def is_ordered(self, J: float) -> bool:
        state = self._begin(J)
        for n in range(_LAST):
            lowest = _delta(state)
            if n >= _FIRST and lowest < _ORDERED:
                return True
            if n >= _FIRST and lowest > _DISORDERED:
                return False
            state, _ = self.scheme.step(state)
        raise ConvergenceError(f"after {_LAST} steps the flow from J = {J} is in no phase")

    def growth(self, J: float, step: int) -> float:
        """Delta_1(step + 2) - Delta_1(step)."""
        flow = self.scheme.follow(self._begin(J), step + 2)
        return _delta(flow.states[step + 2]) - _delta(flow.states[step])


def _delta(state: MirrorState | Any) -> float:
    """Delta_1, infinite where a small chi has left no odd state."""
    odd = state.spectrum.dimensions[1:]
    return float(odd[0][0]) if odd and len(odd[0]) else math.inf


def _secant(
    function: Callable[[float], float], low: float, high: float, width: float
) -> tuple[float, float]:
    """Where a function changes sign, between two couplings, by secants (the Illinois method).

    An end that stays twice counts half, so that both ends move. Noise of the flows near the zero
    leads to one of several changes of sign.
    """
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


@dataclass(frozen=True, eq=False)
class LoopExponents:
    """What the flow with chi states per spin says of the critical point, from `loop_exponents`.

    Estimates from the flow are means over the last eight steps, and their errors the scatter
    between these.
    """

    #: Lowest odd scaling dimension, 1/8 for the Ising model.
    delta_sigma: Estimate
    #: Lowest even scaling dimension after the identity, 1.
    delta_epsilon: Estimate
    #: Central charge, 1/2.
    central_charge: Estimate
    #: The base-2 logarithm of dDelta_1/dJ two steps later over the same now.
    thermal_from_differences: Estimate
    #: The flow linearised at its fixed point, or None where that was not asked for.
    fixed_point: LoopFixedPoint | None

    @property
    def thermal_exponent(self) -> Estimate:
        """y_t, of the linearised flow if there is one; the error is its distance to the other."""
        other = self.thermal_from_differences
        if self.fixed_point is None:
            return other
        value = self.fixed_point.thermal_exponent
        return Estimate(value, abs(other.value - value))


def loop_exponents(
    chi: int, J: float | None = None, *, step: int = 12, linearise: bool | None = None,
    difference: float = 1e-6, mu: float = 1e-5, iterations: int = 600, tolerance: float = 1e-10,
    progress: Progress = False,
) -> LoopExponents:  # fmt: skip
    """Exponents, dimensions and central charge on the plateau of a critical flow.

    Parameters
    ----------
    chi : int
        States of a spin, 1 to 64: 2, 4, 6, 8, 10, 12 and 16 are good.
    J : float, optional
        Coupling, at most 10 in magnitude; by default that of `critical_coupling`.
    step : int
        Last step, 10 to 40.
    linearise : bool, optional
        Whether to find the fixed point and linearise the flow there, which costs chi^9; by default
        up to chi = 8.
    difference : float
        J is moved by it to either side for the derivative, 1e-12 to 1e-2.
    mu, iterations, tolerance : float, int, float
        As for `isingrg.tensorrg.LoopTNR`.
    progress : bool or callable
        Counts flows, and steps of Newton's method; it is told of each part anew.

    Returns
    -------
    LoopExponents

    Raises
    ------
    ConvergenceError
        If the critical coupling or the fixed point is not found, or the flow leaves it too early.
    """
    step = arguments.integer("step", step, 10, 40)
    difference = arguments.finite("difference", difference, 1e-12, 1e-2)
    scheme = LoopTNR(chi, mu=mu, iterations=iterations, tolerance=tolerance)
    linearise = chi <= 8 if linearise is None else arguments.boolean("linearise", linearise)
    if J is None:
        J = critical_coupling(
            chi, step=step, mu=mu, iterations=iterations, tolerance=tolerance, progress=progress
        ).J
    J = arguments.finite("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    here, above, below = (
        scheme.follow(teacher_state(J + d), step, progress=progress)
        for d in (0.0, difference, -difference)
    )
    if not all(math.isfinite(_delta(flow.states[-1])) for flow in (here, above, below)):
        raise ConvergenceError(f"with chi = {chi} no odd state is left after {step} steps")
    slopes = np.abs(above.dimension(1) - below.dimension(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log2(slopes[2:] / slopes[:-2])
    return LoopExponents(
        delta_sigma=_scatter(here.dimension(1)),
        delta_epsilon=_scatter(here.dimension(0, 1)),
        central_charge=_scatter(here.central_charge),
        thermal_from_differences=_scatter(growth),
        fixed_point=_fixed_point(scheme, here, progress) if linearise else None,
    )


def _fixed_point(scheme: LoopTNR, flow: Flow, progress: Progress) -> LoopFixedPoint:
    state = flow.states[-1]
    assert isinstance(state, MirrorState)
    return loop_fixed_point(scheme, state, progress=progress)


def _scatter(values: Floats) -> Estimate:
    values = values[-8:]
    if not np.isfinite(values).all():
        raise ConvergenceError("the flow has left the critical point before its last step")
    return Estimate(float(values.mean()), float(values.std(ddof=1)))
