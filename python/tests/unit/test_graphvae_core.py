"""The extension and the core check what autoencoders are given, each for itself."""

import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, _core

sys.path.append(str(Path(__file__).parent))
from native_models import GRAPHVAE, SPINS, refused

TERMS = np.zeros(4)
WRONG = np.zeros_like(SPINS)
new, fit, on_model = GRAPHVAE.new, GRAPHVAE.fit, GRAPHVAE.on_model


def encode(spins=SPINS, means=None, variances=None):
    good = np.zeros((2 * len(spins), 2))
    return on_model(
        "graphvae_encode", spins, good if means is None else means,
        good.copy() if variances is None else variances, None,
    )  # fmt: skip


def by_sites(means):
    """3 configurations of 4 x 4 have 3 (16 + 4) latent variables."""
    model = GRAPHVAE.create(readout=1)
    return lambda: _core.graphvae_encode(model, SPINS[:, :4, :4].copy(), means, means.copy(), None)


CASES = [
    # creation
    (ArgumentError, r"size must be a multiple of 2 and at least 8", new(size=9)),
    (ArgumentError, r"size must be a multiple of 4 and at least 16", new(levels=3)),
    (ArgumentError, r"size must be from 4 to 256", new(size=258)),
    (ArgumentError, r"size must be .*, not 0", new(size=0)),
    (ArgumentError, r"size must be from 0", new(size=-8)),
    (ArgumentError, r"levels must be from 1 to 8", new(levels=0)),
    (ArgumentError, r"latent must be from 1 to 256", new(latent=257)),
    (ArgumentError, r"hidden must be from 1 to 256", new(hidden=0)),
    (ArgumentError, r"token must be from 1 to 256", new(token=2**31 - 1)),
    (ArgumentError, r"token must be from -2147483648 to 2147483647", new(token=2**31)),
    (ArgumentError, r"likelihood must be from 0 to 1", new(likelihood=2)),
    (ArgumentError, r"decoder must be from 0 to 1", new(decoder=2)),
    (ArgumentError, r"representation must be from 0 to 1", new(representation=2)),
    (ArgumentError, r"readout must be from 0 to 1", new(readout=2)),
    (ArgumentError, r"beta must be from 0 to 10\^6", new(beta=-0.1)),
    (ArgumentError, r"lambda_rg must be finite", new(lambda_rg=math.inf)),
    (ArgumentError, r"anneal must be from 0 to 1000000000", new(anneal=10**9 + 1)),
    # training
    (ArgumentError, r"spins must have the shape \(any, 8, 8\)", fit(spins=SPINS[:, :4, :4].copy())),
    (ArgumentError, r"spins must have .*, which is empty", fit(spins=SPINS[:0])),
    (TypeError, r"spins must hold int8", fit(spins=SPINS.astype(float))),
    (ArgumentError, r"spins must be C-contiguous", fit(spins=np.ones((3, 8, 16), "b")[..., ::2])),
    # evaluation
    (ArgumentError, r"spins must be -1 or \+1, but spin 0 is 0", encode(WRONG)),
    (ArgumentError, r"size must be a multiple of 2 from 4 to 1024",
     encode(np.ones((3, 2, 2), np.int8))),
    (ArgumentError, r"size must be a multiple of 2 from 4", encode(np.ones((3, 7, 7), np.int8))),
    (ArgumentError, r"spins must have the shape \(any, any, same\)", encode(SPINS[:, :4])),
    (ArgumentError, r"means must have the shape \(6, 2\)", encode(means=np.zeros((4, 2)))),
    (ArgumentError, r"log_variances must have the shape \(6, 2\)",
     encode(variances=np.zeros((3, 2)))),
    (ArgumentError, r"latents must have the shape \(any, 1, 2\)",
     on_model("graphvae_decode", np.zeros((3, 1, 3)), np.zeros((3, 8, 8)), None)),
    (ArgumentError, r"latents must be finite, value 1 is nan",
     on_model("graphvae_decode", np.array([[[0, math.nan]]]), np.zeros((1, 8, 8)), None)),
    (ArgumentError, r"means must have the shape \(1, 8, 8\)",
     on_model("graphvae_decode", np.zeros((1, 1, 2)), np.zeros((2, 8, 8)), None)),
    (ArgumentError, r"latents must have the shape \(any, 1, 2\)",
     on_model("graphvae_sample", 0, np.zeros((3, 16, 2)), SPINS.copy(), None)),
    (ArgumentError, r"spins must have the shape \(3, 8, 8\)",
     on_model("graphvae_sample", 0, np.zeros((3, 1, 2)), SPINS[:2].copy(), None)),
    (ArgumentError, r"seed must be from 0 to 2\^64 - 1, got -1",
     on_model("graphvae_sample", -1, np.zeros((3, 1, 2)), SPINS.copy(), None)),
    (ArgumentError, r"means must have the shape \(60, 2\)", by_sites(np.zeros((6, 2)))),
    (ArgumentError, r"spins must be -1 or \+1",
     on_model("graphvae_loss", WRONG, 0, TERMS, None)),
    (ArgumentError, r"terms must have the shape \(4,\)",
     on_model("graphvae_loss", SPINS, 0, np.zeros(3), None)),
    (TypeError, r"progress must be a callable",
     on_model("graphvae_loss", SPINS, 0, TERMS, 1)),
]  # fmt: skip


@pytest.mark.parametrize("error, pattern, call", CASES)
def test_exception_names_the_argument(error, pattern, call):
    refused(error, pattern, call)


def test_spins_of_a_training_are_checked_again_in_the_core():
    done, error = fit(spins=WRONG)()
    assert done == 0 and type(error) is ArgumentError
    assert str(error).startswith("spins must be -1 or +1, but spin 0 is 0")


def test_good_calls_of_this_file_succeed():
    encode()()
    by_sites(np.zeros((60, 2)))()
    on_model("graphvae_loss", SPINS, 0, TERMS, None)()


def test_what_does_not_fit_in_memory_is_refused():
    """A configuration of 1024 x 1024 sites takes five gigabytes here, on each thread."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wide = GRAPHVAE.create(hidden=256)
    spins = np.ones((1 + memory // 2**32, 1024, 1024), np.int8)
    outputs = np.zeros((2, 2 * len(spins), 2))
    before = _core.get_num_threads()
    try:
        _core.set_num_threads(1024)
        with pytest.raises(MemoryError, match=r"encoding L = 1024 needs \d+ bytes; this machine"):
            _core.graphvae_encode(wide, spins, *outputs, None)
    finally:
        _core.set_num_threads(before)
