"""Exponents, dimensions and central charge of the critical flow with chi states per spin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress, teacher_state
from isingrg.mlrg.loop_critical import critical_coupling, lowest_odd
from isingrg.statistics import Estimate
from isingrg.tensorrg import Flow, LoopFixedPoint, LoopTNR, MirrorState, loop_fixed_point


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
    if not all(math.isfinite(lowest_odd(flow.states[-1])) for flow in (here, above, below)):
        raise ConvergenceError(f"with chi = {chi} no odd state is left after {step} steps")
    slopes = np.abs(above.dimension(1) - below.dimension(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log2(slopes[2:] / slopes[:-2])
    delta_sigma = _scatter(here.dimension(1))
    if delta_sigma.error > _LARGEST_SCATTER:
        raise ConvergenceError("the flow leaves the critical point too early")
    return LoopExponents(
        delta_sigma=delta_sigma,
        delta_epsilon=_scatter(here.dimension(0, 1)),
        central_charge=_scatter(here.central_charge),
        thermal_from_differences=_scatter(growth),
        fixed_point=_fixed_point(scheme, here, progress) if linearise else None,
    )


def _fixed_point(scheme: LoopTNR, flow: Flow, progress: Progress) -> LoopFixedPoint:
    state = flow.states[-1]
    assert isinstance(state, MirrorState)
    return loop_fixed_point(scheme, state, progress=progress)


#: Of Delta_sigma over the plateau, where there is one.
_LARGEST_SCATTER = 0.05


def _scatter(values: Floats) -> Estimate:
    values = values[-8:]
    if not np.isfinite(values).all():
        raise ConvergenceError("the flow has left the critical point before its last step")
    return Estimate(float(values.mean()), float(values.std(ddof=1)))
