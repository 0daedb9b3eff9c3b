"""What a trained model says of configurations and latent variables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.progress import reporting

if TYPE_CHECKING:
    from isingrg.graphvae.model import GraphVAE

Floats = NDArray[np.float64]

_LARGEST_ENCODED = 1024
_MOST_SAMPLES = 2**32

#: The terms of Eq. 1, columns of the history in the order of the core.
TERMS = ("loss", "reconstruction", "kl", "rg")


def configurations(model: GraphVAE, value: Any) -> NDArray[np.int8]:
    """Configurations (..., L, L) of the model's size."""
    array = arguments.spins(value)
    if array.shape[-1] != model.L:
        raise ArgumentError(
            f"spins must have the shape (..., {model.L}, {model.L}), got {array.shape}"
        )
    return array


def encode(
    model: GraphVAE, spins: ArrayLike, *, progress: Any = False
) -> list[tuple[Floats, Floats]]:
    """Mean and logarithmic variance of the latent variable of every level (Eq. 2).

    Level l does not change under translations by 2**l sites, nor under reflections and quarter
    turns: a level is an average over its sites. With ``readout="sites"`` its map is translated,
    reflected and turned with the configuration. Either way configurations of other sizes than L can
    be encoded too.

    Parameters
    ----------
    spins : array_like, shape (..., l, l)
        +1 and -1 in any integer or floating dtype; l a multiple of 2**(levels - 1), at least
        twice that and at most 1024.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    list of (mu, logvar)
        One pair for each level, the finest first: ndarrays of the shape (..., latent) or, with
        ``readout="sites"``, (..., l / 2**level, l / 2**level, latent).

    Raises
    ------
    NonFiniteError
        If the parameters are so large that a result is beyond the range of float64.
    MemoryError
        If the machine cannot hold the features of one configuration.
    """
    native = model._ready()
    array = arguments.spins(spins)
    size, block = array.shape[-1], model._configuration.block
    if size % block or not 2 * block <= size <= _LARGEST_ENCODED:
        raise ArgumentError(
            f"spins must have a size that is a multiple of {block} from {2 * block} to "
            f"{_LARGEST_ENCODED}, got {size}"
        )
    rows = array.reshape(-1, size, size)
    shapes = [model._configuration.nodes(level, size) for level in range(model.levels)]
    counts = [len(rows) * math.prod(shape) for shape in shapes]
    means: Floats = arguments.allocate("mu", (sum(counts), model.latent), np.float64)
    variances: Floats = arguments.allocate("logvar", (sum(counts), model.latent), np.float64)
    with reporting(progress, "encoding", "configurations") as report:
        if len(rows):
            _core.graphvae_encode(native, rows, means, variances, report)
    if not (np.isfinite(means).all() and np.isfinite(variances).all()):
        raise NonFiniteError("a latent variable is not finite: the parameters are too large")
    parts = zip(*(np.split(x, np.cumsum(counts[:-1])) for x in (means, variances)), strict=True)
    full = [(*array.shape[:-2], *shape, model.latent) for shape in shapes]
    return [
        (mu.reshape(shape), logvar.reshape(shape))
        for (mu, logvar), shape in zip(parts, full, strict=True)
    ]


def level_means(model: GraphVAE, spins: ArrayLike, *, progress: Any = False) -> Floats:
    """mu of every level, (levels, ..., latent); of maps their means over sites."""
    encoded = model.encode(spins, progress=progress)
    axes = tuple(range(-1 - len(model._configuration.nodes(0)), -1))
    return np.array([mu.mean(axes) if axes else mu for mu, _ in encoded])


def decode(model: GraphVAE, z: ArrayLike, *, progress: Any = False) -> Floats:
    """Mean of the spins given the latent variable of the last level.

    Parameters
    ----------
    z : array_like, shape (..., latent)
        With ``readout="sites"`` (..., l, l, latent), where l = L / 2**(levels - 1).
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    ndarray, shape (..., L, L)
        With the likelihood "mse" what the decoder gives, which need not be within -1 and 1;
        with "bernoulli" 2 p - 1, where p is the probability of a spin +1.

    Raises
    ------
    NonFiniteError
        If z is so large that a result is beyond the range of float64.
    """
    native = model._ready()
    array = arguments.reals("z", z)
    wanted = latent_shape(model)
    leading = array.shape[: array.ndim - len(wanted)]
    if array.ndim < len(wanted) or array.shape[len(leading) :] != wanted:
        numbers = ", ".join(map(str, wanted))
        raise ArgumentError(f"z must have the shape (..., {numbers}), got {array.shape}")
    rows = array.reshape(math.prod(leading), math.prod(wanted[:-1]), model.latent)
    means: Floats = arguments.allocate("the spins", (len(rows), model.L, model.L), np.float64)
    with reporting(progress, "decoding", "latent variables") as report:
        if len(rows):
            _core.graphvae_decode(native, rows, means, report)
    if not np.isfinite(means).all():
        raise NonFiniteError("a mean of the spins is not finite: z is too large")
    return means.reshape(*leading, model.L, model.L)


def latent_shape(model: GraphVAE) -> tuple[int, ...]:
    """Shape of z of one configuration: (latent,) or (l, l, latent)."""
    return (*model._configuration.nodes(model.levels - 1), model.latent)


def sample(model: GraphVAE, n: int, *, seed: int = 0, progress: Any = False) -> NDArray[np.int8]:
    """Configurations of the model: z from the prior N(0, 1), then spins given z.

    Each spin is drawn on its own, with the mean that `decode` gives; means beyond -1 and 1, which
    the likelihood "mse" permits, count as -1 and 1. Correlations between spins come from z alone.

    Parameters
    ----------
    n : int
        Number of configurations, at least 1. The first ones do not depend on it.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    ndarray of int8, shape (n, L, L)
        +1 and -1.

    Raises
    ------
    MemoryError
        If the machine cannot hold them.
    NonFiniteError
        If the parameters are so large that a mean is beyond the range of float64.
    """
    return sample_with_z(model, n, seed=seed, progress=progress)[0]


def sample_with_z(
    model: GraphVAE, n: int, *, seed: int = 0, progress: Any = False
) -> tuple[NDArray[np.int8], Floats]:
    """Configurations as from `sample`, with the latent variables that they were drawn from.

    Parameters
    ----------
    n, seed, progress
        As for `sample`.

    Returns
    -------
    spins : ndarray of int8, shape (n, L, L)
        The same as from `sample`.
    z : ndarray, shape (n, latent)
        Of the last level; with ``readout="sites"`` (n, l, l, latent). `decode` of it gives the
        means of the spins.

    Raises
    ------
    MemoryError, NonFiniteError
        As for `sample`.

    Examples
    --------
    >>> data = isingrg.ising.sample(8, [0.2, 0.6], 100).reshape(-1, 8, 8)
    >>> model = GraphVAE(L=8, hidden=16, levels=2).fit(data, 2)
    >>> spins, z = model.sample_with_z(5)
    >>> spins.shape, z.shape, model.decode(z).shape
    ((5, 8, 8), (5, 4), (5, 8, 8))
    """
    native = model._ready()
    n = arguments.integer("n", n, 1, _MOST_SAMPLES)
    seed = arguments.seed(seed)
    shape = latent_shape(model)
    spins: NDArray[np.int8] = arguments.allocate("the spins", (n, model.L, model.L), np.int8)
    z: Floats = arguments.allocate("z", (n, math.prod(shape[:-1]), model.latent), np.float64)
    with reporting(progress, "sampling", "configurations") as report:
        _core.graphvae_sample(native, seed, z, spins, report)
    return spins, z.reshape(n, *shape)


def loss(
    model: GraphVAE, spins: ArrayLike, *, seed: int = 0, progress: Any = False
) -> dict[str, float]:
    """The terms of the loss (Eq. 1), means over configurations.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        At least one configuration.
    seed : int
        Seed of the noise of the latent variables, 0 to 2**64 - 1.
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    dict
        "reconstruction", the mean over sites of the squared error or the cross entropy; "kl"
        (Eq. 4) of the last level; "rg" (Eq. 6); both with ``readout="sites"`` means over sites, see
        `GraphVAE`; and "loss", reconstruction + beta kl +
        lambda_rg rg, with the weights after any annealing.

    Raises
    ------
    NonFiniteError
        If the parameters are so large that a term is beyond the range of float64.
    """
    native = model._ready()
    array = configurations(model, spins)
    if not array.size:
        raise ArgumentError("spins must hold at least one configuration")
    seed = arguments.seed(seed)
    terms = np.empty(_core.GRAPHVAE_COLUMNS)
    with reporting(progress, "evaluating", "configurations") as report:
        _core.graphvae_loss(native, array.reshape(-1, model.L, model.L), seed, terms, report)
    if not np.isfinite(terms).all():
        raise NonFiniteError("the loss is not finite: the parameters are too large")
    return dict(zip(TERMS, terms.tolist(), strict=True))
