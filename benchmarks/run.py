"""Ratios of this library to its peers, taken in one run: python benchmarks/run.py [--rounds N].

Each round times a peer and then this library at the same work, so that a drift of the machine's
speed hits both; the table gives the median over the rounds and their range. Peers that are not
installed are named and left out.
"""

import argparse
import statistics
import time

import numpy as np
import peer_ising_numba
import peer_ising_peapods
import peer_mlrg_torch

import isingrg
from isingrg import ising, mlrg

SIZE = 1024


def epoch_seconds(moderator, divergence, threads, steps):
    """Seconds per epoch of the published A1 training; compare `peer_mlrg_torch.epoch_seconds`."""
    isingrg.set_num_threads(threads)
    network, training = mlrg.published_settings("shen")
    if moderator == "monotone":
        network, _ = mlrg.published_settings("hou-you")
    training |= {"steps": steps, "record_from": None}
    with mlrg.MLRG(**network | {"divergence": divergence}) as model:
        model.fit(**training | {"steps": 20}, total_steps=4096, progress=False)
        start = time.perf_counter()
        model.fit(**training, total_steps=4096, progress=False)
        return (time.perf_counter() - start) / steps


def sweep_seconds(algorithm, threads, sweeps):
    """Seconds per sweep at K_c: a long run less a short one, so that starting costs nothing."""
    isingrg.set_num_threads(threads)

    def run(n_thermalize):
        start = time.perf_counter()
        ising.sample(
            SIZE, ising.K_CRITICAL, 1, algorithm=algorithm, n_thermalize=n_thermalize,
            progress=False)
        return time.perf_counter() - start

    run(2)
    return (run(sweeps + 10) - run(10)) / sweeps


def flips(seconds):
    """Attempted spin updates per nanosecond."""
    return SIZE**2 / seconds / 1e9


def mlrg_rows(rounds):
    cases = [("flow", "cd", 400), ("flow", "kl", 4000), ("monotone", "cd", 300), ("monotone", "kl", 1500)]
    for moderator, divergence, steps in cases:
        pairs = []
        for _ in range(rounds):
            theirs = min(  # small tensors are often faster on one thread
                statistics.median(
                    peer_mlrg_torch.epoch_seconds(divergence, moderator, repeats=15, threads=threads))
                for threads in (1, 2))
            pairs.append((theirs, epoch_seconds(moderator, divergence, 2, steps)))
        yield f"A1 epoch, {moderator}, {divergence.upper()}", "PyTorch, best of 1 and 2 threads", pairs, "ms", 1e3


def metropolis_rows(rounds):
    peers = [
        ("Numba, 1 thread", peer_ising_numba.UNAVAILABLE, lambda: peer_ising_numba.sweep_seconds(
            SIZE, "sequential", repeats=5)),
        ("Numba, branch-free, 1 thread", peer_ising_numba.UNAVAILABLE,
         lambda: peer_ising_numba.sweep_seconds(SIZE, "vector", repeats=20)),
        ("peapods, 1 thread", peer_ising_peapods.UNAVAILABLE,
         lambda: peer_ising_peapods.sweep_seconds("metropolis", SIZE, repeats=5)),
    ]
    for name, missing, peer in peers:
        if missing:
            continue
        pairs = [
            (statistics.median(peer()), sweep_seconds("metropolis", 1, 1000)) for _ in range(rounds)]
        yield f"Metropolis sweep, L = {SIZE}", name, pairs, "ms", 1e3


def cluster_rows(rounds):
    if peer_ising_peapods.UNAVAILABLE:
        return
    pairs = [
        (statistics.median(peer_ising_peapods.sweep_seconds("swendsen-wang", SIZE, repeats=5)),
         sweep_seconds("swendsen-wang", 2, 100))
        for _ in range(rounds)]
    yield f"Swendsen-Wang sweep, L = {SIZE}", "peapods (ours: 2 threads)", pairs, "ms", 1e3


def own_rates(rounds):
    """Rates that need no peer, medians."""
    for algorithm in ("metropolis", "heat-bath"):
        for threads in (1, 2):
            rate = statistics.median(
                flips(sweep_seconds(algorithm, threads, 1000 * threads)) for _ in range(rounds))
            yield f"{algorithm}, {threads} thread(s)", f"{rate:.2f} flips/ns"
    for threads in (1, 2):
        time_ = statistics.median(sweep_seconds("swendsen-wang", threads, 100) for _ in range(rounds))
        yield f"Swendsen-Wang sweep, {threads} thread(s)", f"{1e3 * time_:.2f} ms"


def machine_limits():
    """What one core can do: multiply-adds by NumPy's matrix product, memory by a copy."""
    a = np.ones((1024, 1024), np.float32)
    b = np.ones(1 << 26)

    def best(work):
        times = []
        for _ in range(7):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    yield "matrix product, float32, all cores", f"{2 * 1024**3 / best(lambda: a @ a) / 1e9:.0f} GFLOP/s"
    yield "copy, one core", f"{2 * b.nbytes / best(b.copy) / 1e9:.1f} GB/s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"isingrg {isingrg.__version__}, {isingrg.instruction_set()}\n")
    for peer in (peer_mlrg_torch, peer_ising_numba, peer_ising_peapods):
        if peer.UNAVAILABLE:
            print(peer.UNAVAILABLE)
    print("| work | beside | theirs | ours | ratio (range) |\n|---|---|---|---|---|", flush=True)
    sources = [metropolis_rows, cluster_rows]
    if not peer_mlrg_torch.UNAVAILABLE:
        sources.insert(0, mlrg_rows)
    for rows in sources:
        for work, beside, pairs, unit, scale in rows(rounds):
            theirs, ours = (scale * statistics.median(p[i] for p in pairs) for i in (0, 1))
            ratios = sorted(a / b for a, b in pairs)
            print(
                f"| {work} | {beside} | {theirs:.3g} {unit} | {ours:.3g} {unit} | "
                f"{statistics.median(ratios):.0f} ({ratios[0]:.0f}-{ratios[-1]:.0f}) |", flush=True)
    print("\n| this library and machine | |\n|---|---|")
    for name, value in (*own_rates(rounds), *machine_limits()):
        print(f"| {name} | {value} |", flush=True)


if __name__ == "__main__":
    main()
