"""Inverse renormalization: fine spins sampled given block spins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.ising import _couplings
from isingrg.mcrg import _rules


def refine(
    blocks: ArrayLike, K: float | None = None, *, factor: int = 2, n_sweeps: int = 50,
    seed: int = 0, progress: Any = False,
) -> NDArray[np.int8]:  # fmt: skip
    """Sample spins of the Ising model given their block spins by majority.

    p(s | s') ~ exp(K sum_<ij> s_i s_j) p(s' | s), with ties at random: the inverse of a step of
    renormalization, from L to b L sites along a side. Its Monte Carlo does not slow down at the
    critical point, since the block spins hold what is slow. If s' are block spins of the model at
    K, then s are configurations of it. Iterated on critical configurations instead, the lattice
    grows by b each time at the cost of a few sweeps, and the root of the mean square of the
    magnetization falls by a factor of b**(y_h - d), with the y_h of a single blocking.

    Parameters
    ----------
    blocks : array_like, shape (..., l, l)
        Block spins +1 and -1, l at least 2.
    K : float, optional
        Coupling J/T of the spins, -10 to 10; by default the critical one.
    factor : int
        b, the sites along a side of a block, 2 to 16; b l is at most 32768.
    n_sweeps : int
        Heat-bath sweeps, at least 1, from spins that are those of their blocks.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal spins whatever the number of threads.
    progress : bool or callable
        Counts sweeps of configurations.

    Returns
    -------
    ndarray of int8, shape (..., b l, b l)
        +1 and -1; `block` of them are the blocks, but for ties.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.

    References
    ----------
    D. Ron, R. H. Swendsen and A. Brandt, doi:10.1103/PhysRevLett.89.275701.
    """
    rows, lead = _rules.configurations(blocks, 2)
    factor = arguments.integer("factor", factor, 2, 16)
    K = _couplings.K_CRITICAL if K is None else _couplings.coupling(K, -10.0, 10.0)
    n_sweeps = arguments.integer("n_sweeps", n_sweeps, 1, 2**24)
    seed = arguments.seed(seed)
    width = rows.shape[-1]
    if factor * width > 32768:
        raise ArgumentError(f"blocks must become at most 32768 wide, got {width} times {factor}")
    shape = (len(rows), factor * width, factor * width)
    spins = arguments.allocate("spins", shape, np.int8)
    if not np.isin(rows, (-1, 1)).all():
        raise ArgumentError("blocks must be +1 or -1 everywhere")
    spins[:] = rows.repeat(factor, 1).repeat(factor, 2)
    ties = rows.reshape(len(rows), width * width).copy()
    none = np.zeros(0, np.int32)
    operators = (0, none, np.zeros(1, np.int32), np.zeros((0, 3), np.int32))
    most = 2**16  # walkers of a call
    with reporting(progress, "refining", "sweeps") as report:
        for start in range(0, len(rows), most):
            part = slice(start, start + most)
            empty = np.empty((len(rows[part]), 1, 0))
            _core.mcrg_biased_sample(
                factor, 1, *operators, K, None, 1, n_sweeps, seed, start // most << 25, spins[part],
                ties[part], empty, empty.copy(), report,
            )  # fmt: skip
    return spins.reshape(*lead, *shape[1:])
