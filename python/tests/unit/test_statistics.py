"""Autocorrelation times and error bars on series whose answers are known."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from isingrg import ConvergenceError, NonFiniteError, ising


def autoregressive(rho, shape, seed=3):
    """x_t = rho x_(t-1) + noise: variance 1, tau = (1 + rho) / (1 - rho)."""
    noise = np.random.default_rng(seed).normal(size=(*shape[:-1], shape[-1] + 1000))
    return lfilter([math.sqrt(1 - rho**2)], [1, -rho], noise, axis=-1)[..., 1000:]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_time_of_an_autoregressive_series(rho):
    tau = (1 + rho) / (1 - rho)
    assert ising.autocorrelation_time(autoregressive(rho, (200_000,))) == pytest.approx(
        tau, rel=0.06
    )
    assert ising.autocorrelation_time(autoregressive(rho, (8, 25_000))) == pytest.approx(
        tau, rel=0.06
    )


def test_short_chains_are_refused():
    with pytest.raises(ConvergenceError):
        ising.autocorrelation_time(autoregressive(0.99, (1000,)))
    with pytest.raises(ConvergenceError):
        ising.mean_and_error(autoregressive(0.99, (1000,)))


def test_error_bars_cover_the_mean():
    # 400 independent means in units of their error bars: their variance is 1 up to sqrt(2 / 400)
    # and the spread of the error bars, which is smaller.
    series = autoregressive(0.8, (400, 4000))
    scores = [mean / error for mean, error in map(ising.mean_and_error, series)]
    assert np.var(scores) == pytest.approx(1.0, abs=0.3)
    assert abs(np.mean(scores)) < 0.2


def test_units_and_types():
    series = autoregressive(0.5, (4, 5000))
    mean, error = ising.mean_and_error(series)
    assert type(mean) is float and type(error) is float
    scaled = ising.mean_and_error(7 + 1000 * series)
    assert scaled == pytest.approx((7 + 1000 * mean, 1000 * error), rel=1e-9)


def test_constant_series_has_no_error():
    assert ising.mean_and_error(np.full(100, 3.5)) == (3.5, 0.0)


@pytest.mark.parametrize("series", [[1e308] * 99 + [1.7e308], [1e200, -1e200] * 50])
def test_a_series_beyond_the_range(series):
    with pytest.raises(NonFiniteError, match="the variance of the series"):
        ising.mean_and_error(series)


@pytest.mark.parametrize("value", [0.1, -1 / 3, 1e150, 1e308, 5e-324, 0.0])
def test_a_constant_series_has_no_error(value):
    assert ising.mean_and_error([value] * 60) == (value, 0.0)
