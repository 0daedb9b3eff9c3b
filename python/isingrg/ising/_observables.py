"""Observables of configurations."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError

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


def block_spin(spins: ArrayLike, b: int = 2) -> NDArray[np.int8]:
    """Replace each b x b block by the sign of its sum; ties give +1.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        +1 and -1 in any integer or floating dtype, L at least 2.
    b : int
        Block size, a divisor of L.

    Returns
    -------
    ndarray of int8, shape (..., L/b, L/b)
    """
    array = _arguments.spins(spins)
    size = array.shape[-1]
    b = _arguments.integer("b", b, 1, size)
    if size % b:
        raise ArgumentError(f"b must divide L = {size}, got {b}")
    blocked = np.empty((*array.shape[:-2], size // b, size // b), dtype=np.int8)
    if array.size:
        _core.ising_block_spin(
            array.reshape(-1, size, size), b, blocked.reshape(-1, size // b, size // b)
        )
    return blocked


def _per_configuration(function: Callable[[Any, Any], None], spins: ArrayLike) -> Reals:
    array = _arguments.spins(spins)
    results = np.empty(array.shape[:-2])
    if array.size:
        function(array.reshape(-1, *array.shape[-2:]), results.reshape(-1))
    return float(results) if results.ndim == 0 else results
