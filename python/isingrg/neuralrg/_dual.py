"""The continuous dual of the Ising model, which the flows learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.ising._couplings import coupling, of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING, evaluate
from isingrg.neuralrg._samples import LARGEST_SIZE, Reals, Samples

#: Of K + alpha.
LEAST_EIGENVALUE = 0.1


@of_square_lattice
def log_partition_dual(L: int, K: ArrayLike) -> Reals:
    """ln of the integral of pi(x), the density of `log_density`, exact.

    Parameters
    ----------
    L : int
        Linear size, even, 2 to 64. For L = 2 both bonds between two neighbours count.
    K : float or array_like
        Coupling J/T, at most 100 in magnitude.

    Returns
    -------
    float or ndarray, shape of K
        ln Z_Ising + ln det(K + alpha) / 2 + L**2 (ln(pi / 2) + alpha) / 2, with Kaufman's exact
        partition function of the torus.

    References
    ----------
    S.-H. Li and L. Wang, doi:10.1103/PhysRevLett.121.260601, Eq. 7; B. Kaufman,
    doi:10.1103/PhysRev.76.1232.
    """
    L = arguments.integer("L", L, 2, LARGEST_SIZE, even=True)
    return evaluate(
        lambda couplings, out: _core.neuralrg_dual(L, couplings, out, None, None, None),
        K,
        -LARGEST_COUPLING,
    )


@of_square_lattice
def log_density(x: ArrayLike, K: float, *, progress: Any = False) -> Reals:
    """ln pi(x) of the continuous dual of the Ising model (Eq. 7 of Li & Wang), not normalised.

    pi(x) = exp(-x^T (K + alpha)^-1 x / 2) prod_i cosh x_i, where K couples neighbours on the torus
    and alpha makes the smallest eigenvalue of K + alpha equal 0.1.

    Parameters
    ----------
    x : array_like, shape (..., L, L)
        Configurations, L even, 2 to 64.
    K : float
        Coupling J/T, at most 100 in magnitude.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    float or ndarray, shape (...)

    Raises
    ------
    NonFiniteError
        If x is so large that its density is beyond the range of float64.
    """
    array = arguments.reals("x", x)
    if array.ndim < 2 or array.shape[-1] % 2 or not 2 <= array.shape[-1] <= LARGEST_SIZE:
        raise ArgumentError(
            f"x must have the shape (..., L, L) with L even, from 2 to {LARGEST_SIZE}, "
            f"got {array.shape}"
        )
    samples = Samples("x", array, (array.shape[-1],) * 2)
    K = coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)
    values = np.empty(len(samples))
    with reporting(progress, "evaluating", "configurations") as report:
        if len(samples):
            _core.neuralrg_log_density(K, samples.rows, values, report)
    return samples.scalars(values, "ln pi(x)")


def sample_spins(x: ArrayLike, *, seed: int = 0) -> NDArray[np.int8]:
    """Spins given the dual variables x: independent, p(s = 1 | x) = 1 / (1 + exp(-2 x)).

    If x is distributed as pi, the spins are distributed as those of the Ising model.

    Parameters
    ----------
    x : array_like, any shape
    seed : int
        0 to 2**64 - 1.

    Returns
    -------
    ndarray of int8, shape of x
        +1 and -1.
    """
    array = arguments.reals("x", x)
    random = np.random.default_rng(arguments.seed(seed))
    # 1 / (1 + exp(-2 x)) without overflow
    up = random.random(array.shape) < (1 + np.tanh(array)) / 2
    return np.where(up, np.int8(1), np.int8(-1))
