"""Bootstrap and correlation on numbers whose distribution is known."""

import numpy as np
import pytest

from isingrg import ConvergenceError
from isingrg.statistics import bootstrap, correlation


def test_the_error_of_a_mean():
    values = np.random.default_rng(0).normal(3, 2, 1000)
    found = bootstrap(np.mean, values)
    error = values.std() / np.sqrt(1000)
    assert found.value == values.mean()
    assert found.error == pytest.approx(error, rel=0.1)
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.2 * error)
    assert bootstrap(np.mean, values) == found != bootstrap(np.mean, values, seed=1)


def test_what_is_made_of_the_resamples():
    """Standard deviation with n - 1, and the percentiles 2.5 and 97.5."""
    every = []

    def mean(values):
        every.append(values.mean())
        return every[-1]

    found = bootstrap(mean, np.random.default_rng(1).normal(size=30), resamples=40)
    value, *resampled = every
    assert len(resampled) == 40 and found.value == value
    assert found.error == pytest.approx(np.std(resampled, ddof=1), rel=1e-12)
    expected = np.percentile(resampled, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-12)


def test_blocks_lie_on_a_ring():
    """Blocks of 2 of 0 to 3 have the means 0.5, 1.5, 2.5 and 1.5: two have the error 0.5.

    Without the ring it would be 0.577. The error of 20,000 resamples is known to 0.6 % at most:
    the band of 5 deviations has false alarms of 6e-7.
    """
    drawn = []

    def mean(values):
        drawn.append(values)
        return values.mean()

    found = bootstrap(mean, np.arange(4.0), block=2, resamples=20_000)
    assert found.error == pytest.approx(0.5, rel=0.03)
    pairs = np.reshape(drawn[1:], (-1, 2))
    assert np.array_equal(pairs[:, 1], (pairs[:, 0] + 1) % 4)
    counts = np.bincount(pairs[:, 0].astype(int))
    # 40,000 draws of four: 10,000 +- 87 of each.
    assert len(counts) == 4 and np.abs(counts - 10_000).max() < 5 * 87


def test_a_resample_has_as_many_configurations_as_the_data():
    sizes = []
    bootstrap(lambda a: sizes.append(a.shape) or 0.0, np.ones((2, 7, 3)), axis=1, block=3)
    assert set(sizes) == {(2, 7, 3)}


def test_each_coupling_has_draws_of_its_own():
    """The difference of two equal rows varies with sqrt 2 times the error of one."""
    row = np.random.default_rng(5).normal(size=200)
    found = bootstrap(lambda a: a[0].mean() - a[1].mean(), np.stack([row, row]))
    assert found.value == 0
    assert found.error == pytest.approx(row.std() * np.sqrt(2 / 200), rel=0.12)


def test_couplings_are_kept_apart():
    """What differs between chains only has no error."""
    values = np.repeat(np.arange(5.0)[:, None], 30, axis=1)
    assert bootstrap(np.mean, values).error == 0
    assert bootstrap(np.mean, values.ravel()).error > 0.05


def test_blocks_see_the_correlation_of_a_chain():
    """An autoregressive chain with r = 0.8 has tau = (1 + r) / (1 - r) = 9."""
    random = np.random.default_rng(1)
    chain = np.zeros(20000)
    for k, noise in enumerate(random.normal(size=len(chain) - 1)):
        chain[k + 1] = 0.8 * chain[k] + noise
    independent, blocked = (bootstrap(np.mean, chain, block=b, resamples=400) for b in (1, 200))
    assert blocked.error / independent.error == pytest.approx(3, rel=0.15)


def test_arrays_are_resampled_together():
    values = np.random.default_rng(2).normal(size=(4, 50))
    vectors = np.stack([values, -values], axis=-1)
    found = bootstrap(lambda a, b: (a[..., None] * [1, -1] - b).max((0, 1)), values, vectors)
    assert found.value.shape == (2,) and (found.error == 0).all()


def test_one_resample_without_a_value():
    calls = iter(range(100))
    with pytest.raises(ConvergenceError, match="too few configurations"):
        bootstrap(lambda a: np.inf if next(calls) == 20 else 0.0, np.arange(5.0), resamples=20)


# Correlation


def test_correlation():
    random = np.random.default_rng(3)
    a = random.normal(size=(5, 400))
    b = 0.6 * a + 0.8 * random.normal(size=a.shape)
    found = correlation(a, b)
    assert found.value == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-12)
    # Fisher: (1 - r**2) / sqrt(n).
    assert found.error == pytest.approx((1 - 0.6**2) / np.sqrt(2000), rel=0.15)
    assert found.low < 0.6 < found.high
    assert correlation(a, -2 * a).value == pytest.approx(-1)


@pytest.mark.parametrize("sign", [-1, 1])
def test_correlations_stay_within_one(sign):
    """Lines, whose correlation rounding puts on either side of 1 if nothing bounds it."""
    for seed in range(30):
        a = np.random.default_rng(seed).normal(size=23)
        found = correlation(a, sign * 3.7 * a + 0.1, resamples=20)
        assert found.value == pytest.approx(sign, abs=1e-12)
        assert max(abs(x) for x in (found.value, found.low, found.high)) <= 1


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-160, 1.0, 1e160, 1e308])
def test_a_correlation_does_not_depend_on_the_scale(scale):
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 40))
    tolerance = 1e-3 if scale < 1e-300 else 1e-9  # fewer digits there
    found = correlation(a * scale, b, resamples=20).value
    assert found == pytest.approx(np.corrcoef(a, b)[0, 1], rel=tolerance)


def test_a_correlation_does_not_depend_on_an_offset():
    """Integers, so that the offset takes no digits."""
    a, b = np.random.default_rng(6).integers(-20, 20, (2, 50)).astype(float)
    expected = np.corrcoef(a, b)[0, 1]
    found = correlation(a + 1e15, b - 3e15, resamples=20).value
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_correlation_is_bootstrapped_as_asked():
    a, b = np.random.default_rng(7).normal(size=(2, 3, 40))
    options = dict(block=4, resamples=30, seed=11)
    found = correlation(a, b, **options)
    expected = bootstrap(lambda x, y: np.corrcoef(x.ravel(), y.ravel())[0, 1], a, b, **options)
    for name in ("value", "error", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-12)
