"""Hamiltonian Monte Carlo of the target with a flow; what it samples is tested in Swift."""

import functools

import numpy as np
import pytest

import isingrg
from isingrg.neuralrg import NeuralRG, sample_spins


@functools.cache
def trained():
    return NeuralRG(4, 0.3, layers=4, hidden=(6, 6)).fit(150, 128, 5e-3)


@pytest.mark.parametrize("space", ["latent", "physical"])
def test_chains(space):
    settings = {"space": space, "step_size": 0.15, "leapfrog": 5, "seed": 3}
    chains = trained().hmc(40, 3, warmup=4, between=2, **settings)
    assert chains.x.shape == (40, 3, 4, 4) and chains.acceptance.shape == (40, 3)
    assert chains.step_size == 0.15
    assert ((0 < chains.acceptance) & (chains.acceptance <= 1)).all()
    # A chain does not depend on the others, nor the results on threads.
    assert np.array_equal(trained().hmc(7, 3, warmup=4, between=2, **settings).x, chains.x[:7])
    before = isingrg.get_num_threads()
    isingrg.set_num_threads(1)
    try:
        assert np.array_equal(trained().hmc(40, 3, warmup=4, between=2, **settings).x, chains.x)
    finally:
        isingrg.set_num_threads(before)
    # Samples two updates apart are every second one of those one update apart.
    dense = trained().hmc(40, 6, warmup=4, between=1, **settings)
    assert np.array_equal(dense.x[:, 1::2], chains.x)
    pairs = dense.acceptance.reshape(40, 3, 2).mean(axis=2)
    np.testing.assert_allclose(pairs, chains.acceptance, rtol=1e-12)


@pytest.mark.parametrize("space", ["latent", "physical"])
def test_chains_start_where_they_are_told(space):
    """A step too small to move: the first sample is the start, but for single precision forces."""
    start = np.random.default_rng(4).normal(0, 1.5, (40, 4, 4))
    chains = trained().hmc(40, 1, space=space, step_size=1e-9, leapfrog=1, start=start)
    np.testing.assert_allclose(chains.x[:, 0], start, rtol=0, atol=1e-7)
    assert (chains.acceptance > 0.999).all()


def test_an_adapted_step_reaches_its_acceptance():
    chains = trained().hmc(64, 20, warmup=200, adapt=True, step_size=0.01, leapfrog=5)
    assert chains.step_size > 0.02
    assert chains.acceptance.mean() == pytest.approx(0.65, abs=0.1)


def test_both_spaces_sample_the_same_spins():
    """Mean of (sum s)^2 per site over independent chains: 4 standard errors of the difference."""
    means, errors = [], []
    for space, step in (("latent", 0.3), ("physical", 0.3)):
        x = trained().hmc(256, 8, space=space, step_size=step, warmup=60, between=15, seed=1).x
        order = sample_spins(x, seed=2).sum(axis=(-2, -1)) ** 2 / 16
        chains = order.mean(axis=1)
        means.append(chains.mean())
        errors.append(chains.std(ddof=1) / np.sqrt(len(chains)))
    assert abs(means[0] - means[1]) < 4 * np.hypot(*errors)


def test_an_interruption():
    with pytest.raises(isingrg.Interrupted):
        trained().hmc(4, 10**6, progress=lambda done, total: done < 10)
