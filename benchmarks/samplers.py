"""Samplers of the critical Ising model side by side: what a sample costs and what it is worth.

    python benchmarks/samplers.py                        # measure what is not recorded yet; minutes
    python benchmarks/samplers.py --only annealing       # one method
    python benchmarks/samplers.py --page                 # the tables into docs/samplers.md

Records are in data/samplers.json, one for each method and size, with their settings and seeds.
Those of trained models come from the files of `notebooks/train_multilevel.py` and
`notebooks/train_neuralrg.py`, where none is left out; published figures are marked with their
source. Times are seconds of one core. The worth of n samples is n divided by the factor by which
the variance of an average is larger than that of n independent configurations: by the effective
sample size of weights, or by the autocorrelation time of a chain.
"""

import argparse
import functools
import math
import sys
import time
from pathlib import Path

import numpy as np

import isingrg
from isingrg import ising, multilevel, neuralrg, statistics

sys.path.append(str(Path(__file__).parents[1] / "notebooks"))
import record_file
from boundary_mps import BoundarySampler, open_log_partition
from samplers_trials import redrawing, second_class, tempering, weighed_share
from transfer_matrix import RowSampler

FOLDER = Path(__file__).parent / "data"
FILE, PUBLISHED = FOLDER / "samplers.json", FOLDER / "samplers_published.json"
MODELS = Path(__file__).parents[1] / "notebooks" / "data"
SIZES = (4, 8, 16, 32, 64, 128)
KC = ising.K_CRITICAL
#: Couplings from 0 to K_c, evenly spaced, of annealing; as many sweeps.
SWEEPS = 1000
#: Samples of annealing, and their populations.
ANNEALED, POPULATIONS = {4: 8192, 8: 8192, 16: 4096, 32: 2048, 64: 1024, 128: 512}, 8


def weighed(L, log_weights):
    """What weights say of ln Z: estimate, error, effective share."""
    weights = np.exp(log_weights - log_weights.max())
    n, share = len(weights), weighed_share(log_weights)
    return {
        "log_partition": float(np.log(weights.mean()) + log_weights.max()),
        "log_partition_error": float(np.sqrt((1 / share - 1) / n)),
        "exact": float(ising.log_partition(L, KC)),
        "share": share,
        "samples": n,
    }


def random_spins(n, L, seed):
    return np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), (n, L, L))


def annealing(L):
    """Annealed importance sampling from random spins."""
    n = ANNEALED[L]
    start = time.process_time()
    couplings = np.linspace(0, KC, SWEEPS + 1)
    _, work = multilevel.anneal(random_spins(n, L, seed=1), couplings, seed=2)
    seconds = time.process_time() - start
    return weighed(L, work + L**2 * math.log(2)) | {"rate": n / seconds, "sweeps": SWEEPS}


def sequential(L):
    """Sequential Monte Carlo: the same, with systematic resampling whenever the effective sample
    size is below half. Samples of a population are related: their worth is that of as many
    independent ones whose ln Z varies as much from one population to another."""
    n = ANNEALED[L] // 2
    couplings = np.linspace(0, KC, SWEEPS + 1)
    estimates = []
    start = time.process_time()
    for population in range(POPULATIONS):
        random = np.random.default_rng(population)
        spins = random_spins(n, L, seed=(3, population))
        estimate, log_weights = L**2 * math.log(2), np.zeros(n)
        for first in range(0, SWEEPS, 10):
            spins, work = multilevel.anneal(
                spins, couplings[first : first + 11], seed=int(random.integers(2**63)))
            log_weights += work
            weights = np.exp(log_weights - log_weights.max())
            if weights.sum() ** 2 < n / 2 * (weights**2).sum() or first + 10 == SWEEPS:
                estimate += math.log(weights.mean()) + log_weights.max()
                edges = np.cumsum(weights) / weights.sum()
                spins = spins[np.searchsorted(edges, (np.arange(n) + random.random()) / n).clip(0, n - 1)]
                log_weights[:] = 0
        estimates.append(estimate)
    seconds = time.process_time() - start
    variance = float(np.var(estimates, ddof=1))
    return {
        "log_partition": float(np.mean(estimates)),
        "log_partition_error": math.sqrt(variance / POPULATIONS),
        "exact": float(ising.log_partition(L, KC)),
        "share": 1 / (1 + n * variance),
        "samples": n * POPULATIONS,
        "rate": n * POPULATIONS / seconds,
        "sweeps": SWEEPS,
    }


def wolff(L):
    """Wolff's algorithm: the autocorrelation time in sweeps, that of the energy or of the square of
    the magnetization, whichever is longer."""
    chains, n = 64, {4: 4000, 8: 4000, 16: 4000, 32: 2000, 64: 1000, 128: 500}[L]
    usual = {"algorithm": "wolff", "n_chains": chains, "n_between": 1, "seed": 5}
    start = time.process_time()
    ising.sample(L, KC, 1, n_thermalize=100, **usual)
    middle = time.process_time()
    spins = ising.sample(L, KC, n, n_thermalize=100, **usual)
    seconds = time.process_time() - middle - (middle - start)
    series = ising.energy(spins), ising.magnetization(spins) ** 2
    duration = max(statistics.autocorrelation_time(values) for values in series)
    return {"share": 1 / max(duration, 1), "samples": chains * n, "rate": chains * n / seconds}


def rows(L):
    """Exact samples, row by row from powers of the transfer matrix; as large as memory permits."""
    sampler = RowSampler(L, KC)
    n = 16384
    start = time.process_time()
    spins, log_prob = sampler.sample(n, seed=6)
    seconds = time.process_time() - start
    log_weights = -KC * np.asarray(ising.energy(spins)) - log_prob
    return weighed(L, log_weights) | {"rate": n / seconds, "training": sampler.seconds}


def boundary(bond, L):
    """Exact likelihood from boundary matrix-product states of this bond, on open lattices."""
    sampler = BoundarySampler(L, KC, bond)
    n = {8: 8192, 16: 8192, 32: 4096, 64: 2048, 128: 1024}[L]
    start = time.process_time()
    spins, log_prob = sampler.sample(n, seed=6)
    seconds = time.process_time() - start
    lattice = ising.Lattice.square(L, boundary="open")
    found = weighed(L, -KC * np.asarray(lattice.energy(spins)) - log_prob)
    found["exact"] = open_log_partition(L, KC)
    return found | {"rate": n / seconds, "training": sampler.seconds}


def flow_rate(L):
    """NeuralRG with the published architecture: samples in a second, of a model whose other numbers
    come from its records."""
    with neuralrg.NeuralRG(L).fit(1, 32) as model:
        n = 4096
        model.sample(64)
        start = time.process_time()
        model.sample(n)
        return {"rate": n / (time.process_time() - start), "samples": n}


def speed(L):
    """The multilevel sampler with its defaults on one thread, and the rate at which a core could draw at best:
    ten cycles for a learned spin, five for an exact one."""
    isingrg.set_num_threads(1)
    with multilevel.MultilevelSampler(L).fit(1, 1024, start="none") as model:
        n = {16: 2**18, 32: 2**16, 64: 2**14}[L]
        seconds = []
        for seed in range(5):
            start = time.process_time()
            model.sample(n, seed=seed)
            seconds.append(time.process_time() - start)
    limit = 1e6 * megahertz() / (L**2 * (10 * 3 / 8 + 5 * 5 / 8))
    return {"rate": n / min(seconds), "limit": limit, "samples": n}


def megahertz():
    """Of the core that runs fastest now."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return max(float(line.split(":")[1]) for line in lines if line.startswith("cpu MHz"))


#: Method -> its measurement and the sizes it is made for.
METHODS = {
    "annealing": (annealing, SIZES),
    "sequential": (sequential, SIZES[:-1]),
    "wolff": (wolff, SIZES),
    "rows": (rows, (4, 8)),
    "boundary 4": (functools.partial(boundary, 4), SIZES[1:]),
    "boundary 8": (functools.partial(boundary, 8), SIZES[1:]),
    "boundary 16": (functools.partial(boundary, 16), SIZES[1:]),
    "tempering": (tempering, (32,)),
    "redrawing": (redrawing, (64, 128)),
    "second class": (second_class, (32,)),
    "flow_rate": (flow_rate, (8, 16)),
    "speed": (speed, (16, 32, 64)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=METHODS)
    parser.add_argument("--page", action="store_true")
    arguments = parser.parse_args()
    if arguments.page:
        import samplers_table

        page = Path(__file__).parents[1] / "docs" / "samplers.md"
        page.write_text(samplers_table.page(page.read_text()))
        return
    for method, (measure, sizes) in METHODS.items():
        for L in sizes:
            key = {"method": method, "L": L}
            if arguments.only in (None, method) and not record_file.has(FILE, key):
                record = key | measure(L)
                print(record, flush=True)
                record_file.save(FILE, [*record_file.load(FILE), record])


if __name__ == "__main__":
    main()
