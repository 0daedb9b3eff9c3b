"""Exponents, dimensions and central charge of the critical flow with chi states per spin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.internal import InternalSymmetry, internal_symmetry
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress, loop_scheme, teacher_state
from isingrg.mlrg.loop_critical import critical_coupling
from isingrg.statistics import Estimate
from isingrg.tensorrg import Flow, LoopFixedPoint, LoopTNR, MirrorState, State, loop_fixed_point


@dataclass(frozen=True, eq=False)
class LoopExponents:
    """What the flow with chi states per spin says of the critical point, from `loop_exponents`.

    Estimates from the flow are means over the last eight steps, and their errors the scatter
    between these.
    """

    #: Lowest odd scaling dimension, 1/8 for the Ising model.
    delta_sigma: Estimate
    #: Lowest scaling dimension after the identity that no exchange of states changes, 1 for the
    #: Ising model.
    delta_epsilon: Estimate
    #: Central charge, 1/2 for the Ising model.
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
    difference: float = 1e-6, mu: float = 1e-5, iterations: int | None = None,
    tolerance: float = 1e-10, internal: Any = "Z2", progress: Progress = False,
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
        up to chi = 8 for Ising spins. It is not possible for others: the flow keeps one parity of
        their symmetry, and the leading direction of the linearised flow would be a field.
    difference : float
        J is moved by it to either side for the derivative, 1e-12 to 1e-2.
    mu, iterations, tolerance : float, int, float
        As for `tensor_flow`.
    internal : str or sequence of permutations
        "Z2" of Ising spins, or the group of all permutations, "S3" to "S6".
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
    scheme = loop_scheme(chi, mu, iterations, tolerance, internal)
    symmetry = _full_symmetry(internal)
    is_ising = symmetry.q == 2
    linearise = chi <= 8 and is_ising if linearise is None else arguments.boolean(
        "linearise", linearise
    )  # fmt: skip
    if linearise and not is_ising:
        raise ArgumentError(f"linearise must be False with internal={symmetry.name!r}")
    if J is None:
        low, high = _BRACKETS.get(symmetry.name, (1.4, 2.2))
        J = critical_coupling(
            chi, low=low, high=high, step=step, mu=mu, iterations=iterations, tolerance=tolerance,
            internal=symmetry, progress=progress,
        ).J  # fmt: skip
    J = arguments.finite("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    here, above, below = (
        scheme.follow(teacher_state(J + d, internal=symmetry), step, progress=progress)
        for d in (0.0, difference, -difference)
    )
    if not all(math.isfinite(flow.dimension(1)[-1]) for flow in (here, above, below)):
        raise ConvergenceError(f"with chi = {chi} no odd state is left after {step} steps")
    slopes = np.abs(above.dimension(1) - below.dimension(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log2(slopes[2:] / slopes[:-2])
    delta_sigma = _scatter(here.dimension(1))
    if delta_sigma.error > _LARGEST_SCATTER:
        raise ConvergenceError("the flow leaves the critical point too early")
    return LoopExponents(
        delta_sigma=delta_sigma,
        delta_epsilon=_scatter(here.dimension(0, 1) if is_ising else _lowest_singlets(here)),
        central_charge=_scatter(here.central_charge),
        thermal_from_differences=_scatter(growth),
        fixed_point=_fixed_point(scheme, here, progress) if linearise else None,
    )


def _fixed_point(scheme: LoopTNR, flow: Flow, progress: Progress) -> LoopFixedPoint:
    state = flow.states[-1]
    assert isinstance(state, MirrorState)
    return loop_fixed_point(scheme, state, progress=progress)


def _full_symmetry(internal: Any) -> InternalSymmetry:
    symmetry = internal_symmetry(internal)
    if symmetry.order != math.factorial(symmetry.q):
        raise ArgumentError(
            "internal must be the group of all permutations of the states, as 'Z2' and 'S3', for "
            f"their exponents, got {symmetry.name!r}: read the dimensions off a tensor_flow"
        )
    return symmetry


def _lowest_singlets(flow: Flow) -> Floats:
    return np.array([_lowest_singlet(state) for state in flow.states])


def _lowest_singlet(state: State) -> float:
    """The lowest dimension after the identity without an odd copy.

    All multiplets of all permutations but singlets have states of both parities under an exchange.
    """
    even, odd = state.spectrum.dimensions
    for level in even[1:]:
        if not (np.abs(odd - level) <= _COPY * level).any():
            return float(level)
    return math.inf


#: Couplings in both phases: J cos of "Z3" is two thirds of that of "S3".
_BRACKETS = {"Z2": (0.70, 0.85), "Z3": (1.0, 1.3)}

#: Levels of a multiplet agree to this fraction, as rounding breaks the symmetry slowly.
_COPY = 0.02

#: Of Delta_sigma over the plateau, where there is one.
_LARGEST_SCATTER = 0.05


def _scatter(values: Floats) -> Estimate:
    values = values[-8:]
    if not np.isfinite(values).all():
        raise ConvergenceError("the flow has left the critical point before its last step")
    return Estimate(float(values.mean()), float(values.std(ddof=1)))
