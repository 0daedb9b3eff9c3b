"""The extension and the core check what autoencoders are given, each for itself."""

import math
import os
import re

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, _core

S = np.ones((3, 8, 8), np.int8)
TERMS = np.zeros(4)


def model(**changed):
    good = dict(
        size=8, latent=2, hidden=5, token=3, levels=2, likelihood=0, decoder=0, representation=0,
        beta=0.1, lambda_rg=0.5, anneal=0, seed=0,
    )  # fmt: skip
    return _core.graphvae_create(*{**good, **changed}.values())


def new(**changed):
    return lambda: model(**changed)


def on_model(name, *args):
    return lambda: getattr(_core, name)(model(), *args)


def closed(name, *args):
    def call():
        handle = model()
        _core.graphvae_destroy(handle)
        getattr(_core, name)(handle, *args)

    return call


def fit(handle=None, **changed):
    good = dict(
        spins=S, epochs=1, batch=2, learning_rate=1e-3, weight_decay=0.0, seed=0,
        history=np.zeros((1, _core.GRAPHVAE_COLUMNS)), progress=None,
    )  # fmt: skip
    return lambda: _core.graphvae_fit(handle or model(), *{**good, **changed}.values())


def encode(spins=S, means=None, variances=None):
    good = np.zeros((2, len(spins), 2))
    return on_model(
        "graphvae_encode", spins, good if means is None else means,
        good.copy() if variances is None else variances, None,
    )  # fmt: skip


COUNT = _core.graphvae_array_count(model())
WRONG = np.zeros_like(S)

CASES = [
    # creation
    (ArgumentError, r"size must be a multiple of 2 and at least 8", new(size=9)),
    (ArgumentError, r"size must be a multiple of 4 and at least 16", new(levels=3)),
    (ArgumentError, r"size must be from 4 to 256", new(size=258)),
    (ArgumentError, r"size must be from 1", new(size=0)),
    (ArgumentError, r"levels must be from 1 to 8", new(levels=0)),
    (ArgumentError, r"latent must be from 1 to 256", new(latent=257)),
    (ArgumentError, r"hidden must be from 1 to 256", new(hidden=0)),
    (ArgumentError, r"token must be from 1 to 256", new(token=2**31 - 1)),
    (ArgumentError, r"token must be from 0", new(token=2**31)),
    (ArgumentError, r"likelihood must be from 0 to 1", new(likelihood=2)),
    (ArgumentError, r"decoder must be from 0 to 1", new(decoder=2)),
    (ArgumentError, r"representation must be from 0 to 1", new(representation=2)),
    (ArgumentError, r"beta must be from 0 to 10\^6", new(beta=-0.1)),
    (ArgumentError, r"lambda_rg must be finite", new(lambda_rg=math.inf)),
    (ArgumentError, r"anneal must be from 0 to 1000000000", new(anneal=10**9 + 1)),
    (TypeError, r"model must come from graphvae_create", lambda: _core.graphvae_step(None)),
    (TypeError, r"model must come from graphvae_create",
     lambda: _core.graphvae_step(_core.mlrg_create("A1", 0, 0, 0, 0, 0, 0, 0, (2,), 0))),
    # training
    (ArgumentError, r"epochs must be from 1", fit(epochs=0)),
    (ArgumentError, r"history must have the shape \(2, 4\)", fit(epochs=2)),
    (ArgumentError, r"learning_rate must be finite", fit(learning_rate=math.nan)),
    (TypeError, r"batch must be an integer", fit(batch=1.0)),
    (ArgumentError, r"spins must have the shape \(any, 8, 8\)", fit(spins=S[:, :4, :4].copy())),
    (ArgumentError, r"spins must have .*, which is empty", fit(spins=S[:0])),
    (TypeError, r"spins must hold int8", fit(spins=S.astype(float))),
    (ArgumentError, r"spins must be C-contiguous", fit(spins=np.ones((3, 8, 16), "b")[..., ::2])),
    # evaluation
    (ArgumentError, r"spins must be -1 or \+1, but spin 0 is 0", encode(WRONG)),
    (ArgumentError, r"size must be a multiple of 2 from 4 to 1024",
     encode(np.ones((3, 2, 2), np.int8))),
    (ArgumentError, r"size must be a multiple of 2 from 4", encode(np.ones((3, 7, 7), np.int8))),
    (ArgumentError, r"spins must have the shape \(any, any, same\)", encode(S[:, :4])),
    (ArgumentError, r"means must have the shape \(2, 3, 2\)", encode(means=np.zeros((2, 2, 2)))),
    (ArgumentError, r"log_variances must have the shape \(2, 3, 2\)",
     encode(variances=np.zeros((1, 3, 2)))),
    (ArgumentError, r"latents must have the shape \(any, 2\)",
     on_model("graphvae_decode", np.zeros((3, 3)), np.zeros((3, 8, 8)), None)),
    (ArgumentError, r"latents must be finite, value 1 is nan",
     on_model("graphvae_decode", np.array([[0, math.nan]]), np.zeros((1, 8, 8)), None)),
    (ArgumentError, r"means must have the shape \(1, 8, 8\)",
     on_model("graphvae_decode", np.zeros((1, 2)), np.zeros((2, 8, 8)), None)),
    (ArgumentError, r"spins must be -1 or \+1",
     on_model("graphvae_loss", WRONG, 0, TERMS, None)),
    (ArgumentError, r"terms must have the shape \(4,\)",
     on_model("graphvae_loss", S, 0, np.zeros(3), None)),
    (TypeError, r"progress must be a callable",
     on_model("graphvae_loss", S, 0, TERMS, 1)),
    # state
    (ArgumentError, rf"index must be from 0 to {COUNT - 1}, not {COUNT}",
     on_model("graphvae_array_info", COUNT)),
    (ArgumentError, r"array \"token.0.weight\" must be finite",
     on_model("graphvae_write_array", 0, np.full((3, 2), math.nan))),
    (ArgumentError, r"values must have the shape \(3, 2\)",
     on_model("graphvae_read_array", 0, np.zeros((2, 3)))),
    (ArgumentError, r"array \"adam.second_moment\" must not be negative",
     on_model("graphvae_write_array", COUNT - 3,
              np.full((_core.graphvae_parameter_count(model()), 1), -1.0))),
    (ArgumentError, r"array \"epoch\" must be a whole number",
     on_model("graphvae_write_array", COUNT - 2, np.full((1, 1), 0.5))),
    (ArgumentError, r"array \"step\" must be a whole number",
     on_model("graphvae_write_array", COUNT - 1, np.full((1, 1), -1.0))),
    # closed models
    (IsingRGError, r".*closed", closed("graphvae_step")),
    (IsingRGError, r".*closed", closed("graphvae_epoch")),
    (IsingRGError, r".*closed", closed("graphvae_destroy")),
    (IsingRGError, r".*closed", closed("graphvae_loss", S, 0, TERMS, None)),
]  # fmt: skip


@pytest.mark.parametrize("error, pattern, call", CASES)
def test_exception_names_the_argument(error, pattern, call):
    with pytest.raises(Exception) as caught:
        call()
    assert type(caught.value) is error
    assert re.match(pattern, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    "changed, pattern",
    [
        ({"batch": 0}, "batch must be from 1 to 65536, not 0"),
        ({"batch": 65537}, "batch must be from 1"),
        ({"learning_rate": 0.0}, "lr must be from 1e-12"),
        ({"weight_decay": -1.0}, "weight_decay must be from 0"),
        ({"spins": WRONG}, r"spins must be -1 or \+1, but spin 0 is 0"),
    ],
)
def test_training_is_checked_again_in_the_core(changed, pattern):
    done, error = fit(**changed)()
    assert done == 0 and type(error) is ArgumentError and re.match(pattern, str(error))


def test_good_calls_of_this_file_succeed():
    assert fit()() == (1, None)
    encode()()
    _core.graphvae_write_array(model(), 0, np.zeros((3, 2)))
    _core.graphvae_loss(model(), S, 0, TERMS, None)


def test_what_does_not_fit_in_memory_is_refused():
    """A configuration of 1024 x 1024 sites takes five gigabytes here, on each thread."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wide = model(hidden=256)
    spins = np.ones((1 + memory // 2**32, 1024, 1024), np.int8)
    outputs = np.zeros((2, 2, len(spins), 2))
    before = _core.get_num_threads()
    try:
        _core.set_num_threads(1024)
        with pytest.raises(MemoryError, match=r"encoding L = 1024 needs \d+ bytes; this machine"):
            _core.graphvae_encode(wide, spins, *outputs, None)
    finally:
        _core.set_num_threads(before)
