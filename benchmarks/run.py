"""Ratios of this library to its peers, taken in one run: python benchmarks/run.py [--rounds N].

Each round times a peer and then this library at the same work, so that a drift of the machine's
speed hits both; the table gives the median over the rounds and their range. Peers that are not
installed are named and left out.
"""

import argparse
import itertools
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import isingrg
import peer_graphvae_torch
import peer_ising_numba
import peer_ising_peapods
import peer_mlrg_torch
import peer_mlrg_works
import peer_multilevel_torch
import peer_neuralrg_torch
import peer_tensorrg_numpy
import rows_graphvae
import rows_lattice
import rows_mcrg
import rows_multilevel
import rows_neuralrg
import rows_potts
import rows_tensorrg
from isingrg import ising, mlrg
from isingrg.mlrg import symmetry
from peer_threads import best_of_threads

sys.path.append(str(Path(__file__).parents[1] / "notebooks"))
import train_mlrg

SIZE = 1024


def epoch_seconds(moderator, divergence, threads, steps, representation="A1", **changes):
    """Seconds per epoch of the published trainings; compare `peer_mlrg_torch.epoch_seconds`.

    `changes` are keywords of `MLRG.fit`.
    """
    isingrg.set_num_threads(threads)
    work = peer_mlrg_works.WORKS[moderator, representation]
    network, training = mlrg.published_settings("shen" if moderator == "flow" else "hou-you")
    network |= {"divergence": divergence, "hidden": work.hidden}
    training = mlrg.published_settings("shen")[1] | {
        "batch": work.couplings, "cd_samples": work.samples, "teacher_sweeps": work.sweeps,
        "hmc_step": work.step_size, "record_from": None} | changes
    with mlrg.MLRG(representation, **network) as model:
        model.fit(**training | {"steps": min(20, steps)}, total_steps=4096, progress=False)
        start = time.perf_counter()
        model.fit(**training | {"steps": steps}, total_steps=4096, progress=False)
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


#: Moderator, representation, steps of ours with CD and with KL, repeats of the peer.
MLRG_CASES = [
    ("flow", "A1", 400, 4000, 15),
    ("monotone", "A1", 300, 1500, 15),
    ("flow", "A1+E", 4, 5, 1),
    ("monotone", "A1+E", 100, 400, 3),
    ("monotone", "2A1+E", 200, 100, 3),
]


def mlrg_rows(rounds):
    """Each divergence beside the same of the peer; and, for more than one component, where exact
    enumeration costs the peer more than sampling, our exact KL beside its CD: what it replaces."""
    for moderator, representation, cd_steps, kl_steps, repeats in MLRG_CASES:
        large = (moderator, representation) == ("flow", "A1+E")
        theirs, ours = {"cd": [], "kl": []}, {"cd": [], "kl": []}
        for _ in range(1 if large else min(rounds, 3) if repeats < 15 else rounds):
            for divergence, steps in (("cd", cd_steps), ("kl", kl_steps)):
                theirs[divergence].append(best_of_threads(
                    peer_mlrg_torch.epoch_seconds, divergence, moderator, representation, repeats,
                    warmup=min(5, repeats)))
                ours[divergence].append(
                    epoch_seconds(moderator, divergence, 2, steps, representation))
        pairings = [("cd", "cd"), ("kl", "kl")] + ([("cd", "kl")] if representation != "A1" else [])
        for peer, own in pairings:
            name = f"{representation} epoch, {moderator}, {own.upper()}"
            beside = f"PyTorch, {peer.upper()}, best of 1 and 2 threads"
            yield name, beside, list(zip(theirs[peer], ours[own], strict=True)), "ms", 1e3


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


def mlrg_scaling():
    """How a training step grows with states, couplings and threads; exact KL and CD."""
    for representation in ("A1", "A1+E", "2A1+E"):
        states = 2 ** (4 * symmetry.components(representation))
        for divergence in ("kl", "cd"):
            seconds = epoch_seconds(
                "monotone", divergence, 1, 20, representation, batch=32, cd_samples=512,
                teacher_sweeps=32, hmc_leapfrog=1)
            yield (
                f"{representation}, {states} states, {divergence.upper()}, 32 couplings, 1 thread",
                f"{1e3 * seconds:.2f} ms")
    for batch in (32, 128, 512):
        for threads in (1, 2):
            kl, cd = (
                epoch_seconds("flow", divergence, threads, 3, "A1+E", batch=batch)
                for divergence in ("kl", "cd"))
            yield (
                f"A1+E flow epoch, {batch} couplings, {threads} thread(s)",
                f"KL {1e3 * kl:.1f} ms, CD {1e3 * cd:.1f} ms")
    work = peer_mlrg_works.WORKS["flow", "A1+E"]
    full, short = (
        epoch_seconds("flow", "cd", 1, 2, "A1+E", batch=256, teacher_sweeps=sweeps)
        for sweeps in (work.sweeps + 32, work.sweeps))
    updates = 256 * work.samples * 24 * 32
    yield "Gibbs updates of A1+E teachers, one core", f"{updates / (full - short) / 1e9:.2f} per ns"


def whole_trainings():
    """One model each, exact KL, to the accuracy that docs/results.md reports for the recipe."""
    isingrg.set_num_threads(2)
    recipes = train_mlrg.recipes()
    for name in ("kl-A1", "kl-A1+E", "kl-2A1+E"):
        representation, network, training, _ = recipes[name]
        start = time.perf_counter()
        mlrg.MLRG(representation, **network).fit(**training, seed=0, progress=False).close()
        yield f"training of one {representation} model, 2 threads", f"{time.perf_counter() - start:.1f} s"


def side_by_side(rounds):
    """64 small models one after the other, each on both cores, and in one call of the core."""
    isingrg.set_num_threads(2)
    for divergence, steps in (("kl", 400), ("cd", 100)):
        network, training = mlrg.published_settings("shen")
        network |= {"divergence": divergence}
        settings = [training | {"steps": steps, "record_from": None, "seed": s} for s in range(64)]
        pairs = []
        for _ in range(rounds):
            models = [mlrg.MLRG("A1", **network) for _ in settings]
            start = time.perf_counter()
            for model, keywords in zip(models, settings, strict=True):
                model.fit(**keywords)
            middle = time.perf_counter()
            mlrg.fit_many([mlrg.MLRG("A1", **network) for _ in settings], settings)
            pairs.append((middle - start, time.perf_counter() - middle))
        yield (
            f"64 A1 flows, {steps} steps of {divergence.upper()}, side by side",
            "this library, one after the other", pairs, "s", 1)


def published_trainings():
    """4096 epochs of the published flow training; those of A1+E from the time of a few."""
    for representation, published, steps in (("A1", "172 s", 4096), ("A1+E", "15 h", 8)):
        for divergence in ("cd", "kl"):
            seconds = 4096 * epoch_seconds("flow", divergence, 2, steps, representation)
            yield (
                f"4096 epochs of the {representation} flow, {divergence.upper()}, 2 threads "
                f"(published program: {published})", f"{seconds:.1f} s")


def best(work):
    """Seconds of the fastest of seven calls."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def product_rate(kind):
    """GFLOP/s of NumPy's matrix product on all cores."""
    a = np.ones((1024, 1024), kind)
    return 2 * 1024**3 / best(lambda: a @ a) / 1e9


def machine_limits():
    """What the machine can do: multiply-adds by NumPy's matrix product, memory by a copy."""
    for kind in (np.float32, np.float64):
        yield f"matrix product, {np.dtype(kind)}, all cores", f"{product_rate(kind):.0f} GFLOP/s"
    b = np.ones(1 << 26)
    yield "copy, one core", f"{2 * b.nbytes / best(b.copy) / 1e9:.1f} GB/s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"isingrg {isingrg.__version__}, {isingrg.instruction_set()}\n")
    peers = (
        peer_mlrg_torch, peer_neuralrg_torch, peer_graphvae_torch, peer_multilevel_torch,
        peer_tensorrg_numpy, peer_ising_numba, peer_ising_peapods, rows_lattice)
    for peer in peers:
        if peer.UNAVAILABLE:
            print(peer.UNAVAILABLE)
    print("| work | beside | theirs | ours | ratio (range) |\n|---|---|---|---|---|", flush=True)
    sources = [
        rows_neuralrg.rows, rows_graphvae.rows, rows_multilevel.rows, rows_tensorrg.rows,
        rows_mcrg.rows,
        metropolis_rows, cluster_rows, rows_lattice.rows, side_by_side]
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
    limit = product_rate(np.float32)
    for name, value in itertools.chain(
            own_rates(rounds), mlrg_scaling(), whole_trainings(), published_trainings(),
            rows_neuralrg.rates(rounds, limit), rows_neuralrg.scaling(),
            rows_neuralrg.target_shares(), rows_neuralrg.memory(),
            rows_graphvae.rates(rounds, limit), rows_graphvae.scaling(), rows_graphvae.experiment(),
            rows_tensorrg.rates(rounds, product_rate(np.float64)), rows_potts.rates(rounds),
            rows_mcrg.rates(rounds), machine_limits()):
        print(f"| {name} | {value} |", flush=True)


if __name__ == "__main__":
    main()
