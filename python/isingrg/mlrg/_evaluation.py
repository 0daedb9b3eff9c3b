"""What a trained model says about couplings J: its monotone, its velocity and its flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.model import of_one_state
from isingrg._shared.results import plain
from isingrg.mlrg import _analysis, _lyapunov
from isingrg.mlrg._analysis import Violations
from isingrg.mlrg._bare_flows import bare_couplings
from isingrg.mlrg._couplings import Couplings, Floats, Reals
from isingrg.mlrg._lyapunov import LyapunovFunction

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG

_LONGEST_FLOW = 2**24


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
    rows = bare_couplings(model, Couplings(J0, 1, name="J0").rows[:, 0])
    flow = model.flow(rows, steps)
    return flow.reshape(len(flow), *rows.shape)


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


@of_one_state
def lyapunov_function(model: MLRG, features: int = 400, *, seed: int = 0) -> LyapunovFunction:
    """Learn a function C(J) that falls along the flow of a model with moderator "flow".

    It is fitted to fall by |J' - J|^2 in each RG step from J to J', near flows from bare couplings
    and at the proposals of the training, as far as `coupling_bound`.

    Parameters
    ----------
    features : int
        Width of its one layer, 1 to 512.
    seed : int
        Seed of the layer and of the points, 0 to 2**64 - 1.

    Returns
    -------
    LyapunovFunction
        To be called with couplings. Its `violations` say where it grows nevertheless.

    Raises
    ------
    ConvergenceError
        If the flow leaves the trained region at once.
    """
    model._ready()
    features, seed = _lyapunov.checked(features, seed)
    _lyapunov.require_flow(model)
    return _lyapunov.lyapunov_function(model, features, seed)


def _finite(values: Floats, what: str) -> Floats:
    if not np.isfinite(values).all():
        raise NonFiniteError(f"{what} is not finite: J is too far outside the trained region")
    return values
