"""Functions of means: closed forms, biases, and error bars that are counted."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, NonFiniteError, statistics
from isingrg.statistics import derived

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered, autoregressive


def test_a_mean_is_a_mean():
    series = autoregressive(0.6, (3, 2000), 1)
    expected = statistics.mean_and_error(series)
    found = derived(lambda m: 2 * m, series)
    assert tuple(found) == pytest.approx((2 * expected.value, 2 * expected.error), rel=1e-9)


def test_common_fluctuations_cancel():
    x = 5 + autoregressive(0.5, (4000,), 2)
    assert derived(lambda a, b: a / b, 3 * x, x).error < 1e-5
    apart = derived(lambda a, b: a / b, x, 5 + autoregressive(0.5, (4000,), 3))
    assert 0.005 < apart.error < 0.02


def test_bias_of_order_one_over_n_is_removed():
    """The square of a mean of n numbers has the bias sigma^2 / n, which is exactly removed."""
    x = np.random.default_rng(3).normal(size=(2000, 400))
    squares = np.array([derived(np.square, row + 0.2).value for row in x])
    error = squares.std() / math.sqrt(len(squares))
    assert abs(squares.mean() - 0.04) < 4 * error < abs(np.square(x.mean(1) + 0.2).mean() - 0.04)


@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.9])
def test_error_bars_cover_the_truth(rho):
    """<x^4> / <x^2>^2 of normal numbers is 3; bands hold 99.99 % of counts: 2e-4 for each."""
    series = autoregressive(rho, (400, 6000), 4)
    found = [derived(lambda two, four: four / two**2, x**2, x**4) for x in series]
    scores = [abs(one.value - 3) / one.error for one in found]
    assert_covered(scores, 400)


def test_arrays():
    x = autoregressive(0.3, (2, 3000), 5)
    found = derived(lambda a, b: np.array([[a, b], [a * b, a - b]]), x, x**2)
    assert found.value.shape == found.error.shape == (2, 2)
    alone = derived(lambda a, b: a * b, x, x**2)
    assert tuple(found.map(lambda part: part[1, 0])) == pytest.approx(tuple(alone), rel=1e-12)


def test_what_does_not_vary():
    constant = np.full(100, 2.0)
    found = derived(lambda a: a + 1, constant)
    assert found.value == 3 and math.isnan(found.error)
    x = np.random.default_rng(1).normal(size=100)
    assert derived(lambda a, b: a * b, x, constant).error == pytest.approx(
        2 * statistics.mean_and_error(x).error
    )
    assert derived(lambda a: a, [1.0, 1.0]).value == 1


def test_bad_input():
    x = np.random.default_rng(1).normal(size=(2, 200))
    for call, error, message in (
        (lambda: derived(np.mean), ArgumentError, "one array or more"),
        (lambda: derived(lambda a, b: a, x, x[0]), ArgumentError, "the same shape"),
        (lambda: derived(lambda a: a, x[:, :, None]), ArgumentError, "must have the shape"),
        (lambda: derived(lambda a: a, x[:, :20]), ConvergenceError, "too few|at least 50"),
        (lambda: derived(lambda a: a / 0, x), NonFiniteError, "not finite"),
        (lambda: derived(3, x), TypeError, "callable"),
        (lambda: derived(lambda a: "no", x), (ArgumentError, TypeError), "result of statistic"),
        (lambda: derived(lambda a: [a] * (1 + (a > x.mean())), x), ArgumentError, "same shape"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_a_step_out_of_the_domain_is_refused():
    x = np.random.default_rng(2).normal(size=400)
    x += 1e-3 - x.mean()
    with pytest.raises(ConvergenceError, match="within an error of the means"):
        derived(np.log, x)
