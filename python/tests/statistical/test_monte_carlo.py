"""Monte Carlo against exact answers, through the public functions.

Seeds are fixed, so a pass stays a pass. Were they drawn anew, a correct sampler would fail one of
the tests of this file in about one run out of thirty: 128 numbers at four standard errors (0.8 %),
16 sums of their squares (1.5 %) and 5 distributions (0.5 %).
"""

import numpy as np
import pytest
from scipy.stats import chi2

from isingrg import ising, statistics

ALGORITHMS = ["auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"]
COUPLINGS = [0.2, 0.35, 0.42, ising.K_CRITICAL, 0.46, 0.6]
ONE_IN_A_THOUSAND = 1e-3


def check(scores):
    assert (np.abs(scores) < 4).all(), scores
    assert chi2.sf((scores**2).sum(), len(scores)) > ONE_IN_A_THOUSAND, scores


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_energies_at_16(algorithm):
    """Default sweeps, errors from the autocorrelation times."""
    spins = ising.sample(16, COUPLINGS, 500, n_chains=8, algorithm=algorithm, seed=2024)
    means, errors = np.transpose(
        [tuple(statistics.mean_and_error(series)) for series in ising.energy(spins)]
    )
    check((means - ising.mean_energy(16, COUPLINGS)) / errors)


@pytest.mark.parametrize(
    "algorithm, n_thermalize, n_between",
    [
        ("auto", None, None),
        ("wolff", 100, 5),
        ("swendsen-wang", 200, 10),
        ("metropolis", 20000, 500),
        ("heat-bath", 20000, 500),
    ],
)
def test_energies_at_64(algorithm, n_thermalize, n_between):
    """Errors from the spread of 64 independent chains, whatever their autocorrelation."""
    spins = ising.sample(
        64, COUPLINGS, 10, n_chains=64, algorithm=algorithm, seed=2025,
        n_thermalize=n_thermalize, n_between=n_between,
    )  # fmt: skip
    chains = ising.energy(spins).mean(axis=-1)
    errors = chains.std(axis=-1, ddof=1) / np.sqrt(chains.shape[-1])
    check((chains.mean(axis=-1) - ising.mean_energy(64, COUPLINGS)) / errors)


#: On both sides of each change between Metropolis and Wolff, for single chains and for 64 of them.
SWITCHES = [0.37, 0.385, 0.395, 0.405, 0.417, 0.424, 0.45, 0.458, 0.465, 0.475, 0.49, 0.55]


@pytest.mark.parametrize("L, n_chains", [(4, 64), (8, 4), (16, 4), (16, 64), (32, 64)])
def test_energies_across_the_choice_of_the_algorithm(L, n_chains):
    """Default sweeps, both signs of K."""
    K = np.array(SWITCHES) * np.resize([1, -1], len(SWITCHES))
    plan = ising.sampling_plan(L, K, n_chains=n_chains)
    assert set(plan.algorithm) == {"metropolis", "wolff"} or L == 4
    spins = ising.sample(L, K, 6400 // n_chains, n_chains=n_chains, seed=2030)
    means, errors = np.transpose(
        [tuple(statistics.mean_and_error(series)) for series in ising.energy(spins)]
    )
    check((means - ising.mean_energy(L, K)) / errors)


def test_antiferromagnet():
    spins = ising.sample(16, [-k for k in COUPLINGS], 300, n_chains=8, seed=2026)
    means, errors = np.transpose(
        [tuple(statistics.mean_and_error(series)) for series in ising.energy(spins)]
    )
    check((means - ising.mean_energy(16, [-k for k in COUPLINGS])) / errors)


def test_structure_factor_at_the_critical_point():
    """<m^2> at L = 16 and K_c; 0.544445 is published with the NeuralRG paper's model."""
    spins = ising.sample(16, ising.K_CRITICAL, 2000, n_chains=16, seed=2027)
    mean, error = statistics.mean_and_error(ising.magnetization(spins) ** 2)
    assert error < 0.004
    assert abs(mean - 0.544445) < 4 * error


def test_heat_capacity_from_fluctuations():
    K = 0.42
    energies = ising.energy(ising.sample(16, K, 4000, n_chains=8, seed=2028))
    squares = (energies - ising.mean_energy(16, K)) ** 2
    mean, error = statistics.mean_and_error(squares)
    assert abs(K * K * mean - ising.heat_capacity(16, K)) < 4 * K * K * error


@pytest.fixture(scope="module")
def four_by_four():
    """Energy and magnetization of all 65,536 configurations."""
    bits = np.arange(2**16, dtype=np.uint32)[:, None] >> np.arange(16, dtype=np.uint32) & 1
    spins = (2 * bits.astype(np.int8) - 1).reshape(-1, 4, 4)
    return ising.energy(spins), ising.magnetization(spins)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_distribution_at_4(algorithm, four_by_four):
    """Chi-square over the classes of energy and magnetization."""
    K, n = 0.4, 40_000
    spins = ising.sample(
        4, K, n // 40, n_chains=40, algorithm=algorithm, seed=2029, n_thermalize=100, n_between=100
    )

    def classes(energy, magnetization):
        return (1000 * energy + np.rint(16 * magnetization)).astype(int).ravel()

    labels, member = np.unique(classes(*four_by_four), return_inverse=True)
    weights = np.bincount(member, np.exp(-K * four_by_four[0]))
    expected = n * weights / weights.sum()
    sampled = classes(ising.energy(spins), ising.magnetization(spins))
    assert np.isin(sampled, labels).all()
    found = np.bincount(np.searchsorted(labels, sampled), minlength=len(labels))
    # Classes too rare for a chi-square are taken together.
    rare = expected < 10
    expected = np.append(expected[~rare], expected[rare].sum())
    found = np.append(found[~rare], found[rare].sum())
    statistic = ((found - expected) ** 2 / expected).sum()
    assert len(expected) > 30
    assert chi2.sf(statistic, len(expected) - 1) > ONE_IN_A_THOUSAND


@pytest.mark.parametrize("L, K", [(4, 0.3), (4, 0.43), (6, 0.3)])
def test_metropolis_leaves_configurations_without_a_field(L, K):
    """Where no flip costs energy a rule that always flips goes round in a circle for ever."""
    spins = ising.sample(
        L, K, 4, algorithm="metropolis", n_chains=20_000, n_thermalize=100, n_between=100, seed=5
    )
    field = sum(np.roll(spins, step, axis) for step in (1, -1) for axis in (-1, -2))
    stays = (field == 0).all((-1, -2)).all(1)
    # A configuration of energy 0 has a probability below 0.02: four in a row are none.
    assert not stays.any()
