"""Hamiltonian Monte Carlo with its default settings: exact means, and no mode that stands still.

Seeds are fixed, so a pass stays a pass. Were they drawn anew, a correct sampler would fail one of
the sixteen means, each at four standard errors from 200 chains, in about one run out of 700.
"""

import itertools
import math

import numpy as np
import pytest

from isingrg import ising
from isingrg.neuralrg import NeuralRG, sample_fields


def every_state(L, K):
    """All spins and their probabilities."""
    states = np.array(list(itertools.product([-1, 1], repeat=L * L)), np.int8).reshape(-1, L, L)
    energies = ising.energy(states)
    weights = np.exp(-K * (energies - energies.min()))
    return states, weights / weights.sum()


def flow(L, K, steps=100):
    return NeuralRG(L, K, layers=4, hidden=(6, 6)).fit(steps, 128, 5e-3)


def fields(L, K, n):
    """Exact samples of the target."""
    if L > 4:
        return sample_fields(ising.sample(L, K, n, n_between=20, seed=3)[0], K, seed=4)
    states, probabilities = every_state(L, K)
    chosen = np.random.default_rng(3).choice(len(states), n, p=probabilities)
    return sample_fields(states[chosen], K, seed=4)


@pytest.mark.parametrize("space", ["latent", "physical"])
@pytest.mark.parametrize("L, K", [(2, 0.1), (2, 0.3), (4, 0.2), (4, 0.35)])
def test_means_of_the_target(L, K, space):
    """From exact samples, so that nothing is to be forgotten: what they are must stay."""
    chains = flow(L, K).hmc(200, 60, space=space, start=fields(L, K, 200), seed=1)
    series = np.stack([chains.structure_factor(), chains.energy_density()]).mean(axis=2)
    errors = series.std(axis=1, ddof=1) / math.sqrt(series.shape[1])
    states, probabilities = every_state(L, K)
    exact = [ising.magnetization(states) ** 2, ising.energy(states) / L**2] @ probabilities
    assert (np.abs(series.mean(axis=1) - exact) < 4 * errors).all()


def correlation(x):
    """Correlation of a mode (chains, updates) with zero mean, from one update to the next."""
    return float((x[:, 1:] * x[:, :-1]).mean() / np.square(x).mean())


@pytest.mark.parametrize("L", [4, 8])
def test_the_stiffest_mode_moves(L):
    """The staggered mode of x, of variance 0.1, in physical space.

    Its frequency is 10**0.5 less what the spins take, about that of 10 published steps of 0.2. A
    harmonic mode has the correlation 0.99 with these and -0.03 with the default.
    """
    K = ising.K_CRITICAL
    sign = (-1.0) ** np.add.outer(np.arange(L), np.arange(L))
    found = {}
    for random_length in (False, True):
        chains = flow(L, K, 1).hmc(
            64, 100, space="physical", random_length=random_length, start=fields(L, K, 64), seed=5
        )
        found[random_length] = correlation((chains.x * sign).sum(axis=(2, 3)))
    assert found[False] > 0.9 and abs(found[True]) < 0.15


@pytest.mark.parametrize("L", [4, 8])
def test_autocorrelation_times(L):
    """In latent space a few updates, though a perfect flow has all modes in step: harmonic ones of
    frequency 1, whose squares have the correlation 0.36, a time of 2.1, at any length drawn."""
    K = 0.2
    chains = flow(L, K, 200).hmc(64, 300, start=fields(L, K, 64), seed=6)
    for name in ("magnetization", "structure_factor", "energy_density"):
        series = getattr(chains, name)()
        assert correlation(series - series.mean()) > -0.3
        assert chains.autocorrelation_time(name) < 3
