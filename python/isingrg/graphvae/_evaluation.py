"""What a trained model says of configurations and latent variables."""

from __future__ import annotations

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
    turns. A level is an average over its sites: configurations of other sizes than L can be
    encoded too.

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
        One pair for each level, the finest first: ndarrays of the shape (..., latent).

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
    shape = (model.levels, len(rows), model.latent)
    means: Floats = arguments.allocate("mu", shape, np.float64)
    variances: Floats = arguments.allocate("logvar", shape, np.float64)
    with reporting(progress, "encoding", "configurations") as report:
        if len(rows):
            _core.graphvae_encode(native, rows, means, variances, report)
    if not (np.isfinite(means).all() and np.isfinite(variances).all()):
        raise NonFiniteError("a latent variable is not finite: the parameters are too large")
    leading = (*array.shape[:-2], model.latent)
    return [
        (mu.reshape(leading), logvar.reshape(leading))
        for mu, logvar in zip(means, variances, strict=True)
    ]


def decode(model: GraphVAE, z: ArrayLike, *, progress: Any = False) -> Floats:
    """Mean of the spins given the latent variable of the last level.

    Parameters
    ----------
    z : array_like, shape (..., latent)
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
    if array.ndim < 1 or array.shape[-1] != model.latent:
        raise ArgumentError(f"z must have the shape (..., {model.latent}), got {array.shape}")
    rows = array.reshape(-1, model.latent)
    means: Floats = arguments.allocate("the spins", (len(rows), model.L, model.L), np.float64)
    with reporting(progress, "decoding", "latent variables") as report:
        if len(rows):
            _core.graphvae_decode(native, rows, means, report)
    if not np.isfinite(means).all():
        raise NonFiniteError("a mean of the spins is not finite: z is too large")
    return means.reshape(*array.shape[:-1], model.L, model.L)


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
        (Eq. 4) of the last level; "rg" (Eq. 6); and "loss", reconstruction + beta kl +
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
