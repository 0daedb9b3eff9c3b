"""What a trained model says about the transition: critical couplings and fixed points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.model import of_one_state
from isingrg.mlrg import _analysis, _critical, _fixed_points
from isingrg.mlrg._couplings import Couplings, Reals
from isingrg.mlrg._critical import CriticalCouplings
from isingrg.mlrg._fixed_points import FixedPoint

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG

#: Ways to the critical coupling, and how many RG steps those that compare scales may take.
METHODS = ("monotone", "degeneracy", "phase")

_MOST_SCALES = 200


@of_one_state
def critical_coupling(model: MLRG, method: str | None = None, *, steps: int = 16) -> float:
    """Bare coupling J0 that separates the phases.

    It is sought where the network was trained, from J0 = 0 to `coupling_bound`, or to 2 for Ising
    spins, if that is less.

    Parameters
    ----------
    method : {"monotone", "degeneracy", "phase"}, optional
        "monotone": the maximum of C(J(J0, l)) at l = `steps`, by which Hou & You define J0* (Eq.
        21); the default where the model has a monotone. "degeneracy": the crossing of Z(J(J0, l))
        at the last two l (Sec. III D). Both follow flows as far as `coupling_bound`. "phase": the
        flow that starts at (J0, 0, ...) ends where the degeneracy is 1 for J0 below the result,
        and where it is more than that for J0 above, however far away: 2 for Ising spins and q for
        spins of q states. It is bracketed to 1e-10. The
        default for moderator "flow". With one coupling all are the unstable fixed point.
    steps : int
        RG steps l of the methods that compare them, 2 to 200. Where the transition becomes sharper
        than their grid in J0, of 1e-6, the largest l that shows it counts.

    Returns
    -------
    float
        J0*.

    Raises
    ------
    ConvergenceError
        If the flows do not end in both phases, or do not answer in the way that the method asks
        for.

    See Also
    --------
    critical_coupling_estimates : all methods, with errors.
    """
    model._ready()
    if method is not None:
        method = arguments.choice("method", method, METHODS)
    return _critical.critical_coupling(model, method, _scales(steps))


@of_one_state
def critical_coupling_estimates(model: MLRG, steps: int = 16) -> CriticalCouplings:
    """The critical coupling by every method of `critical_coupling`, with errors.

    Parameters
    ----------
    steps : int
        RG steps, 2 to 200.

    Returns
    -------
    CriticalCouplings
        Fields phase, monotone and degeneracy, each an `isingrg.statistics.Estimate`. The error
        of "phase" is half of its bracket. The error of the others is the spread over the
        scales from half of the largest l on, plus the width of the grid in J0. A method
        without an answer has the value NaN, and the reason.
    """
    model._ready()
    return _critical.estimates(model, _scales(steps))


@of_one_state
def fixed_point(model: MLRG, guess: ArrayLike | None = None) -> Reals:
    """Zero of v(J) by a safeguarded Newton iteration (Eq. 24 of Hou & You).

    Parameters
    ----------
    guess : float or array_like, shape (c,), optional
        By default the fixed point that governs the transition is sought: Newton starts
        where the flow from (J0*, 0, ...) at the critical coupling J0* is slowest, before it
        leaves for one of the phases. Points with a single unstable direction come first, and
        those without a direction that grows steadily are refused. More than one unstable
        direction means that the network keeps the flow from the bare axis in a subspace;
        `fixed_points` shows them.

    Returns
    -------
    float for one coupling, else ndarray of shape (c,)

    Raises
    ------
    ConvergenceError
        If there is none in the neighbourhood, or no critical coupling.
    """
    native = model._ready()
    if guess is None:
        point = _fixed_points.critical_fixed_point(model)
    else:
        couplings = Couplings(guess, model._count, name="guess")
        if len(couplings) != 1:
            raise ArgumentError(f"guess must be a single J, got the shape {couplings.shape}")
        point = np.empty(model._count)
        _core.mlrg_fixed_point(native, np.ascontiguousarray(couplings.rows[0]), point, None)
    return float(point[0]) if model._count == 1 else point


@of_one_state
def fixed_points(
    model: MLRG, starts: int = 64, *, seed: int = 0, tolerance: float = 0.1
) -> list[FixedPoint]:
    """Fixed points of the flow that Newton's method finds, the nearest to J = 0 first.

    It starts from J = 0 and 16 other points of the bare axis, from `starts` random J of the
    distribution with which the proposals of the training began, and from the transition.
    Points with a coupling beyond 1.25 `coupling_bound`, where nothing was trained, are left
    out. The search may miss points.

    Parameters
    ----------
    starts : int
        Random starts, 0 to 100000.
    seed : int
        Seed of the random starts, 0 to 2**64 - 1.
    tolerance : float
        A network has the gauge symmetry only as well as it learned it. Two points with the
        same number of unstable directions are copies, and only one of them is listed, if
        after flips and exchanges of components of one of them, on the edge spins, the vertex
        spins or both, no coupling differs by more than this. Couplings up to it do not join
        components in `FixedPoint.components`. 0 to 10.

    Returns
    -------
    list of FixedPoint
    """
    model._ready()
    starts = arguments.integer("starts", starts, 0, 100_000)
    seed = arguments.seed(seed)
    tolerance = arguments.finite("tolerance", tolerance, 0.0, 10.0)
    return _fixed_points.fixed_points(model, starts, seed, tolerance)


@of_one_state
def newton_step(model: MLRG, J: ArrayLike) -> Reals:
    """The step -(dv/dJ)^-1 v(J) of Newton's method (Eq. 24, Fig. 11 of Hou & You).

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.

    Returns
    -------
    float or ndarray, shape of J
        NaN where the Jacobian is singular.
    """
    model._ready()
    return _analysis.newton_step(model, J)


def _scales(steps: int) -> int:
    return arguments.integer("steps", steps, 2, _MOST_SCALES)
