"""The extension and the core check what moderators are given, each for itself."""

import math
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, _core

sys.path.append(str(Path(__file__).parent))
from native_models import MLRG, ONE, ROW, check_progress, refused

new, fit, on_model = MLRG.new, MLRG.fit, MLRG.on_model


def loop_distance(**changed):
    given = dict(
        representation="A1", divergence=_core.MLRG_KL, teacher=np.zeros((1, 3)),
        student=np.zeros((1, 3)), distance=np.zeros(1), gradient=None, progress=None,
    )  # fmt: skip
    return partial(_core.mlrg_loop_distance, *(given | changed).values())


CASES = [
    # representations
    (TypeError, r"representation must be a string, not bytes",
     lambda: _core.mlrg_coupling_count(b"A1", 0)),
    (ArgumentError, r"representation must be plain text",
     lambda: _core.mlrg_coupling_count("A1\0", 0)),
    (ArgumentError, r"representation must be plain text",
     lambda: _core.mlrg_coupling_count("\ud800", 0)),
    (ArgumentError, r".*representation", lambda: _core.mlrg_coupling_count("A7", 0)),
    # creation
    (TypeError, r"representation must be a string, not bytes", new(representation=b"A1")),
    (ArgumentError, r"representation must be plain text", new(representation="A1\0")),
    (ArgumentError, r".*representation", new(representation="A7")),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", new(hidden=())),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", new(hidden=[4])),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", new(hidden=(4,) * 17)),
    (ArgumentError, r"hidden must be from 1 to 1024", new(hidden=(4, 0))),
    (TypeError, r"hidden must be an integer", new(hidden=(4, 1.5))),
    (ArgumentError, r"layer_norm must be from 0 to 1", new(layer_norm=2)),
    (ArgumentError, r"symmetric must be from 0 to 1", new(symmetric=2)),
    (ArgumentError, r"moderator must be from 0 to 1", new(moderator=2)),
    (ArgumentError, r"scheme must be from 0 to 1", new(scheme=2)),
    (ArgumentError, r"divergence must be .* with scheme \"star\"", new(divergence=_core.MLRG_L2)),
    (ArgumentError, r"divergence must be .* with scheme \"loop\"",
     new(scheme=_core.MLRG_LOOP, divergence=_core.MLRG_CD)),
    (ArgumentError, r"frame must be \"published\" with", new(scheme=_core.MLRG_LOOP, frame=1)),
    (ArgumentError, r"symmetric must be False with", new(scheme=_core.MLRG_LOOP, symmetric=1)),
    (ArgumentError, r"representation must be \"A1\" or \"2A1\"",
     new(scheme=_core.MLRG_LOOP, representation="E")),
    (ArgumentError, r"divergence must be \"kl\" or \"l2\"",
     loop_distance(divergence=_core.MLRG_CD)),
    (ArgumentError, r"student must have the shape \(1, 3\)",
     loop_distance(student=np.zeros((2, 3)))),
    (ArgumentError, r"teacher must be finite and from",
     loop_distance(teacher=np.full((1, 3), 11.0))),
    (ArgumentError, r"activation must be from 0 to 4", new(activation=9)),
    (ArgumentError, r"activation must be from -2147483648 to 2147483647", new(activation=2**31)),
    # evaluation
    (ArgumentError, r"couplings must have the shape \(any, 1\)",
     on_model("mlrg_monotone", np.zeros((1, 2)), ONE, None)),
    (ArgumentError, r"values must have the shape \(1,\)",
     on_model("mlrg_monotone", ROW, np.zeros(2), None)),
    (ArgumentError, r"jacobian must have the shape \(1, 1, 1\)",
     on_model("mlrg_velocity", ROW, ROW.copy(), np.zeros((1, 1)), None)),
    (ArgumentError, r"trajectory must have the shape \(4, 1, 1\)",
     on_model("mlrg_flow", ROW, 3, np.zeros((3, 1, 1)), None)),
    (ArgumentError, r"steps must be from 0",
     on_model("mlrg_flow", ROW, 2**63 - 1, np.zeros((1, 1, 1)), None)),
    (ArgumentError, r"couplings", on_model("mlrg_monotone", ROW * math.nan, ONE.copy(), None)),
    (ArgumentError, r"guess must have the shape",
     on_model("mlrg_fixed_point", np.zeros(2), ONE, None)),
    # training
    (ArgumentError, r"hmc_leapfrog must be from 0 to 4294967295", fit(hmc_leapfrog=2**32)),
    (ArgumentError, r"hmc_leapfrog must be from 0 to 4294967295", fit(hmc_leapfrog=-1)),
    (ArgumentError, r"record_from must be from 0 to 2\^64 - 1", fit(record_from=2**64)),
    (ArgumentError, r"record_guess must have the shape \(1,\)", fit(record_guess=np.zeros(2))),
    (TypeError, r"tasks must be a tuple of tuples, at least one",
     lambda: _core.mlrg_fit_many((), None)),
    (TypeError, r"tasks must be a tuple of tuples", lambda: _core.mlrg_fit_many((1,), None)),
    (TypeError, r"a task of mlrg_fit_many takes 3 arguments, got 1",
     lambda: _core.mlrg_fit_many(((MLRG.create(),),), None)),
    (TypeError, r"model must come from mlrg_create",
     lambda: _core.mlrg_fit_many(((None, MLRG.training, np.zeros((1, 5))),), None)),
]  # fmt: skip


@pytest.mark.parametrize(
    "error, pattern, call", CASES, ids=[pattern[:40] for _, pattern, _ in CASES]
)
def test_exception_names_the_argument(error, pattern, call):
    refused(error, pattern, call)


@pytest.mark.parametrize(
    "changed, pattern",
    [
        ({"proposal": 2}, "proposal must be"),
        ({"replicas": 5}, "replicas must be 1, 2, 4, 8, 16 or 32, not 5"),
        ({"replicas": 0}, "replicas must be 1"),
        ({"replicas": 8}, "replicas must divide the 4 couplings"),
        ({"ray": -0.1}, "ray must be from 0"),
        ({"ray_low": 0.5, "ray_high": 0.4}, "ray_high must be from 0.5"),
        ({"ray_steps": -1.0}, "ray_steps must be from 0"),
        ({"ray_noise": 11.0}, "ray_noise must be from 0"),
    ],
)
def test_settings_are_checked_again_in_the_core(changed, pattern):
    done, error = fit(**changed)()
    assert done == 0 and type(error) is ArgumentError and re.match(pattern, str(error))


def test_ranges_hold_their_ends():
    for good, wrong in (
        (dict(hidden=(1024,)), dict(hidden=(1025,))),
        (dict(hidden=(1,) * 16), dict(hidden=(1,) * 17)),
        (dict(activation=4), dict(activation=5)),
    ):
        MLRG.create(**good)
        refused(ArgumentError, next(iter(wrong)), new(**wrong))


def test_many_models_are_trained_as_each_alone():
    models, histories = [MLRG.create(seed=i) for i in range(3)], [np.zeros((1, 5)) for _ in "123"]
    tasks = [(a, MLRG.training, b) for a, b in zip(models, histories, strict=True)]
    outcomes, error = _core.mlrg_fit_many(tuple(tasks), None)
    assert outcomes == [(1, None)] * 3 and error is None
    for seed, history in enumerate(histories):
        alone = np.zeros((1, 5))
        assert fit(MLRG.create(seed=seed), history=alone)() == (1, None)
        assert np.array_equal(history, alone, equal_nan=True)


# Progress of what needs no model

PAIR = np.array([[0.5], [0.6]])
WITH_PROGRESS = {
    "mlrg_divergence": ("A1", 1, PAIR, PAIR + 0.1, np.zeros(2), PAIR.copy()),
    "mlrg_divergence_hessian": ("A1", 1, PAIR, PAIR + 0.1, PAIR, np.zeros(2), PAIR.copy()),
    "mlrg_exact_map": ("A1", 1, PAIR, 2, 0, PAIR.copy(), np.zeros(2), np.zeros(2), PAIR @ [[1, 1]]),
    "mlrg_minimum_divergence": ("A1", PAIR.ravel(), 2, 0, np.zeros(2)),
    "mlrg_boltzmann_tensor": ("A1", 1, 0, PAIR, np.zeros((2, 2, 2, 2, 2))),
}


@pytest.mark.parametrize("name", WITH_PROGRESS)
def test_progress_is_told_and_stops(name):
    check_progress(partial(getattr(_core, name), *WITH_PROGRESS[name]))
