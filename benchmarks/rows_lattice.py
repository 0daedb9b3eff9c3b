"""Rows of `run.py` about lattices of any kind: one chain on one thread, beside mcising.

Updates of one spin by Metropolis and by Swendsen-Wang, and the time for one independent sample of m^2
by Swendsen-Wang with what is measured, all at the critical point and in seconds of the processor.
"""

import statistics
import time

import numpy as np

import isingrg
from isingrg.ising import Chain, Lattice, critical_point
from isingrg.statistics import mean_and_error

try:
    from mcising import IsingSimulation
except ImportError:
    IsingSimulation = None

UNAVAILABLE = None if IsingSimulation else "rows_lattice: mcising is not installed (pip install mcising); skipped"

#: Name of both, linear sizes.
CASES = [("square", 32), ("square", 1024), ("triangular", 32), ("triangular", 1024), ("honeycomb", 32),
         ("honeycomb", 512), ("cubic", 16), ("cubic", 128)]
#: Where samples are many enough for an error of their autocorrelation.
SAMPLED = [("square", 32), ("triangular", 32), ("honeycomb", 32), ("cubic", 16)]
#: Updates of a spin to be timed.
UPDATES = 5_000_000


def seconds(call):
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def theirs(name, L, algorithm):
    """Seconds per update of mcising at the critical point."""
    simulation = IsingSimulation(L, 1.0, 0.0, 0.0, 0.0, 1, algorithm, name)
    temperature = 1 / critical_point(name).K
    sweeps = max(2, UPDATES // simulation.num_sites)
    simulation.sweep(max(2, sweeps // 4), temperature=temperature)
    spent, _ = seconds(lambda: simulation.sweep(sweeps, temperature=temperature))
    return spent / (sweeps * simulation.num_sites)


def ours(name, L, algorithm):
    """Seconds per update of this library."""
    lattice = getattr(Lattice, name)(L)
    chain = Chain(lattice, critical_point(name).K, algorithm=algorithm, seed=1)
    sweeps = max(2, (20 if algorithm == "metropolis" else 1) * UPDATES // lattice.n_sites)
    chain.advance(max(2, sweeps // 4))
    spent, _ = seconds(lambda: chain.advance(sweeps))
    return spent / (sweeps * lattice.n_sites)


def independent(name, L):
    """Seconds of both for one independent sample of m^2.

    They are what a measurement takes, times the number of them whose mean is as precise as one independent
    value: the squared error of the mean of n, over the variance of m^2, times n. Ours takes the estimator that
    clusters improve.
    """
    n = 20_000
    lattice, K = getattr(Lattice, name)(L), critical_point(name).K
    chain = Chain(lattice, K, algorithm="swendsen-wang", seed=1).advance(200)
    here, done = seconds(lambda: chain.measure(n, improved=True, momenta=()))
    here *= done.mean("improved_magnetization_squared").error ** 2 / done["magnetization_squared"].var()
    simulation = IsingSimulation(L, 1.0, 0.0, 0.0, 0.0, 1, "swendsen_wang", name)
    simulation.sweep(200, temperature=1 / K)
    there, done = seconds(lambda: simulation.production_sweeps(n, 1, temperature=1 / K, store_configs=False))
    squares = np.square(done["magnetizations"])
    return there * mean_and_error(squares).error ** 2 / squares.var(), here


def rows(rounds):
    if UNAVAILABLE:
        return
    isingrg.set_num_threads(1)
    for name, L in CASES:
        for work, algorithm, other in (("Metropolis", "metropolis", "metropolis"),
                                       ("Swendsen-Wang", "swendsen-wang", "swendsen_wang")):
            pairs = [(theirs(name, L, other), ours(name, L, algorithm)) for _ in range(rounds)]
            yield f"{work} update, {name}, L = {L}", "mcising", pairs, "ns", 1e9
    for name, L in SAMPLED:
        pairs = [independent(name, L) for _ in range(rounds)]
        yield f"independent sample of chi, {name}, L = {L}", "mcising", pairs, "us", 1e6


if __name__ == "__main__":
    for work, beside, pairs, unit, scale in rows(3):
        ratio = statistics.median(a / b for a, b in pairs)
        there, here = (scale * statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"| {work} | {beside} | {there:.3g} {unit} | {here:.3g} {unit} | {ratio:.1f} |", flush=True)
