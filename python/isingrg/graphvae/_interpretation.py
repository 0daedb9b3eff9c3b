"""What the latent variables of a trained model mean for the renormalization group."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.history import Floats
from isingrg._shared.model import of_one_state
from isingrg.graphvae import _rg_map
from isingrg.graphvae._evaluation import level_means
from isingrg.graphvae._rg_map import RGMap
from isingrg.ising import block_spin
from isingrg.statistics import Estimate, bootstrap

if TYPE_CHECKING:
    from isingrg.graphvae.model import GraphVAE

#: Random configurations whose mean stands for infinite temperature.
_RANDOM = 1000


class Basins(NamedTuple):
    """Which fixed point configurations are near at every level, from `GraphVAE.basins`."""

    #: Latent means of the configurations +1, of -1, and of random spins, (3, levels, d).
    centres: Floats
    #: From that of random spins to the nearer one of the other two, (levels,).
    separation: Floats
    #: Share of configurations that are nearer to +1 or -1 than to random spins, (levels, ...).
    ordered: Estimate
    #: Mean distance of configurations to the nearest of the three, (levels, ...).
    distance: Estimate


def means(model: GraphVAE, spins: ArrayLike, progress: Any = False) -> Floats:
    """(levels, ..., n, d) of at least one axis of configurations."""
    return level_means(model, _configurations(spins), progress=progress)


def _configurations(spins: ArrayLike) -> NDArray[np.int8]:
    array = arguments.spins(spins)
    if array.ndim < 3 or not array.size or array.shape[-3] < 2:
        raise ArgumentError(
            f"spins must have the shape (..., n, L, L) with n at least 2, got {array.shape}"
        )
    return array


@of_one_state
def trajectories(
    model: GraphVAE, spins: ArrayLike, steps: int | None = None, *, progress: Any = False
) -> Floats:
    """Latent means of configurations and of their block spins (Figs. 3, 5 and 6).

    Each of the first two axes stands for coarse graining. Level l of the encoder looks at blocks of
    2**l sites that it has learned to summarise; the configuration after k block spins (2 x 2 sites,
    ties give +1) is encoded like any other of L / 2**k sites.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        As for `encode`.
    steps : int, optional
        Block spins, from 0 to as many as leave a size that can be encoded, the default.
    progress : bool or callable
        As for `encode`, for each step.

    Returns
    -------
    ndarray, shape (steps + 1, levels, ..., latent)
        ``[0]`` is what `encode` gives; ``[:, -1]`` the last level under block spins. With
        ``readout="sites"`` means over the sites of each level.
    """
    array = arguments.spins(spins)
    block = model._configuration.block
    size, most = array.shape[-1], 0
    while size % (2 * block) == 0 and size >= 4 * block:
        size, most = size // 2, most + 1
    steps = most if steps is None else arguments.integer("steps", steps, 0, most)
    points = []
    for step in range(steps + 1):
        array = block_spin(array) if step else array
        points.append(level_means(model, array, progress=progress))
    return np.array(points)


def level_distances(model: GraphVAE, spins: ArrayLike, *, progress: Any = False) -> Floats:
    """Distances |mu_l - mu_(l+1)| between neighbouring levels (Fig. 4).

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        As for `encode`.
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    ndarray, shape (levels - 1, ...)
        The mean of their squares is the term "rg" of the loss on means. With ``readout="sites"``
        root mean squares over the sites of the coarser level, each compared with its block.
    """
    found = [mu for mu, _ in model.encode(spins, progress=progress)]
    sites = len(model._configuration.nodes(0))
    distances = []
    for fine, coarse in itertools.pairwise(found):
        squares = np.square(_on_sites_of(fine, coarse, sites) - coarse).sum(-1)
        distances.append(np.sqrt(squares.mean(tuple(range(-sites, 0))) if sites else squares))
    leading = found[0].shape[: found[0].ndim - 1 - sites]
    return np.array(distances).reshape(len(distances), *leading)


def _on_sites_of(fine: Floats, coarse: Floats, axes: int) -> Floats:
    """Means of a fine map over the blocks of the coarse one's sites; what is no map as it is."""
    if not axes:
        return fine
    *leading, size, _, dimension = fine.shape
    side = coarse.shape[-2]
    block = size // side
    blocks = fine.reshape(*leading, side, block, side, block, dimension)
    return np.asarray(blocks.mean((-4, -2)))


@of_one_state
def basins(
    model: GraphVAE,
    spins: ArrayLike,
    *,
    block: int = 1,
    resamples: int = 1000,
    seed: int = 0,
    progress: Any = False,
) -> Basins:
    """Whether latent variables flow to those of the ordered and the disordered fixed point.

    Under coarse graining couplings flow to zero temperature, where all spins are equal, or to
    infinite temperature, where spins are random. The result has the latent variables of these
    two at each level, and the share of configurations that are nearer to the first. With
    ``readout="sites"`` all of this is about means over the sites of a level.

    Parameters
    ----------
    spins : array_like, shape (..., n, L, L)
        n configurations, at least 2, for example of each coupling; of any size that `encode` takes.
    block, resamples : int
        As for `isingrg.statistics.bootstrap`.
    seed : int
        Seed of the resamples and of the random spins, 0 to 2**64 - 1.
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    Basins
        `ordered` and `distance` of the shape (levels, ...), one for each coupling.
    """
    spins = arguments.spins(spins)
    own = means(model, spins, progress)
    size = spins.shape[-1]
    random = np.random.default_rng(arguments.seed(seed))
    disordered = random.choice(np.array([-1, 1], np.int8), (_RANDOM, size, size))
    ends = np.ones((2, size, size), np.int8) * np.array([1, -1], np.int8)[:, None, None]
    plus, minus = np.moveaxis(means(model, ends), 1, 0)
    centres = np.stack([plus, minus, means(model, disordered).mean(1)])
    # The axes (..., n) of the configurations first, then levels and centres.
    to_centres = np.linalg.norm(np.moveaxis(own, 0, -2)[..., None, :, :] - centres, axis=-1)
    to_centres = np.moveaxis(to_centres, -1, -2)
    axis = own.ndim - 3
    nearer = (to_centres[..., :2].min(-1) < to_centres[..., 2]).astype(np.float64)
    ordered, distance = (
        bootstrap(
            lambda drawn: np.moveaxis(drawn.mean(axis), -1, 0),
            values,
            axis=axis,
            block=block,
            resamples=resamples,
            seed=seed,
        )
        for values in (nearer, to_centres.min(-1))
    )
    separation = np.linalg.norm(centres[:2] - centres[2], axis=-1).min(0)
    return Basins(centres, separation, ordered, distance)


def rg_map(
    model: GraphVAE,
    spins: ArrayLike,
    levels: tuple[int, int] | None = None,
    *,
    block: int = 1,
    resamples: int = 1000,
    seed: int = 0,
    progress: Any = False,
) -> RGMap:
    """The linear map mu_coarse ~ W mu_fine + b between levels, by least squares (Eq. 7).

    Parameters
    ----------
    spins : array_like, shape (..., n, L, L)
        n configurations, at least 2, for example of each coupling; all are pooled.
    levels : (int, int), optional
        Fine and coarse level, 0 to `levels` - 1; by default all pairs of neighbouring levels
        together. With ``readout="sites"`` the fine one is averaged over the block of every coarse
        site, and all of these enter; a pair must be given in this order.
    block, resamples, seed : int
        As for `isingrg.statistics.bootstrap`. Errors come from the choice of configurations; the
        model is taken as it is.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) resamples and stops by returning
        False.

    Returns
    -------
    RGMap
        Unpacks as weight, bias, eigenvalues, cosine_with_pc1; see there for errors and for
        which eigenvalues carry meaning. PC1 is that of the last level.

    Notes
    -----
    A training often leaves one active unit, or none. The least squares of the others are well
    defined and have small errors, but are the ratio of two noises: trust `active_magnitudes`.

    The sizes of eigenvalues depend on the scale of the latent variables: scaling those of the
    coarse level scales all eigenvalues, and only the consistency term fixes that scale. Without it
    levels can lie far apart; as W and b are the same for all pairs of levels, W then describes
    these distances, so look at single pairs. Two random directions have a cosine of 0.42 on average
    in 4 dimensions and of 0.64 in 2. Where the last level varies along one direction only, W has
    its image there and the cosine is near 1 whatever the map is.

    Examples
    --------
    Without the critical window:

    >>> spins, K = isingrg.graphvae.published_data()
    >>> far = abs(K - isingrg.ising.K_CRITICAL) > 0.1
    >>> model = GraphVAE().fit(spins)  # doctest: +SKIP
    >>> weight, bias, eigenvalues, cosine = model.rg_map(spins[far])  # doctest: +SKIP
    """
    count = model.levels
    if count < 2:
        raise ArgumentError("a map between levels needs a model with at least two levels")
    if levels is None:
        pairs = [(level, level + 1) for level in range(count - 1)]
    else:
        if not isinstance(levels, (tuple, list)) or len(levels) != 2:
            raise TypeError("levels must be a pair (fine, coarse) of integers")
        fine, coarse = (arguments.integer("levels", k, 0, count - 1) for k in levels)
        if fine >= coarse:
            raise ArgumentError(f"levels must be (fine, coarse), fine first, got {levels}")
        pairs = [(fine, coarse)]
    return _rg_map.rg_map(*_paired(model, spins, pairs), block, resamples, seed, progress)


def _paired(
    model: GraphVAE, spins: ArrayLike, pairs: list[tuple[int, int]]
) -> tuple[Floats, Floats, Floats]:
    """Fine and coarse means of all pairs of levels and of all coarse sites, and the last level's.

    Each (..., n, k, d): what belongs to a configuration stays together.
    """
    found = [mu for mu, _ in model.encode(_configurations(spins))]
    sites = len(model._configuration.nodes(0))
    shape = found[0].shape[: found[0].ndim - 1 - sites]

    def rows(mu: Floats) -> Floats:
        return mu.reshape(*shape, -1, mu.shape[-1])

    fine = [rows(_on_sites_of(found[a], found[b], sites)) for a, b in pairs]
    coarse = [rows(found[b]) for _, b in pairs]
    return np.concatenate(fine, axis=-2), np.concatenate(coarse, axis=-2), rows(found[-1])
