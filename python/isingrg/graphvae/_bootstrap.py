"""Errors of whatever is computed from configurations: the bootstrap."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _moments
from isingrg._errors import ArgumentError, ConvergenceError
from isingrg._progress import reporting, tell

Floats = NDArray[np.float64]

_CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A number, or an array of numbers, with its bootstrap error and 95 % interval."""

    #: Of the configurations themselves.
    value: Any
    #: Standard deviation over resamples; 0 where all agree, because no fluctuation was seen.
    error: Any
    #: Percentile 2.5 of the resamples.
    low: Any
    #: Percentile 97.5.
    high: Any


def bootstrap(
    statistic: Callable[..., Any],
    *values: ArrayLike,
    axis: int = -1,
    block: int = 1,
    resamples: int = 1000,
    seed: int = 0,
    progress: Any = False,
) -> Estimate:
    """The value of a statistic, and how much it would vary with other configurations.

    Configurations are drawn with replacement along one axis, in every array the same, and for each
    index of the axes before it separately: couplings keep their number of configurations.

    Parameters
    ----------
    statistic : callable
        Takes arrays of the shapes of `values`, returns a number or an array, finite.
    values : array_like, shape (..., n, ...)
        One array or more, equal in the axes up to that of the configurations.
    axis : int
        That of the configurations, counted in the first array.
    block : int
        Neighbours in a chain are drawn together, 1 to n / 2 of them, and the chain is closed to a
        ring for that. Several autocorrelation times; with 1, configurations are independent, and
        errors from a chain that is not come out too small.
    resamples : int
        20 to 10**6.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Estimate
        Arrays of the shape of the statistic; `value` is that of the data themselves.

    Raises
    ------
    ConvergenceError
        If the statistic of a resample is not finite: there are too few configurations.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993); D. N. Politis and
    J. P. Romano (1992) for the ring of blocks.
    """
    arrays, leading = _samples(values, axis)
    *strata, n = leading
    block = _arguments.integer("block", block, 1, n // 2)
    resamples = _arguments.integer("resamples", resamples, 20, 10**6)
    random = np.random.default_rng(_arguments.seed(seed))
    count = int(np.prod(strata))
    rows = np.arange(count)[:, None]
    flat = [array.reshape(count, n, *array.shape[len(leading) :]) for array in arrays]
    value = np.asarray(statistic(*arrays), np.float64)
    every = _arguments.allocate("the resamples", (resamples, *value.shape), np.float64)
    with reporting(progress, "resampling") as report:
        for done in range(resamples):
            tell(report, done, resamples)
            starts = random.integers(n, size=(count, -(-n // block), 1))
            drawn = (starts + np.arange(block)).reshape(count, -1)[:, :n] % n
            resampled = (a[rows, drawn].reshape(b.shape) for a, b in zip(flat, arrays, strict=True))
            every[done] = statistic(*resampled)
        tell(report, resamples, resamples)
    if not np.isfinite(every).all():
        raise ConvergenceError(
            f"a resample of {n} configurations in blocks of {block} has no finite value: there "
            "are too few configurations"
        )
    tail = 50 * (1 - _CONFIDENCE)
    low, high = np.percentile(every, [tail, 100 - tail], axis=0)
    return Estimate(value[()], every.std(0, ddof=1)[()], low[()], high[()])


def _samples(values: tuple[ArrayLike, ...], axis: int) -> tuple[list[Floats], tuple[int, ...]]:
    """The arrays, and their common axes up to that of the configurations."""
    if not values:
        raise ArgumentError("values must be one array or more")
    arrays = [_arguments.reals("values", value) for value in values]
    dimensions = arrays[0].ndim
    if dimensions == 0:
        raise ArgumentError("values must have an axis of configurations, got a single number")
    end = _arguments.integer("axis", axis, -dimensions, dimensions - 1) % dimensions + 1
    leading = arrays[0].shape[:end]
    if any(array.shape[:end] != leading for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ArgumentError(f"values must have the same first {end} axes, got {shapes}")
    if 0 in leading or leading[-1] < 2:
        raise ArgumentError(f"values must hold at least two configurations, got {leading}")
    return arrays, leading


def correlation(
    a: ArrayLike, b: ArrayLike, *, block: int = 1, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """Pearson's correlation of two numbers of each configuration, such as PC1 and energy.

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        n configurations of a chain, for each coupling, say; all are pooled.
    block, resamples, seed : int
        As for `bootstrap`.

    Returns
    -------
    Estimate
        -1 to 1.
    """
    first, second = _arguments.reals("a", a), _arguments.reals("b", b)
    if first.shape != second.shape:
        raise ArgumentError(f"a and b must have the same shape, got {first.shape}, {second.shape}")
    for name, values in (("a", first), ("b", second)):
        if not values.size or values.min() == values.max():
            raise ArgumentError(f"{name} must vary")
    return bootstrap(_pearson, first, second, block=block, resamples=resamples, seed=seed)


def _pearson(a: Floats, b: Floats) -> float:
    with np.errstate(invalid="ignore", over="ignore"):  # a resample that is constant has none
        a, b = _of_unit_scale(a), _of_unit_scale(b)
        share = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
        return float(np.clip(share, -1, 1))


def _of_unit_scale(values: Floats) -> Floats:
    """Without their mean and with a largest magnitude of 1, whose squares are in range."""
    # Powers of two keep every digit.
    scaled = np.ldexp(values.ravel(), -int(np.frexp(np.abs(values).max())[1]))
    deviations = _moments.centre(scaled).deviations
    return np.asarray(deviations / np.abs(deviations).max())
