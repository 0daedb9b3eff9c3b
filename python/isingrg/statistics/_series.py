"""Means of correlated samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg.statistics import _moments
from isingrg.statistics._estimate import Estimate


def autocorrelation_time(series: ArrayLike) -> float:
    """Integrated autocorrelation time tau = 1 + 2 sum_t rho(t), in samples.

    The mean of N samples of a stationary series is as precise as that of N / tau independent
    samples. Where samples are
    anticorrelated, tau is below 1, down to 0.

    Correlations last for l = max(1, tau, tau_2) samples, with Bartlett's tau_2 = sum_t rho(t)**2
    over t of both signs: it is large where rho changes its sign and decays slowly, although tau is
    small. The weight of a lag in the sum is 1 up to 2 l, and falls smoothly to 0 at 8 l (Sokal's
    self-consistent window of 5 l with a wide edge, which an oscillation does not pass).

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        Finite numbers. Several chains are averaged about their common mean: chains that disagree
        count as correlated.

    Returns
    -------
    float
        Positive; about 1 for independent samples. Its relative standard deviation is
        sqrt(17.5 l / N).

    Raises
    ------
    ConvergenceError
        If a chain is shorter than 50 l: the estimate would be too small.
    ArgumentError
        If all samples are equal.

    References
    ----------
    A. Sokal, doi:10.1007/978-1-4899-0319-8_6; M. S. Bartlett, doi:10.2307/2983611.
    """
    return _core.ising_autocorrelation_time(chains(series), None)


def mean_and_error(series: ArrayLike) -> Estimate:
    """Mean of a stationary series and its standard error, autocorrelation included.

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        Finite numbers, at least two.

    Returns
    -------
    Estimate
        Unpacks as mean, error. It rests on n samples, as precise as n / tau independent ones. The
        error is
        sqrt(variance * tau / n) with `autocorrelation_time`. It is NaN if all samples are equal: no
        fluctuation was seen, and the series does not tell how precise its mean is.

    Raises
    ------
    ConvergenceError
        If a chain is shorter than 50 times what its correlations last, see `autocorrelation_time`.
    NonFiniteError
        If the variance is beyond the range of float64.
    """
    array = chains(series)
    if array.min() == array.max():
        return Estimate(float(array.flat[0]), math.nan, n=array.size)
    mean, variance = map(float, _moments.mean_and_variance(array.ravel()))
    if not math.isfinite(variance):
        raise NonFiniteError("the variance of the series is beyond the range of float64")
    tau = autocorrelation_time(array)
    error = math.sqrt(variance * tau / array.size)
    return Estimate(mean, error, n=array.size, effective_sample_size=array.size / tau)


def chains(series: Any) -> NDArray[np.float64]:
    """A series as (n_chains, n_samples)."""
    array = arguments.reals("series", series)
    if array.ndim not in (1, 2) or array.size < 2:
        raise ArgumentError(
            "series must have the shape (n_samples,) or (n_chains, n_samples) with at least two "
            f"samples, got {array.shape}"
        )
    return array.reshape(1, -1) if array.ndim == 1 else array
