"""The extension and the core check what flows are given, each for itself."""

import math
import os
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, Interrupted, _core

sys.path.append(str(Path(__file__).parent))
from native_models import CHAINS, NEURALRG, THREE, X, check_progress, refused

K = np.array([0.3])
new, fit, on_model = NEURALRG.new, NEURALRG.fit, NEURALRG.on_model


def fit_samples(samples=X, progress=None, **changed):
    training = NEURALRG.training | changed
    history = np.zeros((1, _core.NEURALRG_COLUMNS))
    return on_model("neuralrg_fit_samples", samples, training, history, progress)


def hmc(samples=X[:, None], start=None, acceptance=None, **changed):
    """Of three chains."""
    acceptance = np.zeros((3, 1)) if acceptance is None else acceptance
    return on_model("neuralrg_hmc", CHAINS | changed, samples.copy(), start, acceptance, None)


SITES = np.array([0, 5], "i")


def responses(sites=SITES, samples=X):
    means, deviations = np.zeros((len(sites), 4, 4)), np.zeros((len(sites), 4, 4))
    return on_model("neuralrg_responses", samples, sites, means, deviations, None)


CASES = [
    # the dual model
    (ArgumentError, r"size must be from 2 to 64",
     lambda: _core.neuralrg_dual(66, K, None, None, None, None)),
    (ArgumentError, r"the lattice size must be even",
     lambda: _core.neuralrg_dual(5, K, None, None, None, None)),
    (ArgumentError, r"coupling must be finite", lambda: _core.neuralrg_dual(
        4, np.full(1, math.nan), None, None, None, None)),
    (ArgumentError, r"alpha must have the shape",
     lambda: _core.neuralrg_dual(4, K, None, THREE, None, None)),
    (ArgumentError, r"samples must be finite, value 17 is inf", lambda: _core.neuralrg_log_density(
        0.3, np.where(np.arange(48).reshape(X.shape) == 17, math.inf, 0), THREE, None)),
    (ArgumentError, r"samples must have the shape \(any, any, same\)",
     lambda: _core.neuralrg_log_density(0.3, X[:, :2], THREE, None)),
    (ArgumentError, r"coupling must be finite",
     lambda: _core.neuralrg_log_density(101.0, X, THREE, None)),
    # creation
    (ArgumentError, r"the sides must be powers of two, not 4 x 6", new(columns=6)),
    (ArgumentError, r"the sides of a lattice must be even, .* not 5 x 4", new(rows=5)),
    (ArgumentError, r"rows must be from 1 to 64, not 128", new(rows=128)),
    (ArgumentError, r"block must be 2 or 4, not 3", new(block=3)),
    (ArgumentError, r"neighbours must be from 0 to 1", new(neighbours=2)),
    (ArgumentError, r"the dual Ising model without a target needs a square lattice", new(rows=1)),
    # targets
    (ArgumentError, r"kind must be from -1 to 3, got 4", new(kind=4)),
    (ArgumentError, r"form must have 16 or 256 elements, not 9",
     new(kind=_core.NEURALRG_GAUSSIAN, form=np.ones((3, 3)))),
    (ArgumentError, r"form must have 16 or 256 elements, not 0", new(kind=_core.NEURALRG_GAUSSIAN)),
    (ArgumentError, r"spectrum must be 4 x 4 finite numbers, even",
     new(kind=_core.NEURALRG_GAUSSIAN, form=np.arange(16.0).reshape(4, 4))),
    (ArgumentError, r"matrix must be a symmetric one",
     new(kind=_core.NEURALRG_LOG_COSH, form=np.arange(256.0).reshape(16, 16))),
    (ArgumentError, r"strength must be positive",
     new(kind=_core.NEURALRG_QUARTIC, form=np.ones((4, 4)))),
    (ArgumentError, r"function must not be NULL", new(kind=_core.NEURALRG_FUNCTION)),
    (ArgumentError, r"columns must be from 2 to 4096, not 0", new(columns=0)),
    (ArgumentError, r"rows must be from 0", new(rows=-1)),
    (ArgumentError, r"structure must be from 0 to 2", new(structure=3)),
    (ArgumentError, r"depth must be from 1 to 2, not 3", new(depth=3)),
    (ArgumentError, r"depth must be from 0 to 64", new(structure=_core.NEURALRG_TEBD, depth=65)),
    (ArgumentError, r"repeats must be from 1 to 16", new(repeats=0)),
    (ArgumentError, "bijector must be from 0 to 1", new(bijector=2)),
    (ArgumentError, r"layers must be from 1 to 64", new(layers=65)),
    (ArgumentError, r"hidden must be a tuple of 1 to 8", new(hidden=())),
    (ArgumentError, r"hidden must be from 1 to 256", new(hidden=(257,))),
    (ArgumentError, r"symmetric must be from 0 to 1", new(symmetric=2)),
    (ArgumentError, r"coupling must be finite", new(coupling=math.nan)),
    (MemoryError, r"a network of \d+ parameters needs \d+ bytes",
     new(structure=_core.NEURALRG_TEBD, depth=64, repeats=16, layers=64, hidden=(256,) * 8)),
    (ArgumentError, r"masks must have the shape \(any, 2\)", new(masks=np.ones((4, 3), np.int32))),
    (ArgumentError, r"masks must be 4 layers of the hierarchy x 2",
     new(masks=np.ones((3, 2), "i"))),
    (ArgumentError, r"masks must be from 1 to 65534, not -1",
     new(masks=np.full((4, 2), -1, np.int32))),
    # configurations
    (ArgumentError, r"samples must have the shape \(any, 4, 4\).*got \(3, 2, 2\)",
     on_model("neuralrg_sample", 0, np.zeros((3, 2, 2)), None, None, None)),
    (ArgumentError, r"samples must have the shape \(any, any, 4, 4\)", hmc(samples=X)),
    (ArgumentError, r"acceptance must have the shape \(3, 1\)", hmc(acceptance=np.zeros((3, 2)))),
    (ArgumentError, r"start must have the shape \(3, 4, 4\)", hmc(start=X[:2])),
    (ArgumentError, r"start must be finite, value 0 is nan", hmc(start=X + math.nan)),
    (ArgumentError, r"space must be", hmc(space=7)),
    (ArgumentError, r"between must be from 1", hmc(between=0)),
    (ArgumentError, r"random_length must be from 0 to 1", hmc(random_length=2)),
    (ArgumentError, r"latents must have the shape \(3, 4, 4\)",
     on_model("neuralrg_sample", 0, X, X[:2], None, None)),
    (ArgumentError, r"log_probabilities must have the shape \(3,\)",
     on_model("neuralrg_sample", 0, X, None, np.zeros(2), None)),
    (ArgumentError, r"samples must be finite",
     on_model("neuralrg_log_probability", X + math.nan, THREE, None)),
    (ArgumentError, r"samples must be finite",
     on_model("neuralrg_encode", X - math.inf, 0, 4, X.copy(), THREE, None)),
    (ArgumentError, r"latents must be finite",
     on_model("neuralrg_decode", X + math.nan, 0, 4, X.copy(), THREE, None)),
    (ArgumentError, r"log_determinants must have the shape \(3,\)",
     on_model("neuralrg_decode", X, 0, 4, X.copy(), np.zeros(2), None)),
    (ArgumentError, r"end_layer must be from 0 to 4, not 5",
     on_model("neuralrg_encode", X, 0, 5, X.copy(), THREE, None)),
    (ArgumentError, r"first_layer must be from 0 to 2, not 3",
     on_model("neuralrg_encode", X, 3, 2, X.copy(), THREE, None)),
    (ArgumentError, r"sites must be from 0 to 15, not 16", responses(sites=np.array([0, 16], "i"))),
    (ArgumentError, r"sites must have the shape .*, which is empty",
     responses(sites=np.zeros(0, "i"))),
    (ArgumentError, r"samples must have the shape .*, which is empty", responses(samples=X[:0])),
    (ArgumentError, r"samples must be finite", responses(samples=X + math.inf)),
    # hierarchy
    (ArgumentError, r"index must be from 0 to 3, not 4", on_model("neuralrg_layer_info", 4)),
    (TypeError, r"sites must hold int32", on_model("neuralrg_layer_sites", 0, np.zeros((4, 4)))),
    (TypeError, r"sites must be an array of int32", on_model("neuralrg_layer_sites", 0, [0])),
    (ArgumentError, r"sites must have the shape \(4, 4\)",
     on_model("neuralrg_layer_sites", 0, np.zeros((3, 4), np.int32))),
    (ArgumentError, r"scales must have the shape",
     on_model("neuralrg_latent_scales", np.zeros((2, 2), np.int32))),
]  # fmt: skip


@pytest.mark.parametrize("error, pattern, call", CASES)
def test_exception_names_the_argument(error, pattern, call):
    refused(error, pattern, call)


def test_good_calls_of_this_file_succeed():
    assert fit_samples()() == (1, None)
    assert hmc()() == 0.1
    responses()()


@pytest.mark.parametrize(
    "changed, pattern",
    [
        ({"batch": 0}, "batch must be from 1 to 1000000, not 0"),
        ({"batch": 10**6 + 1}, "batch must be from 1"),
        ({"learning_rate": 0.0}, "learning_rate must be from 1e-12"),
        ({"weight_decay": -1.0}, "weight_decay must be from 0"),
    ],
)
def test_training_from_samples_is_checked_again_in_the_core(changed, pattern):
    done, error = fit_samples(**changed)()
    assert done == 0 and type(error) is ArgumentError and re.match(pattern, str(error))


def test_training_from_samples_can_be_stopped():
    done, error = fit_samples(progress=lambda done, total: False)()
    assert done == 0 and type(error) is Interrupted


def test_outputs_may_be_omitted():
    values = [np.zeros(1) for _ in range(3)]
    dual = partial(_core.neuralrg_dual, 16, np.array([0.44068679350977147]))
    dual(*values, None)
    expected = [592.8757398575831, 1.862747174, 115.998517337]
    np.testing.assert_allclose(np.concatenate(values), expected, rtol=0, atol=1e-8)
    for kept in range(3):
        given = [np.zeros(1) if i == kept else None for i in range(3)]
        dual(*given, None)
        assert given[kept] == values[kept]


@pytest.mark.parametrize(
    "function, arguments",
    [
        ("neuralrg_dual", (4, K, np.zeros(1), np.zeros(1), np.zeros(1))),
        ("neuralrg_log_density", (0.3, X, THREE.copy())),
    ],
)
def test_progress_is_told_and_stops(function, arguments):
    check_progress(partial(getattr(_core, function), *arguments))


def test_latents_are_what_the_samples_were_decoded_from():
    handle = NEURALRG.create(symmetric=0, hidden=(3, 3))
    fit(handle, steps=5, batch=32, history=np.zeros((5, 2)), learning_rate=0.05)()
    x, z, again = np.zeros((70, 4, 4)), np.zeros((70, 4, 4)), np.zeros((70, 4, 4))
    _core.neuralrg_sample(handle, 3, x, z, None, None)
    _core.neuralrg_decode(handle, z, 0, 4, again, np.zeros(70), None)
    assert np.array_equal(again, x) and np.abs(x - z).max() > 0.1
    assert abs(z.mean()) < 0.15 and abs(z.std() - 1) < 0.1


def test_gradients_that_do_not_fit_are_refused():
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    # One coupling layer of the widest networks has 900,000 parameters that its kernels use; with
    # the largest number of workspaces each of them takes 512 bytes.
    layers = memory // (2 * 900_000 * 512) + 1
    if layers > 64:
        pytest.skip("no network has so many parameters")
    handle = NEURALRG.create(structure=_core.NEURALRG_TREE, layers=layers, hidden=(256,) * 8)
    done, error = fit(handle, batch=2048)()
    assert done == 0 and type(error) is MemoryError
    assert re.match(r"a batch of 2048 with this network needs \d+ bytes, more than", str(error))
