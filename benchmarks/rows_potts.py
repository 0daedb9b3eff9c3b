"""Rows of `run.py` about Potts models: an exact divergence with its gradient, and the training of a model."""

from __future__ import annotations

import statistics
import time

import numpy as np

import isingrg
from isingrg import mlrg

#: Pairs of teacher and student in a call, and calls of which the fastest counts.
PAIRS, REPEATS = 20_000, 7


def nanoseconds(function, count):
    """Processor time of a call on this thread, for each of `count` items."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1e9 * min(times) / count


def divergence_nanoseconds(q):
    """Of one pair of couplings with its gradient."""
    teachers = np.random.default_rng(0).uniform(0.2, 2.5, PAIRS)
    students = 0.9 * teachers
    return nanoseconds(
        lambda: mlrg.divergence(teachers, students, internal=f"S{q}", gradient=True), PAIRS)


def functions(q):
    """Exponentials and logarithms of one pair, which are nearly all of its arithmetic.

    There are 6 orbits of the corners for q = 3 and 7 for more, and 2 classes of bonds and of edges.
    """
    orbits = 6 if q == 3 else 7
    # Weights, the two edges' terms, each orbit's weight in Z and in the sum, and a unit.
    exponentials = 2 + 4 + 2 * orbits + 1
    # The two edges, both Z, and each orbit's student.
    return exponentials, 2 + 2 + orbits


def limit_nanoseconds(q):
    """What NumPy takes for as many of them, in an array that stays in the first cache."""
    values = np.random.default_rng(0).uniform(0.1, 3, 1024)
    result = np.empty_like(values)
    exponentials, logarithms = functions(q)

    def repeated(function):
        for _ in range(1000):
            function(values, out=result)

    each = [nanoseconds(lambda f=f: repeated(f), 1000 * values.size) for f in (np.exp, np.log)]
    return exponentials * each[0] + logarithms * each[1]


def rates(rounds):
    isingrg.set_num_threads(1)
    for q in (3, 4):
        pairs = [(divergence_nanoseconds(q), limit_nanoseconds(q)) for _ in range(rounds)]
        ours = statistics.median(pair[0] for pair in pairs)
        limit = statistics.median(pair[1] for pair in pairs)
        exponentials, logarithms = functions(q)
        yield (
            f"exact divergence with gradient, q = {q}, one core: {exponentials} exponentials, "
            f"{logarithms} logarithms",
            f"{ours:.0f} ns, {100 * limit / ours:.0f} % of the rate of NumPy's functions ({limit:.0f} ns)")
    families = {"one q = 3 model": "S3", "one network for q = 2 to 5": ("S2", "S3", "S4", "S5")}
    for name, internal in families.items():
        for moderator in ("monotone", "flow"):
            start = time.process_time()
            mlrg.MLRG(internal=internal, moderator=moderator).fit(seed=0)
            yield f"training of {name}, {moderator}, one core", f"{time.process_time() - start:.2f} s"
