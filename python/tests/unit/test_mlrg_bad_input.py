"""Wrong arguments of the MLRG functions raise an exception that names the argument.

Each case runs in the test process, and all of them once more in a process of their own, which has
to end normally: `python test_mlrg_bad_input.py`.
"""

import functools
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from isingrg import ArgumentError, IsingRGError, mlrg
from isingrg.mlrg import MLRG


@functools.cache
def trained(**options):
    return MLRG("A1", hidden=(4,), **options).fit(3, 8)


@functools.cache
def closed():
    model = MLRG("A1", hidden=(4,)).fit(3, 8)
    model.close()
    return model


def new(*args, **options):
    return lambda: MLRG(*args, **options)


def fit(*args, **options):
    """On a trained model, whose state may not change."""
    return lambda: trained().fit(*args, **options)


def call(name, *args, **options):
    return lambda: getattr(trained(), name)(*args, **options)


def untrained(name, *args):
    return lambda: getattr(MLRG(), name)(*args)


def after_close(name, *args):
    return lambda: getattr(closed(), name)(*args)


def case(function, *args, **options):
    return lambda: function(*args, **options)


CASES = [
    # names
    (ArgumentError, r"representation .*not \"A3\"; did you mean 'A2'", new("A3")),
    (ArgumentError, r"representation .*did you mean 'A1\+E'", new("A1 + E")),
    (ArgumentError, r"representation .*did you mean 'A1\+E'", new("A1xE")),
    (ArgumentError, r"representation must be", new("")),
    (ArgumentError, r"representation must .*components", new("3E")),
    (ArgumentError, r"representation must be", new("0A1")),
    (ArgumentError, r"representation must be", new("A1+")),
    (ArgumentError, r"representation must be", new("9" * 400 + "A1")),
    (ArgumentError, r"representation must be plain text", new("A1\0")),
    (ArgumentError, r"representation must be plain text", new("\ud800")),
    (TypeError, r"representation must be a string", new(1)),
    (TypeError, r"representation must be a string", new(None)),
    (ArgumentError, r"moderator must be .*did you mean 'monotone'", new(moderator="monoton")),
    (ArgumentError, r"moderator must be one of", new(moderator="")),
    (TypeError, r"moderator must be one of", new(moderator=None)),
    (ArgumentError, r"divergence must be .*did you mean 'kl'", new(divergence="KL")),
    (ArgumentError, r"transport must be .*did you mean 'step'", new(transport="steps")),
    (ArgumentError, r"frame must be .*did you mean 'consistent'", new(frame="consistant")),
    (ArgumentError, r"activation must be .*did you mean 'silu'", new(activation="SiLU")),
    (TypeError, r"activation must be one of", new(activation=np.tanh)),
    (TypeError, r"layer_norm must be True or False", new(layer_norm=1)),
    (TypeError, r"symmetric must be True or False", new(symmetric=None)),
    # hidden
    (ArgumentError, r"hidden must list 1 to 16 layers, got 0", new(hidden=[])),
    (ArgumentError, r"hidden must list 1 to 16 layers, got 17", new(hidden=[4] * 17)),
    (ArgumentError, r"hidden must list 1 to 16 layers, got 100000000000",
     new(hidden=np.broadcast_to(1, 10**11))),
    (ArgumentError, r"hidden width must be from 1 to 1024, got 0", new(hidden=[0])),
    (ArgumentError, r"hidden width must be from 1 to 1024, got -1", new(hidden=(8, -1))),
    (ArgumentError, r"hidden width must be from 1 to 1024, got 1000000000", new(hidden=[10**9])),
    (TypeError, r"hidden width must be an integer", new(hidden=[8.0])),
    (TypeError, r"hidden width must be an integer", new(hidden=[True])),
    (TypeError, r"hidden must be a sequence", new(hidden=0)),
    (TypeError, r"hidden must be a sequence", new(hidden="32")),
    # counts and seeds of fit
    (ArgumentError, r"steps must be from 1 to 1000000000, got 0", fit(0)),
    (ArgumentError, r"steps must be from 1", fit(-1)),
    (ArgumentError, r"steps must be from 1", fit(10**10)),
    (TypeError, r"steps must be an integer, not float", fit(10.0)),
    (TypeError, r"steps must be an integer, not bool", fit(True)),
    (ArgumentError, r"steps must be given: the schedules of 3 steps", fit()),
    (ArgumentError, r"batch must be from 1 to 1000000, got 0", fit(1, 0)),
    (ArgumentError, r"batch must be from 1", fit(1, 2**40)),
    (ArgumentError, r"seed must be from 0 to 2\*\*64 - 1, got -1", fit(1, seed=-1)),
    (ArgumentError, r"seed must be from 0", fit(1, seed=2**64)),
    (TypeError, r"seed must be an integer", fit(1, seed=0.5)),
    (ArgumentError, r"total_steps must be from 1", fit(1, total_steps=0)),
    (ArgumentError, r"hmc_leapfrog must be from 1 to 10000, got 0", fit(1, hmc_leapfrog=0)),
    (ArgumentError, r"hmc_updates must be from 1", fit(1, hmc_updates=10**9)),
    (ArgumentError, r"cd_samples must be from 1", fit(1, cd_samples=0)),
    (ArgumentError, r"teacher_sweeps must be from 1", fit(1, teacher_sweeps=-5)),
    (ArgumentError, r"student_sweeps must be from 1", fit(1, student_sweeps=2**63)),
    (ArgumentError, r"record_from must be from 0", fit(1, record_from=-1)),
    # numbers of fit
    (ArgumentError, r"lr must be from 1e-12 to 10, got 0.0", fit(1, lr=0)),
    (ArgumentError, r"lr must be .*got nan", fit(1, lr=math.nan)),
    (ArgumentError, r"lr must be .*got inf", fit(1, lr=math.inf)),
    (TypeError, r"lr must hold real numbers, not str", fit(1, lr="1e-3")),
    (TypeError, r"lr must be a single number", fit(1, lr=[1e-3, 1e-4])),
    (ArgumentError, r"final_lr must be from 0", fit(1, final_lr=-1e-9)),
    (ArgumentError, r"weight_decay must be from 0", fit(1, weight_decay=-1)),
    (ArgumentError, r"clip_norm must be from 0", fit(1, clip_norm=-1)),
    (ArgumentError, r"beta_max must be from 0", fit(1, beta_max=-1)),
    (ArgumentError, r"beta_rate must be from 0", fit(1, beta_rate=1e7)),
    (ArgumentError, r"beta_midpoint must be from -10 to 10", fit(1, beta_midpoint=11)),
    (ArgumentError, r"proposal must be .*did you mean 'squared'", fit(1, proposal="square")),
    (TypeError, r"proposal must be one of", fit(1, proposal=2)),
    (ArgumentError, r"replicas must be from 1 to 32, got 0", fit(1, replicas=0)),
    (ArgumentError, r"replicas must be 1, 2, 4, 8, 16 or 32, got 3", fit(1, replicas=3)),
    (ArgumentError, r"replicas must divide the 8 couplings", fit(1, 8, replicas=16)),
    (ArgumentError, r"replicas must divide the 7 couplings", fit(1, 8, replicas=4, ray=0.1)),
    (TypeError, r"replicas must be an integer", fit(1, replicas=2.0)),
    (ArgumentError, r"ray must be from 0 to 1", fit(1, ray=1.01)),
    (ArgumentError, r"ray must be .*got nan", fit(1, ray=math.nan)),
    (ArgumentError, r"ray_range must be two numbers in asc", fit(1, ray_range=(1, 0.5))),
    (ArgumentError, r"ray_range must be two numbers in asc", fit(1, ray_range=0.5)),
    (ArgumentError, r"ray_range must be from -10 to 10", fit(1, ray_range=(0, math.nan))),
    (ArgumentError, r"ray_steps must be from 0", fit(1, ray_steps=-1)),
    (ArgumentError, r"ray_noise must be from 0 to 10", fit(1, ray_noise=11)),
    (ArgumentError, r"divergence must be 'kl' or 'cd' with scheme 'star'",
     case(mlrg.MLRG, divergence="l2")),
    (ArgumentError, r"divergence must be 'kl' or 'l2' with",
     case(mlrg.MLRG, scheme="loop", divergence="cd")),
    (ArgumentError, r"frame must be 'published' with",
     case(mlrg.MLRG, scheme="loop", frame="consistent")),
    (ArgumentError, r"symmetric must be False with",
     case(mlrg.MLRG, scheme="loop", symmetric=True)),
    (ArgumentError, r"representation must be \"A1\" or \"2A1\"",
     case(mlrg.MLRG, "A1+E", scheme="loop")),
    (ArgumentError, r"scheme must be one of", case(mlrg.MLRG, scheme="ring")),
    (ArgumentError, r"proposal_scale must be from", fit(1, proposal_scale=0)),
    (ArgumentError, r"coupling_bound must be from 0.1 to 10", fit(1, coupling_bound=0)),
    (ArgumentError, r"hmc_step must be from", fit(1, hmc_step=0)),
    (ArgumentError, r"record_guess must be from", fit(1, record_guess=99)),
    (ArgumentError, r"record_guess must be from", fit(1, record_guess=[11])),
    (ArgumentError, r"record_guess must be a number or have 1 couplings, got 2",
     fit(1, record_guess=[0.8, 0])),
    (TypeError, r"record_guess must hold real numbers", fit(1, record_guess=["a"])),
    (TypeError, r"progress must be True, False or a callable", fit(1, progress="yes")),
    (TypeError, r"unexpected keyword argument 'lrr'", fit(1, lrr=1)),
    # couplings
    (ArgumentError, r"J must be finite, .*, got nan", call("velocity", math.nan)),
    (ArgumentError, r"J must be finite, .*, got inf", call("velocity", [0.5, math.inf])),
    (TypeError, r"J must hold real numbers, not str", call("velocity", "0.5")),
    (TypeError, r"J must hold real numbers, not complex", call("jacobian", 0.5j)),
    (TypeError, r"J must be a number or a rectangular array", call("flow", [[1], [1, 2]], 3)),
    (TypeError, r"J must hold real numbers, not NoneType", call("monotone", None)),
    (ArgumentError, r"steps must be from 0", call("flow", 0.5, -1)),
    (TypeError, r"steps must be an integer", call("flow", 0.5, 1.5)),
    (MemoryError, r"the trajectory of shape .* would need", call("flow", np.zeros(10**6), 2**24)),
    (ArgumentError, r"guess must be a single J", call("fixed_point", [0.5, 0.6])),
    (ArgumentError, r"guess must be finite", call("fixed_point", math.nan)),
    (ArgumentError, r"k must be from 1", call("scaling_dimensions", 0.8, 0)),
    (ArgumentError, r"J must be finite", call("ground_state_degeneracy", math.inf)),
    (ArgumentError, r"J must be from -4 to 4, got 5.0", case(mlrg.exact_map, 5)),
    (ArgumentError, r"J must be from -4 to 4, got nan", case(mlrg.exact_map, [0.1, math.nan])),
    (ArgumentError, r"J must have the shape \(\.\.\., 5\)", case(mlrg.exact_map, 0.5, "A1+E")),
    (ArgumentError, r"J must have the shape .*\(5, 4\)",
     case(mlrg.exact_map, np.zeros((5, 4)), "A1+E")),
    (ArgumentError, r"frame must be one of", case(mlrg.exact_map, 0.5, frame="new")),
    (ArgumentError, r"J must be from -4 to 4", case(mlrg.minimum_kl, -4.1)),
    (ArgumentError, r"representation .*did you mean 'A1'", case(mlrg.minimum_kl, 0.5, "a1")),
    (TypeError, r"progress must be True", case(mlrg.minimum_kl, 0.5, progress=1)),
    (TypeError, r"progress must be True", case(mlrg.exact_map, 0.5, progress="no")),
    (ArgumentError, r"starts must be from 1 to 1024, got 0",
     case(mlrg.exact_minimum, 0.5, starts=0)),
    (ArgumentError, r"starts must be from 1 to 1024", case(mlrg.exact_minimum, 0.5, starts=2**40)),
    (TypeError, r"starts must be an integer", case(mlrg.exact_minimum, 0.5, starts=2.0)),
    (ArgumentError, r"seed must be from 0", case(mlrg.exact_minimum, 0.5, seed=-1)),
    (ArgumentError, r"J must be from -4 to 4", case(mlrg.exact_minimum, [[0.1, 4.5]])),
    (ArgumentError, r"representation must .*components", case(mlrg.exact_minimum, 0.5, "3E")),
    (ArgumentError, r"frame must be one of", case(mlrg.exact_minimum, 0.5, frame="")),
    (ArgumentError, r"J_teacher must be finite", case(mlrg.divergence, math.nan, 0.5)),
    (ArgumentError, r"J_student must be finite", case(mlrg.divergence, 0.5, math.inf)),
    (ArgumentError, r"J_student must .*, at most 1e\+100", case(mlrg.divergence, 0.5, 1e308)),
    (TypeError, r"J_student must hold real numbers", case(mlrg.divergence, 0.5, None)),
    (ArgumentError, r"J_student must have the shape",
     case(mlrg.divergence, [0.5] * 5, 0.5, "A1+E")),
    (ArgumentError, r"J_student of shape \(3,\) cannot be",
     case(mlrg.divergence, [1, 2], [1, 2, 3])),
    (TypeError, r"gradient must be True or False", case(mlrg.divergence, 1, 1, gradient=1)),
    (ArgumentError, r"frame must be one of", case(mlrg.divergence, 1, 1, frame="old")),
    (ArgumentError, r"J must have the shape", case(mlrg.ground_state_degeneracy, 0.5, "2A1+E")),
    (ArgumentError, r"k must be from 1", case(mlrg.scaling_dimensions, 0.5, k=-1)),
    (ArgumentError, r"paper must be .*did you mean 'shen'", case(mlrg.published_settings, "Shen")),
    (ArgumentError, r"representation must have at most 10",
     case(mlrg.published_settings, "shen", "3A1+E")),
    (ArgumentError, r"representation .*did you mean", case(mlrg.published_settings, "shen", "A3")),
    # state of the model
    (IsingRGError, r"not been trained yet; call fit", untrained("velocity", 0.5)),
    (IsingRGError, r"not been trained yet; call fit", untrained("monotone", 0.5)),
    (IsingRGError, r"not been trained yet; call fit", untrained("critical_coupling")),
    (IsingRGError, r"not been trained yet; call fit", untrained("fixed_point")),
    (IsingRGError, r"not been trained yet; call fit", untrained("thermal_exponent")),
    (IsingRGError, r"not been trained yet; call fit", untrained("ground_state_degeneracy", 0.5)),
    (IsingRGError, r"not been trained yet; call fit", untrained("save", "/tmp/none")),
    (IsingRGError, r"the model is closed", after_close("velocity", 0.5)),
    (IsingRGError, r"the model is closed", after_close("fit", 1)),
    (IsingRGError, r"the model is closed", after_close("save", "/tmp/none")),
    (IsingRGError, r"the model is closed", after_close("__enter__")),
    (IsingRGError, r"the model is closed", after_close("__reduce__")),
    (ArgumentError, r"moderator must be 'monotone'",
     lambda: trained(moderator="flow").monotone(0.5)),
]  # fmt: skip


@pytest.mark.parametrize("error, message, function", CASES)
def test_message_names_the_argument(error, message, function):
    before = trained().step, trained().velocity(0.5)
    with pytest.raises(error, match=message):
        function()
    assert (trained().step, trained().velocity(0.5)) == before


def run_all():
    for error, message, function in CASES:
        try:
            function()
        except error as caught:
            assert re.search(message, str(caught)), (message, str(caught))
        else:
            raise AssertionError(f"nothing was raised: {message}")
    print(len(CASES), "errors")


def test_all_cases_leave_an_interpreter_alive():
    result = subprocess.run([sys.executable, __file__], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{len(CASES)} errors\n"


if __name__ == "__main__":
    run_all()
