"""Errors of whatever is computed from samples, by leaving some of them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.statistics import _statistic
from isingrg.statistics._estimate import Estimate


def jackknife(
    statistic: Callable[..., Any], *values: ArrayLike, block: int = 1, progress: Any = False
) -> Estimate:
    """The value of a statistic without its bias of order 1 / n, and its error.

    The statistic is computed again without each block of neighbouring samples: it is t with all
    samples, and t_i without block i of B. With m the mean of the t_i, the value is B t - (B - 1) m
    and its squared error (B - 1) / B sum_i (t_i - m)^2. Errors are correct for smooth functions of
    means, but not for medians and extremes: take `bootstrap` for those.

    Parameters
    ----------
    statistic : callable
        Takes arrays of the shapes of `values` with fewer samples, copies that it may change, and
        returns a finite number or an array of them, always of one shape.
    values : array_like, shape (n, ...)
        One array or more with the same number of samples.
    block : int
        Samples that are left out together, 1 to n / 2: several autocorrelation times of a chain.
        Samples that fill no whole block at the end are not used.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Estimate
        In the shape of the statistic.

    Raises
    ------
    ConvergenceError
        If the statistic is not finite without a block.
    NonFiniteError
        If that of all samples is not, or if the error is beyond the range of float64.
    ArgumentError, TypeError
        Also if the statistic returns no real numbers, or another shape without a block.

    References
    ----------
    M. H. Quenouille, doi:10.1093/biomet/43.3-4.353; J. W. Tukey (1958); R. G. Miller,
    doi:10.1093/biomet/61.1.1.

    Examples
    --------
    The variance loses its bias:

    >>> x = np.array([1.0, 2.0, 4.0, 9.0])
    >>> print(f"{jackknife(np.var, x).value:.6f} {x.var(ddof=1):.6f}")
    12.666667 12.666667
    """
    if not values:
        raise ArgumentError("values must be one array or more")
    arrays = [arguments.reals("values", value) for value in values]
    lengths = {array.shape[0] if array.ndim else 0 for array in arrays}
    if len(lengths) != 1 or (n := min(lengths)) < 2:
        raise ArgumentError("values must have the same number of samples, at least two")
    block = arguments.integer("block", block, 1, n // 2)
    blocks = n // block
    used = [array[: blocks * block] for array in arrays]
    whole = _statistic.of_all(statistic, used)
    partial = np.empty((blocks, *whole.shape))
    with reporting(progress, "leaving out", "blocks") as report:
        for i in range(blocks):
            tell(report, i, blocks)
            left_out = slice(i * block, (i + 1) * block)
            kept = (np.delete(array, left_out, axis=0) for array in used)
            partial[i] = _statistic.of_some(statistic, kept, whole)
        tell(report, blocks, blocks)
    if not np.isfinite(partial).all():
        raise ConvergenceError("the statistic is not finite without some of the samples")
    with np.errstate(over="ignore", invalid="ignore"):
        mean = partial.mean(0)
        error = np.sqrt((blocks - 1) / blocks * np.square(partial - mean).sum(0))
    _statistic.check_range(error)
    return Estimate((blocks * whole - (blocks - 1) * mean)[()], error[()], n=blocks * block)
