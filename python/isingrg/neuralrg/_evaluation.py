"""What a trained flow says about configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.progress import reporting
from isingrg._shared.results import plain
from isingrg.neuralrg._samples import Floats, Reals, Samples, for_core

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG

MOST_SAMPLES = 2**32


def sample(model: NeuralRG, n: int, *, seed: int = 0, progress: Any = False) -> Floats:
    """Independent configurations x = g(z) of the flow's density q.

    Parameters
    ----------
    n : int
        Number of configurations, at least 1. The first ones do not depend on it.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    ndarray, shape (n, L, L)
        A symmetric flow negates half of them, at random.

    Raises
    ------
    MemoryError
        If the machine cannot hold them.
    NonFiniteError
        If the parameters are so large that one is beyond the range of float64.
    """
    return _sampled(model, n, seed, progress, None)


def sample_with_log_prob(
    model: NeuralRG, n: int, *, seed: int = 0, progress: Any = False
) -> tuple[Floats, Floats]:
    """The same configurations as `sample`, and ln q(x) of each.

    This costs less than `sample` and `log_prob`, because decoding gives the density as well; a
    symmetric flow encodes -x once.

    Parameters
    ----------
    n : int
        Number of configurations, at least 1.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    x : ndarray, shape (n, L, L)
    log_prob : ndarray, shape (n,)

    Raises
    ------
    MemoryError
        If the machine cannot hold them.
    NonFiniteError
        If the parameters are so large that one is beyond the range of float64.
    """
    n = arguments.integer("n", n, 1, MOST_SAMPLES)
    density: Floats = arguments.allocate("the densities", (n,), np.float64)
    return _sampled(model, n, seed, progress, density), density


def _sampled(model: NeuralRG, n: int, seed: int, progress: Any, density: Floats | None) -> Floats:
    native = model._ready()
    n = arguments.integer("n", n, 1, MOST_SAMPLES)
    seed = arguments.seed(seed)
    samples: Floats = arguments.allocate("the samples", (n, *model._shape), np.float64)
    with reporting(progress, "sampling", "configurations") as report:
        rows = for_core(samples, len(model._shape))
        _core.neuralrg_sample(native, seed, rows, None, density, report)
    for values in (samples,) if density is None else (samples, density):
        if not np.isfinite(values).all():
            raise NonFiniteError("a sample is not finite: the parameters are too large")
    return samples


def log_prob(model: NeuralRG, x: ArrayLike, *, progress: Any = False) -> Reals:
    """ln q(x), normalised: ln N(z; 0, 1) + ln |det dz/dx| with z = g^-1(x) (Eq. 1).

    A symmetric flow has the mean of this density at x and -x.

    Parameters
    ----------
    x : array_like, shape (..., L, L)
        Fields, not spins: the density at x = s is no probability of the spins s.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    float or ndarray, shape (...)

    Raises
    ------
    NonFiniteError
        If x is so large that the result is beyond the range of float64.
    """
    native = model._ready()
    samples = Samples("x", x, model._shape)
    values = np.empty(len(samples))
    with reporting(progress, "evaluating", "configurations") as report:
        if len(samples):
            _core.neuralrg_log_probability(native, samples.native, values, report)
    return samples.scalars(values, "ln q(x)")


def latent_energy(model: NeuralRG, z: ArrayLike, *, progress: Any = False) -> Reals:
    """Energy of the latent variables that the flow induces, -ln pi(g(z)) - ln |det dx/dz| (Eq. 6).

    It is |z|^2 / 2 plus a constant where the flow is perfect. `hmc` in latent space moves in it.

    Parameters
    ----------
    z : array_like, shape (..., L, L)
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    float or ndarray, shape (...)

    Raises
    ------
    NonFiniteError
        If z is so large that the result is beyond the range of float64.
    """
    x, logdet = decode(model, z, progress=progress)
    return plain(-np.asarray(model.target.log_density(x)) - logdet)


def encode(
    model: NeuralRG, x: ArrayLike, *, scales: tuple[int, int] | None = None, progress: Any = False
) -> tuple[Floats, Reals]:
    """Latent variables z = g^-1(x) and ln |det dz/dx|: the flow of the RG.

    Parameters
    ----------
    x : array_like, shape (..., L, L)
    scales : (int, int), optional
        Only the part of the flow from scale n to m, 0 <= n <= m <= depth; pairs of layers of a
        "tebd". What enters scale n lives on the sites whose coordinates are multiples of
        `block` ** n, all others stay as they are.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    z : ndarray, shape (..., L, L)
        On the sites of the physical variables; `latent_scales` tells their scales.
    logdet : float or ndarray, shape (...)

    Raises
    ------
    NonFiniteError
        If x is so large that a result is beyond the range of float64.
    """
    return _transformed(model, "x", x, _core.neuralrg_encode, "z", scales, progress)


def decode(
    model: NeuralRG, z: ArrayLike, *, scales: tuple[int, int] | None = None, progress: Any = False
) -> tuple[Floats, Reals]:
    """Physical variables x = g(z) and ln |det dx/dz|: the inverse of `encode`.

    Parameters
    ----------
    z : array_like, shape (..., L, L)
    scales : (int, int), optional
        Only the part of the flow from scale m to n, given as (n, m): the inverse of `encode`
        with these scales.
    progress : bool or callable
        As for `sample`.

    Returns
    -------
    x : ndarray, shape (..., L, L)
    logdet : float or ndarray, shape (...)

    Raises
    ------
    NonFiniteError
        If z is so large that a result is beyond the range of float64.
    """
    return _transformed(model, "z", z, _core.neuralrg_decode, "x", scales, progress)


def _layers(model: NeuralRG, scales: Any) -> tuple[int, int]:
    """First and end of the layers of these scales."""
    per_scale = len(model.hierarchy) // model.depth
    if scales is None:
        return 0, per_scale * model.depth
    try:
        first, end = scales
    except (TypeError, ValueError):
        raise ArgumentError(
            f"scales must be a pair (n, m), got {arguments.given(scales)}"
        ) from None
    end = arguments.integer("scales[1]", end, 0, model.depth)
    return per_scale * arguments.integer("scales[0]", first, 0, end), per_scale * end


def _transformed(
    model: NeuralRG, name: str, values: Any, function: Any, image: str, scales: Any, progress: Any
) -> tuple[Floats, Reals]:
    native = model._ready()
    layers = _layers(model, scales)
    samples = Samples(name, values, model._shape)
    images = arguments.allocate(image, samples.rows.shape, np.float64)
    determinants = np.empty(len(samples))
    with reporting(progress, "evaluating", "configurations") as report:
        if len(samples):
            rows = for_core(images, len(model._shape))
            function(native, samples.native, *layers, rows, determinants, report)
    return (
        samples.configurations(images, image),
        samples.scalars(determinants, "the log-determinant"),
    )
