"""Series whose autocorrelation is known, and how often error bars hold the truth."""

import math

import numpy as np
from scipy import stats
from scipy.signal import lfilter

#: Widths in errors, and the share of normal numbers within.
WIDTHS = ((1, 0.6827), (1.96, 0.95))


def assert_covered(scores, count):
    """So many deviations in errors; both counts are in the band of 99.99 %: 2e-4 false alarms."""
    assert len(scores) == count
    for width, share in WIDTHS:
        low, high = stats.binom.ppf([5e-5, 1 - 5e-5], count, share)
        assert low <= np.sum(np.abs(scores) <= width) <= high


def filtered(coefficients, shape, seed):
    """x_t = c[0] x_(t-1) + c[1] x_(t-2) + noise, after 1000 steps that are left out."""
    noise = np.random.default_rng(seed).normal(size=(*shape[:-1], shape[-1] + 1000))
    return lfilter([1], [1, *(-c for c in coefficients)], noise, axis=-1)[..., 1000:]


def autoregressive(rho, shape, seed=3):
    """x_t = rho x_(t-1) + noise: variance 1, tau = (1 + rho) / (1 - rho)."""
    return math.sqrt(1 - rho**2) * filtered([rho], shape, seed)
