"""Observables of configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.results import plain

Reals = float | NDArray[np.float64]


def energy(spins: ArrayLike) -> Reals:
    """Total energy E/J = -sum_<ij> s_i s_j over the 2 L**2 bonds of the torus.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        +1 and -1 in any integer or floating dtype, L at least 2. For L = 2 both bonds between
        two neighbours count.

    Returns
    -------
    float or ndarray, shape (...)
        From -2 L**2 to 2 L**2; a float for a single configuration.
    """
    return _per_configuration(_core.ising_energy, spins)


def magnetization(spins: ArrayLike) -> Reals:
    """Mean spin, with its sign.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        +1 and -1 in any integer or floating dtype, L at least 2.

    Returns
    -------
    float or ndarray, shape (...)
        From -1 to 1; a float for a single configuration.
    """
    return _per_configuration(_core.ising_magnetization, spins)


def block_spin(
    spins: ArrayLike, b: int = 2, *, ties: str = "up", seed: int = 0
) -> NDArray[np.int8]:
    """Replace each b x b block by the sign of its sum, the majority rule.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        +1 and -1 in any integer or floating dtype, L at least 2.
    b : int
        Block size, a divisor of L.
    ties : {"up", "random"}
        What a block with the sum zero becomes: +1, or +1 or -1 at random. An odd b has no such
        blocks. With "up" and b = 2, random spins have a mean of 6/16 after one step and of 0.81
        after two, so that disorder is no fixed point: every flow ends in order.
    seed : int
        Seed of the random signs, 0 to 2**64 - 1.

    Returns
    -------
    ndarray of int8, shape (..., L/b, L/b)

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    """
    array = arguments.spins(spins)
    size = array.shape[-1]
    b = arguments.integer("b", b, 1, size)
    if size % b:
        raise ArgumentError(f"b must divide L = {size}, got {b}")
    ties = arguments.choice("ties", ties, ("up", "random"))
    seed = arguments.seed(seed)
    blocked = _majority(array, b)
    if ties == "random":
        tied = blocked != -_majority(-array, b)
        random = np.random.default_rng(seed)
        blocked[tied] = random.choice(np.array([-1, 1], np.int8), tied.sum())
    return blocked


def _majority(array: NDArray[np.int8], b: int) -> NDArray[np.int8]:
    """Ties give +1."""
    size = array.shape[-1]
    blocked = np.empty((*array.shape[:-2], size // b, size // b), dtype=np.int8)
    if array.size:
        rows, outputs = array.reshape(-1, size, size), blocked.reshape(-1, size // b, size // b)
        _core.ising_block_spin(rows, b, outputs, None)
    return blocked


def _per_configuration(function: Callable[[Any, Any, None], None], spins: ArrayLike) -> Reals:
    array = arguments.spins(spins)
    results = np.empty(array.shape[:-2])
    if array.size:
        function(array.reshape(-1, *array.shape[-2:]), results.reshape(-1), None)
    return plain(results)
