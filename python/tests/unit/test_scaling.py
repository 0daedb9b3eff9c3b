"""Collapses and crossings of curves whose critical coupling and exponents are known."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError
from isingrg.statistics import collapse, crossings

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered

SIZES, COUPLINGS = np.array([8.0, 16.0, 32.0])[:, None], np.linspace(0.41, 0.47, 9)
K_C, NU, KAPPA, ERROR = 0.44, 1.2, -0.3, 2e-3


def curves(noise=0.0, a=0.0):
    """y = L^kappa F(x) (1 + a / L), F a quadratic polynomial."""
    x = (COUPLINGS - K_C) * SIZES ** (1 / NU)
    y = SIZES**KAPPA * (1 + 0.5 * x + 0.1 * x**2) * (1 + a / SIZES)
    return y + noise


def test_exact_curves():
    found = collapse(SIZES, COUPLINGS, curves(), ERROR, degree=2)
    assert found.K_c.value == pytest.approx(K_C, abs=1e-9)
    assert found.nu.value == pytest.approx(NU, abs=1e-7)
    assert found.exponent.value == pytest.approx(KAPPA, abs=1e-8)
    assert found.coefficients == pytest.approx([1, 0.5, 0.1], abs=1e-6)
    assert found.chi_square < 1e-9 and found.degrees_of_freedom == 27 - 6
    assert tuple(found.correction) == (0, 0)


def test_a_correction():
    found = collapse(SIZES, COUPLINGS, curves(a=0.7), ERROR, degree=2, omega=1.0)
    assert found.correction.value == pytest.approx(0.7, abs=1e-6)
    assert found.nu.value == pytest.approx(NU, abs=1e-6)
    without = collapse(SIZES, COUPLINGS, curves(a=0.7), ERROR / 300, degree=2)
    assert without.p_value < 1e-3 < found.p_value


def test_an_amplitude_that_varies_with_the_coupling():
    y = curves() * (1 - 2 * (COUPLINGS - K_C))
    found = collapse(SIZES, COUPLINGS, y, ERROR, degree=2, prefactor=True)
    assert found.slope.value == pytest.approx(-2, abs=1e-5)
    assert found.nu.value == pytest.approx(NU, abs=1e-5)
    without = collapse(SIZES, COUPLINGS, y, ERROR, degree=2)
    assert tuple(without.slope) == (0, 0) and without.nu.value < 0.8


def test_known_values_are_kept():
    found = collapse(SIZES, COUPLINGS, curves(), ERROR, degree=2, K_c=K_C, exponent=KAPPA)
    assert tuple(found.K_c) == (K_C, 0) and found.nu.value == pytest.approx(NU, abs=1e-7)
    assert found.degrees_of_freedom == 27 - 4
    freed = collapse(SIZES, COUPLINGS, curves(), ERROR, degree=2)
    assert found.nu.error < freed.nu.error
    all_known = collapse(SIZES, COUPLINGS, curves(), ERROR, K_c=K_C, nu=NU, exponent=KAPPA)
    assert all_known.nu.error == 0 and all_known.chi_square < 1e-9


def test_error_bars_cover_the_truth():
    """68.3 and 95 % of 200 data sets, in the band of 99.99 %: 2e-4 for each parameter.

    Chi-square has its mean within 4.5 errors.
    """
    random = np.random.default_rng(1)
    found = [
        collapse(SIZES, COUPLINGS, curves(ERROR * random.normal(size=(3, 9))), ERROR, degree=2)
        for _ in range(200)
    ]
    for name, truth in (("K_c", K_C), ("nu", NU), ("exponent", KAPPA)):
        pairs = [getattr(one, name) for one in found]
        scores = [abs(one.value - truth) / one.error for one in pairs]
        assert_covered(scores, 200)
    mean = np.mean([one.chi_square for one in found])
    assert abs(mean - 21) < 4.5 * math.sqrt(2 * 21 / 200)
    assert 0.3 < np.mean([one.p_value for one in found]) < 0.7


def test_crossings():
    found = crossings(SIZES, COUPLINGS, curves() * SIZES**-KAPPA, 1e-3, degree=2)
    assert found.value == pytest.approx([K_C, K_C], abs=1e-9)
    random = np.random.default_rng(2)
    scores = []
    for _ in range(200):
        y = curves() * SIZES**-KAPPA + 1e-3 * random.normal(size=(3, 9))
        one = crossings(SIZES, COUPLINGS, y, 1e-3, degree=2)
        scores.append((one.value[0] - K_C) / one.error[0])
    assert_covered(scores, 200)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda y: collapse(8, COUPLINGS, y[0], ERROR), ArgumentError, "two sizes"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 0), ArgumentError, "error must be positive"),
        (lambda y: collapse(SIZES, COUPLINGS[:3], y, 1), ArgumentError, "fit together"),
        (lambda y: collapse(0 * SIZES, COUPLINGS, y, 1), ArgumentError, "L must be at least 1"),
        (lambda y: collapse(SIZES[:2], [0.4, 0.5], y[:2, :2], 1), ArgumentError, "too few"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 1, degree=0), ArgumentError, "degree must"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 1, prefactor=1), TypeError, "prefactor must"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 1, omega=-1), ArgumentError, "omega must"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 1, start={"z": 1}), ArgumentError, "start must"),
        (lambda y: collapse(SIZES, COUPLINGS, y, 1, start=0.4), TypeError, "start must be a map"),
        (lambda y: collapse(SIZES, 1e308 * COUPLINGS, y, 1), ArgumentError, "K must"),
        (lambda y: collapse(SIZES, COUPLINGS, 0 * y + 1, 1, degree=1), ConvergenceError, ""),
        (lambda y: crossings(SIZES, COUPLINGS, y, 1, degree=9), ArgumentError, "too few"),
        (lambda y: crossings(SIZES, COUPLINGS, y + SIZES, 1), ConvergenceError, "cross 0 times"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message or "collapse|determine"):
        call(curves())
