"""Error bars of Monte Carlo and of flows: how often the truth lies within one and within two.

Each bar is reported by many independent runs. One standard error is to cover the truth in 68.3 %
of them, 1.96 in 95 %, up to the binomial spread; correct bars fail in one run out of 500. Truths
are exact (Kaufman, enumeration), or said to be what a much larger sample gives.
"""

import copy
import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
from scipy import stats
from scipy.signal import lfilter

import campaign
from isingrg import ising, neuralrg, statistics

#: Nominal coverage of one and of 1.96 standard errors.
ONE, TWO = 0.6827, 0.95
#: Chance that a count of a correct bar lies outside its band.
CHANCE = 1e-4


@dataclasses.dataclass
class Bar:
    """A number with its error bar as one run reports it."""

    value: float
    error: float
    #: 95 % interval; by default 1.96 errors to either side.
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        margin = stats.norm.ppf(0.5 + TWO / 2) * self.error
        self.interval = self.interval or (self.value - margin, self.value + margin)


class Coverage:
    """Counts of all bars, against their binomial bands."""

    def __init__(self) -> None:
        self.runs = 0
        self.figures: list[str] = []
        self.failures: list[str] = []

    def add(self, name: str, truth: float, bars: Iterable[Bar]) -> None:
        """`truth` needs an error far smaller than the bars."""
        bars = list(bars)
        n = len(bars)
        low, high = np.array([bar.interval for bar in bars]).T
        values, errors = np.array([(bar.value, bar.error) for bar in bars]).T
        one = int((np.abs(values - truth) <= errors).sum())
        two = int(((low <= truth) & (truth <= high)).sum())
        self.runs += n
        self.figures.append(f"{name} {one / n:.1%} and {two / n:.1%}")
        for inside, nominal in ((one, ONE), (two, TWO)):
            least, most = stats.binom.ppf([CHANCE / 2, 1 - CHANCE / 2], n, nominal)
            if not least <= inside <= most:
                bias = (values.mean() - truth) / values.std(ddof=1)
                self.failures.append(
                    f"{name}: {inside} of {n} bars of {nominal:.1%} hold {truth:.6g}, not "
                    f"{least:.0f} to {most:.0f}; bias {bias:+.2f} standard deviations, errors "
                    f"{errors.mean() / values.std(ddof=1):.2f} of it"
                )

    def outcome(self, fault: str) -> campaign.Outcome:
        return campaign.Outcome(fault, self.runs, "; ".join(self.figures), self.failures)


def mean_bars(series: Iterable[np.ndarray]) -> Iterator[Bar]:
    """Of (n_chains, n_samples) each."""
    return (Bar(*statistics.mean_and_error(one)) for one in series)


def every_configuration(L: int, K: float) -> tuple[np.ndarray, np.ndarray]:
    """Spins of all configurations and their probabilities."""
    bits = np.arange(2 ** (L * L))[:, None] >> np.arange(L * L) & 1
    spins = (2 * bits - 1).astype(np.int8).reshape(-1, L, L)
    weights = np.exp(-K * np.asarray(ising.energy(spins)))
    return spins, weights / weights.sum()


def processes(coverage: Coverage, runs: int) -> None:
    """Series whose correlations are known: rho^t, and 0.9^t times an oscillation; of mean 0."""
    known = {f"series, rho = {k / 10:g}": [k / 10] for k in range(-9, 10)}
    known |= {"series, rho = 0.99": [0.99]}
    known |= {f"series, omega = {w:g}": [1.8 * np.cos(w), -0.81] for w in (1.0, 2.5)}
    for seed, (name, coefficients) in enumerate(known.items()):
        n = 100_000 if coefficients == [0.99] else 10_000
        random = np.random.default_rng(seed)
        filters = [1], [1, *(-c for c in coefficients)]
        series = (lfilter(*filters, random.normal(size=n + 2000))[2000:] for _ in range(runs))
        coverage.add(name, 0.0, mean_bars(series))


def lattices(coverage: Coverage, runs: int) -> None:
    """Correlated series of cluster and local updates."""
    K, exact = 0.42, ising.mean_energy(16, 0.42)
    for algorithm, between in (("wolff", 1), ("swendsen-wang", 2), ("metropolis", 20)):
        spins = (
            ising.sample(
                16, K, 600, n_chains=2, algorithm=algorithm, n_between=between, seed=1000 + seed
            )
            for seed in range(runs)
        )
        bars = mean_bars(np.asarray(ising.energy(one)) for one in spins)
        coverage.add(f"energy, {algorithm}", float(exact), bars)
    small, probabilities = every_configuration(4, 0.4)
    magnetizations = np.asarray(ising.magnetization(small))
    for name, observable in (("|m|", np.abs), ("m^2", np.square), ("m", np.positive)):
        spins = (
            ising.sample(4, 0.4, 2000, algorithm="heat-bath", n_between=8, seed=seed)
            for seed in range(runs)
        )
        bars = mean_bars(observable(np.asarray(ising.magnetization(one))) for one in spins)
        truth = float(probabilities @ observable(magnetizations))
        coverage.add(f"magnetization, {name}", truth, bars)


def flows(coverage: Coverage, runs: int) -> None:
    """Integrals over samples of a flow, the loss of a training step, and chains."""
    L, K = 4, 0.3
    model = neuralrg.NeuralRG(L, K, layers=6, hidden=(12, 12)).fit(400, 256, 2e-3)
    bound = model.free_energy(400_000, seed=10**6).value
    seeds = range(runs)
    coverage.add("free energy", bound, (Bar(*model.free_energy(500, seed=s)) for s in seeds))
    exact = float(neuralrg.log_partition_dual(L, K))
    coverage.add("ln Z by weights", exact, (Bar(*model.log_partition(2000, seed=s)) for s in seeds))
    coverage.add("loss of a step", bound, (last_loss(model, seed) for seed in seeds))
    spins, probabilities = every_configuration(L, K)
    truths = {
        "structure_factor": probabilities @ np.asarray(ising.magnetization(spins)) ** 2,
        "energy_density": probabilities @ np.asarray(ising.energy(spins)) / L**2,
    }
    for space, between in (("latent", 1), ("physical", 2)):
        chains = [
            model.hmc(4, 800, space=space, step_size=0.3, adapt=False, between=between, seed=s)
            for s in seeds
        ]
        for name, truth in truths.items():
            bars = (Bar(*one.mean_and_error(name)) for one in chains)
            coverage.add(f"{name}, hmc, {space}", float(truth), bars)
    small = neuralrg.NeuralRG(2, 0.1, layers=4, hidden=(6, 6), symmetric=False).fit(1000, 128, 3e-3)
    chains = small.hmc(
        runs, 1000, step_size=0.209, leapfrog=12, random_length=False, warmup=20, seed=1
    )
    bars = mean_bars(chains.magnetization())
    coverage.add("magnetization, hmc, anticorrelated", 0.0, bars)


def last_loss(model: neuralrg.NeuralRG, seed: int) -> Bar:
    """Of one more step of a copy."""
    with copy.copy(model) as one:
        history = one.fit(1, 512, seed=seed).history
    return Bar(history["loss"][-1], history["standard_error"][-1])


def run(runs: int) -> campaign.Outcome:
    coverage = Coverage()
    processes(coverage, 5 * runs)
    lattices(coverage, runs)
    flows(coverage, runs)
    return coverage.outcome("coverage of error bars of Monte Carlo and of flows")


if __name__ == "__main__":
    campaign.main(run, short=10, full=200)
