"""Autocorrelation times and error bars on series whose answers are known."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, NonFiniteError, statistics

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered, autoregressive, filtered


def oscillating(omega):
    """Coefficients whose rho(t) falls like 0.9^t and oscillates with the frequency omega."""
    return [1.8 * math.cos(omega), -0.81]


#: Coefficients of a series, and its tau: the spectrum at frequency 0 over the variance.
SERIES = {
    **{f"{rho:g}": ([rho], (1 + rho) / (1 - rho)) for rho in (-0.9, -0.8, -0.7, 0.0, 0.5, 0.9)},
    "omega = 1": (oscillating(1), 0.34880),
    "omega = 2.5": (oscillating(2.5), 0.011880),
}


@pytest.mark.parametrize("name", SERIES)
def test_times(name):
    """Within 5 standard deviations, sqrt(17.5 * 19 / 200,000) relative: false alarms 6e-7 each."""
    coefficients, tau = SERIES[name]
    for shape in ((200_000,), (8, 25_000)):
        found = statistics.autocorrelation_time(filtered(coefficients, shape, 3))
        assert found == pytest.approx(tau, rel=5 * math.sqrt(17.5 * max(1, tau, 9.6) / 2e5))


@pytest.mark.parametrize("name", SERIES)
def test_error_bars_cover_the_mean(name):
    """68.3 and 95 % of 400 means, in the band that holds 99.99 % of counts: 2e-4 for each case.

    No series is refused: 4000 samples are twice the least that any of them needs, on average.
    """
    series = filtered(SERIES[name][0], (400, 4000), 4)
    scores = [abs(mean) / error for mean, error in map(statistics.mean_and_error, series)]
    assert_covered(scores, 400)


def test_the_formula_of_the_error():
    for shape in ((3, 4000), (60,)):
        series = autoregressive(0.3 if len(shape) == 2 else -0.5, shape)
        mean, error = statistics.mean_and_error(series)
        tau = statistics.autocorrelation_time(series)
        variance = np.sum((series - series.mean()) ** 2) / (series.size - 1)
        assert mean == pytest.approx(series.mean(), rel=1e-12)
        assert error == pytest.approx(math.sqrt(variance * tau / series.size), rel=1e-12)


def test_the_sum_and_its_window():
    """The definition, written out: weights of lags, and the two biases that are removed."""
    series = filtered(oscillating(1), (2, 1500), 5)
    n, centred = series.size, series - series.mean()
    lags = range(200)
    rho = np.array([np.mean(centred[:, t:] * centred[:, : 1500 - t]) for t in lags])
    rho /= rho[0]
    sums = 1 + 2 * np.cumsum(rho[1:])
    squares = 1 + 2 * np.cumsum(rho[1:] ** 2 - 1 / n)
    lengths = np.maximum(1, np.maximum(sums, squares))
    last = int(np.argmax(np.arange(1, 200) >= 8 * lengths))
    u = np.clip((np.arange(1, last + 2) / lengths[last] - 2) / 6, 0, 1)
    weights = 1 - u**3 * (10 - 15 * u + 6 * u**2)
    plain = 1 + 2 * np.sum(weights * rho[1 : last + 2])
    expected = plain * (1 - 1 / n) / (1 - (1 + 2 * weights.sum()) / n)
    assert statistics.autocorrelation_time(series) == pytest.approx(expected, rel=1e-10)


def test_short_chains_are_refused():
    for function in (statistics.autocorrelation_time, statistics.mean_and_error):
        with pytest.raises(ConvergenceError, match="1000 samples per chain are too few"):
            function(autoregressive(0.99, (1000,)))
        with pytest.raises(ConvergenceError, match="at least 50 samples"):
            function(autoregressive(0, (4, 49)))
        with pytest.raises(ConvergenceError, match="too few"):
            function(autoregressive(-0.99, (1000,)))


def test_what_never_forgets_is_refused():
    t = np.arange(100_000)
    for series in ((-1.0) ** t, np.cos(t), np.cos(2 * np.pi * t / 3)):
        with pytest.raises(ConvergenceError, match="too few"):
            statistics.mean_and_error(series)


def test_chains_that_disagree_are_refused():
    chains = autoregressive(0, (2, 5000))
    statistics.mean_and_error(chains)
    with pytest.raises(ConvergenceError, match="too few"):
        statistics.mean_and_error(np.add(chains, [[0], [1]]))


def test_units_and_types():
    series = autoregressive(0.5, (4, 5000))
    mean, error = statistics.mean_and_error(series)
    assert type(mean) is float and type(error) is float
    scaled = statistics.mean_and_error(7 + 1000 * series)
    assert tuple(scaled) == pytest.approx((7 + 1000 * mean, 1000 * error), rel=1e-9)


@pytest.mark.parametrize("offset", [1e12, 1e15, -1e15, 9e15])
def test_an_offset_changes_only_the_mean(offset):
    """Up to the digits that the offset takes from the numbers themselves, 1/8 or 1 at 1e15."""
    moved = offset + autoregressive(0.5, (4, 5000))
    kept = moved - offset
    (mean, error), (shifted, same) = map(statistics.mean_and_error, (kept, moved))
    assert same == pytest.approx(error, rel=1e-9)
    assert abs(shifted - offset - mean) <= np.spacing(abs(offset))


@pytest.mark.parametrize("value", [0.1, -1 / 3, 1e150, 1e308, 5e-324, 0.0, 1.0])
def test_a_series_that_never_changed_does_not_tell_its_error(value):
    for shape in (2, 60, (3, 100)):
        mean, error = statistics.mean_and_error(np.full(shape, value))
        assert mean == value and type(error) is float and math.isnan(error)
    with pytest.raises(ArgumentError, match="the series is constant"):
        statistics.autocorrelation_time(np.full(60, value))


@pytest.mark.parametrize("series", [[1e308] * 99 + [1.7e308], [1e200, -1e200] * 50])
def test_a_series_beyond_the_range(series):
    with pytest.raises(NonFiniteError, match="the variance of the series"):
        statistics.mean_and_error(series)
