"""Measures the records of notebook 06 and writes them to data/mcrg.json.

    python notebooks/measure_mcrg.py            # some 15 core minutes
    python notebooks/measure_mcrg.py --only refined

What is recorded already is not measured again. Every seed is kept. Kinds of records, all with the seconds
of the processor that they took:

    exponents    y_t and y_h of critical configurations, at every level, by numbers of operators
    filters      learned block rules: what they were learned from, and exponents of other configurations
    flow         couplings of block spins below, at and above the critical point, by pseudolikelihood
    variational  the same at the critical point by a bias, with the exponent of its matrix
    matching     the critical coupling from two lattices
    refined      magnetizations of lattices that grow from 16 to 256 sites along a side
"""

import argparse
import time
from pathlib import Path

import numpy as np

import record_file
from isingrg import ising, mcrg

FILE = Path(__file__).parent / "data" / "mcrg.json"
SIZES = {32: 3, 64: 3, 128: 3, 256: 2}
EVEN, ODD = (1, 2, 3, 4, 6, 8, 10, 13), (1, 2, 3, 4, 6, 8)
COUPLINGS = {"below": 0.42, "critical": ising.K_CRITICAL, "above": 0.46}


def listed(estimate):
    """Values and errors, rounded to what they mean."""
    return [np.round(np.atleast_1d(part), 7).tolist() for part in (estimate.value, estimate.error)]


def by_level(measured, counts):
    return {
        parity: [
            [listed(measured.exponents(parity, level, n, most=1)) for n in counts[parity]]
            for level in range(1, measured.levels + 1)
        ]
        for parity in ("even", "odd")
    }


def exponents(L, seed):
    found = mcrg.exponents(L, seed=seed)
    final = {
        name: [exponent.value, exponent.statistical, exponent.systematic, exponent.level]
        for name, exponent in (("y_t", found.y_t), ("y_h", found.y_h))
    }
    return final | by_level(found.measurement, {"even": EVEN, "odd": ODD})


def filters(width, seed):
    spins = ising.sample(64, ising.K_CRITICAL, 250, n_chains=32, seed=seed)
    learned = mcrg.learn_filter(spins, width=width, seed=seed)
    others = ising.sample(64, ising.K_CRITICAL, 500, n_chains=32, seed=1000)
    counts = {"even": (6,), "odd": (4,)}
    record = {"weights": np.round(learned.filter.weights, 4).tolist(), "loss": learned.history.tolist()}
    for name, rule in (("learned", learned.filter), ("majority", "majority")):
        measured = mcrg.measure(others, rule=rule, levels=3, operators=mcrg.operators(6, 4))
        record[name] = by_level(measured, counts)
    return record


def flow(name, seed):
    table = mcrg.operators(8, 0)
    spins = ising.sample(64, COUPLINGS[name], 100, n_chains=32, seed=seed).reshape(-1, 64, 64)
    return {"couplings": [
        listed(mcrg.couplings(mcrg.block(spins, levels=level, seed=seed), table)) for level in range(4)]}


def variational(levels, seed):
    found = mcrg.variational_couplings(
        108, levels=levels, factor=3, operators=mcrg.operators(8, 4), seed=seed, n_samples=1000)
    return {"couplings": listed(found.couplings),
            "even": listed(found.exponents("even", most=1)), "odd": listed(found.exponents("odd", most=1))}


def matching(seed):
    K = 0.44
    large, small = (mcrg.simulate(L, K, 32_000, seed=seed + L) for L in (64, 32))
    return {"K": K, "levels": [
        listed(mcrg.critical_coupling(large, small, K, level=level)) for level in range(1, 5)]}


def refined(seed):
    spins = ising.sample(16, ising.K_CRITICAL, 250, n_chains=16, seed=seed).reshape(-1, 16, 16)
    squares = []
    for step in range(5):
        chains = (ising.magnetization(spins) ** 2).reshape(16, -1).mean(1)
        squares.append([len(spins[0]), chains.mean(), chains.std(ddof=1) / 4])
        if step < 4:
            spins = mcrg.refine(spins, n_sweeps=30, seed=seed + step)
    return {"m2": squares}


WANTED = (
    [("exponents", {"L": L, "seed": seed}, exponents) for L, n in SIZES.items() for seed in range(n)]
    + [("filters", {"width": w, "seed": seed}, filters) for w in (2, 4) for seed in range(5)]
    + [("flow", {"name": name, "seed": seed}, flow) for name in COUPLINGS for seed in range(2)]
    + [("variational", {"levels": levels, "seed": seed}, variational)
       for levels in (1, 2, 3) for seed in range(2)]
    + [("matching", {"seed": seed}, matching) for seed in range(2)]
    + [("refined", {"seed": seed}, refined) for seed in range(2)]
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=sorted({kind for kind, *_ in WANTED}))
    only = parser.parse_args().only
    for kind, key, measured in WANTED:
        key = {"kind": kind, **key}
        if only in (None, kind) and not record_file.has(FILE, key):
            begun = time.process_time()
            record = key | measured(**{name: value for name, value in key.items() if name != "kind"})
            record["seconds"] = round(time.process_time() - begun, 1)
            record_file.save(FILE, [*record_file.load(FILE), record])
            print(key, record["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()
