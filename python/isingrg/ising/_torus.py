"""Exact results of the finite torus, by Kaufman's solution.

The relative error of each is below 1e-12 for every L and every K, of either sign, as far as
numbers reach: the heat capacity falls below their range, to 0, for |K| > 93.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg.ising._couplings import of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING, Floats, Reals, evaluate

#: Linear size.
LARGEST = 4096


@of_square_lattice
def log_partition(L: int, K: ArrayLike) -> Reals:
    """ln Z of the L x L torus, exact, with a relative error below 1e-12.

    Parameters
    ----------
    L : int
        Linear size, 2 to 4096. For L = 2 both bonds between two neighbours count.
    K : float or array_like
        Coupling J/T, at most 100 in magnitude; not negative where L is odd, because an
        antiferromagnet is frustrated there.

    Returns
    -------
    float or ndarray, shape of K
        ln sum_s exp(K sum_<ij> s_i s_j), total.

    References
    ----------
    B. Kaufman, doi:10.1103/PhysRev.76.1232.
    """
    return _torus(L, K, lambda L, k, out: _core.ising_exact_torus(L, k, out, None, None, None))


@of_square_lattice
def mean_energy(L: int, K: ArrayLike) -> Reals:
    """Mean total energy <E>/J = -d ln Z/dK of the L x L torus, exact.

    The relative error is below 1e-12 for every K, also where the energy vanishes with K.

    Parameters
    ----------
    L : int
        Linear size, 2 to 4096. For L = 2 both bonds between two neighbours count.
    K : float or array_like
        Coupling J/T, at most 100 in magnitude; not negative where L is odd.

    Returns
    -------
    float or ndarray, shape of K
        Divide by L**2 for the energy per site.

    References
    ----------
    B. Kaufman, doi:10.1103/PhysRev.76.1232.
    """
    return _torus(L, K, lambda L, k, out: _core.ising_exact_torus(L, k, None, out, None, None))


@of_square_lattice
def heat_capacity(L: int, K: ArrayLike) -> Reals:
    """Total heat capacity K**2 (<E**2> - <E>**2) / J**2 of the L x L torus, exact, in units of k_B.

    The relative error is below 1e-12 for every K, also where the heat capacity vanishes, like K^2
    for small and like K^2 exp(-8 |K|) for large |K|. For |K| > 93 it falls below the range of
    numbers, to 0.

    Parameters
    ----------
    L : int
        Linear size, 2 to 4096. For L = 2 both bonds between two neighbours count.
    K : float or array_like
        Coupling J/T, at most 100 in magnitude; not negative where L is odd.

    Returns
    -------
    float or ndarray, shape of K
        Divide by L**2 for the specific heat.

    References
    ----------
    B. Kaufman, doi:10.1103/PhysRev.76.1232.
    """
    return _torus(L, K, lambda L, k, out: _core.ising_exact_torus(L, k, None, None, out, None))


def _torus(L: Any, K: ArrayLike, function: Callable[[int, Floats, Floats], None]) -> Reals:
    L = arguments.integer("L", L, 2, LARGEST)
    low = 0.0 if L % 2 else -LARGEST_COUPLING
    return evaluate(partial(function, L), K, low)
