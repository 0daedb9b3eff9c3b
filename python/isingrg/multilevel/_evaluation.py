"""What a sampler draws, and how probable configurations are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg._shared.results import plain

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler

Floats = NDArray[np.float64]
Spins = NDArray[np.int8]

#: Configurations that one call draws.
MOST_SAMPLES = 2**31


def configurations(model: MultilevelSampler, value: Any) -> Spins:
    """Configurations (..., L, L) of the model's size."""
    array = arguments.spins(value)
    if array.shape[-1] != model.L:
        raise ArgumentError(
            f"spins must have the shape (..., {model.L}, {model.L}), got {array.shape}"
        )
    return array


def sample(model: MultilevelSampler, n: int, *, seed: int = 0, progress: Any = False) -> Spins:
    """Draw independent configurations of q.

    Parameters
    ----------
    n : int
        How many, 1 to 2**31. The first ones do not depend on n.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    ndarray of int8, shape (n, L, L)
        +1 and -1.

    Raises
    ------
    MemoryError
        If the machine cannot hold them.
    """
    return _drawn(model, None, n, seed, progress)[0]


def sample_with_log_prob(
    model: MultilevelSampler, n: int, *, seed: int = 0, progress: Any = False
) -> tuple[Spins, Floats]:
    """Draw independent configurations of q, and the logarithms of their probabilities.

    Parameters
    ----------
    n, seed, progress
        As for `sample`.

    Returns
    -------
    spins : ndarray of int8, shape (n, L, L)
    log_prob : ndarray, shape (n,)
        ln q(s), to the last bit what `log_prob` gives.

    Raises
    ------
    MemoryError
        If the machine cannot hold them.
    """
    return _drawn(model, None, n, seed, progress)


def log_prob(
    model: MultilevelSampler, spins: ArrayLike, *, given: int | None = None, progress: Any = False
) -> float | Floats:
    """ln q(s), normalised over all configurations.

    Parameters
    ----------
    spins : array_like of +1 and -1, shape (..., L, L)
    given : int, optional
        Size l of a coarse lattice, a power of two from 1 to L / 2: then ln of the probability of
        all other spins given those at multiples of L / l.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    float or ndarray, shape (...)
    """
    native = model._ready()
    array = configurations(model, spins)
    coarse_size = 0 if given is None else _coarse_size(model, "given", given)
    values = np.empty(array.shape[:-2])
    with reporting(progress, "evaluating", "configurations") as report:
        if values.size:
            rows = array.reshape(-1, model.L, model.L)
            _core.multilevel_log_probability(native, rows, coarse_size, values.reshape(-1), report)
    return plain(values)


def refine(
    model: MultilevelSampler, coarse: ArrayLike, *, seed: int = 0, progress: Any = False
) -> tuple[Spins, Floats]:
    """Draw fine configurations given coarse ones: the inverse of decimation.

    A coarse configuration is taken as the spins s[::b, ::b] of a lattice of L = b l sites. Those of
    an Ising model of l x l sites at the same K are no such spins: decimation changes the couplings.

    Parameters
    ----------
    coarse : array_like of +1 and -1, shape (..., l, l)
        l a power of two from 1 to L / 2.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    spins : ndarray of int8, shape (..., L, L)
        With the coarse spins where they were.
    log_prob : ndarray, shape (...)
        ln of the probability of the other spins given these, as from ``log_prob(spins, given=l)``.

    Examples
    --------
    >>> sampler = MultilevelSampler(L=16).fit(1)
    >>> spins, _ = sampler.refine(isingrg.ising.sample(32, sampler.K, 10)[0, :, ::8, ::8])
    >>> spins.shape
    (10, 16, 16)
    """
    array = arguments.spins(coarse, "coarse", least=1)
    size = _coarse_size(model, "the size of coarse", array.shape[-1])
    rows = array.reshape(-1, size, size)
    spins, values = _drawn(model, rows, len(rows), seed, progress)
    leading = array.shape[:-2]
    return spins.reshape(*leading, model.L, model.L), values.reshape(leading)


def _coarse_size(model: MultilevelSampler, name: str, value: Any) -> int:
    size = arguments.integer(name, value, 1, model.L // 2)
    if size & (size - 1):
        raise ArgumentError(f"{name} must be a power of two from 1 to {model.L // 2}, got {size}")
    return size


def _drawn(
    model: MultilevelSampler, coarse: Spins | None, n: int, seed: int, progress: Any
) -> tuple[Spins, Floats]:
    native = model._ready()
    n = arguments.integer("n", n, 0 if coarse is not None else 1, MOST_SAMPLES)
    seed = arguments.seed(seed)
    spins: Spins = arguments.allocate("the configurations", (n, model.L, model.L), np.int8)
    values: Floats = arguments.allocate("the probabilities", (n,), np.float64)
    with reporting(progress, "sampling", "configurations") as report:
        if n:
            _core.multilevel_sample(native, coarse, seed, spins, values, report)
    return spins, values
