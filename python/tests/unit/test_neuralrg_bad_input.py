"""Wrong arguments of the NeuralRG functions raise an exception that names the argument."""

import functools
import math

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, NonFiniteError, neuralrg
from isingrg.neuralrg import Chains, DualIsing, NeuralRG

X = np.zeros((2, 4, 4))
SPINS = np.where(np.random.default_rng(1).random((9, 4, 4)) < 0.5, 1.0, -1.0)
SERIES = np.arange(18.0).reshape(9, 2)


@functools.cache
def trained():
    return NeuralRG(4, 0.3, layers=2, hidden=(4,)).fit(3, 8)


@functools.cache
def huge():
    metadata, arrays = trained()._state()
    return NeuralRG._restored(metadata, {**arrays, "parameters": arrays["parameters"] * 1e10})


@functools.cache
def closed():
    model = NeuralRG(4, 0.3, layers=2, hidden=(4,)).fit(3, 8)
    model.close()
    return model


def case(function, *args, **options):
    return lambda: function(*args, **options)


def new(*args, **options):
    return case(NeuralRG, *args, **options)


def call(name, *args, **options):
    return lambda: getattr(trained(), name)(*args, **options)


def chains(name, *args, **options):
    made = Chains(X[None], np.ones((1, 2)), DualIsing(2, 0.3))
    return case(getattr(made, name), *args, **options)


def information(*args, **options):
    return case(neuralrg.mutual_information, *args, **options)


def fit(*args, **options):
    return call("fit", *args, **options)


def untrained(name, *args):
    return lambda: getattr(NeuralRG(4), name)(*args)


def after_close(name, *args):
    return lambda: getattr(closed(), name)(*args)


CASES = [
    # Monte Carlo
    (ArgumentError, r"n_chains must be from 1", call("hmc", 0, 1)),
    (ArgumentError, r"n_samples must be from 1", call("hmc", 1, 0)),
    (MemoryError, r"the samples of shape .* would need", call("hmc", 2**20, 2**30)),
    (ArgumentError, r"space must be .*did you mean 'latent'", call("hmc", 1, 1, space="latents")),
    (ArgumentError, r"step_size must be from 1e-09", call("hmc", 1, 1, step_size=0)),
    (ArgumentError, r"step_size must be finite, got nan", call("hmc", 1, 1, step_size=math.nan)),
    (ArgumentError, r"leapfrog must be from 1 to 10000", call("hmc", 1, 1, leapfrog=0)),
    (ArgumentError, r"warmup must be from 1", call("hmc", 1, 1, adapt=True)),
    (ArgumentError, r"between must be from 1", call("hmc", 1, 1, between=0)),
    (TypeError, r"adapt must be True or False", call("hmc", 1, 1, adapt=1)),
    (TypeError, r"random_length must be True or False", call("hmc", 1, 1, random_length=1)),
    (IsingRGError, r"not been trained", untrained("hmc", 1, 1)),
    (ArgumentError, r"start must have the shape \(3, 4, 4\), got \(2, 4, 4\)",
     call("hmc", 3, 1, start=X)),
    (ArgumentError, r"start must be finite", call("hmc", 2, 1, start=X + math.nan)),
    (ArgumentError, r"n_chains must be from 1", call("metropolis", 0, 1)),
    (ArgumentError, r"n_samples must be from 1", call("metropolis", 1, 0)),
    (TypeError, r"n_samples must be an integer, not float", call("metropolis", 1, 2.0)),
    (MemoryError, r"the samples of shape .* would need", call("metropolis", 2**20, 2**30)),
    (ArgumentError, r"warmup must be from 0", call("metropolis", 1, 1, warmup=-1)),
    (ArgumentError, r"between must be from 1", call("metropolis", 1, 1, between=0)),
    (ArgumentError, r"seed must be from 0", call("metropolis", 1, 1, seed=-1)),
    (ArgumentError, r"start must have the shape \(3, 4, 4\)", call("metropolis", 3, 1, start=X)),
    (TypeError, r"progress must be True", call("metropolis", 1, 1, progress=1)),
    (IsingRGError, r"not been trained", untrained("metropolis", 1, 1)),
    (ArgumentError, r"observable must be .*did you mean 'magnetization'",
     chains("mean_and_error", "magnetisation")),
    (TypeError, r"observable must be one of", chains("autocorrelation_time", 1)),
    (ArgumentError, r"seed must be from 0", chains("spins", seed=-1)),
    # analysis
    (ArgumentError, r"samples must have the shape \(n, V\) or \(n, L, L\)", information(X[0, 0])),
    (ArgumentError, r"n larger than n_neighbors = 3, got \(3, 2\)", information(np.zeros((3, 2)))),
    (ArgumentError, r"samples must have the shape", information(np.zeros((9, 0)))),
    (ArgumentError, r"samples must be finite, .*got nan", information(SERIES + math.nan)),
    (TypeError, r"samples must hold real numbers", information(SERIES + 1j)),
    (ArgumentError, r"samples must hold continuous variables, not spins: sample_fields",
     information(SPINS)),
    (ArgumentError, r"n_neighbors must be from 1 to 1000", information(SERIES, n_neighbors=0)),
    (TypeError, r"n_neighbors must be an integer", information(SERIES, n_neighbors=3.0)),
    (ArgumentError, r"sites must be from 0 to 1, got 2", information(SERIES, sites=[0, 2])),
    (ArgumentError, r"sites must be a list of .* integer", information(SERIES, sites=[0.5, 1])),
    (ArgumentError, r"sites must be a list of at least one", information(SERIES, sites=[])),
    (ArgumentError, r"sites must be a list", information(SERIES, sites=[[0, 1]])),
    (ArgumentError, r"sites must not repeat", information(SERIES, sites=[1, 1])),
    (ArgumentError, r"seed must be from 0", information(SERIES, seed=-1)),
    (ArgumentError, r"n_jobs must be at least 1, or -1", information(SERIES, n_jobs=0)),
    (ArgumentError, r"n_jobs must be from -1", information(SERIES, n_jobs=-2)),
    (TypeError, r"n_jobs must be an integer", information(SERIES, n_jobs=np.zeros(2, "m8[s]"))),
    (ArgumentError, r"samples must be finite, at most", information(SERIES * 1e300)),
    (TypeError, r"n_jobs must be an integer", information(SERIES, n_jobs=1.5)),
    (TypeError, r"progress must be True", information(SERIES, progress=1)),
    (ArgumentError, r"x must have the shape \(\.\.\., L, L\), got \(4, 2\)",
     case(neuralrg.haar, np.zeros((4, 2)))),
    (ArgumentError, r"L of x must be a power of two .*, got 6", case(neuralrg.haar, np.eye(6))),
    (ArgumentError, r"x must be finite, at most 1e\+100", case(neuralrg.haar, 1e308 * np.eye(4))),
    (ArgumentError, r"L of z must be a power of two", case(neuralrg.inverse_haar, np.eye(128))),
    (ArgumentError, r"z must be finite", case(neuralrg.inverse_haar, X + math.inf)),
    (ArgumentError, r"L must be a power of two from 2 to 64, got 12",
     case(neuralrg.haar_matrix, 12)),
    (TypeError, r"L must be an integer", case(neuralrg.haar_matrix, 4.0)),
    # the model
    (ArgumentError, r"L must be a power of two from 2 to 64, got 12", new(12)),
    (ArgumentError, r"L must be from 2 to 64, got 1", new(1)),
    (ArgumentError, r"L must be from 2 to 64, got 128", new(128)),
    (TypeError, r"L must be an integer, not float", new(4.0)),
    (TypeError, r"L must be an integer, not bool", new(True)),
    (ArgumentError, r"K must be from -100 to 100, got 101.0", new(4, 101)),
    (ArgumentError, r"K must be finite, got nan", new(4, math.nan)),
    (TypeError, r"K must be a single number", new(4, [0.1, 0.2])),
    (TypeError, r"K must hold real numbers", new(4, "critical")),
    (ArgumentError, r"layers must be from 1 to 64, got 0", new(layers=0)),
    (ArgumentError, r"layers must be from 1 to 64, got 65", new(layers=65)),
    (TypeError, r"hidden must be a sequence of layer widths", new(hidden=10)),
    (ArgumentError, r"hidden must list 1 to 8 layers, got 0", new(hidden=())),
    (ArgumentError, r"hidden must list 1 to 8 layers, got 9", new(hidden=(4,) * 9)),
    (ArgumentError, r"hidden width must be from 1 to 256, got 257", new(hidden=(10, 257))),
    (TypeError, r"hidden width must be an integer", new(hidden=(10.0,))),
    (ArgumentError, r"repeat must be from 1 to 16, got 17", new(repeat=17)),
    (ArgumentError, r"structure must be one of .*did you mean 'mera'", new(structure="MERA")),
    (TypeError, r"structure must be one of", new(structure=0)),
    (ArgumentError, r"depth must be from 1 to 4, got 5", new(depth=5)),
    (ArgumentError, r"depth must be from 1 to 4, got 0", new(depth=0)),
    (ArgumentError, r"depth must be from 1 to 64, got 65", new(structure="tebd", depth=65)),
    (TypeError, r"symmetric must be True or False", new(symmetric=1)),
    (TypeError, r"masks must hold integers, not float64",
     new(4, layers=2, masks=np.ones((2, 2, 2)))),
    (ArgumentError, r"masks must have the shape \(2, 2, 2\) or \(4, 2, 2, 2\), got \(3, 2, 2\)",
     new(4, layers=2, masks=np.eye(2, dtype=bool) * np.ones((3, 1, 1), bool))),
    (ArgumentError, r"each of masks must keep some sites of a block", new(
        4, layers=2, masks=np.ones((2, 2, 2), bool))),
    (ArgumentError, r"masks must be from 1 to 14, got 15",
     new(2, layers=2, masks=[[1, 2], [15, 1]])),
    (ArgumentError, r"masks must be a rectangular array", new(2, layers=2, masks=[[1, 2], [3]])),
    (MemoryError, r"a network of \d+ parameters needs",
     new(64, layers=64, hidden=(256,) * 8, structure="tebd", depth=64, repeat=16)),
    # training
    (TypeError, r"counts updates of the optimiser: give steps, not epochs", fit(epochs=3)),
    (ArgumentError, r"steps must be from 1 to 1000000000, got 0", fit(0)),
    (TypeError, r"steps must be an integer", fit(2.0)),
    (ArgumentError, r"batch must be from 1 to 1000000, got 0", fit(1, 0)),
    (ArgumentError, r"batch must be from 1 to 1000000", fit(1, 2 * 10**6)),
    (ArgumentError, r"lr must be from 1e-12 to 10, got 0.0", fit(1, 8, 0)),
    (ArgumentError, r"lr must be finite, got nan", fit(1, 8, math.nan)),
    (ArgumentError, r"weight_decay must be from 0 to 10, got -1.0", fit(1, weight_decay=-1)),
    (ArgumentError, r"seed must be from 0 to 2\*\*64 - 1, got -1", fit(1, seed=-1)),
    (TypeError, r"seed must be an integer", fit(1, seed=0.5)),
    (TypeError, r"progress must be True", fit(1, progress=1)),
    (ArgumentError, r"x must hold at least one", call("fit_samples", X[:0], 1)),
    (ArgumentError, r"x must have the shape", call("fit_samples", np.zeros((8, 8)), 1)),
    (ArgumentError, r"x must be finite", call("fit_samples", X + math.inf, 1)),
    (ArgumentError, r"batch must be from 1", call("fit_samples", X, 1, 0)),
    *[(ArgumentError, r"x must hold continuous variables, not spins: sample_fields\(spins, K\)",
       call("fit_samples", spins, 1))
      for spins in (SPINS, SPINS.astype(np.int8), (SPINS + 1) / 2, SPINS[0], SPINS * 0 + 1)],
    # interpretation
    (ArgumentError, r"scales must be a pair", call("encode", X, scales=1)),
    (ArgumentError, r"scales must be a pair", call("encode", X, scales=10**5000)),
    (ArgumentError, r"scales\[1\] must be from 0 to 2, got 3", call("decode", X, scales=(0, 3))),
    (ArgumentError, r"scales\[0\] must be from 0 to 1, got 2", call("decode", X, scales=(2, 1))),
    (TypeError, r"scales\[1\] must be an integer", call("encode", X, scales=(0, 1.0))),
    (ArgumentError, r"give either n, a number of samples, or x", call("responses")),
    (ArgumentError, r"give either n, a number of samples, or x", call("responses", 2, x=X)),
    (ArgumentError, r"x must hold at least one", call("responses", x=X[:0])),
    (ArgumentError, r"x must hold continuous variables, not spins", call("responses", x=SPINS)),
    (NonFiniteError, r"a mean response is not finite: x is too large",
     call("responses", x=X + 1.7e308)),
    (ArgumentError, r"n must be from 1", call("responses", 0)),
    (ArgumentError, r"scale must be from 0 to 2, got 3", call("responses", 1, scale=3)),
    (ArgumentError, r"give either scale or sites", call("responses", 1, scale=0, sites=[[0, 0]])),
    (ArgumentError, r"sites must have the shape \(k, 2\), got \(2,\)", call(
        "responses", 1, sites=[0, 0])),
    (TypeError, r"sites must hold integers", call("responses", 1, sites=[[0.5, 1]])),
    (ArgumentError, r"sites must be from 0 to 3, got 4", call("responses", 1, sites=[[0, 4]])),
    (ArgumentError, r"coarse must have the shape", call("sample_given", np.zeros((3, 3)))),
    (ArgumentError, r"coarse must have the shape", call("sample_given", np.zeros((2, 4)))),
    (ArgumentError, r"coarse must have the shape", call("sample_given", 1.0)),
    (ArgumentError, r"n must be from 1", call("sample_given", np.zeros((2, 2)), 0)),
    (ArgumentError, r"spins must have L even", case(neuralrg.sample_fields, np.ones((3, 3)), 0.1)),
    (ArgumentError, r"K must be from -100", case(neuralrg.sample_fields, np.ones((4, 4)), 101)),
    # configurations
    (ArgumentError, r"n must be from 1", call("sample", 0)),
    (TypeError, r"n must be an integer", call("sample", 2.0)),
    (MemoryError, r"the samples of shape .* would need", call("sample", 2**32)),
    (ArgumentError, r"seed must be from 0", call("sample", 1, seed=2**64)),
    (TypeError, r"progress must be True", call("sample", 1, progress="yes")),
    (ArgumentError, r"x must have the shape \(\.\.\., 4, 4\), got \(4,\)",
     call("log_prob", np.zeros(4))),
    (ArgumentError, r"x must have the shape \(\.\.\., 4, 4\), got \(2, 8, 8\)",
     call("encode", np.zeros((2, 8, 8)))),
    (ArgumentError, r"z must have the shape", call("decode", np.zeros((4, 2)))),
    (ArgumentError, r"x must be finite, got nan", call("log_prob", X + math.nan)),
    (ArgumentError, r"z must be finite, got inf", call("decode", X + math.inf)),
    (TypeError, r"x must hold real numbers, not complex128", call("encode", X + 1j)),
    (TypeError, r"x must be a number or a rectangular array", call("encode", [[0], [1, 2]])),
    (ArgumentError, r"x must have no masked values",
     call("encode", np.ma.masked_equal(X, 0))),
    (NonFiniteError, r"ln q\(x\) is not finite: x is too large", call("log_prob", X + 1e200)),
    *[(NonFiniteError, r"a sample is not finite: the parameters are too large",
       lambda name=name, arguments=arguments: getattr(huge(), name)(*arguments))
      for name, *arguments in [("sample", 2), ("sample_with_log_prob", 2), ("free_energy", 2),
                               ("log_partition", 2), ("metropolis", 2, 1)]],
    (ArgumentError, r"n must be from 2", call("free_energy", 1)),
    (ArgumentError, r"n must be from 2", call("log_partition", 1)),
    (ArgumentError, r"seed must be from 0", call("log_partition", 2, seed=-3)),
    # the dual model
    (ArgumentError, r"L must be even and from 2 to 64, got 5",
     case(neuralrg.log_partition_dual, 5, 0.1)),
    (ArgumentError, r"L must be even and from 2 to 64, got 66",
     case(neuralrg.log_partition_dual, 66, 0.1)),
    (ArgumentError, r"K must be from -100 to 100",
     case(neuralrg.log_partition_dual, 4, [0.1, math.inf])),
    (ArgumentError, r"x must have the shape \(\.\.\., L, L\) with L even",
     case(neuralrg.log_density, np.zeros((3, 3)), 0.1)),
    (ArgumentError, r"x must have the shape \(\.\.\., 4, 4\), got \(2, 4\)",
     case(neuralrg.log_density, np.zeros((2, 4)), 0.1)),
    (ArgumentError, r"x must have the shape", case(neuralrg.log_density, 1.0, 0.1)),
    (ArgumentError, r"K must be from", case(neuralrg.log_density, X, 1000)),
    (NonFiniteError, r"ln pi\(x\) is not finite", case(neuralrg.log_density, X + 1e200, 0.1)),
    (ArgumentError, r"x must be finite", case(neuralrg.sample_spins, [math.nan])),
    (ArgumentError, r"seed must be from 0", case(neuralrg.sample_spins, [0.0], seed=-1)),
    # state of the model
    *[(IsingRGError, r"not been trained yet; call fit", untrained(name, *args)) for name, *args in [
        ("sample", 1), ("log_prob", X), ("encode", X), ("decode", X), ("free_energy", 2),
        ("log_partition", 2), ("save", "none"), ("responses", 1),
        ("sample_given", X), ("sample_with_log_prob", 1)]],
    *[(IsingRGError, r"the model is closed", after_close(name, *args)) for name, *args in [
        ("fit", 1), ("metropolis", 1, 1), ("sample", 1), ("save", "none"), ("__enter__",),
        ("__reduce__",)]],
    (IsingRGError, r"the model is closed", lambda: closed().hierarchy),
    (IsingRGError, r"the model is closed", lambda: closed().parameter_count),
]  # fmt: skip


@pytest.mark.parametrize("error, message, function", CASES)
def test_message_names_the_argument(error, message, function):
    before = trained().step, trained().log_prob(X[0])
    with pytest.raises(error, match=message):
        function()
    assert (trained().step, trained().log_prob(X[0])) == before
