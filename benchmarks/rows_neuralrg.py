"""Rows of `run.py` about the hierarchical flow: beside PyTorch, against the machine, scaling."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time

import numpy as np

import isingrg
import peer_neuralrg_torch
from isingrg import neuralrg
from peer_threads import best_of_threads

SAMPLES = 512
LEAPFROG = 10
#: Passes of a training step over the products of weights and values: decoding together with the
#: derivative of ln q0(x), encoding -x for the symmetric density, and the way back; two of them
#: transposed as well, and one for the weights.
STEP_PASSES = 3 + 2 + 1
#: Passes of a force: decoding, once more on the way back, and transposed.
FORCE_PASSES = 2 + 1


def step_seconds(threads=2, steps=5, L=16, batch=SAMPLES):
    """Seconds of a training step with the published architecture."""
    isingrg.set_num_threads(threads)
    with neuralrg.NeuralRG(L) as model:
        model.fit(1, batch)
        start = time.perf_counter()
        model.fit(steps, batch)
        return (time.perf_counter() - start) / steps


def update_seconds(threads=2, updates=5):
    """Seconds of a latent HMC update of all chains: a long run less a short one, so that starting
    and the last image cost nothing."""
    isingrg.set_num_threads(threads)
    with neuralrg.NeuralRG().fit(1, 32) as model:
        def run(warmup):
            start = time.perf_counter()
            model.hmc(SAMPLES, 1, warmup=warmup, leapfrog=LEAPFROG, random_length=False)
            return time.perf_counter() - start

        run(1)
        return (run(updates + 1) - run(1)) / updates


def multiply_adds():
    """Those of one pass over the networks, all samples: two networks 2-10-10-10-2 in each coupling
    layer of each block, weights that meet a zero or are not asked for left out."""
    with neuralrg.NeuralRG() as model:
        blocks = sum(len(layer.sites) for layer in model.hierarchy)
    return SAMPLES * 10 * blocks * 2 * (2 * 10 + 10 * 10 + 10 * 10 + 10 * 2)


def rows(rounds):
    if peer_neuralrg_torch.UNAVAILABLE:
        return
    cases = [
        (f"training step, L = 16, {SAMPLES} samples", "train", 3, lambda: step_seconds(2, 20)),
        (f"latent HMC update, {LEAPFROG} leapfrog steps, {SAMPLES} chains", "hmc", 1,
         update_seconds),
    ]
    layouts = peer_neuralrg_torch.LAYOUTS
    for (name, work, repeats, ours), layout in itertools.product(cases, layouts):
        pairs = [
            (best_of_threads(
                peer_neuralrg_torch.seconds, work, layout, repeats, batch=SAMPLES), ours())
            for _ in range(rounds)]
        beside = f"PyTorch, blocks as {layout}, best of 1 and 2 threads"
        yield f"NeuralRG {name}", beside, pairs, "ms", 1e3


def rates(rounds, limit):
    """Products of weights and values alone, beside `limit`, the GFLOP/s of the matrix product on
    all cores; activations, which take as many instructions again, are not counted."""
    for name, seconds, passes in (
        ("NeuralRG training step", step_seconds, STEP_PASSES),
        ("NeuralRG latent HMC update", update_seconds, LEAPFROG * FORCE_PASSES),
    ):
        work = 2e-9 * passes * multiply_adds()
        rate = work / statistics.median(seconds() for _ in range(rounds))
        yield (
            f"{name}, {work:.1f} GFLOP in matrix products",
            f"{rate:.0f} GFLOP/s, {100 * rate / limit:.0f} % of the machine's matrix product")


def scaling():
    for L, batch in ((8, 512), (16, 128), (16, 512), (16, 2048), (32, 512)):
        one, two = (step_seconds(threads, 2, L, batch) for threads in (1, 2))
        yield (
            f"NeuralRG training step, L = {L}, {batch} samples, 1 and 2 threads",
            f"{1e3 * one:.0f} and {1e3 * two:.0f} ms")
    one, two = update_seconds(1, 2), update_seconds(2, 2)
    yield "NeuralRG latent HMC update, 1 and 2 threads", f"{1e3 * one:.0f} and {1e3 * two:.0f} ms"


def target_shares(L=16):
    """Process time of ln pi and its gradient of all samples beside that of a training step. The
    forces of physical HMC are these, in double precision, where a training computes in single."""

    def wells(x):
        return -((x**2 - 1) ** 2).sum(axis=(1, 2)), -4 * x * (x**2 - 1)

    isingrg.set_num_threads(1)
    targets = {
        "dual Ising": neuralrg.DualIsing(L, 0.44), "phi^4": neuralrg.Phi4(L, -4.0, 6.975),
        "Gaussian by its spectrum": neuralrg.Gaussian(spectrum=np.ones((L, L))),
        "Gaussian by its covariance": neuralrg.Gaussian(covariance=np.eye(L * L)),
        "function in NumPy": neuralrg.FunctionTarget(wells, L),
    }
    for name, target in targets.items():
        with neuralrg.NeuralRG(L, target=target).fit(1, SAMPLES) as model:
            step = process_seconds(lambda model=model: model.fit(5, SAMPLES)) / 5

            def forces(updates, model=model):
                model.hmc(
                    SAMPLES, 1, space="physical", warmup=updates, leapfrog=LEAPFROG, step_size=1e-3,
                    random_length=False)

            both = [process_seconds(lambda n=n, forces=forces: forces(n)) for n in (1, 11)]
            force = (both[1] - both[0]) / (10 * LEAPFROG)
        yield (
            f"ln pi and gradient of {name}, L = {L}, {SAMPLES} samples, of a training step",
            f"{1e3 * force:.2f} of {1e3 * step:.0f} ms, {100 * force / step:.1f} %")


def process_seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def memory():
    """The most a process that trains at L = 32 has held; `getrusage` would count its parent in."""
    program = (
        "from isingrg import neuralrg; neuralrg.NeuralRG(32).fit(2, 512);"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line[:5] == 'VmHWM'))")
    command = [sys.executable, "-c", program]
    kilobytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    yield "NeuralRG training, L = 32, 512 samples, peak memory", f"{int(kilobytes) / 1024:.0f} MB"
