"""Wrong arguments of GraphVAE raise an exception that names the argument."""

import copy
import functools
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, NonFiniteError
from isingrg.graphvae import GraphVAE

sys.path.append(str(Path(__file__).parent))
from native_state import put

S = np.ones((2, 8, 8), np.int8)
SMALL = dict(L=8, levels=2, hidden=6, token=4)


@functools.cache
def trained():
    return GraphVAE(**SMALL).fit(S, 1)


@functools.cache
def closed():
    model = GraphVAE(**SMALL).fit(S, 1)
    model.close()
    return model


@functools.cache
def huge():
    """Parameters beyond what a sum of float64 can hold."""
    layers = ("level.1.mean", "level.1.convolution.1", "decoder.0", "decoder.2")
    weights = {f"{name}.weight": 1e200 for name in layers}
    return put(copy.copy(trained()), weights | {"level.1.convolution.0.bias": 1})


def new(*args, **options):
    return lambda: GraphVAE(*args, **options)


def call(name, *args, **options):
    return lambda: getattr(trained(), name)(*args, **options)


def fit(*args, **options):
    return call("fit", *args, **options)


def untrained(name, *args):
    return lambda: getattr(GraphVAE(**SMALL), name)(*args)


def after_close(name, *args):
    return lambda: getattr(closed(), name)(*args)


CASES = [
    # the model
    (ArgumentError, r"L must be a multiple of 4 and at least 16 for 3 levels, got 18", new(18)),
    (ArgumentError, r"L must be a multiple of 4 and at least 16 for 3 levels, got 12", new(12)),
    (ArgumentError, r"L must be from 4 to 256, got 512", new(512)),
    (TypeError, r"L must be an integer, not float", new(16.0)),
    (ArgumentError, r"levels must be from 1 to 8, got 0", new(levels=0)),
    (ArgumentError, r"latent must be from 1 to 256", new(latent=0)),
    (ArgumentError, r"hidden must be from 1 to 256", new(hidden=1000)),
    (ArgumentError, r"token must be from 1 to 256", new(token=-1)),
    (ArgumentError, r"likelihood must be .*did you mean 'bernoulli'", new(likelihood="bernouli")),
    (TypeError, r"likelihood must be one of", new(likelihood=0)),
    (ArgumentError, r"decoder must be one of 'mlp', 'graph'", new(decoder="cnn")),
    (ArgumentError, r"representation must be one of 'mu', 'z'", new(representation="sigma")),
    (ArgumentError, r"beta must be from 0 to 1e\+06, got -1.0", new(beta=-1)),
    (ArgumentError, r"lambda_rg must be finite, got nan", new(lambda_rg=math.nan)),
    (ArgumentError, r"anneal must be from 0", new(anneal=-1)),
    # training
    (ArgumentError, r"spins must have the shape \(\.\.\., 8, 8\), got \(2, 4, 4\)",
     fit(np.ones((2, 4, 4)))),
    (ArgumentError, r"spins must have the shape \(\.\.\., L, L\)", fit(np.ones((8, 4)))),
    (ArgumentError, r"spins must hold 1 to 2\*\*31 configurations, got 0", fit(S[:0])),
    (ArgumentError, r"spins must be -1 or \+1, but spin 64 is 0", fit(np.stack([S[0], 0 * S[0]]))),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got 0.5", fit(S * 0.5)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got nan", fit(S * math.nan)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got 257", fit(S.astype(int) + 256)),
    (TypeError, r"spins must hold real numbers", fit(S > 0)),
    (TypeError, r"spins must hold real numbers", fit("up")),
    (ArgumentError, r"epochs must be from 1", fit(S, 0)),
    (TypeError, r"epochs must be an integer", fit(S, 2.0)),
    (ArgumentError, r"batch must be from 1 to 65536", fit(S, 1, 0)),
    (ArgumentError, r"lr must be from 1e-12 to 10", fit(S, 1, 2, 0)),
    (ArgumentError, r"weight_decay must be from 0 to 10", fit(S, 1, weight_decay=11)),
    (ArgumentError, r"seed must be from 0", fit(S, 1, seed=-1)),
    (TypeError, r"progress must be True", fit(S, 1, progress="yes")),
    (MemoryError, r"the history of shape", fit(S, 10**9)),
    # evaluation
    (ArgumentError, r"spins must have a size that is a multiple of 2 from 4 to 1024, got 7",
     call("encode", np.ones((7, 7)))),
    (ArgumentError, r"spins must have a size that is .*, got 2", call("encode", np.ones((2, 2)))),
    (ArgumentError, r"spins must be -1 or \+1, but spin 0 is 3", call("encode", 3 * S)),
    (ArgumentError, r"z must have the shape \(\.\.\., 4\), got \(3,\)", call("decode", np.ones(3))),
    (ArgumentError, r"z must have the shape \(\.\.\., 4\), got \(\)", call("decode", 1.0)),
    (ArgumentError, r"z must be finite, got inf", call("decode", [math.inf] * 4)),
    (NonFiniteError, r"a mean of the spins is not finite: z is too large",
     lambda: huge().decode([1] * 4)),
    (ArgumentError, r"spins must have the shape \(\.\.\., 8, 8\)", call("loss", np.ones((4, 4)))),
    (ArgumentError, r"spins must hold at least one", call("loss", S[:0])),
    (ArgumentError, r"seed must be from 0", call("loss", S, seed=2**64)),
    (NonFiniteError, r"the loss is not finite", lambda: huge().loss(S)),
    (NonFiniteError, r"a latent variable is not finite", lambda: huge().encode(S)),
    # state of the model
    *[(IsingRGError, r"not been trained yet; call fit", untrained(name, *args)) for name, *args in [
        ("encode", S), ("decode", np.ones(4)), ("loss", S), ("save", "none")]],
    *[(IsingRGError, r"the model is closed", after_close(name, *args)) for name, *args in [
        ("fit", S), ("encode", S), ("save", "none"), ("__enter__",), ("__reduce__",)]],
    (IsingRGError, r"the model is closed", lambda: closed().parameter_count),
    (IsingRGError, r"the model is closed", lambda: closed().step),
]  # fmt: skip


@pytest.mark.parametrize("error, message, function", CASES)
def test_message_names_the_argument(error, message, function):
    before = trained().epoch, trained().loss(S)
    with pytest.raises(error, match=message):
        function()
    assert (trained().epoch, trained().loss(S)) == before
