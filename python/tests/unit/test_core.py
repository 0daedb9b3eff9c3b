"""The extension trusts nothing: whatever it is given, it raises and leaves memory alone."""

import gc
import math
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, IsingRGError, _core

sys.path.append(str(Path(__file__).parent))
import native_models
from native_models import MLRG, check_progress, refused

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
        algorithm=_core.ISING_WOLFF, seed=0, spins=np.zeros((1, 1, 1, 4, 4), np.int8),
        progress=None,
    )  # fmt: skip
    return lambda: _core.ising_sample(*{**good, **changed}.values())


def energy(spins, energies=OUT):
    return lambda: _core.ising_energy(spins, energies, None)


def block(spins, factor, blocked):
    return lambda: _core.ising_block_spin(spins, factor, blocked, None)


def torus(size, K, *outputs):
    return lambda: _core.ising_exact_torus(size, K, *outputs, None)


ONE = np.zeros(1)

CASES = [
    # number of arguments
    (TypeError, r"ising_energy takes 3 arguments, got 1", lambda: _core.ising_energy(SPINS)),
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
    (ArgumentError, r"algorithm must be from -1 to 3", sample(algorithm=4)),
    (ArgumentError, r"algorithm must be from -1 to 2147483647", sample(algorithm=2**31)),
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
     block(SPINS, 2, np.zeros((2, 2, 1), np.int8))),
    (ArgumentError, r"factor must be from 1 to 4, got 0",
     block(SPINS, 0, np.zeros((2, 2, 2), np.int8))),
    (ArgumentError, r"block must divide", block(SPINS, 3, np.zeros((2, 1, 1), np.int8))),
    # arrays: memory
    (ArgumentError, r"spins must be C-contiguous", energy(SPINS.transpose(0, 2, 1)[:, ::-1])),
    (ArgumentError, r"couplings must be C-contiguous", sample(couplings=np.zeros(4)[::2])),
    (ArgumentError, r"couplings must be C-contiguous", sample(couplings=np.zeros(4)[::-1])),
    (ArgumentError, r"energies must be writable", energy(SPINS, frozen(OUT))),
    (ArgumentError, r"spins must be writable",
     sample(spins=frozen(np.zeros((1, 1, 1, 4, 4), np.int8)))),
    (ArgumentError, r"couplings must be C-contiguous", lambda: _core.ising_exact_bulk(
        np.broadcast_to(K, 3), None, None, None, None, None)),
    # exact results and statistics
    (ArgumentError, r"size must be from 2 to 4096", torus(4097, K, None, None, None)),
    (ArgumentError, r"energy must have the shape", torus(4, K, None, np.zeros(2), None)),
    (ArgumentError, r"coupling must be finite",
     lambda: _core.ising_exact_bulk(np.array([math.inf]), ONE, None, None, None, None)),
    (ArgumentError, r"series must have the shape",
     lambda: _core.ising_autocorrelation_time(np.zeros(10), None)),
    (ConvergenceError, r"", lambda: _core.ising_autocorrelation_time(
        np.cumsum(np.random.default_rng(0).normal(size=(1, 200)), axis=1), None)),
    (ArgumentError, r"count must be from 1 to 1024", lambda: _core.set_num_threads(0)),
]  # fmt: skip


@pytest.mark.parametrize(
    "error, pattern, call", CASES, ids=[pattern[:40] for _, pattern, _ in CASES]
)
def test_exception_names_the_argument(error, pattern, call):
    refused(error, pattern, call)


@pytest.mark.parametrize(
    "cases", ["core", "mlrg_core", "neuralrg_core", "graphvae_core", "multilevel_core"]
)
def test_a_process_survives_all_of_them(cases):
    command = [sys.executable, native_models.__file__, f"test_{cases}"]
    assert subprocess.run(command, timeout=120).returncode == 0


def test_good_calls_of_this_file_succeed():
    sample()()
    energy(SPINS)()
    assert OUT.tolist() == [-32.0, -32.0]


# Progress

NOISE = np.random.default_rng(0).normal(size=(2, 500))
WITH_PROGRESS = {
    "ising_sample": (4, K, 1, 1, 1, 1, 0, 0, np.zeros((1, 1, 1, 4, 4), np.int8)),
    "ising_energy": (SPINS, OUT.copy()),
    "ising_magnetization": (SPINS, OUT.copy()),
    "ising_block_spin": (SPINS, 2, np.zeros((2, 2, 2), np.int8)),
    "ising_exact_torus": (4, K, ONE.copy(), ONE.copy(), ONE.copy()),
    "ising_exact_bulk": (K, ONE.copy(), ONE.copy(), ONE.copy(), ONE.copy()),
    "ising_autocorrelation_time": (NOISE,),
}


def test_the_table_has_every_function_of_the_ising_model():
    at_once = {"ising_plan"}
    assert set(WITH_PROGRESS) | at_once == {
        name for name in dir(_core) if name.startswith("ising_")
    }


@pytest.mark.parametrize("name", WITH_PROGRESS)
def test_progress_is_told_and_stops(name):
    check_progress(partial(getattr(_core, name), *WITH_PROGRESS[name]))


# The lock of the interpreter

CHAINS = np.ones((64, 64, 64), np.int8)
MODEL, COUPLINGS = MLRG.create(), np.full((4096, 1), 0.5)
UNLOCKED = [
    sample(size=64, n_samples=8, spins=np.ones((1, 1, 8, 64, 64), np.int8)),
    energy(CHAINS, np.zeros(64)),
    block(CHAINS, 2, np.zeros((64, 32, 32), np.int8)),
    torus(64, np.full(64, 0.4), np.zeros(64), None, None),
    lambda: _core.mlrg_velocity(MODEL, COUPLINGS, np.zeros((4096, 1)), None, None),
    MLRG.fit(MODEL, steps=20, history=np.zeros((20, _core.MLRG_COLUMNS)), batch=64),
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
        (lambda: _core.model_step(MLRG.closed()), IsingRGError),
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


@pytest.mark.parametrize(
    "good, wrong",
    [
        (lambda: _core.set_num_threads(1024), lambda: _core.set_num_threads(1025)),
        (sample(seed=2**64 - 1), sample(seed=2**64)),
        (block(SPINS, 4, np.zeros((2, 1, 1), "b")), block(SPINS, 5, np.zeros((2, 1, 1), "b"))),
        (torus(2, K, ONE.copy(), None, None), torus(1, K, ONE.copy(), None, None)),
        (torus(4096, K, ONE.copy(), None, None), torus(4097, K, ONE.copy(), None, None)),
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
        _core.ising_energy(spins, energies, report)
        sample(couplings=couplings, progress=report)()
        with pytest.raises(ArgumentError):
            _core.ising_energy(spins, couplings, None)
    assert [sys.getrefcount(item) for item in objects] == before
