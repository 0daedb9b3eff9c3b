"""What a trained model says about degeneracies, scaling dimensions and exponents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.model import of_one_state
from isingrg.mlrg import _analysis, tensor
from isingrg.mlrg._couplings import Couplings, Floats, Reals
from isingrg.mlrg.symmetry import MACHINES

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG


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
    machine = arguments.choice("machine", machine, MACHINES)
    couplings = Couplings(J, model._count)
    return couplings.scalars(model._configuration.rules.degeneracies(couplings.rows, machine))


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
    machine = arguments.choice("machine", machine, MACHINES)
    k, period = tensor.ring(k, period)
    couplings = Couplings(model.fixed_point() if J is None else J, model._count)
    found = model._configuration.rules.dimensions(couplings.rows, k, period, machine)
    return found.reshape(*couplings.leading, found.shape[-1])


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
