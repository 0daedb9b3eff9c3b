"""Independence Metropolis with poor flows against the sum over all spins.

Seeds are fixed, so a pass stays a pass. Were they drawn anew, a correct sampler would fail one of
the eight means at four standard errors, which come from 200 chains, in about one run out of 1500.
"""

import itertools
import math

import numpy as np
import pytest

from isingrg import ising
from isingrg.neuralrg import NeuralRG, sample_fields, sample_spins


def exact(L, K):
    """Means of the structure factor and of the energy per site, over all spins."""
    states = np.array(list(itertools.product([-1, 1], repeat=L * L)), np.int8).reshape(-1, L, L)
    energies = ising.energy(states)
    weights = np.exp(-K * (energies - energies.min()))
    observables = [ising.magnetization(states) ** 2, energies / L**2]
    return np.average(observables, axis=1, weights=weights)


@pytest.mark.parametrize("L, K, steps", [(2, 0.1, 1), (2, 0.3, 20), (4, 0.2, 60), (4, 0.35, 150)])
def test_means_of_the_target(L, K, steps):
    """The flows are hardly trained: half or more of their proposals are rejected."""
    flow = NeuralRG(L, K, layers=4, hidden=(6, 6)).fit(steps, 128, 5e-3)
    chains = flow.metropolis(200, 400, warmup=600, between=3, seed=1)
    assert 0.2 < chains.acceptance.mean() < 0.6
    series = np.stack([chains.structure_factor(), chains.energy_density()]).mean(axis=2)
    errors = series.std(axis=1, ddof=1) / math.sqrt(series.shape[1])
    assert (np.abs(series.mean(axis=1) - exact(L, K)) < 4 * errors).all()
    # Their own samples are far from the target by the same measure.
    own = ising.magnetization(sample_spins(flow.sample(20_000, seed=2))) ** 2
    assert abs(own.mean() - exact(L, K)[0]) > 6 * errors[0]


def test_equilibrium_stays():
    """From exact samples of the target; four standard errors, so one wrong alarm in 5000."""
    flow = NeuralRG(4, 0.35, layers=4, hidden=(6, 6)).fit(150, 128, 5e-3)
    spins = ising.sample(4, 0.35, 4000, seed=3)[0]
    start = sample_fields(spins, 0.35, seed=4)
    chains = flow.metropolis(len(start), 3, start=start, seed=5)
    assert 0.2 < chains.acceptance.mean() < 0.6
    order = chains.structure_factor()
    errors = order.std(axis=0, ddof=1) / math.sqrt(len(order))
    assert (np.abs(order.mean(axis=0) - exact(4, 0.35)[0]) < 4 * errors).all()
    own = flow.metropolis(len(start), 3, seed=5).structure_factor().mean(axis=0)
    assert abs(own[0] - exact(4, 0.35)[0]) > 6 * errors[0]
