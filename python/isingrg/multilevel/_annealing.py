"""Annealed importance sampling: configurations carried from one coupling to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.ising._couplings import couplings as checked_couplings
from isingrg.ising._exact import LARGEST_COUPLING

_MOST_COUPLINGS = 2**20


def anneal(
    spins: ArrayLike, K: ArrayLike, *, field: float = 0.0, seed: int = 0, progress: Any = False
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Carry configurations from the coupling K[0] to K[-1], and weigh what comes of them.

    At each coupling but the first all spins are updated once by the heat bath. The work

        sum_t (K[t] - K[t - 1]) sum_<ij> s_i s_j,

    with the spins before the update at K[t], is what a configuration gains in ln w: where weights w
    make the given ones samples at K[0], weights w exp(work) make the new ones samples at K[-1]. The
    finer the steps, the less the work varies.

    Parameters
    ----------
    spins : array_like of +1 and -1, shape (..., L, L)
        L a power of two from 4 to 256.
    K : array_like, shape (n,)
        Couplings J/T one after another, 1 to 2**20 of them, each at most 100 in magnitude.
    field : float
        h in exp(K sum s s' + h sum s), at most 100 in magnitude, the same at all couplings.
    seed : int
        0 to 2**64 - 1. The first configurations do not depend on how many there are.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    spins : ndarray of int8, shape (..., L, L)
        The given ones do not change.
    work : ndarray, shape (...)

    Raises
    ------
    MemoryError
        If the machine cannot hold them.

    References
    ----------
    R. M. Neal, "Annealed importance sampling", doi:10.1023/A:1008923215028. With configurations of
    a sampler as the given ones: M. Caselle et al., "Stochastic normalizing flows as
    non-equilibrium transformations", doi:10.1007/JHEP07(2022)015.

    Examples
    --------
    ln Z at K = 0.3 from random spins, whose ln Z is 64 ln 2:

    >>> start = np.random.default_rng(0).choice([-1, 1], (10_000, 8, 8))
    >>> _, work = isingrg.multilevel.anneal(start, np.linspace(0, 0.3, 21))
    >>> log_partition = 64 * np.log(2) + np.log(np.mean(np.exp(work)))
    >>> bool(abs(log_partition - isingrg.ising.log_partition(8, 0.3)) < 0.03)
    True
    """
    array = arguments.spins(spins)
    L = arguments.integer("the size of spins", array.shape[-1], 4, 256)
    if L & (L - 1):
        raise ArgumentError(f"the size of spins must be a power of two from 4 to 256, got {L}")
    couplings = checked_couplings(K, -LARGEST_COUPLING, LARGEST_COUPLING)
    if couplings.ndim != 1 or not 1 <= len(couplings) <= _MOST_COUPLINGS:
        raise ArgumentError(
            f"K must have the shape (n,) with n from 1 to 2**20, got {couplings.shape}"
        )
    field = arguments.finite("field", field, -LARGEST_COUPLING, LARGEST_COUPLING)
    seed = arguments.seed(seed)
    moved: NDArray[np.int8] = arguments.allocate("the configurations", array.shape, np.int8)
    moved[...] = array
    work: NDArray[np.float64] = arguments.allocate("the work", array.shape[:-2], np.float64)
    with reporting(progress, "annealing", "configurations") as report:
        if work.size:
            rows = moved.reshape(-1, L, L)
            _core.multilevel_anneal(couplings, field, seed, rows, work.reshape(-1), report)
    return moved, work
