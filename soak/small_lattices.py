"""Samples of small lattices against their exact distributions, over many seeds.

For each seed the counts of energies and magnetizations give a chi-square; the p-values of all
seeds must be uniform (Kolmogorov and Smirnov), and the counts of all seeds together exact. A
correct sampler fails one of these tests in one run out of 250.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import stats

import campaign
from isingrg import ising, neuralrg

ALGORITHMS = ["wolff", "swendsen-wang", "metropolis", "heat-bath"]
#: Disordered, next to K_c from either side, antiferromagnetic, ordered.
COUPLINGS = [0.1, 0.43, -0.45, 0.6]
CHANCE = 1e-4
#: Of the flows, whose torus of L = 2 has two bonds between neighbours.
FLOW_COUPLING = 0.2
CHAINS = 512


class Exact:
    """Classes of energy and magnetization of all configurations of a torus."""

    def __init__(self, L: int, K: float) -> None:
        bits = np.arange(2 ** (L * L))[:, None] >> np.arange(L * L) & 1
        spins = (2 * bits - 1).astype(np.int8).reshape(-1, L, L)
        self.labels, member = np.unique(self.classes(spins), return_inverse=True)
        weights = np.bincount(member, np.exp(-K * np.asarray(ising.energy(spins))))
        self.probabilities = weights / weights.sum()

    @staticmethod
    def classes(spins: np.ndarray) -> np.ndarray:
        total = spins.sum((-2, -1), dtype=np.int64)
        return (1000 * np.rint(ising.energy(spins)).astype(np.int64) + total).ravel()

    def counts(self, spins: np.ndarray) -> np.ndarray:
        found = self.classes(spins)
        places = np.searchsorted(self.labels, found)
        assert (self.labels[np.minimum(places, len(self.labels) - 1)] == found).all()
        return np.bincount(places, minlength=len(self.labels))

    def p_value(self, counts: np.ndarray) -> float:
        """Chi-square; classes too rare for one are taken together."""
        expected = counts.sum() * self.probabilities
        rare = expected < 10
        if rare.any():
            expected = np.append(expected[~rare], expected[rare].sum())
            counts = np.append(counts[~rare], counts[rare].sum())
        return float(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


@cache
def flow() -> neuralrg.NeuralRG:
    return neuralrg.NeuralRG(2, FLOW_COUPLING, layers=4, hidden=(8,)).fit(200, 64)


def spins_of_flow(space: str, seed: int) -> np.ndarray:
    """One configuration of each chain, long after its start."""
    if space == "metropolis":
        chains = flow().metropolis(CHAINS, 1, warmup=60, seed=seed)
    else:
        chains = flow().hmc(
            CHAINS, 1, space=space, step_size=0.3, warmup=60, adapt=False, seed=seed
        )
    return chains.spins(seed)


def spins_of_lattice(algorithm: str, K: float, seed: int) -> np.ndarray:
    """Samples so far apart that they are independent, also in their sign."""
    cluster = algorithm in ALGORITHMS[:2]
    return ising.sample(
        4, K, 4, algorithm=algorithm, n_chains=CHAINS, seed=seed, n_thermalize=100,
        n_between=25 if cluster else 120,
    )  # fmt: skip


def run(seeds: int) -> campaign.Outcome:
    samplers: dict[str, tuple[Exact, Callable[[int], np.ndarray]]] = {}
    for K in COUPLINGS:
        exact = Exact(4, K)
        for algorithm in ALGORITHMS:
            samplers[f"{algorithm} at K = {K}"] = (
                exact,
                lambda seed, algorithm=algorithm, K=K: spins_of_lattice(algorithm, K, seed),
            )
    for space in ("latent", "physical", "metropolis"):
        name = "chains from proposals of a flow" if space == "metropolis" else f"hmc, {space}"
        samplers[name] = (
            Exact(2, FLOW_COUPLING),
            lambda seed, space=space: spins_of_flow(space, seed),
        )
    failures = []
    smallest = 1.0
    for name, (exact, sampled) in samplers.items():
        counts = [exact.counts(sampled(seed)) for seed in range(seeds)]
        uniform = float(stats.kstest([exact.p_value(one) for one in counts], "uniform").pvalue)
        together = exact.p_value(np.sum(counts, axis=0))
        smallest = min(smallest, uniform, together)
        if uniform < CHANCE:
            failures.append(f"{name}: the p-values of all seeds are not uniform, p = {uniform:.1e}")
        if together < CHANCE:
            failures.append(f"{name}: all seeds together have p = {together:.1e}")
    return campaign.Outcome(
        "chi-square of small lattices against enumeration",
        seeds * len(samplers),
        f"{len(samplers)} samplers, {seeds} seeds each, smallest p of {2 * len(samplers)} tests "
        f"{smallest:.2g}",
        failures,
    )


if __name__ == "__main__":
    campaign.main(run, short=10, full=1000)
