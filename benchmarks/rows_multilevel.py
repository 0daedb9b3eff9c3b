"""Rows of `run.py` about the multilevel sampler: beside PyTorch, on one core each, and how fast it could be."""

from __future__ import annotations

import time

import isingrg
import peer_multilevel_torch
from isingrg.multilevel import MultilevelSampler

#: L -> samples of the peer, and of this library.
SAMPLES = {16: (4096, 2**18), 32: (2048, 2**16), 64: (512, 2**14)}
BATCH = {16: 8192, 32: 4096}


def sample_seconds(L, n):
    """Processor seconds of n samples with their probabilities, on one thread."""
    isingrg.set_num_threads(1)
    with MultilevelSampler(L).fit(1, 1024, start="none") as model:
        model.sample_with_log_prob(1024)
        start = time.process_time()
        model.sample_with_log_prob(n, seed=1)
        return time.process_time() - start


def step_seconds(L, batch, steps=3):
    """Processor seconds of a training step on one thread, what it reports included."""
    isingrg.set_num_threads(1)
    with MultilevelSampler(L).fit(1, batch, start="none") as model:
        start = time.process_time()
        model.fit(steps, batch)
        return (time.process_time() - start) / steps


def rows(rounds):
    if peer_multilevel_torch.UNAVAILABLE:
        return
    for L, (theirs, ours) in SAMPLES.items():
        pairs = [
            (peer_multilevel_torch.seconds("sample", L, theirs) / theirs, sample_seconds(L, ours) / ours)
            for _ in range(rounds)]
        yield f"multilevel sample, L = {L}", "PyTorch, one core each", pairs, "us", 1e6
    for L, batch in BATCH.items():
        pairs = [
            (peer_multilevel_torch.seconds("step", L, batch), step_seconds(L, batch))
            for _ in range(rounds)]
        yield f"multilevel training step, L = {L}, {batch} samples", "PyTorch, one core each", pairs, "s", 1
