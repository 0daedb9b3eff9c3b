"""Measures critical Potts models on square tori by Monte Carlo and writes them to data/potts_lattice.json.

    python notebooks/measure_potts_lattice.py    # some two minutes on one core

Swendsen-Wang sweeps at the exact coupling K_c = ln(1 + sqrt q). What is recorded already is not measured again.
"""

import time
from pathlib import Path

import isingrg
import record_file
from isingrg import ising, statistics

FILE = Path(__file__).parent / "data" / "potts_lattice.json"
STATES = (2, 3, 4, 5)
SIZES = (8, 16, 32, 64)
CHAINS, SWEEPS, BINS = 4, 20_000, 50


def measure(q, L):
    """Energy per site, <m^2> and d ln<m^2> / dK, each with the error of a jackknife over bins."""
    begun = time.process_time()
    done = ising.measure(
        ising.Lattice.square(L).potts(q), ising.critical_point("square", q).K, SWEEPS, n_chains=CHAINS,
        algorithm="swendsen-wang", bins=BINS, seed=q * 100 + L)
    energy, square, both = (
        done[name].ravel() for name in ("energy", "magnetization_squared", "energy_magnetization_squared"))
    # Weights are exp(-K E), with E in units of J.
    estimates = {
        "energy": statistics.jackknife(lambda e: e.mean() / L**2, energy),
        "square": statistics.jackknife(lambda m: m.mean(), square),
        "slope": statistics.jackknife(
            lambda e, m, em: e.mean() - em.mean() / m.mean(), energy, square, both)}
    return {
        "q": q, "L": L, **{name: [float(e.value), float(e.error)] for name, e in estimates.items()},
        "seconds": round(time.process_time() - begun, 2)}


def main():
    isingrg.set_num_threads(1)
    for q in STATES:
        for L in SIZES:
            if not record_file.has(FILE, {"q": q, "L": L}):
                record_file.save(FILE, [*record_file.load(FILE), record := measure(q, L)])
                print(record, flush=True)


if __name__ == "__main__":
    main()
