"""Bootstrap errors of what is computed from configurations, and the estimate of information.

The model and the couplings are fixed; each run has configurations of its own. Truths are exact, or
what ten thousand configurations at each coupling give.
"""

from collections.abc import Iterator

import numpy as np
from scipy.signal import lfilter

import campaign
from error_bars import Bar, Coverage
from isingrg import graphvae, ising, neuralrg, statistics
from isingrg.graphvae import GraphVAE
from isingrg.statistics import Estimate

RESAMPLES = 300


def bar(estimate: Estimate, index: int | None = None) -> Bar:
    """One number of an estimate, with its percentiles."""
    if index is not None:
        estimate = estimate.map(lambda part: np.ravel(part)[index])
    value, error = estimate
    low, high = float(estimate.low), float(estimate.high)
    return Bar(value, error, (low, high))


def synthetic(coverage: Coverage, runs: int) -> None:
    """Numbers whose distribution is known."""
    random = np.random.default_rng(7)
    means = (random.normal(size=(2, 100)) for _ in range(runs))
    coverage.add(
        "mean of a bootstrap", 0.0,
        (bar(statistics.bootstrap(np.mean, one, resamples=RESAMPLES)) for one in means),
    )  # fmt: skip
    rho = 0.8
    chains = (lfilter([1], [1, -rho], random.normal(size=(2, 1200)))[:, 200:] for _ in range(runs))
    coverage.add(
        "mean of correlated numbers, blocks of 50", 0.0,
        (bar(statistics.bootstrap(np.mean, one, block=50, resamples=RESAMPLES)) for one in chains),
    )  # fmt: skip
    pairs = (random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200).T for _ in range(runs))
    coverage.add(
        "correlation", 0.6,
        (bar(statistics.correlation(a, b, resamples=RESAMPLES)) for a, b in pairs),
    )  # fmt: skip


def critical_coupling(coverage: Coverage, runs: int) -> None:
    """The steepest change of the energy, the maximum of the exact specific heat over K^2."""
    L, K = 16, np.linspace(0.36, 0.5, 15)
    grid = np.linspace(0.4, 0.45, 2001)
    truth = grid[np.argmax(np.asarray(ising.heat_capacity(L, grid)) / grid**2)]

    def bars() -> Iterator[Bar]:
        for seed in range(runs):
            spins = ising.sample(
                L, K, 200, algorithm="wolff", n_thermalize=50, n_between=15, seed=seed
            )[:, 0]
            energies = np.asarray(ising.energy(spins))
            yield bar(
                graphvae.estimate_critical_coupling(K, energies, resamples=RESAMPLES, seed=seed)
            )

    coverage.add("critical coupling", float(truth), bars())


def latent_variables(coverage: Coverage, runs: int) -> None:
    """The map between levels and the basins of a trained model."""
    K = [0.3, 0.4, 0.44, 0.5]

    def configurations(n: int, seed: int) -> np.ndarray:
        return ising.sample(8, K, n, algorithm="wolff", n_thermalize=50, n_between=10, seed=seed)[
            :, 0
        ]

    model = GraphVAE(8, levels=2, hidden=16, token=6, latent=2).fit(configurations(200, 1), 20)
    many = configurations(10_000, 2)
    exact = model.rg_map(many, resamples=20)
    basins = model.basins(many, resamples=20)
    maps, lists = [], []
    for seed in range(runs):
        spins = configurations(100, 1000 + seed)
        maps.append(model.rg_map(spins, resamples=RESAMPLES, seed=seed))
        lists.append(model.basins(spins, resamples=RESAMPLES, seed=seed))
    for k in range(len(exact.magnitudes.value)):
        coverage.add(
            f"eigenvalue {k + 1}",
            exact.magnitudes.value[k],
            (bar(one.magnitudes, k) for one in maps),
        )
    for k in range(len(exact.active_magnitudes.value)):
        coverage.add(
            f"active eigenvalue {k + 1}", exact.active_magnitudes.value[k],
            (bar(one.active_magnitudes, k) for one in maps),
        )  # fmt: skip
    coverage.add("cosine with PC1", float(exact.cosine.value), (bar(one.cosine) for one in maps))
    middle = len(K) + 2  # of the second level, at K = 0.44
    coverage.add(
        "distance to a fixed point", np.ravel(basins.distance.value)[middle],
        (bar(one.distance, middle) for one in lists),
    )  # fmt: skip
    coverage.add(
        "share of ordered configurations", np.ravel(basins.ordered.value)[middle],
        (bar(one.ordered, middle) for one in lists),
    )  # fmt: skip


def information(coverage: Coverage, runs: int) -> None:
    """The mutual information of two normal variables, to 1 / sqrt(n) as its page says."""
    random = np.random.default_rng(8)
    rho, n = 0.6, 400

    def bars() -> Iterator[Bar]:
        for _ in range(runs):
            pair = random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
            yield Bar(float(neuralrg.mutual_information(pair)[0, 1]), 1 / np.sqrt(n))

    coverage.add("mutual information", float(-0.5 * np.log(1 - rho**2)), bars())


def run(runs: int) -> campaign.Outcome:
    coverage = Coverage()
    synthetic(coverage, runs)
    critical_coupling(coverage, runs)
    latent_variables(coverage, runs)
    information(coverage, runs)
    return coverage.outcome("coverage of bootstrap errors")


if __name__ == "__main__":
    campaign.main(run, short=5, full=200)
