"""The extension and the core check what flows are given, each for itself."""

import gc
import math
import os
import re

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, _core

X = np.zeros((3, 4, 4))
THREE = np.zeros(3)
K = np.array([0.3])


def model(**changed):
    good = dict(
        size=4, coupling=0.3, structure=_core.MERA, depth=0, repeats=1, couplings=2, hidden=(3,),
        symmetric=1, masks=None, seed=0,
    )  # fmt: skip
    return _core.neuralrg_create(*{**good, **changed}.values())


def new(**changed):
    return lambda: model(**changed)


def on_model(name, *args):
    return lambda: getattr(_core, name)(model(), *args)


def closed(name, *args):
    def call():
        handle = model()
        _core.neuralrg_destroy(handle)
        getattr(_core, name)(handle, *args)

    return call


def fit(handle=None, **changed):
    good = dict(
        steps=1, batch=4, learning_rate=1e-3, weight_decay=0.0, seed=0,
        history=np.zeros((1, _core.NEURALRG_COLUMNS)), progress=None,
    )  # fmt: skip
    return lambda: _core.neuralrg_fit(handle or model(), *{**good, **changed}.values())


def fit_samples(**changed):
    good = dict(
        samples=X, steps=1, batch=4, learning_rate=1e-3, weight_decay=0.0, seed=0,
        history=np.zeros((1, _core.NEURALRG_COLUMNS)), progress=None,
    )  # fmt: skip
    return lambda: _core.neuralrg_fit_samples(model(), *{**good, **changed}.values())


def hmc(**changed):
    good = dict(
        space=0, adapts=0, warmup=0, between=1, leapfrog=1, random_length=1, step_size=0.1,
        seed=0, samples=X[:, None].copy(), start=None, acceptance=np.zeros((3, 1)), progress=None,
    )  # fmt: skip
    return lambda: _core.neuralrg_hmc(model(), *{**good, **changed}.values())


SITES = np.array([0, 5], "i")


def responses(sites=SITES, samples=X):
    means, deviations = np.zeros((len(sites), 4, 4)), np.zeros((len(sites), 4, 4))
    return lambda: _core.neuralrg_responses(model(), samples, sites, means, deviations, None)


def filled(value, *shape):
    return np.full(shape, value)


CASES = [
    # the dual model
    (ArgumentError, r"size must be from 2 to 64",
     lambda: _core.neuralrg_dual(66, K, None, None, None)),
    (ArgumentError, r"the lattice size must be even",
     lambda: _core.neuralrg_dual(5, K, None, None, None)),
    (ArgumentError, r"coupling must be finite", lambda: _core.neuralrg_dual(
        4, filled(math.nan, 1), None, None, None)),
    (ArgumentError, r"alpha must have the shape",
     lambda: _core.neuralrg_dual(4, K, None, THREE, None)),
    (ArgumentError, r"samples must be finite, value 17 is inf", lambda: _core.neuralrg_log_density(
        0.3, np.where(np.arange(48).reshape(X.shape) == 17, math.inf, 0), THREE, None)),
    (ArgumentError, r"samples must have the shape \(any, any, same\)",
     lambda: _core.neuralrg_log_density(0.3, X[:, :2], THREE, None)),
    (ArgumentError, r"coupling must be finite",
     lambda: _core.neuralrg_log_density(101.0, X, THREE, None)),
    # creation
    (ArgumentError, r"size must be a power of two from 2 to 64, not 6", new(size=6)),
    (ArgumentError, r"size must be from 2 to 64, not 128", new(size=128)),
    (ArgumentError, r"size must be from 1", new(size=0)),
    (ArgumentError, r"structure must be from 0 to 2", new(structure=3)),
    (ArgumentError, r"depth must be from 1 to 2, not 3", new(depth=3)),
    (ArgumentError, r"depth must be from 0 to 64", new(structure=_core.TEBD, depth=65)),
    (ArgumentError, r"repeats must be from 1 to 16", new(repeats=0)),
    (ArgumentError, r"couplings must be from 1 to 64", new(couplings=65)),
    (ArgumentError, r"hidden must be a tuple of 1 to 8", new(hidden=())),
    (ArgumentError, r"hidden must be from 1 to 256", new(hidden=(257,))),
    (ArgumentError, r"symmetric must be from 0 to 1", new(symmetric=2)),
    (ArgumentError, r"coupling must be finite", new(coupling=math.nan)),
    (MemoryError, r"a network of \d+ parameters needs \d+ bytes",
     new(structure=_core.TEBD, depth=64, repeats=16, couplings=64, hidden=(256,) * 8)),
    (ArgumentError, r"masks must have the shape \(any, 2\)", new(masks=np.ones((4, 3), np.int8))),
    (ArgumentError, r"masks must be 4 layers of the hierarchy x 2",
     new(masks=np.ones((3, 2), "b"))),
    (ArgumentError, r"a mask must keep one to three of four sites, not 255",
     new(masks=np.full((4, 2), -1, np.int8))),
    (TypeError, r"model must come from neuralrg_create", lambda: _core.neuralrg_step(None)),
    (TypeError, r"model must come from neuralrg_create",
     lambda: _core.neuralrg_step(_core.mlrg_create("A1", 0, 0, 0, 0, 0, 0, 0, (2,), 0))),
    # training
    (ArgumentError, r"steps must be from 1", fit(steps=0)),
    (ArgumentError, r"history must have the shape \(2, 2\)", fit(steps=2)),
    (ArgumentError, r"learning_rate must be finite", fit(learning_rate=math.inf)),
    (TypeError, r"batch must be an integer", fit(batch=1.0)),
    # configurations
    (ArgumentError, r"samples must have the shape \(any, 4, 4\).*got \(3, 2, 2\)",
     on_model("neuralrg_sample", 0, np.zeros((3, 2, 2)), None, None, None)),
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
    # state
    (ArgumentError, r"index must be from 0 to 4", on_model("neuralrg_array_info", 5)),
    (ArgumentError, r"array \"parameters\" must be finite",
     on_model("neuralrg_write_array", 0, filled(math.nan, 8, 66))),
    (ArgumentError, r"array \"adam.second_moment\" must not be negative",
     on_model("neuralrg_write_array", 2, filled(-1.0, 8, 66))),
    (ArgumentError, r"array \"step\" must be a whole number",
     on_model("neuralrg_write_array", 3, filled(0.5, 1, 1))),
    (ArgumentError, r"array \"masks\" must be the model's",
     on_model("neuralrg_write_array", 4, filled(7.0, 4, 2))),
    (ArgumentError, r"values must have the shape \(8, 66\)",
     on_model("neuralrg_read_array", 0, np.zeros((8, 65)))),
    # closed models
    (IsingRGError, r".*closed", closed("neuralrg_step")),
    (IsingRGError, r".*closed", closed("neuralrg_destroy")),
    (IsingRGError, r".*closed", closed("neuralrg_layer_count")),
    (IsingRGError, r".*closed", closed("neuralrg_sample", 0, X, None, None, None)),
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
        ({"batch": 0}, "batch must be from 1 to 1000000, not 0"),
        ({"batch": 10**6 + 1}, "batch must be from 1"),
        ({"learning_rate": 0.0}, "lr must be from 1e-12"),
        ({"weight_decay": -1.0}, "weight_decay must be from 0"),
    ],
)
def test_training_is_checked_again_in_the_core(changed, pattern):
    done, error = fit(**changed)()
    assert done == 0 and type(error) is ArgumentError and re.match(pattern, str(error))


def test_good_calls_of_this_file_succeed():
    assert fit()() == (1, None)
    _core.neuralrg_sample(model(), 0, X.copy(), X.copy(), np.zeros(3), None)
    assert fit_samples()() == (1, None)
    assert hmc()() == 0.1
    responses()()
    _core.neuralrg_write_array(model(), 0, np.zeros((8, 66)))


def test_outputs_may_be_omitted():
    values = [np.zeros(1) for _ in range(3)]
    _core.neuralrg_dual(16, np.array([0.44068679350977147]), *values)
    expected = [592.8757398575831, 1.862747174, 115.998517337]
    np.testing.assert_allclose(np.concatenate(values), expected, rtol=0, atol=1e-8)
    for kept in range(3):
        given = [np.zeros(1) if i == kept else None for i in range(3)]
        _core.neuralrg_dual(16, np.array([0.44068679350977147]), *given)
        assert given[kept] == values[kept]


def test_latents_are_what_the_samples_were_decoded_from():
    handle = model(symmetric=0, hidden=(3, 3))
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
    couplings = memory // (2 * 900_000 * 512) + 1
    if couplings > 64:
        pytest.skip("no network has so many parameters")
    handle = model(structure=_core.TREE, couplings=couplings, hidden=(256,) * 8)
    done, error = fit(handle, batch=2048)()
    assert done == 0 and type(error) is MemoryError
    assert re.match(r"a batch of 2048 with this network needs \d+ bytes, more than", str(error))


def test_models_free_their_memory():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4

    def growth():
        gc.collect()
        before = resident()
        for _ in range(40):
            model(hidden=(64, 64), couplings=20)  # five megabytes
        gc.collect()
        return resident() - before

    growth()
    assert min(growth() for _ in range(3)) < 20_000
