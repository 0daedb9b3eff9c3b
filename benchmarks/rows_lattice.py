"""Rows of `run.py` about lattices of any kind: beside mcising, on one thread.

Metropolis: mcising runs one chain, ours 512 chains in the bits of words, as users run them where they
want statistics; the time is that of an update of one spin. Swendsen-Wang and Wolff: one chain each.
"""

import statistics
import time

import isingrg
from isingrg.ising import Chain, Lattice, critical_point

try:
    from mcising import IsingSimulation
except ImportError:
    IsingSimulation = None

UNAVAILABLE = None if IsingSimulation else "rows_lattice: mcising is not installed (pip install mcising); skipped"

#: Name of both, linear sizes.
CASES = [("square", 32), ("square", 1024), ("triangular", 32), ("honeycomb", 32), ("cubic", 16), ("cubic", 128)]
#: Updates of a spin to be timed.
UPDATES = 5_000_000


def theirs(name, L, algorithm):
    """Seconds per update of mcising at the critical point."""
    simulation = IsingSimulation(L, 1.0, 0.0, 0.0, 0.0, 1, algorithm, name)
    temperature = 1 / critical_point(name).K
    sweeps = max(2, UPDATES // simulation.num_sites)
    simulation.sweep(max(2, sweeps // 4), temperature=temperature)
    start = time.perf_counter()
    simulation.sweep(sweeps, temperature=temperature)
    return (time.perf_counter() - start) / (sweeps * simulation.num_sites)


def ours(name, L, algorithm, chains=1):
    """Seconds per update of this library."""
    isingrg.set_num_threads(1)
    lattice = getattr(Lattice, name)(L)
    chain = Chain(lattice, critical_point(name).K, n_chains=chains, algorithm=algorithm, seed=1)
    sweeps = max(2, (20 if chains > 1 else 1) * UPDATES // (lattice.n_sites * chains))
    chain.advance(max(2, sweeps // 4))
    start = time.perf_counter()
    chain.advance(sweeps)
    return (time.perf_counter() - start) / (sweeps * lattice.n_sites * chains)


def rows(rounds):
    if UNAVAILABLE:
        return
    for name, L in CASES:
        chains = 512 if L < 128 else 64
        pairs = [(theirs(name, L, "metropolis"), ours(name, L, "metropolis", chains)) for _ in range(rounds)]
        yield f"Metropolis update, {name}, L = {L}, {chains} chains", "mcising, one chain", pairs, "ns", 1e9
        pairs = [
            (theirs(name, L, "swendsen_wang"), ours(name, L, "swendsen-wang")) for _ in range(rounds)]
        yield f"Swendsen-Wang update, {name}, L = {L}", "mcising", pairs, "ns", 1e9


if __name__ == "__main__":
    for work, beside, pairs, unit, scale in rows(3):
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{work}: {beside} {scale * pairs[-1][0]:.3g} {unit}, {scale * pairs[-1][1]:.3g} here, {ratio:.1f}")
