"""Metropolis and Swendsen-Wang sweeps with the PyPI package peapods (Rust), at K_c.

Only its public class `Ising` is used. One chain runs at one temperature; peapods spreads
temperatures and replicas over threads, so one chain is one core. Its cluster update comes on
top of a Metropolis sweep: the cluster time is that of both together less the Metropolis time.

    python peer_ising_peapods.py      # a table of times per sweep
    sweep_seconds("metropolis")       # a list of seconds per sweep
"""

from __future__ import annotations

import math
import statistics
import sys
import time
import warnings

try:
    import numpy as np
    import peapods
except ImportError:
    peapods = None

UNAVAILABLE = None if peapods else "peer_ising_peapods: peapods is not installed (pip install peapods); skipped"

K_CRITICAL = math.log(1 + math.sqrt(2)) / 2
ALGORITHMS = ("metropolis", "swendsen-wang")


def _timer(size, chains):
    model = peapods.Ising((size, size), temperatures=np.full(chains, 1 / K_CRITICAL))
    cluster = {"cluster_update_interval": 1, "cluster_mode": "sw"}

    def run(sweeps, with_clusters):
        """Seconds per sweep. All sweeps count as warm-up, so that peapods measures nothing."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # 0/0 in averages over no measurement
            model.sample(sweeps, warmup_ratio=1.0, **(cluster if with_clusters else {}))
        return (time.perf_counter() - start) / sweeps

    run(20, True)  # thermalise: random spins have other costs than critical ones
    return run


def sweep_seconds(algorithm="metropolis", size=1024, repeats=10, *, chains=1, sweeps=5):
    """Seconds per sweep of all chains together, from each of `repeats` runs of `sweeps` sweeps.

    A Swendsen-Wang time is the difference of neighbouring runs with and without the cluster step.
    """
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm is one of {ALGORITHMS}")
    run = _timer(size, chains)
    if algorithm == "metropolis":
        return [run(sweeps, False) for _ in range(repeats)]
    return [run(sweeps, True) - run(sweeps, False) for _ in range(repeats)]


def main():
    if UNAVAILABLE:
        print(UNAVAILABLE)
        return 0
    size = 1024
    print(f"peapods, L = {size}, K_c, one chain: milliseconds per sweep, median (best)")
    for algorithm in ALGORITHMS:
        seconds = sweep_seconds(algorithm, size)
        best = min(seconds)
        print(
            f"{algorithm:14s} {1e3 * statistics.median(seconds):8.2f} ({1e3 * best:.2f})"
            f"  {size * size / best * 1e-9:.3f} flips/ns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
