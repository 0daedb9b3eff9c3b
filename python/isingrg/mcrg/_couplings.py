"""Couplings of given configurations: the inverse Ising problem for any operators."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.mcrg import _rules
from isingrg.mcrg._operators import Operators
from isingrg.statistics import Estimate

_MOST_STEPS = 50


def couplings(
    spins: ArrayLike, operators: Operators, *, weights: ArrayLike | None = None,
    n_blocks: int | None = None, progress: Any = False,
) -> Estimate:  # fmt: skip
    """The K_a of p(s) ~ exp(sum_a K_a S_a) from configurations, by pseudolikelihood.

    Given all other spins, s_i is +1 with probability 1 / (1 + exp(-2 sum_a K_a phi_a,i)), where
    phi_a,i is the sum of the products of operator a that hold s_i, without it. The K_a maximise the
    likelihood of every spin given its neighbours, which needs no partition function and is exact
    for infinitely many samples. At the maximum

        <sum_i s_i phi_a,i> = <sum_i phi_a,i tanh(sum_b K_b phi_b,i)>,

    which are Swendsen's equations for renormalized couplings (doi:10.1103/PhysRevLett.52.1165):
    both methods are one.

    Parameters
    ----------
    spins : array_like, shape (n, L, L) or (n, L, L, L)
        +1 and -1 on a periodic lattice, such as those of `block`, in the order of their making.
    operators : Operators
        The couplings that are sought; those that are left out count as zero.
    weights : array_like, shape (n,), optional
        Not negative: how much each configuration counts. By default all count alike.
    n_blocks : int, optional
        Of successive configurations, over which errors are taken, 4 to n; by default 32 where there
        are so many.
    progress : bool or callable
        Counts steps of Newton's method.

    Returns
    -------
    Estimate, shape (operators,)
        Errors allow for correlations between configurations of a block.

    Raises
    ------
    ConvergenceError
        If the likelihood has no maximum, as where all spins are equal, or operators coincide.

    References
    ----------
    J. Besag, doi:10.1111/j.2517-6161.1974.tb00999.x; R. H. Swendsen,
    doi:10.1103/PhysRevLett.52.1165.

    Examples
    --------
    >>> from isingrg import ising
    >>> found = couplings(ising.sample(16, 0.4, 500)[0], operators(2, 0))
    >>> bool(abs(found.value[0] - 0.4) < 4 * found.error[0])
    True
    """
    if not isinstance(operators, Operators):
        raise TypeError(f"operators must be Operators, not {type(operators).__name__}")
    rows, lead = _rules.configurations(spins, operators.dimension)
    if len(lead) != 1 or len(rows) < 4:
        raise ArgumentError(f"spins must be 4 configurations or more, one axis of them, got {lead}")
    if not np.isin(rows, (-1, 1)).all():
        raise ArgumentError(f"spins must be +1 or -1 everywhere{arguments.from_bits(rows)}")
    n_blocks = min(32, len(rows)) if n_blocks is None else n_blocks
    n_blocks = arguments.integer("n_blocks", n_blocks, 4, len(rows))
    w = np.ones(len(rows)) if weights is None else arguments.reals("weights", weights, 0)
    if w.shape != (len(rows),) or not w.sum() > 0:
        raise ArgumentError(f"weights must have the shape ({len(rows)},) and a positive sum")
    w = w / w.sum()
    phi = _fields(rows, operators)
    K = np.zeros(len(operators))
    with reporting(progress, "maximising", "steps") as report:
        for step in range(_MOST_STEPS):
            tell(report, step, _MOST_STEPS)
            gradients, hessian = _derivatives(rows, phi, w, K)
            gradient = gradients.sum(0)
            if not np.linalg.cond(hessian) < 1e12:
                break
            change = np.linalg.solve(hessian, gradient)
            if not np.abs(change).max() < 20:
                break
            K = K + change
            if np.abs(change).max() < 1e-12 * max(1.0, np.abs(K).max()):
                tell(report, _MOST_STEPS, _MOST_STEPS)
                return Estimate(K, _errors(gradients, w, hessian, n_blocks), n=len(rows))
    raise ConvergenceError(
        "the likelihood of the spins has no maximum in these couplings: take more configurations, "
        "or fewer operators"
    )


def _fields(rows: NDArray[np.int8], operators: Operators) -> NDArray[np.float32]:
    """phi_a,i, shape (operators, n, sites)."""
    phi = arguments.allocate("fields", (len(operators), *rows.shape), np.float32)
    axes = tuple(range(1, rows.ndim))
    for index, operator in enumerate(operators):
        phi[index] = 0
        for image in operator.images:
            for own in image:
                product = np.ones_like(rows)
                for point in image:
                    if point != own:
                        # x is the last axis.
                        shift = [a - b for a, b in zip(own, point, strict=True)][::-1]
                        product *= np.roll(rows, shift, axes)
                phi[index] += product
    return phi.reshape(len(operators), len(rows), -1)


def _derivatives(
    rows: NDArray[np.int8], phi: NDArray[np.float32], w: NDArray[np.float64], K: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gradient from each configuration, and minus the second derivatives of their sum."""
    n = len(rows)
    gradients = np.empty((n, len(K)))
    hessian = np.zeros((len(K), len(K)))
    flat = rows.reshape(n, -1)
    at_once = max(1, 2**20 // flat.shape[1])
    for start in range(0, n, at_once):
        part = slice(start, start + at_once)
        fields = phi[:, part].astype(float)
        tanh = np.tanh(np.tensordot(K, fields, 1))
        gradients[part] = w[part, None] * ((flat[part] - tanh) * fields).sum(-1).T
        stiffness = w[part, None] * (1 - tanh**2)
        matrix = fields.reshape(len(K), -1)
        hessian += (matrix * stiffness.reshape(-1)) @ matrix.T
    return gradients, hessian


def _errors(
    gradients: NDArray[np.float64], w: NDArray[np.float64], hessian: NDArray[np.float64],
    n_blocks: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Of a solution of equations whose noise is seen from block to block."""
    parts = np.array([part.sum(0) for part in np.array_split(gradients, n_blocks)])
    noise = parts.T @ parts * n_blocks / (n_blocks - 1)
    inverse = np.linalg.inv(hessian)
    return np.sqrt(np.diag(inverse @ noise @ inverse))
