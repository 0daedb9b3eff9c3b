"""Functions of means, such as the Binder cumulant, with their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError, NonFiniteError
from isingrg._shared.results import plain
from isingrg.statistics import _statistic
from isingrg.statistics._estimate import Estimate
from isingrg.statistics._series import chains, mean_and_error

Floats = NDArray[np.float64]

#: Blocks of a chain that are left out in turn. A chain that `mean_and_error` takes holds at least
#: fifty times what its correlations last, so that blocks are hardly correlated.
_BLOCKS = 25


def derived(function: Callable[..., Any], *series: ArrayLike) -> Estimate:
    """A function of the means of correlated series, without its bias of order 1 / n, and its error.

    A small change of the means changes the function by sum_i g_i times the change of mean i, so
    that its error is that of the mean of the series sum_i g_i x_i, autocorrelation and common
    fluctuations included; the slopes g_i are taken over the errors of the means. The bias is
    removed by leaving out one of 25 blocks of each chain in turn, as in `jackknife`.

    Parameters
    ----------
    function : callable
        Takes the mean of each series, as floats, and returns a finite number or an array of them,
        always of one shape.
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        One or more of the same shape, finite, measured on the same configurations.

    Returns
    -------
    Estimate
        In the shape of the function. The error is NaN where the function does not vary with means
        that do: the series do not tell how precise it is.

    Raises
    ------
    ConvergenceError
        If a chain is too short for its autocorrelation time (see `autocorrelation_time`), or the
        function is not finite close to the means.
    NonFiniteError
        If the function of the means is not finite.

    References
    ----------
    U. Wolff, doi:10.1016/S0010-4655(03)00467-3 (errors); M. H. Quenouille,
    doi:10.1093/biomet/43.3-4.353 (bias).

    Examples
    --------
    The Binder cumulant 1 - <m^4> / (3 <m^2>^2) of normal numbers is 0:

    >>> m = np.random.default_rng(1).normal(size=10_000)
    >>> print(derived(lambda m2, m4: 1 - m4 / (3 * m2**2), m**2, m**4))
    -0.020 ± 0.017
    """
    arrays = _same_shape(series)
    with np.errstate(all="ignore"):  # what is not finite is refused
        means = np.array([array.mean() for array in arrays])
        if not np.isfinite(means).all():
            raise NonFiniteError("the means of the series are beyond the range of float64")
        value = _statistic.of_all(function, means)
        slopes = gradient(function, means, _steps(arrays), value)
        unbiased = _without_bias(function, arrays, value)
    varying = np.tensordot(slopes, [a - m for a, m in zip(arrays, means, strict=True)], (0, 0))
    errors = np.array([mean_and_error(one).error for one in varying.reshape(-1, *arrays[0].shape)])
    n = arrays[0].size
    error = errors.reshape(value.shape)
    return Estimate(plain(unbiased), plain(error), n=n)


def gradient(function: Callable[..., Any], means: Floats, steps: Floats, value: Floats) -> Floats:
    """Slopes of a function at means, over steps to both sides of each; 0 where the step is 0."""
    slopes = np.zeros((len(means), *value.shape))
    for i, step in enumerate(steps):
        if not step:
            continue
        sides = []
        for sign in (1, -1):
            moved = means.copy()
            moved[i] += sign * step
            sides.append(_statistic.of_some(function, moved, value))
        slopes[i] = (sides[0] - sides[1]) / (2 * step)
    if not np.isfinite(slopes).all():
        raise ConvergenceError("the function is not finite within an error of the means")
    return slopes


def _steps(arrays: Sequence[Floats]) -> Floats:
    """The errors of the means; 0 for a series that does not vary."""
    errors = (mean_and_error(array).error for array in arrays)
    return np.nan_to_num(np.fromiter(errors, np.float64, len(arrays)))


def _without_bias(function: Callable[..., Any], arrays: Sequence[Floats], value: Floats) -> Floats:
    """B t - (B - 1) times the mean of the function without one of B blocks of equal size."""
    length = arrays[0].shape[1] // _BLOCKS
    if not length:  # of chains that do not vary
        return value
    used = [array[:, : _BLOCKS * length].reshape(-1, length).mean(1) for array in arrays]
    count = len(used[0])
    kept = np.array([(blocks.sum() - blocks) / (count - 1) for blocks in used])
    whole = _statistic.of_some(function, [blocks.mean() for blocks in used], value)
    parts = [_statistic.of_some(function, means, value) for means in kept.T]
    bias = (count - 1) * (np.mean(parts, axis=0) - whole)
    if not np.isfinite(bias).all():
        raise ConvergenceError("the function is not finite without some of the samples")
    return np.asarray(value - bias)


def _same_shape(series: Sequence[ArrayLike]) -> list[Floats]:
    if not series:
        raise ArgumentError("series must be one array or more")
    arrays = [arguments.reals("series", one) for one in series]
    if len({array.shape for array in arrays}) != 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ArgumentError(f"series must have the same shape, got {shapes}")
    return [chains(array) for array in arrays]
