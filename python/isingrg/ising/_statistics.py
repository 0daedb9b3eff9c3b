"""Means of correlated samples."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError, NonFiniteError


def autocorrelation_time(series: ArrayLike) -> float:
    """Integrated autocorrelation time tau = 1 + 2 sum_t rho(t), in samples.

    N samples of a stationary series are worth N / tau independent ones. The sum is cut where
    t reaches 5 tau (Sokal's window).

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        Finite numbers. Several chains are averaged.

    Returns
    -------
    float
        At least about 1 for independent samples.

    Raises
    ------
    ConvergenceError
        If a chain is shorter than 50 tau: the estimate would be too small.

    References
    ----------
    A. Sokal, doi:10.1007/978-1-4899-0319-8_6.
    """
    return _core.ising_autocorrelation_time(_chains(series), None)


def mean_and_error(series: ArrayLike) -> tuple[float, float]:
    """Mean of a stationary series and its standard error, autocorrelation included.

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        Finite numbers, at least two.

    Returns
    -------
    mean, error : float
        The error is sqrt(variance * tau / N) with `autocorrelation_time`; 0 if all are equal.

    Raises
    ------
    ConvergenceError
        If a chain is shorter than 50 autocorrelation times.
    NonFiniteError
        If the variance is beyond the range of float64.
    """
    chains = _chains(series)
    if chains.min() == chains.max():  # whose mean and variance may still have rounding errors
        return float(chains.flat[0]), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(chains.mean())
        variance = float(chains.var(ddof=1))
    if not math.isfinite(variance):
        raise NonFiniteError("the variance of the series is beyond the range of float64")
    return mean, math.sqrt(variance * autocorrelation_time(chains) / chains.size)


def _chains(series: Any) -> NDArray[np.float64]:
    array = _arguments.reals("series", series)
    if array.ndim not in (1, 2) or array.size < 2:
        raise ArgumentError(
            "series must have the shape (n_samples,) or (n_chains, n_samples) with at least two "
            f"samples, got {array.shape}"
        )
    return array.reshape(1, -1) if array.ndim == 1 else array
