"""Rows of `run.py` about Monte Carlo renormalization: blocks and operators beside NumPy, on one thread."""

import statistics
import time

import numpy as np

import isingrg
from isingrg import ising, mcrg

#: Linear sizes, configurations that are timed.
CASES = {32: 2000, 128: 200}
LAST_SIDE = 4


def configurations(L):
    return ising.sample(L, ising.K_CRITICAL, CASES[L] // 8, n_chains=8, seed=1).reshape(-1, L, L)


def ours(spins, table):
    """Seconds per configuration, and the means."""
    isingrg.set_num_threads(1)
    start = time.perf_counter()
    found = mcrg.measure(spins, operators=table)
    return (time.perf_counter() - start) / len(spins), found.means


def numpy_sums(spins, table):
    """S_a / N of all configurations, vectorised over them, int8 throughout."""
    found = np.empty((len(spins), len(table)))
    for index, operator in enumerate(table):
        total = np.zeros(len(spins), np.int64)
        for image in operator.images:
            product = None
            for point in image:
                shifted = np.roll(spins, [-x for x in point[::-1]], (1, 2))
                product = shifted if product is None else np.multiply(product, shifted, out=shifted)
            total += product.sum((1, 2), dtype=np.int64)
        found[:, index] = total / spins[0].size
    return found


def numpy_blocks(spins, random):
    n, L, _ = spins.shape
    sums = spins.reshape(n, L // 2, 2, L // 2, 2).sum((2, 4), dtype=np.int8)
    ties = 2 * random.integers(0, 2, sums.shape, dtype=np.int8) - 1
    return np.where(sums == 0, ties, np.sign(sums))


def theirs(spins, table):
    """The same in NumPy, 50 configurations at a time, which stay in the cache."""
    random = np.random.default_rng(1)
    start = time.perf_counter()
    means = []
    for part in range(0, len(spins), 50):
        level, rows = spins[part:part + 50], []
        while True:
            rows.append(numpy_sums(level, table))
            if level.shape[1] // 2 < LAST_SIDE:
                break
            level = numpy_blocks(level, random)
        means.append(rows)
    seconds = (time.perf_counter() - start) / len(spins)
    return seconds, np.mean([np.mean(rows, axis=1) for rows in means], axis=0)


def rows(rounds):
    table = mcrg.operators()
    for L in CASES:
        spins = configurations(L)
        pairs = []
        for _ in range(rounds):
            (their_time, their_means), (our_time, our_means) = theirs(spins, table), ours(spins, table)
            if not np.allclose(their_means[0], our_means[0]):
                raise SystemExit("not the same work")
            pairs.append((their_time, our_time))
        yield f"block and measure 21 operators at all levels, L = {L}", "NumPy", pairs, "us", 1e6


def rates(rounds):
    """The share of the measurement in a simulation."""
    isingrg.set_num_threads(1)
    table = mcrg.operators()
    for L in CASES:
        spins = configurations(L)
        measuring = statistics.median(ours(spins, table)[0] for _ in range(rounds))
        start = time.perf_counter()
        configurations(L)
        sampling = (time.perf_counter() - start) / CASES[L]
        yield (f"critical configuration, sampled (Wolff), and measured with 21 operators, L = {L}",
               f"{1e6 * sampling:.0f} and {1e6 * measuring:.1f} us")
