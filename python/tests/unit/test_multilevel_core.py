"""The extension and the core check what samplers are given, each for itself."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, _core

sys.path.append(str(Path(__file__).parent))
from native_models import GRAPHVAE, MULTILEVEL, SPINS, refused

WRONG = np.zeros_like(SPINS)
COARSE = np.ones((3, 2, 2), np.int8)
new, fit, on_model = MULTILEVEL.new, MULTILEVEL.fit, MULTILEVEL.on_model


def sample(coarse=None, spins=None, values=None, seed=0):
    spins = SPINS.copy() if spins is None else spins
    values = np.zeros(3) if values is None else values
    return on_model("multilevel_sample", coarse, seed, spins, values, None)


def evaluate(spins=SPINS, size=0, values=None):
    values = np.zeros(3) if values is None else values
    return on_model("multilevel_log_probability", spins, size, values, None)


def fit_samples(spins=SPINS, columns=_core.MULTILEVEL_COLUMNS):
    history = np.zeros((1, columns))
    return on_model("multilevel_fit_samples", spins, MULTILEVEL.training, history, None)


def orbits(rows, columns=_core.MULTILEVEL_ORBIT_COLUMNS, dtype="i"):
    return on_model("multilevel_orbits", np.zeros((rows, columns), dtype))


COUNT = _core.model_parameter_count(MULTILEVEL.create())

CASES = [
    # creation
    (ArgumentError, r"size must be a power of two from 4 to 256, not 12", new(size=12)),
    (ArgumentError, r"size must be a power of two from 4 to 256, not 2", new(size=2)),
    (ArgumentError, r"size must be from 0", new(size=-8)),
    (ArgumentError, r"coupling must be .* at most 100 in magnitude", new(coupling=101.0)),
    (ArgumentError, r"coupling must be finite", new(coupling=math.nan)),
    (ArgumentError, r"field must be .* at most 100 in magnitude", new(field=-100.5)),
    (ArgumentError, r"neighbours must be from 0 to 16, not 17", new(neighbours=17)),
    (ArgumentError, r"linear must be from 0 to 64, not -1", new(linear=-1)),
    (ArgumentError, r"triples must be from 0 to 4, not 5", new(triples=5)),
    (ArgumentError, r"quintuples must be from 0 to 4, not 5", new(quintuples=5)),
    (ArgumentError, r"colours must be 1, 2, 4 or 8, not 3", new(colours=3)),
    # training
    (ArgumentError, r"start must be from -2147483648 to 2147483647", fit(start=2**31)),
    (ArgumentError, r"damping must be finite", fit(damping=math.inf)),
    (ArgumentError, r"spins must have the shape \(any, 8, 8\)",
     fit_samples(SPINS[:, :4, :4].copy())),
    (ArgumentError, r"spins must have .*, which is empty", fit_samples(SPINS[:0])),
    (TypeError, r"spins must hold int8", fit_samples(SPINS.astype(float))),
    (ArgumentError, r"history must have the shape \(1, 7\)", fit_samples(columns=6)),
    # evaluation
    (ArgumentError, r"coarse must have the shape \(any, any, same\)", sample(COARSE[:, :1].copy())),
    (ArgumentError, r"spins must have the shape \(2, 8, 8\)", sample(COARSE[:2].copy())),
    (ArgumentError, r"coarse_size must be a power of two below 8, not 3",
     sample(np.ones((3, 3, 3), np.int8))),
    (ArgumentError, r"spins must be -1 or \+1, but spin 0 is 0", sample(COARSE * 0)),
    (ArgumentError, r"log_probabilities must have the shape \(3,\)", sample(values=np.zeros(2))),
    (ArgumentError, r"seed must be from 0", sample(seed=-1)),
    (ArgumentError, r"spins must be -1 or \+1, but spin 0 is 0", evaluate(WRONG)),
    (ArgumentError, r"spins must have the shape \(any, 8, 8\)", evaluate(SPINS[:, :4])),
    (ArgumentError, r"coarse_size must be from 0 to 256", evaluate(size=257)),
    (ArgumentError, r"coarse_size must be a power of two below 8, not 8", evaluate(size=8)),
    (ArgumentError, r"values must have the shape \(3,\)", evaluate(values=np.zeros(4))),
    (TypeError, r"progress must be a callable",
     on_model("multilevel_log_probability", SPINS, 0, np.zeros(3), 1)),
    (ArgumentError, r"orbits must have the shape", orbits(COUNT + 1)),
    (ArgumentError, r"orbits must have the shape", orbits(COUNT, columns=5)),
    (TypeError, r"orbits must hold int32", orbits(COUNT, dtype=float)),
    # couplings of another model
    (TypeError, r"model must come from multilevel_create",
     on_model("multilevel_adopt", GRAPHVAE.create())),
    (IsingRGError, r".*closed", on_model("multilevel_adopt", MULTILEVEL.closed())),
    (ArgumentError, r"the other model must have L = 8 or half of it, not 32",
     on_model("multilevel_adopt", MULTILEVEL.create(size=32))),
    (ArgumentError, r"the other model must have equal numbers",
     on_model("multilevel_adopt", MULTILEVEL.create(linear=12))),
    (ArgumentError, r"either both models must have a field",
     on_model("multilevel_adopt", MULTILEVEL.create(field=0.1))),
]  # fmt: skip


@pytest.mark.parametrize("error, pattern, call", CASES)
def test_exception_names_the_argument(error, pattern, call):
    refused(error, pattern, call)


def test_what_only_the_core_sees_of_a_training():
    for changed, pattern in (
        ({"start": 3}, "start must be from 0 to 2, not 3"),
        ({"damping": 0.0}, "damping must be from 1e-6"),
    ):
        done, error = fit(**changed)()
        assert done == 0 and type(error) is ArgumentError and str(error).startswith(pattern)
    done, error = fit_samples(WRONG)()
    assert done == 0 and str(error).startswith("spins must be -1 or +1, but spin 0 is 0")


def test_good_calls_of_this_file_succeed():
    sample()()
    sample(COARSE.copy())()
    evaluate(size=2)()
    orbits(COUNT)()
    assert fit_samples()() == (1, None)
    on_model("multilevel_adopt", MULTILEVEL.create(size=4))()


def test_a_model_that_reads_another_cannot_be_it():
    model = MULTILEVEL.create()
    refused(ArgumentError, "models must be different", _core.multilevel_adopt, model, model)
