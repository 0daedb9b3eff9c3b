"""Rows of `run.py` about the graph variational autoencoder: beside PyTorch, and in its batch."""

from __future__ import annotations

import statistics
import time

import numpy as np

import isingrg
import peer_graphvae_torch
from isingrg import graphvae
from peer_threads import best_of_threads


def step_seconds(threads=2, batch=32, steps=64):
    """Seconds of a training step with the published architecture; data are random spins."""
    isingrg.set_num_threads(threads)
    spins = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (steps * batch, 16, 16))
    with graphvae.GraphVAE() as model:
        model.fit(spins[:batch], 1, batch)
        start = time.perf_counter()
        model.fit(spins, 1, batch)
        return (time.perf_counter() - start) / steps


def rows(rounds):
    if peer_graphvae_torch.UNAVAILABLE:
        return
    for layout, library in peer_graphvae_torch.LAYOUTS.items():
        pairs = [
            (best_of_threads(peer_graphvae_torch.step_seconds, layout), step_seconds())
            for _ in range(rounds)]
        beside = f"{library}, best of 1 and 2 threads"
        yield "GraphVAE training step, 32 samples", beside, pairs, "ms", 1e3


def multiply_adds():
    """Multiply-adds of a training step per configuration, in three products: forward, to the inputs
    and to the weights. The first convolution, of 660 patterns for a whole batch, is not counted."""
    convolutions = 256 * 64 * 64 + (64 + 16) * (128 * 64 + 64 * 64)
    return 3 * (convolutions + 4 * 64 + 64 * 64 + 64 * 256)


def rates(rounds, limit):
    """Beside `limit`, the GFLOP/s of the matrix product on all cores."""
    work = 2e-9 * 32 * multiply_adds()
    rate = work / statistics.median(step_seconds() for _ in range(rounds))
    yield (
        f"GraphVAE training step, 32 samples, {work:.2f} GFLOP in matrix products",
        f"{rate:.0f} GFLOP/s, {100 * rate / limit:.0f} % of the machine's matrix product")


def experiment():
    """The published one: 26 couplings, 200 configurations of each, 60 epochs."""
    isingrg.set_num_threads(2)
    start = time.perf_counter()
    spins, _ = graphvae.published_data()
    model, fit = graphvae.published_settings()
    graphvae.GraphVAE(**model).fit(spins, **fit)
    yield "GraphVAE, the published experiment, 2 threads", f"{time.perf_counter() - start:.0f} s"


def scaling():
    for batch in (32, 128, 512):
        one, two = (1e3 * step_seconds(threads, batch, 1024 // batch) for threads in (1, 2))
        yield f"GraphVAE training step, {batch} samples, 1 and 2 threads", f"{one:.1f} and {two:.1f} ms"
