"""What `sample_spins` and `sample_fields` draw, to a part in a thousand.

Seeds are fixed. Were they drawn anew, the 26 numbers, each at five standard errors, would fail
once in 67,000 runs.
"""

import math

import numpy as np
import pytest

from isingrg.neuralrg import sample_fields, sample_spins


@pytest.mark.parametrize("x", [1.0, -0.5])
def test_mean_of_the_spins(x):
    n = 10**6
    mean = sample_spins(np.full(n, x), seed=1).mean()
    assert abs(mean - math.tanh(x)) < 5 / math.cosh(x) / math.sqrt(n)


@pytest.mark.parametrize("L, K", [(2, 0.3), (4, -0.2), (6, 0.44)])
def test_covariance_of_the_fields(L, K):
    """About their mean A s each wave has the variance 2 K (cos p + cos q) + alpha."""
    n = 320_000 // L**2
    spins = np.where(np.random.default_rng(2).random((n, L, L)) < 0.3, 1, -1)
    neighbours = sum(np.roll(spins, step, axis) for step in (1, -1) for axis in (1, 2))
    alpha = 4 * abs(K) + 0.1
    noise = sample_fields(spins, K, seed=3) - alpha * spins - K * neighbours
    cosines = np.cos(2 * np.pi * np.arange(L) / L)
    variances = 2 * K * (cosines[:, None] + cosines) + alpha
    scores = np.abs(np.fft.fft2(noise)) ** 2 / L**2 / variances
    assert abs(scores.mean() - 1) < 5 * math.sqrt(2 / scores.size)
    assert (np.abs(scores.mean(axis=0) - 1) < 5 * scores.std(axis=0) / math.sqrt(n)).all()
    assert abs(noise.mean()) < 5 * math.sqrt(variances[0, 0] / noise.size)
    site = np.square(noise).mean()
    assert abs(site - alpha) < 5 * math.sqrt(2 * np.square(variances).mean() / noise.size)
