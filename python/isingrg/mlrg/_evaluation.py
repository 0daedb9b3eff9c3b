"""What a trained model says about couplings J."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.model import of_one_state
from isingrg.mlrg import _analysis, _critical, _fixed_points, tensor
from isingrg.mlrg._analysis import Violations
from isingrg.mlrg._couplings import Couplings, Floats, Reals, plain
from isingrg.mlrg._critical import CriticalCouplings
from isingrg.mlrg._fixed_points import FixedPoint

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG

_LONGEST_FLOW = 2**24

#: Ways to the critical coupling, and how many RG steps those that compare scales may take.
METHODS = ("monotone", "degeneracy", "phase")
_MOST_SCALES = 200


@of_one_state
def monotone(model: MLRG, J: ArrayLike) -> Reals:
    """RG monotone C(J), for models with moderator "monotone" (Eq. 13 of Hou & You).

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.

    Returns
    -------
    float or ndarray, shape (...)
        One number for each J, up to a constant.

    Raises
    ------
    NonFiniteError
        If J is so far outside the trained region that C(J) is not finite.
    """
    native = model._ready()
    couplings = Couplings(J, model._count)
    if model._configuration.moderator != "monotone":
        raise ArgumentError(
            "moderator must be 'monotone' for a monotone C(J); this model learns the flow"
        )
    values = np.empty(len(couplings))
    if len(couplings):
        _core.mlrg_monotone(native, couplings.rows, values, None)
    return couplings.scalars(_finite(values, "C(J)"))


@of_one_state
def velocity(model: MLRG, J: ArrayLike) -> Reals:
    """RG velocity v(J), the learned beta function.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.

    Returns
    -------
    float or ndarray, shape of J
        -grad C(J), or the flow f(J) itself; per RG step.

    Raises
    ------
    NonFiniteError
        If J is so far outside the trained region that v(J) is not finite.
    """
    native = model._ready()
    couplings = Couplings(J, model._count)
    velocity = np.empty_like(couplings.rows)
    if len(couplings):
        _core.mlrg_velocity(native, couplings.rows, velocity, None, None)
    return couplings.vectors(_finite(velocity, "v(J)"))


@of_one_state
def jacobian(model: MLRG, J: ArrayLike) -> Reals:
    """Derivatives dv_i/dJ_j of the velocity.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.

    Returns
    -------
    float or ndarray, shape (..., c, c)
        dv/dJ in the shape of J for one coupling.

    Raises
    ------
    NonFiniteError
        If J is so far outside the trained region that it is not finite.
    """
    native = model._ready()
    couplings = Couplings(J, model._count)
    jacobian = np.empty((len(couplings), model._count, model._count))
    velocity = np.empty_like(couplings.rows)
    if len(couplings):
        _core.mlrg_velocity(native, couplings.rows, velocity, jacobian, None)
    return couplings.matrices(_finite(jacobian, "the Jacobian"))


@of_one_state
def curl(model: MLRG, J: ArrayLike) -> Reals:
    """(dv_i/dJ_j - dv_j/dJ_i) / 2, the antisymmetric part of the Jacobian.

    Zero within rounding where the flow is the gradient of a function, as that of a monotone
    is everywhere; a learned flow need not be one (Sec. III B of Shen).

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.

    Returns
    -------
    float or ndarray, shape (..., c, c)
        Zeros in the shape of J for one coupling.
    """
    jacobian = np.asarray(model.jacobian(J))
    if model._count == 1:
        return plain(np.zeros_like(jacobian))
    return np.asarray((jacobian - jacobian.swapaxes(-1, -2)) / 2)


@of_one_state
def flow(model: MLRG, J: ArrayLike, steps: int) -> Floats:
    """Couplings along the flow from J.

    Each step is one RG step, by which lengths shrink by sqrt 2.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    steps : int
        RG steps, 0 to 2**24.

    Returns
    -------
    ndarray, shape (steps + 1, *J.shape)
        Beginning with J.

    Raises
    ------
    NonFiniteError
        If a trajectory leaves the finite numbers.
    ConvergenceError
        With transport "ode", where the flow is too stiff.
    """
    native = model._ready()
    couplings = Couplings(J, model._count)
    steps = arguments.integer("steps", steps, 0, _LONGEST_FLOW)
    trajectory = arguments.allocate(
        "the trajectory", (steps + 1, *couplings.rows.shape), np.float64
    )
    if len(couplings):
        _core.mlrg_flow(native, couplings.rows, steps, trajectory, None)
    _finite(trajectory, "the flow")
    return trajectory.reshape(steps + 1, *couplings.shape)


@of_one_state
def bare_flow(model: MLRG, J0: ArrayLike, steps: int) -> Floats:
    """Couplings along the flow from (J0, 0, ...), Eq. 20.

    Parameters
    ----------
    J0 : float or array_like, shape (n,)
        Bare couplings.
    steps : int
        RG steps, 0 to 2**24.

    Returns
    -------
    ndarray, shape (steps + 1, n, c)

    Raises
    ------
    NonFiniteError, ConvergenceError
        As `flow`.
    """
    model._ready()
    rows = _critical.bare_couplings(model, Couplings(J0, 1, name="J0").rows[:, 0])
    flow = model.flow(rows, steps)
    return flow.reshape(len(flow), *rows.shape)


@of_one_state
def critical_coupling(model: MLRG, method: str | None = None, *, steps: int = 16) -> float:
    """Bare coupling J0 that separates the phases.

    It is sought where the network was trained, from J0 = 0 to `coupling_bound` or 2, if that is
    less.

    Parameters
    ----------
    method : {"monotone", "degeneracy", "phase"}, optional
        "monotone": the maximum of C(J(J0, l)) at l = `steps`, by which Hou & You define J0* (Eq.
        21); the default where the model has a monotone. "degeneracy": the crossing of Z(J(J0, l))
        at the last two l (Sec. III D). Both follow flows as far as `coupling_bound`. "phase": the
        flow that starts at (J0, 0, ...) ends where the degeneracy is 1 for J0 below the result,
        and where it is at least 2 for J0 above, however far away; it is bracketed to 1e-10. The
        default for moderator "flow". With one coupling all are the unstable fixed point.
    steps : int
        RG steps l of the methods that compare them, 2 to 200. Where the transition becomes sharper
        than their grid in J0, of 1e-6, the largest l that shows it counts.

    Returns
    -------
    float
        J0*, 0 to 2.

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


@of_one_state
def monotone_violations(model: MLRG, J: ArrayLike | None = None) -> Violations:
    """Where the monotone increases in one step of its own flow.

    Along dJ/dl = -grad C it can only decrease, but the step J' = J - grad C may go too far.

    Parameters
    ----------
    J : float or array_like, optional
        Couplings as for `monotone`; by default those proposed in the last step of the training.

    Returns
    -------
    Violations
        fraction of the couplings with C(J') > C(J), and the largest increase.
    """
    model._ready()
    return _analysis.monotone_violations(model, J)


def ground_state_degeneracy(model: MLRG, J: ArrayLike, *, machine: str = "teacher") -> Reals:
    """Degeneracy at J: 1 in the disordered, 2 in the ordered phase.

    As `isingrg.mlrg.ground_state_degeneracy` with this model's representation and frame.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    machine : {"teacher", "student"}

    Returns
    -------
    float or ndarray, shape (...)
        One number for each J.
    """
    model._ready()
    kind = model._configuration
    return tensor.ground_state_degeneracy(J, kind.representation, machine=machine, frame=kind.frame)


@of_one_state
def scaling_dimensions(
    model: MLRG,
    J: ArrayLike | None = None,
    k: int = 4,
    period: int = 1,
    *,
    machine: str = "teacher",
) -> Floats:
    """The k lowest scaling dimensions Delta_0 = 0, Delta_1, ...

    As `isingrg.mlrg.scaling_dimensions` with this model's representation and frame.

    Parameters
    ----------
    J : float or array_like, optional
        Couplings; by default the fixed point.
    k, period : int
        As for `isingrg.mlrg.scaling_dimensions`.
    machine : {"teacher", "student"}

    Returns
    -------
    ndarray, shape (..., min(k, 2**(m period)))
        Dimensions for m components per spin, in ascending order.

    Raises
    ------
    ConvergenceError
        If there is no fixed point, or an iteration for the eigenvalues does not settle.
    """
    model._ready()
    J = model.fixed_point() if J is None else J
    kind = model._configuration
    return tensor.scaling_dimensions(
        J, kind.representation, k, period, machine=machine, frame=kind.frame
    )


@of_one_state
def exponents(model: MLRG, J: ArrayLike | None = None) -> Floats:
    """All exponents y_i = ln|slope_i| / ln(sqrt 2) of the flow linearised at J.

    The slopes are the eigenvalues of dJ'/dJ: of 1 + dv/dJ with transport "step", of
    exp(dv/dJ) with "ode".

    Parameters
    ----------
    J : float or array_like, optional
        Couplings; by default the fixed point.

    Returns
    -------
    ndarray, shape (..., c)
        In descending order; relevant ones are positive.

    Raises
    ------
    ConvergenceError
        If there is no fixed point.
    """
    model._ready()
    return _analysis.exponents(model, model.fixed_point() if J is None else J)


@of_one_state
def thermal_exponent(model: MLRG, J: ArrayLike | None = None) -> Reals:
    """Thermal exponent y_t, the first of `exponents`. The Ising model has y_t = 1.

    Parameters
    ----------
    J : float or array_like, optional
        Couplings; by default the fixed point.

    Returns
    -------
    float or ndarray, shape (...)
        One number for each J.

    Raises
    ------
    ConvergenceError
        If there is no fixed point.
    """
    model._ready()
    J = model.fixed_point() if J is None else J
    couplings = Couplings(J, model._count)
    return couplings.scalars(model.exponents(J).reshape(-1, model._count)[:, 0].copy())


def _scales(steps: int) -> int:
    return arguments.integer("steps", steps, 2, _MOST_SCALES)


def _finite(values: Floats, what: str) -> Floats:
    if not np.isfinite(values).all():
        raise NonFiniteError(f"{what} is not finite: J is too far outside the trained region")
    return values
