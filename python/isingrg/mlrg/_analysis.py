"""The flow of a model to first order: exponents, Newton steps, and the decrease of its monotone."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import state
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg._couplings import Couplings, Floats, Reals, batches

#: Increases of the monotone below this are rounding.
_ROUNDING = 1e-12


class Violations(NamedTuple):
    """Where a monotone grows along its own flow; see `MLRG.monotone_violations`."""

    #: Fraction of the couplings at which one RG step increases C.
    fraction: float
    #: Largest increase, 0 if there is none.
    largest: float


def jacobians(model: Any, couplings: Couplings) -> Floats:
    """dv_i/dJ_j of all rows, (n, c, c)."""
    count = model._configuration.count
    return np.reshape(model.jacobian(couplings.rows), (len(couplings), count, count))


def multipliers(model: Any, couplings: Couplings) -> NDArray[np.complex128]:
    """Eigenvalues of dJ'/dJ, the largest modulus first, (n, c)."""
    matrices = jacobians(model, couplings)
    eigenvalues = np.empty(couplings.rows.shape, np.complex128)
    for some in batches(*couplings.rows.shape):
        eigenvalues[some] = np.linalg.eigvals(matrices[some])
    step = model._configuration.transport == "step"
    values = 1 + eigenvalues if step else np.exp(eigenvalues)
    order = np.lexsort((-values.imag, -np.abs(values)), axis=-1)
    return np.take_along_axis(values, order, axis=-1)


def exponents(model: Any, J: ArrayLike) -> Floats:
    """ln|eigenvalues of dJ'/dJ| / ln(sqrt 2) in descending order, (..., c)."""
    couplings = Couplings(J, model._configuration.count)
    with np.errstate(divide="ignore"):
        growth = np.log(np.abs(multipliers(model, couplings))) / (0.5 * math.log(2.0))
    return growth.reshape(*couplings.leading, couplings.count)


def newton_step(model: Any, J: ArrayLike) -> Reals:
    """-(dv/dJ)^-1 v, NaN where the Jacobian is singular, in the shape of J."""
    couplings = Couplings(J, model._configuration.count)
    jacobian = jacobians(model, couplings)
    velocity = np.reshape(model.velocity(couplings.rows), couplings.rows.shape)
    steps = np.empty_like(velocity)
    for some in batches(*couplings.rows.shape):
        matrices = jacobian[some]
        singular = np.linalg.det(matrices) == 0
        matrices[singular] = np.eye(couplings.count)
        steps[some] = -np.linalg.solve(matrices, velocity[some][..., None])[..., 0]
        steps[some][singular] = np.nan
    return couplings.vectors(steps)


def monotone_violations(model: Any, J: ArrayLike | None) -> Violations:
    """How often and by how much C grows in one RG step from J, by default from the proposals."""
    if J is None:
        J = proposals(model)
    couplings = Couplings(J, model._configuration.count)
    if not len(couplings):
        raise ArgumentError("J must hold at least one point")
    before, after = np.asarray(model.monotone(model.flow(couplings.rows, 1))).reshape(2, -1)
    growth = after - before
    return Violations(float(np.mean(growth > _ROUNDING)), float(max(0.0, growth.max())))


def proposals(model: Any) -> Floats:
    """Couplings (batch, c) at which the training stands."""
    return state.read_one(model._ready(), "proposal.couplings")
