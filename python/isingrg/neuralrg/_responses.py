"""What the latent variables of a flow mean: their responses, and what they leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.model import of_one_state
from isingrg._shared.progress import reporting
from isingrg.neuralrg._evaluation import MOST_SAMPLES
from isingrg.neuralrg._samples import Floats, Samples, for_core, refuse_spins

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG


class Responses(NamedTuple):
    """How latent variables answer to physical ones, over samples, from `NeuralRG.responses`."""

    #: Coordinates (i, j) of the k latent variables, (k, 2); (k, 1) on a ring.
    sites: NDArray[np.int32]
    #: Means of dz / dx, (k, L, L).
    mean: Floats
    #: Their standard deviations, (k, L, L): zero if the flow were linear.
    deviation: Floats


@of_one_state
def responses(
    model: NeuralRG,
    n: int | None = None,
    *,
    x: ArrayLike | None = None,
    scale: int | None = None,
    sites: ArrayLike | None = None,
    seed: int = 0,
    progress: Any = False,
) -> Responses:
    """Responses E[dz_i / dx] of latent variables to all physical ones (Fig. 4a).

    Parameters
    ----------
    n : int, optional
        Samples to average over, at least 1, decoded from normal latent variables; or give x.
    x : array_like, shape (..., L, L), optional
        Samples to average over instead, such as those of `hmc`, or those that `sample_fields`
        draws for given spins. A symmetric flow knows most configurations from one side only:
        take x or -x, whichever has the larger ``-(z**2).sum() / 2 + logdet``.
    scale : int, optional
        The latent variables of this scale, 0 to `depth`; by default the last: the four
        collective variables at the top of a MERA that has all scales, but for those a decimator
        gave away, of scale `depth` - 1.
    sites : array_like of int, shape (k, 2), optional
        Coordinates of the latent variables instead.
    seed : int
        Seed of the samples, 0 to 2**64 - 1.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    Responses
        sites (k, 2), mean and deviation (k, L, L).

    Raises
    ------
    ArgumentError
        Also if x holds spins, that is no values but -1, 0 and 1.
    NonFiniteError
        If x is so large that a response is beyond the range of float64.
    """
    native = model._ready()
    chosen = _latent_sites(model, scale, sites)
    if (n is None) == (x is None):
        raise ArgumentError("give either n, a number of samples, or x, the samples")
    if x is None:
        # Not `sample`, which negates half of them if the flow is symmetric.
        random = np.random.default_rng(arguments.seed(seed))
        shape = (arguments.integer("n", n, 1, MOST_SAMPLES), *model._shape)
        x = model.decode(random.standard_normal(shape))[0]
    samples = Samples("x", x, model._shape)
    if not len(samples):
        raise ArgumentError("x must hold at least one configuration")
    refuse_spins("x", samples.rows)
    shape = (len(chosen), *model._shape)
    mean: Floats = arguments.allocate("the responses", shape, np.float64)
    deviation: Floats = arguments.allocate("the responses", shape, np.float64)
    with reporting(progress, "differentiating", "samples") as report:
        numbers = np.ravel_multi_index(tuple(chosen.T), model._shape).astype(np.int32)
        means, deviations = (for_core(values, len(model._shape)) for values in (mean, deviation))
        _core.neuralrg_responses(native, samples.native, numbers, means, deviations, report)
    return Responses(
        chosen,
        samples.finite(mean, "a mean response"),
        samples.finite(deviation, "a deviation of the responses"),
    )


def _latent_sites(model: NeuralRG, scale: Any, sites: Any) -> NDArray[np.int32]:
    if sites is None:
        scales = model.latent_scales
        last = int(scales.max())
        if scale is None:
            found = scales >= last - 1 if (scales == last).sum() == 1 else scales == last
        else:
            found = scales == arguments.integer("scale", scale, 0, last)
        return np.argwhere(found).astype(np.int32)
    if scale is not None:
        raise ArgumentError("give either scale or sites")
    axes = len(model._shape)
    array = arguments.integers("sites", sites, 0, max(model._shape) - 1)
    if array.ndim != 2 or array.shape[1] != axes or not len(array):
        raise ArgumentError(f"sites must have the shape (k, {axes}), got {array.shape}")
    if (array >= model._shape).any():
        raise ArgumentError(f"sites must be on the lattice {model._shape}")
    return array.astype(np.int32)


def sample_given(
    model: NeuralRG, coarse: ArrayLike, n: int = 1, *, seed: int = 0, progress: Any = False
) -> Floats:
    """Configurations with frozen coarse variables: the finer scales are drawn anew.

    `coarse` are the variables that the flow hands on to scale m, an (L / 2**m, L / 2**m)
    lattice: those of a configuration x are ``model.encode(x, scales=(0, m))[0][::2**m,
    ::2**m]``. The latent variables of the finer scales are drawn from their normal
    distribution, and all are decoded from scale m to 0.

    Parameters
    ----------
    coarse : array_like, shape (..., L / 2**m, L / 2**m)
        m from 0, where nothing is left to draw, to `depth`. Not for "tebd", which has no
        coarser lattice.
    n : int
        Configurations for each of these, at least 1.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    ndarray, shape (..., n, L, L)
        Samples of q0 given its coarse variables: without the flip of a symmetric flow.
    """
    model._ready()
    n = arguments.integer("n", n, 1, MOST_SAMPLES)
    array = arguments.reals("coarse", coarse)
    axes = len(model._shape)
    deepest = 0 if model._configuration.structure == "tebd" else model.depth
    distances = [model._configuration.distances(scale) for scale in range(deepest + 1)]
    shapes = [tuple(np.floor_divide(model._shape, distance)) for distance in distances]
    if array.shape[-axes:] not in shapes:
        raise ArgumentError(
            f"coarse must have the shape of the lattice at one of the scales 0 to {deepest}, such "
            f"as (..., L / 2**m, L / 2**m): {', '.join(map(str, shapes))}, got {array.shape}"
        )
    scale = shapes.index(array.shape[-axes:])
    random = np.random.default_rng(arguments.seed(seed))
    shape = (*array.shape[:-axes], n, *model._shape)
    z: Floats = arguments.allocate("the configurations", shape, np.float64)
    random.standard_normal(out=z)
    kept: tuple[Any, ...] = tuple(slice(None, None, distance) for distance in distances[scale])
    z[(Ellipsis, *kept)] = np.expand_dims(array, -1 - axes)
    return model.decode(z, scales=(0, scale), progress=progress)[0]
