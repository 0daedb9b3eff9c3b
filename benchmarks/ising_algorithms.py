"""Which algorithm needs least processor time for an independent sample: what "auto" rests on.

python benchmarks/ising_algorithms.py [--sizes 8 16 32 64] [--couplings 0.3 0.44 ...] [--chains 1 64]

A row for each size, coupling and number of chains: nanoseconds of one core per independent sample
and chain, for each algorithm, and what `isingrg.ising.sampling_plan` chooses. That is the time per
sweep, the difference of a long and a short run, times the larger of the autocorrelation times of
the energy and of the square of the magnetization. The sign of K does not matter: chains run with
|K|, and a sublattice is reversed in the output.
"""

import argparse
import time

import numpy as np

import isingrg
from isingrg import ising, statistics

LOCAL, CLUSTER = ("metropolis", "heat-bath"), ("wolff", "swendsen-wang")
#: Seconds of a run that is timed, and of the longest series.
TIMED, LONGEST = 0.05, 20.0


def seconds_per_sweep(algorithm, L, K, n_chains):
    """Processor time of one sweep of one chain."""

    def run(sweeps):
        start = time.process_time()
        ising.sample(L, K, 1, algorithm=algorithm, n_chains=n_chains, n_thermalize=sweeps)
        return time.process_time() - start

    sweeps = 8
    while (long := min(run(sweeps), run(sweeps))) < TIMED:
        sweeps *= 4
    return (long - min(run(8), run(8))) / (sweeps - 8) / n_chains


def sweeps_per_sample(algorithm, L, K):
    """Autocorrelation time in sweeps; NaN if a series of LONGEST seconds is too short for it."""
    n_chains = 64 if algorithm in LOCAL else 8
    default = ising.sampling_plan(L, K, algorithm=algorithm).n_between
    between = max(1, default // 8) if algorithm in LOCAL else 1
    seconds = seconds_per_sweep(algorithm, L, K, n_chains) * n_chains * between
    n = int(min(2000, LONGEST / seconds))
    if n < 100:
        return np.nan
    spins = ising.sample(
        L, K, n, algorithm=algorithm, n_chains=n_chains, n_between=between, seed=1)
    series = ising.energy(spins), ising.magnetization(spins) ** 2
    try:
        return between * max(statistics.autocorrelation_time(values) for values in series)
    except isingrg.ConvergenceError:
        return np.nan


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[4, 8, 16, 32, 64, 128, 256])
    parser.add_argument(
        "--couplings", type=float, nargs="+",
        default=[0, 0.2, 0.3, 0.35, 0.38, 0.4, 0.42, 0.43, ising.K_CRITICAL, 0.45, 0.46, 0.5, 0.6, 0.9])
    parser.add_argument("--chains", type=int, nargs="+", default=[1, 64])
    options = parser.parse_args()
    isingrg.set_num_threads(1)
    algorithms = CLUSTER + LOCAL
    print(f"{'L':>4} {'K':>7} {'chains':>6}", *(f"{name:>14}" for name in algorithms), " auto")
    for L in options.sizes:
        for K in options.couplings:
            sweeps = {name: sweeps_per_sample(name, L, K) for name in algorithms}
            for n_chains in options.chains:
                times = (
                    1e9 * sweeps[name] * seconds_per_sweep(name, L, K, n_chains)
                    for name in algorithms)
                chosen = ising.sampling_plan(L, K, n_chains=n_chains).algorithm
                print(
                    f"{L:4} {K:7.4f} {n_chains:6}", *(f"{value:14.0f}" for value in times),
                    f" {chosen}", flush=True)


if __name__ == "__main__":
    main()
