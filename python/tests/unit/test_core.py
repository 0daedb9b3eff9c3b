"""The extension trusts nothing: whatever it is given, it raises and leaves memory alone."""

import datetime
import gc
import math
import re
import subprocess
import sys
import threading
import time
import traceback

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, IsingRGError, _core

K = np.array([0.4])
SPINS = np.ones((2, 4, 4), dtype=np.int8)
OUT = np.zeros(2)


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def sample(**changed):
    """A good call of ising_sample but for what is changed."""
    good = dict(
        size=4, couplings=K, n_chains=1, n_samples=1, n_thermalize=1, n_between=1,
        algorithm=_core.WOLFF, seed=0, spins=np.zeros((1, 1, 1, 4, 4), np.int8), progress=None,
    )  # fmt: skip
    return lambda: _core.ising_sample(*{**good, **changed}.values())


def energy(spins, energies=OUT):
    return lambda: _core.ising_energy(spins, energies)


def model(**changed):
    good = dict(
        representation="A1", moderator=_core.MONOTONE, divergence=_core.KL, transport=_core.STEP,
        frame=_core.PUBLISHED, activation=_core.TANH, layer_norm=1, symmetric=0, hidden=(6, 8),
        seed=0,
    )  # fmt: skip
    return _core.mlrg_create(*{**good, **changed}.values())


def on_model(name, *args):
    return lambda: getattr(_core, name)(model(), *args)


def closed(name, *args):
    def call():
        handle = model()
        _core.mlrg_destroy(handle)
        getattr(_core, name)(handle, *args)

    return call


def fit(handle=None, **changed):
    good = dict(
        steps=1, schedule_steps=1, batch=4, learning_rate=1e-3, final_learning_rate=1e-3,
        weight_decay=0.0, clip_norm=0.0, beta_max=5.0, beta_rate=1.0, beta_midpoint=0.5,
        proposal=_core.SQUARED, replicas=1, ray=0.0, proposal_scale=1.0, coupling_bound=4.0,
        hmc_step=0.01, hmc_leapfrog=2, hmc_updates=1,
        cd_samples=4, teacher_sweeps=1, student_sweeps=1, record_from=0,
        record_guess=np.array([0.8]), seed=0,
        history=np.zeros((1, _core.HISTORY_COLUMNS)), progress=None,
    )  # fmt: skip
    return lambda: _core.mlrg_fit(handle or model(), *{**good, **changed}.values())


ONE = np.zeros(1)
ROW = np.zeros((1, 1))

CASES = [
    # number of arguments
    (TypeError, r"ising_energy takes 2 arguments, got 1", lambda: _core.ising_energy(SPINS)),
    (TypeError, r"ising_sample takes 10 arguments, got 0", _core.ising_sample),
    # scalars
    (TypeError, r"size must be an integer, not float", sample(size=4.0)),
    (TypeError, r"size must be an integer, not bool", sample(size=True)),
    (ArgumentError, r"size must be from 1", sample(size=0)),
    (ArgumentError, r"size must be from 1", sample(size=2**200)),
    (ArgumentError, r"the lattice size must be even",
     sample(size=5, spins=np.ones((1, 1, 1, 5, 5), "i1"))),
    (ArgumentError, r"n_samples must be from 1", sample(n_samples=0)),
    (ArgumentError, r"n_chains must be from 1", sample(n_chains=-1)),
    (ArgumentError, r"n_between must be from -1", sample(n_between=-2)),
    (ArgumentError, r"the sweeps between samples", sample(n_between=0)),
    (ArgumentError, r"algorithm must be from 0 to 3", sample(algorithm=4)),
    (ArgumentError, r"algorithm must be from 0 to 2147483647", sample(algorithm=2**31)),
    (ArgumentError, r"seed must be from 0 to 2\^64 - 1, got -1", sample(seed=-1)),
    (ArgumentError, r"seed must be from 0 to 2\^64 - 1", sample(seed=2**64)),
    (TypeError, r"seed must be an integer, not str", sample(seed="0")),
    (TypeError, r"progress must be a callable or None, not int", sample(progress=1)),
    (ArgumentError, r"every coupling must be finite", sample(couplings=np.array([math.nan]))),
    # arrays: kind
    (TypeError, r"couplings must be an array of float64, not list", sample(couplings=[0.4])),
    (TypeError, r"couplings must be an array of float64, not NoneType", sample(couplings=None)),
    (TypeError, r"couplings must hold float64", sample(couplings=K.astype(np.float32))),
    (TypeError, r"couplings must hold float64", sample(couplings=K.astype(">f8"))),
    (TypeError, r"couplings must hold float64", sample(couplings=K.astype(np.int64))),
    (TypeError, r"couplings must hold float64", sample(couplings=K.astype(complex))),
    (TypeError, r"couplings must hold float64", sample(couplings=K.astype(object))),
    (TypeError, r"couplings must hold float64", sample(couplings=K.view([("x", "f8")]))),
    (TypeError, r"couplings must hold float64", sample(couplings=b"12345678")),
    (TypeError, r"couplings must be an array of float64", sample(couplings=K.astype("M8[s]"))),
    (TypeError, r"couplings must hold float64",
     sample(couplings=np.frombuffer(bytearray(9), np.uint8)[1:].view(np.float64))),
    (ArgumentError, r"couplings must be C-contiguous and aligned",
     sample(couplings=memoryview(bytearray(17))[1:].cast("d"))),
    (TypeError, r"spins must hold int8", energy(SPINS.view(np.uint8))),
    (TypeError, r"spins must hold int8", energy(SPINS.view(bool))),
    (TypeError, r"spins must hold int8", energy(SPINS.astype(np.int16))),
    # arrays: shape
    (ArgumentError, r"couplings must have the shape \(any,\).*got \(1, 1\)",
     sample(couplings=K[None])),
    (ArgumentError, r"couplings must have the shape .*got \(\)", sample(couplings=np.array(0.4))),
    (ArgumentError, r"couplings must have the shape .*got \(0,\), which is empty",
     sample(couplings=K[:0])),
    (ArgumentError, r"spins must have the shape \(1, 1, 1, 4, 4\).*got \(1, 1, 1, 4, 2\)",
     sample(spins=np.zeros((1, 1, 1, 4, 2), np.int8))),
    (ArgumentError, r"spins must have the shape \(1, 1, 2, 4, 4\)", sample(n_samples=2)),
    (ArgumentError, r"spins must have the shape", sample(n_samples=2**52, n_chains=2**52)),
    (ArgumentError, r"spins must have the shape .*more dimensions",
     sample(spins=np.zeros((1,) * 9, np.int8))),
    (ArgumentError, r"spins must have the shape \(any, any, same\)", energy(SPINS[:, :3])),
    (ArgumentError, r"spins must have the shape", energy(SPINS[:0], OUT[:0])),
    (ArgumentError, r"energies must have the shape \(2,\).*got \(3,\)", energy(SPINS, np.zeros(3))),
    (ArgumentError, r"blocked must have the shape \(2, 2, 2\)",
     lambda: _core.ising_block_spin(SPINS, 2, np.zeros((2, 2, 1), np.int8))),
    (ArgumentError, r"factor must be from 1 to 4, got 0",
     lambda: _core.ising_block_spin(SPINS, 0, np.zeros((2, 2, 2), np.int8))),
    (ArgumentError, r"block must divide",
     lambda: _core.ising_block_spin(SPINS, 3, np.zeros((2, 1, 1), np.int8))),
    # arrays: memory
    (ArgumentError, r"spins must be C-contiguous", energy(SPINS.transpose(0, 2, 1)[:, ::-1])),
    (ArgumentError, r"couplings must be C-contiguous", sample(couplings=np.zeros(4)[::2])),
    (ArgumentError, r"couplings must be C-contiguous", sample(couplings=np.zeros(4)[::-1])),
    (ArgumentError, r"energies must be writable", energy(SPINS, frozen(OUT))),
    (ArgumentError, r"spins must be writable",
     sample(spins=frozen(np.zeros((1, 1, 1, 4, 4), np.int8)))),
    (ArgumentError, r"couplings must be C-contiguous", lambda: _core.ising_exact_bulk(
        np.broadcast_to(K, 3), None, None, None, None)),
    # exact results and statistics
    (ArgumentError, r"size must be from 2 to 4096",
     lambda: _core.ising_exact_torus(4097, K, None, None, None)),
    (ArgumentError, r"energy must have the shape",
     lambda: _core.ising_exact_torus(4, K, None, np.zeros(2), None)),
    (ArgumentError, r"coupling must be finite",
     lambda: _core.ising_exact_bulk(np.array([math.inf]), ONE, None, None, None)),
    (ArgumentError, r"series must have the shape",
     lambda: _core.ising_autocorrelation_time(np.zeros(10), None)),
    (ConvergenceError, r"", lambda: _core.ising_autocorrelation_time(
        np.cumsum(np.random.default_rng(0).normal(size=(1, 200)), axis=1), None)),
    (ArgumentError, r"count must be from 1 to 1024", lambda: _core.set_num_threads(0)),
    # MLRG: names and numbers
    (TypeError, r"representation must be a string, not bytes",
     lambda: _core.mlrg_coupling_count(b"A1", 0)),
    (ArgumentError, r"representation must be plain text",
     lambda: _core.mlrg_coupling_count("A1\0", 0)),
    (ArgumentError, r"representation must be plain text",
     lambda: _core.mlrg_coupling_count("\ud800", 0)),
    (ArgumentError, r".*representation", lambda: _core.mlrg_coupling_count("A7", 0)),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", lambda: model(hidden=())),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", lambda: model(hidden=[4])),
    (ArgumentError, r"hidden must be a tuple of 1 to 16", lambda: model(hidden=(4,) * 17)),
    (ArgumentError, r"hidden must be from 1 to 1024", lambda: model(hidden=(4, 0))),
    (TypeError, r"hidden must be an integer", lambda: model(hidden=(4, 1.5))),
    (ArgumentError, r"layer_norm must be from 0 to 1", lambda: model(layer_norm=2)),
    (ArgumentError, r"symmetric must be", lambda: model(symmetric=2)),
    (ArgumentError, r"moderator must be", lambda: model(moderator=2)),
    (ArgumentError, r"activation must be", lambda: model(activation=9)),
    (TypeError, r"model must come from mlrg_create", lambda: _core.mlrg_step(None)),
    (TypeError, r"model must come from mlrg_create", lambda: _core.mlrg_step(_core)),
    (TypeError, r"model must come from mlrg_create",
     lambda: _core.mlrg_step(datetime.datetime_CAPI)),
    # MLRG: arrays
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
    (ArgumentError, r"index must be", on_model("mlrg_array_info", 10**6)),
    (ArgumentError, r"values must have the shape",
     on_model("mlrg_read_array", 0, np.zeros((9, 9, 9)))),
    (ArgumentError, r"history must have the shape \(2, 5\)", fit(steps=2)),
    (ArgumentError, r"learning_rate must be finite", fit(learning_rate=math.nan)),
    (TypeError, r"batch must be an integer", fit(batch=2.0)),
    (ArgumentError, r"steps must be from 1", fit(steps=0)),
    (ArgumentError, r"hmc_leapfrog must be from 0 to 4294967295", fit(hmc_leapfrog=2**32)),
    # closed models
    (IsingRGError, r".*closed", closed("mlrg_step")),
    (IsingRGError, r".*closed", closed("mlrg_destroy")),
    (IsingRGError, r".*closed", closed("mlrg_array_count")),
    (IsingRGError, r".*closed", closed("mlrg_monotone", ROW, ONE, None)),
    (IsingRGError, r".*closed", closed("mlrg_fixed_point", ONE, ONE, None)),
]  # fmt: skip


@pytest.mark.parametrize(
    "error, pattern, call", CASES, ids=[pattern[:40] for _, pattern, _ in CASES]
)
def test_exception_names_the_argument(error, pattern, call):
    with pytest.raises(Exception) as caught:
        call()
    assert type(caught.value) is error
    assert re.match(pattern, str(caught.value)), str(caught.value)


def test_a_process_survives_all_of_them():
    assert subprocess.run([sys.executable, __file__], timeout=120).returncode == 0


def test_good_calls_of_this_file_succeed():
    sample()()
    done, error = fit()()
    assert (done, error) == (1, None)
    energy(SPINS)()
    assert OUT.tolist() == [-32.0, -32.0]


# The lock of the interpreter

CHAINS = np.ones((64, 64, 64), np.int8)
MODEL, COUPLINGS = model(), np.full((4096, 1), 0.5)
UNLOCKED = [
    sample(size=64, n_samples=8, spins=np.ones((1, 1, 8, 64, 64), np.int8)),
    energy(CHAINS, np.zeros(64)),
    lambda: _core.ising_block_spin(CHAINS, 2, np.zeros((64, 32, 32), np.int8)),
    lambda: _core.ising_exact_torus(64, np.full(64, 0.4), np.zeros(64), None, None),
    lambda: _core.mlrg_velocity(MODEL, COUPLINGS, np.zeros((4096, 1)), None, None),
    fit(MODEL, steps=20, history=np.zeros((20, _core.HISTORY_COLUMNS)), batch=64),
]


@pytest.mark.parametrize("call", UNLOCKED)
def test_other_threads_run_meanwhile(call):
    """A thread that looks on, and that Python itself would let run every 1000 seconds only."""
    seen, over, interval = [0], threading.Event(), sys.getswitchinterval()

    def watch():
        while not over.is_set():
            seen[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=watch)
    sys.setswitchinterval(1000)
    try:
        thread.start()
        for _ in range(1000):  # it may take a call or two until the system wakes it up
            before = seen[0]
            call()
            if seen[0] > before:
                break
        else:
            raise AssertionError("nothing else ran during a call")
    finally:
        sys.setswitchinterval(interval)
        over.set()
        thread.join()


# Models


def test_training_hands_over_what_stopped_it():
    error = LookupError("mine")

    def stop(done, total):
        raise error

    settings = dict(steps=10**5, history=np.zeros((10**5, _core.HISTORY_COLUMNS)), batch=64)
    done, caught = fit(**settings, progress=stop)()
    assert caught is error and done < 10**5
    assert "stop" in [frame.name for frame in traceback.extract_tb(caught.__traceback__)]
    done, caught = fit(**settings, progress=lambda done, total: False)()
    assert type(caught).__name__ == "Interrupted" and done < 10**5


@pytest.mark.parametrize(
    "changed, pattern",
    [
        ({"proposal": 2}, "proposal must be"),
        ({"replicas": 5}, "replicas must be 1, 2, 4, 8, 16 or 32, not 5"),
        ({"replicas": 0}, "replicas must be 1"),
        ({"replicas": 8}, "replicas must divide the 4 couplings"),
        ({"ray": -0.1}, "ray must be from 0"),
    ],
)
def test_settings_are_checked_again_in_the_core(changed, pattern):
    done, error = fit(**changed)()
    assert done == 0 and type(error) is ArgumentError and re.match(pattern, str(error))


def test_a_model_in_training_is_busy():
    handle = model()
    caught = []

    def meanwhile(done, total):
        for call in (
            lambda: _core.mlrg_monotone(handle, ROW, ONE, None),
            lambda: _core.mlrg_step(handle),
        ):
            try:
                call()
            except IsingRGError as error:
                caught.append(str(error))
        return False

    history = np.zeros((10**5, _core.HISTORY_COLUMNS))
    fit(handle, steps=10**5, batch=64, history=history, progress=meanwhile)()
    assert caught and "use" in caught[0]


def test_state_is_read_and_written():
    a, b = model(seed=1), model(seed=2)
    values = {}
    for index in range(_core.mlrg_array_count(a)):
        name, shape = _core.mlrg_array_info(a, index)
        values[name] = np.zeros(shape)
        _core.mlrg_read_array(a, index, values[name])
    assert len(values) == _core.mlrg_array_count(a)
    for index in range(_core.mlrg_array_count(b)):
        _core.mlrg_write_array(b, index, values[_core.mlrg_array_info(b, index)[0]])
    one, other = np.zeros(3), np.zeros(3)
    couplings = np.array([[0.1], [0.5], [0.9]])
    _core.mlrg_monotone(a, couplings, one, None)
    _core.mlrg_monotone(b, couplings, other, None)
    assert (one == other).all() and one.any()


# Memory


def resident_kilobytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


@pytest.mark.parametrize(
    "call, error",
    [
        (sample(size=4.0), TypeError),
        (sample(spins=np.zeros((1, 1, 1, 4, 2), np.int8)), ArgumentError),
        (sample(couplings=np.array([math.nan])), ArgumentError),
        (energy(SPINS, frozen(OUT)), ArgumentError),
        (closed("mlrg_step"), IsingRGError),
    ],
)
def test_failing_calls_leak_nothing(call, error):
    def repeat(times):
        for _ in range(times):
            try:
                call()
            except error:
                pass

    def growth():
        gc.collect()
        before = resident_kilobytes()
        repeat(40_000)
        gc.collect()
        return resident_kilobytes() - before

    repeat(2000)
    # A leak of one small object per call is more than a megabyte, every time; the allocator may
    # take memory for itself once.
    assert min(growth() for _ in range(3)) < 500


def test_answers_of_progress_are_let_go():
    """Each of them, also what is no False and so means nothing."""
    answer = object()
    before = sys.getrefcount(answer)
    fit(steps=50, history=np.zeros((50, _core.HISTORY_COLUMNS)), progress=lambda *_: answer)()
    assert sys.getrefcount(answer) == before


def test_errors_of_trainings_are_let_go():
    error = ValueError("mine")

    def fail(done, total):
        raise error

    for _ in range(3):
        assert fit(steps=10**5, history=np.zeros((10**5, 5)), progress=fail)()[1] is error
    error.__traceback__ = None
    assert sys.getrefcount(error) <= 3  # here, in the cell of the function, and in the call


@pytest.mark.parametrize(
    "good, wrong",
    [
        (lambda: _core.set_num_threads(1024), lambda: _core.set_num_threads(1025)),
        (lambda: model(hidden=(1024,)), lambda: model(hidden=(1025,))),
        (lambda: model(hidden=(1,) * 16), lambda: model(hidden=(1,) * 17)),
        (sample(seed=2**64 - 1), sample(seed=2**64)),
        (lambda: _core.ising_block_spin(SPINS, 4, np.zeros((2, 1, 1), np.int8)),
         lambda: _core.ising_block_spin(SPINS, 5, np.zeros((2, 1, 1), np.int8))),
        (lambda: _core.ising_exact_torus(2, K, ONE.copy(), None, None),
         lambda: _core.ising_exact_torus(1, K, ONE.copy(), None, None)),
        (lambda: _core.ising_exact_torus(4096, K, ONE.copy(), None, None),
         lambda: _core.ising_exact_torus(4097, K, ONE.copy(), None, None)),
        (lambda: _core.mlrg_array_info(MODEL, _core.mlrg_array_count(MODEL) - 1),
         lambda: _core.mlrg_array_info(MODEL, _core.mlrg_array_count(MODEL))),
    ],
)  # fmt: skip
def test_ranges_hold_their_ends(good, wrong):
    threads = _core.get_num_threads()
    try:
        good()
        with pytest.raises(ArgumentError):
            wrong()
    finally:
        _core.set_num_threads(threads)


def test_calls_keep_no_references():
    spins, energies, couplings = SPINS.copy(), np.zeros(2), K.copy()
    report = lambda done, total: None  # noqa: E731
    objects = (spins, energies, couplings, report)
    before = [sys.getrefcount(item) for item in objects]
    for _ in range(100):
        _core.ising_energy(spins, energies)
        sample(couplings=couplings, progress=report)()
        with pytest.raises(ArgumentError):
            _core.ising_energy(spins, couplings)
    assert [sys.getrefcount(item) for item in objects] == before


if __name__ == "__main__":
    for error, _, call in CASES:
        try:
            call()
        except error:
            continue
        raise SystemExit("a case did not raise")
    sample()()
