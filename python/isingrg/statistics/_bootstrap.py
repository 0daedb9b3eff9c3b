"""Errors of whatever is computed from configurations: the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.statistics import _statistic
from isingrg.statistics._estimate import Estimate

Floats = NDArray[np.float64]

_CONFIDENCE = 0.95


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

    Configurations are drawn with replacement along one axis, the same ones in every array. Each
    index of the axes before it is drawn separately, so that every coupling keeps its number of
    configurations.

    Parameters
    ----------
    statistic : callable
        Takes arrays of the shapes of `values`, copies that it may change, and returns a finite
        number or an array of them, always of one shape.
    values : array_like, shape (..., n, ...)
        One array or more, equal in the axes up to that of the configurations.
    axis : int
        The axis of the configurations, counted in the first array.
    block : int
        Neighbours in a chain that are drawn together, 1 to n / 2; the chain is closed to a ring
        for that. Give several autocorrelation times. With 1, configurations count as independent,
        and errors from a correlated chain come out too small.
    resamples : int
        20 to 10**6.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Estimate
        Arrays of the shape of the statistic; `value` is the statistic of the data themselves.

    Raises
    ------
    ConvergenceError
        If the statistic of a resample is not finite: there are too few configurations.
    NonFiniteError
        If that of the data themselves is not, or if the error is beyond the range of float64.
    ArgumentError, TypeError
        Also if the statistic returns no real numbers, or another shape for a resample.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993); D. N. Politis and
    J. P. Romano (1992) for the ring of blocks.
    """
    arrays, leading = _samples(values, axis)
    *strata, n = leading
    block = arguments.integer("block", block, 1, n // 2)
    resamples = arguments.integer("resamples", resamples, 20, 10**6)
    random = np.random.default_rng(arguments.seed(seed))
    count = int(np.prod(strata))
    rows = np.arange(count)[:, None]
    flat = [array.reshape(count, n, *array.shape[len(leading) :]) for array in arrays]
    value = _statistic.of_all(statistic, arrays)
    every = arguments.allocate("the resamples", (resamples, *value.shape), np.float64)
    with reporting(progress, "resampling", "resamples") as report:
        for done in range(resamples):
            tell(report, done, resamples)
            starts = random.integers(n, size=(count, -(-n // block), 1))
            drawn = (starts + np.arange(block)).reshape(count, -1)[:, :n] % n
            resampled = (a[rows, drawn].reshape(b.shape) for a, b in zip(flat, arrays, strict=True))
            every[done] = _statistic.of_some(statistic, resampled, value)
        tell(report, resamples, resamples)
    if not np.isfinite(every).all():
        raise ConvergenceError(
            f"a resample of {n} configurations in blocks of {block} has no finite value: there "
            "are too few configurations"
        )
    tail = 50 * (1 - _CONFIDENCE)
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = np.percentile(every, [tail, 100 - tail], axis=0)
        error = _statistic.check_range(np.asarray(every.std(0, ddof=1)))
    return Estimate(value[()], error[()], low[()], high[()], n=count * n)


def _samples(values: tuple[ArrayLike, ...], axis: int) -> tuple[list[Floats], tuple[int, ...]]:
    """The arrays, and their common axes up to that of the configurations."""
    if not values:
        raise ArgumentError("values must be one array or more")
    arrays = [arguments.reals("values", value) for value in values]
    dimensions = arrays[0].ndim
    if dimensions == 0:
        raise ArgumentError("values must have an axis of configurations, got a single number")
    end = arguments.integer("axis", axis, -dimensions, dimensions - 1) % dimensions + 1
    leading = arrays[0].shape[:end]
    if any(array.shape[:end] != leading for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ArgumentError(f"values must have the same first {end} axes, got {shapes}")
    if 0 in leading or leading[-1] < 2:
        raise ArgumentError(f"values must hold at least two configurations, got {leading}")
    return arrays, leading
