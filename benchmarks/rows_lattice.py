"""Rows of `run.py` about lattices of any kind: one chain on one thread, beside mcising and peapods.

Updates of one spin by Metropolis and by Swendsen-Wang, and the time for one independent sample of m^2
by Swendsen-Wang with what is measured, all at the critical point and in seconds of the processor.
"""

import statistics
import time
import warnings

import numpy as np

import isingrg
from isingrg.ising import Chain, Lattice, critical_point
from isingrg.statistics import mean_and_error

try:
    from mcising import IsingSimulation
except ImportError:
    IsingSimulation = None

try:
    import peapods
except ImportError:
    peapods = None

UNAVAILABLE = None if IsingSimulation else "rows_lattice: mcising is not installed (pip install mcising); skipped"

#: Name of both, linear sizes.
CASES = [("square", 32), ("square", 1024), ("triangular", 32), ("triangular", 1024), ("honeycomb", 32),
         ("honeycomb", 512), ("cubic", 16), ("cubic", 128)]
#: Where samples are many enough for an error of their autocorrelation.
SAMPLED = [("square", 32), ("triangular", 32), ("honeycomb", 32), ("cubic", 16)]
#: What peapods has of them: shapes by name, and what it calls them.
PEAPODS = {"square": (2, None), "triangular": (2, "triangular"), "cubic": (3, None)}
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


def ours_independent(name, L):
    """Seconds for one independent sample of m^2, by the estimator that clusters improve.

    They are what a measurement takes, times the number of them whose mean is as precise as one independent
    value: the squared error of the mean of n, over the variance of m^2, times n.
    """
    lattice, K = getattr(Lattice, name)(L), critical_point(name).K
    chain = Chain(lattice, K, algorithm="swendsen-wang", seed=1).advance(200)
    spent, done = seconds(lambda: chain.measure(20_000, improved=True, momenta=()))
    return spent * done.mean("improved_magnetization_squared").error ** 2 / done["magnetization_squared"].var()


def their_independent(name, L):
    """The same of mcising, from the squares of its magnetizations."""
    n, K = 20_000, critical_point(name).K
    simulation = IsingSimulation(L, 1.0, 0.0, 0.0, 0.0, 1, "swendsen_wang", name)
    simulation.sweep(200, temperature=1 / K)
    there, done = seconds(lambda: simulation.production_sweeps(n, 1, temperature=1 / K, store_configs=False))
    squares = np.square(done["magnetizations"])
    return there * mean_and_error(squares).error ** 2 / squares.var()


def peapods_model(name, L):
    dimension, geometry = PEAPODS[name]
    temperature = np.array([1 / critical_point(name).K])
    return peapods.Ising((L,) * dimension, temperatures=temperature, geometry=geometry)


def peapods_sample(model, sweeps, clusters, **settings):
    """Seconds, and what it returns. Its cluster update comes on top of a Metropolis sweep."""
    interval = {"cluster_update_interval": 1, "cluster_mode": "sw"} if clusters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0/0 in averages over no measurement
        return seconds(lambda: model.sample(sweeps, sequential=True, **interval, **settings))


def peapods_update(name, L, algorithm):
    """Seconds per update; of clusters, what they take beyond the Metropolis sweep."""
    model = peapods_model(name, L)
    sites = L ** PEAPODS[name][0]
    sweeps = max(2, UPDATES // sites)
    peapods_sample(model, max(2, sweeps // 4), True, warmup_ratio=1.0)
    both = algorithm == "swendsen-wang"
    spent = peapods_sample(model, sweeps, both, warmup_ratio=1.0)[0]
    if both:
        spent -= peapods_sample(model, sweeps, False, warmup_ratio=1.0)[0]
    return spent / (sweeps * sites)


def peapods_independent(name, L, runs=60, n=400):
    """Seconds of peapods for one independent sample of m^2, from the spread of the means of successive runs."""
    model = peapods_model(name, L)
    peapods_sample(model, 400, True, warmup_ratio=1.0)
    spent, means, fourth = 0.0, [], []
    for _ in range(runs):
        took, found = peapods_sample(model, n, True, warmup_ratio=0.0)
        spent += took
        means.append(float(found["mags2"][0]))
        fourth.append(float(found["mags4"][0]))
    variance = np.mean(fourth) - np.mean(means) ** 2
    return spent / runs * np.var(means, ddof=1) / variance


def rows(rounds):
    if UNAVAILABLE:
        return
    isingrg.set_num_threads(1)
    yield from mcising_rows(rounds)
    if peapods is not None:
        yield from peapods_rows(rounds)


def peapods_rows(rounds):
    for name, L in CASES:
        if name in PEAPODS:
            for work in ("Metropolis", "Swendsen-Wang"):
                algorithm = work.lower()
                pairs = [(peapods_update(name, L, algorithm), ours(name, L, algorithm)) for _ in range(rounds)]
                yield f"{work} update, {name}, L = {L}", "peapods", pairs, "ns", 1e9
    for name, L in SAMPLED:
        if name in PEAPODS:
            pairs = [(peapods_independent(name, L), ours_independent(name, L)) for _ in range(rounds)]
            yield f"independent sample of chi, {name}, L = {L}", "peapods", pairs, "us", 1e6


def mcising_rows(rounds):
    for name, L in CASES:
        for work, algorithm, other in (("Metropolis", "metropolis", "metropolis"),
                                       ("Swendsen-Wang", "swendsen-wang", "swendsen_wang")):
            pairs = [(theirs(name, L, other), ours(name, L, algorithm)) for _ in range(rounds)]
            yield f"{work} update, {name}, L = {L}", "mcising", pairs, "ns", 1e9
    for name, L in SAMPLED:
        pairs = [(their_independent(name, L), ours_independent(name, L)) for _ in range(rounds)]
        yield f"independent sample of chi, {name}, L = {L}", "mcising", pairs, "us", 1e6


if __name__ == "__main__":
    for work, beside, pairs, unit, scale in rows(3):
        ratio = statistics.median(a / b for a, b in pairs)
        there, here = (scale * statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"| {work} | {beside} | {there:.3g} {unit} | {here:.3g} {unit} | {ratio:.1f} |", flush=True)
