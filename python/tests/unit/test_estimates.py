"""How estimates are written, and what functions may be bootstrapped."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from isingrg import ArgumentError, NonFiniteError
from isingrg.statistics import Estimate, bootstrap, correlation, jackknife

NAN = math.nan


@pytest.mark.parametrize(("value", "error", "text"), [
    (0.123456, 0.0123, "0.123 ± 0.012"),
    (123456789, 1000, "123456789 ± 1000"),
    (-2.5, 3.0, "-2.5 ± 3.0"),
    (1e-9, 1e-11, "1.000e-09 ± 1.0e-11"),
    (1e-30, 2e-9, "0.0000000000 ± 0.0000000020"),
    (0.0, 1e-12, "0.0e+00 ± 1.0e-12"),
    (1.0, 1e-300, "1.0000000000000000e+00 ± 1.0e-300"),
    (-1e300, 1.5e298, "-1.000e+300 ± 1.5e+298"),
    (5e-324, 5e-324, "4.9e-324 ± 4.9e-324"),
    (1.0, 0.0, "1 ± 0"),
    (1e300, NAN, "1e+300 ± nan"),
    (NAN, NAN, "nan ± nan"),
    (np.array([1.0, 2.0]), NAN, "[1 ± nan, 2 ± nan] of shape (2,)"),
    ([1, 2], [0.1, 0.2], "[1.00 ± 0.10, 2.00 ± 0.20] of shape (2,)"),
    (np.ones((2, 3)), np.ones((2, 3)),
     "[1.0 ± 1.0, 1.0 ± 1.0, 1.0 ± 1.0, 1.0 ± 1.0, ...] of shape (2, 3)"),
    (np.zeros(0), np.zeros(0), "[] of shape (0,)"),
])  # fmt: skip
def test_estimates_are_short(value, error, text):
    """Two digits of the error, whatever its size."""
    estimate = Estimate(value, error)
    assert str(estimate) == f"{estimate}" == text
    assert repr(estimate) == f"Estimate({text})"
    assert len(text) < 80


def test_estimates_in_a_format():
    assert f"{Estimate(1, 0.25):.3f}" == "1.000 ± 0.250"
    assert f"{Estimate([1, 2], [0.5, 0.5]):.1f}" == "[1.0 ± 0.5, 2.0 ± 0.5] of shape (2,)"
    assert f"{Estimate.missing('no data'):.3f}" == "none: no data"
    assert f"{Estimate(1, 0.25):>14}|" == "   1.00 ± 0.25|"


@pytest.mark.parametrize("value", ["1", None, 1j, True, {}, [[1], [1, 2]]], ids=repr)
def test_no_numbers_are_no_estimates(value):
    for arguments in ((value, 0.1), (0.1, value)):
        with pytest.raises(TypeError, match=r"(value|error) must"):
            Estimate(*arguments)


METHODS = {
    "bootstrap": lambda statistic, *values: bootstrap(statistic, *values, resamples=20),
    "jackknife": jackknife,
}
X = np.random.default_rng(1).normal(size=40)


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def method(request):
    return request.param


@pytest.mark.parametrize(("statistic", "error", "message"), [
    (lambda x: None, TypeError, "the result of statistic must hold real numbers, not NoneType"),
    (lambda x: "3", TypeError, "the result of statistic must hold real numbers, not str"),
    (lambda x: np.fft.fft(x)[1], TypeError, "must hold real numbers, not complex128"),
    (lambda x: np.datetime64("2020"), TypeError, "must hold real numbers, not datetime64"),
    (lambda x: [1, [2, 3]], TypeError, "must be a number or a rectangular array"),
    (lambda x: np.ma.masked, ArgumentError, "must have no masked values"),
    (lambda x: x[x > x[0]], ArgumentError, "statistic must return the same shape"),
    (lambda x: np.ones(3) if x[0] == X[0] else 1, ArgumentError, "the same shape"),
    (lambda x: NAN, NonFiniteError, "the result of statistic is not finite"),
    (lambda x: 1e200 * x[:5] * 1e107, NonFiniteError, "error of statistic is beyond the range"),
    (3, TypeError, "statistic must be callable, not int"),
    (lambda x: 1 / 0, ZeroDivisionError, "division by zero"),
])  # fmt: skip
def test_statistics_that_are_none(method, statistic, error, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy only warns where it drops an imaginary part
        with pytest.raises(error, match=message):
            method(statistic, X)


def test_statistics_of_all_kinds(method):
    """Truth values count as 0 and 1."""
    assert method(lambda x: x.mean() < 9, X).value == 1
    assert method(lambda x: Fraction(1, 3), X).value == pytest.approx(1 / 3)
    assert method(lambda x: (x.min(), x.max()), X).value.shape == (2,)
    assert method(lambda x: np.int8(3), X).error == 0


def test_a_statistic_may_change_what_it_is_given(method):
    """And so not the data, or every later sample."""

    def median(x):
        x.sort()
        return x[len(x) // 2]

    data = X.copy()
    found = method(median, data)
    np.testing.assert_array_equal(data, X)
    expected = method(lambda x: np.sort(x)[len(x) // 2], X)
    assert (found.value, found.error) == (expected.value, expected.error)


def test_correlations_of_one_configuration_each():
    with pytest.raises(ArgumentError, match="at least two configurations"):
        correlation([[1.0], [2.0]], [[1.0], [2.0]])
