"""Rows of `run.py` about the loop flow: beside NumPy, against the machine, on one and two threads."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import isingrg
import peer_tensorrg_numpy
from isingrg import mlrg, tensorrg

#: Sizes, and iterations of the optimiser, which both sides exhaust.
CASES = {8: 300, 16: 100}
MU, TOLERANCE = 1e-5, 1e-10
#: Steps of the critical flow before the one that is timed, and times of which the least counts.
STEPS, REPEATS = 6, 5


def critical_state(chi):
    """A tensor of the critical flow, without the student that it is the ring of."""
    scheme = tensorrg.LoopTNR(chi, mu=MU)
    state = scheme.follow(mlrg.teacher_state(mlrg.LIEB_CRITICAL_COUPLING), STEPS).states[-1]
    return tensorrg.loop.mirror_state(
        state.letters, state.horizontal, state.log_scale, state.area, state.sites)


def best(work):
    """Seconds of the fastest of some calls, and what the last one returned."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return min(times), found


def step(chi, threads=1):
    """Seconds of a step, the student and what was left out."""
    isingrg.set_num_threads(threads)
    state = critical_state(chi)
    scheme = tensorrg.LoopTNR(chi, mu=MU, iterations=CASES[chi], tolerance=TOLERANCE)
    seconds, (new, info) = best(lambda: scheme.step(state))
    return seconds, new.student, info


def peer_seconds(chi, threads):
    """Of a step in NumPy, whose threads are counted when it starts."""
    variables = {f"{name}_NUM_THREADS": str(threads) for name in ("OPENBLAS", "OMP", "MKL")}
    found = subprocess.run(
        [sys.executable, __file__, str(chi)], check=True, capture_output=True, text=True,
        env=os.environ | variables, cwd=Path(__file__).parent)
    return float(found.stdout)


def rows(rounds):
    if peer_tensorrg_numpy.UNAVAILABLE:
        return
    for chi in CASES:
        pairs = []
        for _ in range(rounds):
            theirs = min(peer_seconds(chi, threads) for threads in (1, 2))
            pairs.append((theirs, min(step(chi, threads)[0] for threads in (1, 2))))
        beside = "NumPy and SciPy (ours too: best of 1 and 2 threads)"
        yield f"loop step, chi = {chi}, {CASES[chi]} iterations", beside, pairs, "ms", 1e3


def multiply_adds(chi):
    """Those of one evaluation of cost and gradient, in matrix products of p pairs of each charge."""
    p, m = chi * chi // 2, chi // 2
    overlap = 2 * (4 * p**3 + 2 * m * p * p)
    half = p // 2
    gram = 2 * p * p * m
    return overlap + 4 * 4 * half**3 + gram + 2 * gram


def rates(rounds, limit):
    """Beside `limit`, the GFLOP/s of the float64 matrix product on all cores."""
    for chi, iterations in CASES.items():
        work = 2e-9 * multiply_adds(chi) * iterations
        one, two = (statistics.median(step(chi, t)[0] for _ in range(rounds)) for t in (1, 2))
        students = [step(chi, t)[1] for t in (1, 2)]
        equal = "equal" if np.array_equal(*students) else "DIFFERENT"
        yield (
            f"loop step, chi = {chi}, {work:.2f} GFLOP in matrix products, 1 and 2 threads",
            f"{1e3 * one:.0f} and {1e3 * two:.0f} ms, {equal} bits, "
            f"{100 * work / min(one, two) / limit:.0f} % of the machine's matrix product")


def main(chi):
    """Prints the seconds of the peer, after a look at whether it does the same."""
    state = critical_state(chi)
    ours = step(chi)[2]
    seconds, (*_, distance, iterations) = best(lambda: peer_tensorrg_numpy.step(
        state.letters, state.horizontal, chi, MU, CASES[chi], TOLERANCE))
    # The optimisers differ, and neither is at its minimum yet.
    if iterations != ours.iterations or not 0.8 < distance / ours.error < 1.25:
        sys.exit(f"not the same work: {distance}, {iterations} beside {ours}")
    print(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]))
