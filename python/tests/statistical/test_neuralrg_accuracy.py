"""Trained flows against exact results, on a lattice where the training takes seconds."""

import math

import numpy as np
import pytest

from isingrg import ising
from isingrg.neuralrg import NeuralRG, log_density, log_partition_dual, sample_spins

# Further towards the critical point few large weights make the errors of their mean unreliable.
L, K = 4, 0.2
SEEDS = range(4)
SAMPLES = 8192


@pytest.fixture(scope="module")
def flows():
    def train(seed):
        flow = NeuralRG(L, K, layers=8, hidden=(10, 10))
        return flow.fit(600, 128, 5e-3, weight_decay=0, seed=seed).fit(
            300, 128, 1e-3, weight_decay=0
        )

    return [train(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def exact():
    return log_partition_dual(L, K)


def test_the_bound_is_above_the_free_energy_and_near(flows, exact):
    for seed, flow in enumerate(flows):
        bound = flow.free_energy(SAMPLES, seed=seed)
        assert -exact - 4 * bound.standard_error < bound.mean < -exact + 0.02 * exact
        assert bound.standard_error < 0.02


def test_importance_weights_give_the_partition_function(flows, exact):
    scores = []
    for index, flow in enumerate(flows):
        for seed in range(5):
            found = flow.log_partition(SAMPLES, seed=5 * index + seed)
            scores.append((found.estimate - exact) / found.standard_error)
            assert found.effective_sample_size > SAMPLES / 2
    assert np.abs(scores).max() < 4
    # Mean and variance of standard normal numbers, within four of their errors.
    assert abs(np.mean(scores)) < 4 / math.sqrt(len(scores))
    assert abs(np.var(scores) - 1) < 4 * math.sqrt(2 / len(scores))


def test_weighted_spins_have_the_energy_of_the_ising_model(flows):
    for seed, flow in enumerate(flows):
        x = flow.sample(SAMPLES, seed=10 + seed)
        energy = ising.energy(sample_spins(x, seed=seed))
        logarithms = log_density(x, K) - flow.log_prob(x)
        weights = np.exp(logarithms - logarithms.max())
        mean = np.average(energy, weights=weights)
        error = math.sqrt(np.square(weights * (energy - mean)).sum()) / weights.sum()
        assert abs(mean - ising.mean_energy(L, K)) < 4 * error and error < 0.2
