"""Wrong arguments of the Ising functions raise an exception that names the argument.

Each case runs in the test process, and all of them once more in a process of their own, which has
to end normally: `python test_bad_input.py`.
"""

import math
import re
import subprocess
import sys

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, ising, statistics

UP = np.ones((4, 4), dtype=np.int8)
ZERO_SPIN = np.where(np.eye(4), 0, 1).astype(np.int8)
MASKED = np.ma.array([0.1, 0.2], mask=[False, True])
TOO_LARGE = np.full((4, 4), 257)


class Broken:
    def __index__(self):
        raise RuntimeError("no")


def sample(*args, **options):
    return lambda: ising.sample(*args, **options)


def case(function, *args, **options):
    return lambda: function(*args, **options)


CASES = [
    # L of sample
    (ArgumentError, r"L must be even and from 4 to 16384, got 5", sample(5, 0.4, 1)),
    (ArgumentError, r"L must be .*got 2", sample(2, 0.4, 1)),
    (ArgumentError, r"L must be .*got 0", sample(0, 0.4, 1)),
    (ArgumentError, r"L must be .*got -4", sample(-4, 0.4, 1)),
    (ArgumentError, r"L must be .*got 16386", sample(16386, 0.4, 1)),
    (ArgumentError, r"L must be", sample(10**30, 0.4, 1)),
    (TypeError, r"L must be an integer, not float", sample(4.0, 0.4, 1)),
    (TypeError, r"L must be an integer, not str", sample("4", 0.4, 1)),
    (TypeError, r"L must be an integer, not bool", sample(True, 0.4, 1)),
    (TypeError, r"L must be an integer, not NoneType", sample(None, 0.4, 1)),
    (TypeError, r"L must be an integer, not bool", sample(np.True_, 0.4, 1)),
    (TypeError, r"L must be an integer, not ndarray", sample(np.array([4, 4]), 0.4, 1)),
    (RuntimeError, r"no", sample(Broken(), 0.4, 1)),
    # K of sample
    (ArgumentError, r"K must be finite, got nan", sample(4, math.nan, 1)),
    (ArgumentError, r"K must be finite, got inf", sample(4, math.inf, 1)),
    (ArgumentError, r"K must be finite, got -inf", sample(4, [0.1, -math.inf], 1)),
    (ArgumentError, r"K must be finite, got 1000", sample(4, 10**400, 1)),
    (ArgumentError, r"K must be finite", sample(4, np.longdouble("1e4000"), 1)),
    (ArgumentError, r"K must have no masked values", sample(4, MASKED, 1)),
    (ArgumentError, r"K must be finite, got one of the type int", sample(4, 10**5000, 1)),
    (ArgumentError, r"L must be .*got one of the type int that", sample(10**5000, 0.4, 1)),
    (TypeError, r"K must hold real numbers, not complex", sample(4, np.zeros(0, complex), 1)),
    (TypeError, r"K must hold real numbers, not bool", sample(4, np.zeros(0, bool), 1)),
    (TypeError, r"K must hold real numbers, not str", sample(4, "0.4", 1)),
    (TypeError, r"K must hold real numbers, not complex", sample(4, 0.4 + 0j, 1)),
    (TypeError, r"K must hold real numbers, not bool", sample(4, True, 1)),
    (TypeError, r"K must hold real numbers, not object", sample(4, [0.1, None], 1)),
    (TypeError, r"K must hold real numbers, not dict", sample(4, {}, 1)),
    (TypeError, r"K must be a number or a rectangular array", sample(4, [[0.1], [0.1, 0.2]], 1)),
    (TypeError, r"K must hold real numbers, not datetime",
     sample(4, np.array(["2020"], "M8[s]"), 1)),
    # counts and sweeps
    (ArgumentError, r"n_samples must be from 1", sample(4, 0.4, 0)),
    (ArgumentError, r"n_samples must be from 1", sample(4, 0.4, -3)),
    (ArgumentError, r"n_samples must be from 1", sample(4, 0.4, 2**64)),
    (TypeError, r"n_samples must be an integer", sample(4, 0.4, 1.5)),
    (ArgumentError, r"n_chains must be from 1 to", sample(4, 0.4, 1, n_chains=0)),
    (ArgumentError, r"n_chains must be from 1 to", sample(4, 0.4, 1, n_chains=2**25)),
    (ArgumentError, r"n_thermalize must be from 0", sample(4, 0.4, 1, n_thermalize=-1)),
    (ArgumentError, r"n_thermalize must be from 0", sample(4, 0.4, 1, n_thermalize=2**63)),
    (ArgumentError, r"n_between must be from 1", sample(4, 0.4, 1, n_between=0)),
    (TypeError, r"n_between must be an integer", sample(4, 0.4, 1, n_between="2")),
    (MemoryError, r"spins of shape .* would need", sample(16384, 0.4, 2**30)),
    (MemoryError, r"spins of shape .* would need", sample(4, 0.4, 2**53, n_chains=2**24)),
    # seed, algorithm, progress
    (ArgumentError, r"seed must be from 0 to 2\*\*64 - 1, got -1", sample(4, 0.4, 1, seed=-1)),
    (ArgumentError, r"seed must be from 0 to 2\*\*64", sample(4, 0.4, 1, seed=2**64)),
    (TypeError, r"seed must be an integer", sample(4, 0.4, 1, seed=0.5)),
    (TypeError, r"seed must be an integer", sample(4, 0.4, 1, seed=None)),
    (ArgumentError, r"algorithm must be .*did you mean 'wolff'",
     sample(4, 0.4, 1, algorithm="wollf")),
    (ArgumentError, r"algorithm must be one of", sample(4, 0.4, 1, algorithm="")),
    (TypeError, r"algorithm must be one of .*not int", sample(4, 0.4, 1, algorithm=0)),
    (TypeError, r"progress must be True, False or a callable", sample(4, 0.4, 1, progress="yes")),
    (TypeError, r"progress must be True, False or a callable", sample(4, 0.4, 1, progress=None)),
    # spins
    (ArgumentError, r"spins must be -1 or \+1", case(ising.energy, ZERO_SPIN)),
    (ArgumentError, r"spins must be -1 or \+1", case(ising.magnetization, -2 * UP)),
    (ArgumentError, r"spins must be -1 or \+1", case(ising.block_spin, 2 * UP)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got 257", case(ising.energy, TOO_LARGE)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got 0.5", case(ising.energy, UP * 0.5)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got nan",
     case(ising.energy, UP * np.nan)),
    (ArgumentError, r"spins must be \+1 or -1 everywhere, got 255",
     case(ising.energy, np.full((2, 2), 255, np.uint8))),
    (ArgumentError, r"spins must have the shape .*got \(4, 3\)",
     case(ising.energy, np.ones((4, 3)))),
    (ArgumentError, r"spins must have the shape .*got \(16,\)", case(ising.energy, np.ones(16))),
    (ArgumentError, r"spins must have the shape .*got \(\)", case(ising.energy, 1)),
    (ArgumentError, r"spins must have the shape .*got \(1, 1\)", case(ising.energy, [[1]])),
    (ArgumentError, r"spins must have the shape .*got \(0, 0\)",
     case(ising.energy, np.ones((0, 0)))),
    (ArgumentError, r"spins must have no masked", case(ising.energy, np.ma.array(UP, mask=UP > 0))),
    (TypeError, r"spins must hold real numbers, not bool", case(ising.energy, UP > 0)),
    (TypeError, r"spins must hold real numbers, not complex", case(ising.energy, UP * 1j)),
    (TypeError, r"spins must hold real numbers, not object", case(ising.energy, UP.astype(object))),
    (TypeError, r"spins must hold real numbers, not str", case(ising.energy, "up")),
    (TypeError, r"spins must be a number or a rectangular", case(ising.energy, [[1, 1], [1]])),
    # block size
    (ArgumentError, r"b must divide L = 4, got 3", case(ising.block_spin, UP, 3)),
    (ArgumentError, r"b must be from 1 to 4, got 0", case(ising.block_spin, UP, 0)),
    (ArgumentError, r"b must be from 1 to 4, got -2", case(ising.block_spin, UP, -2)),
    (ArgumentError, r"b must be from 1 to 4, got 8", case(ising.block_spin, UP, 8)),
    (TypeError, r"b must be an integer, not float", case(ising.block_spin, UP, 2.0)),
    (ArgumentError, r"ties must be .*did you mean 'random'",
     case(ising.block_spin, UP, ties="rand")),
    (ArgumentError, r"seed must be from 0", case(ising.block_spin, UP, seed=-1)),
    # exact results
    (ArgumentError, r"L must be from 2 to 4096, got 1", case(ising.log_partition, 1, 0.4)),
    (ArgumentError, r"L must be from 2 to 4096, got 4097", case(ising.mean_energy, 4097, 0.4)),
    (ArgumentError, r"L must be from 2 to 4096", case(ising.heat_capacity, -(2**70), 0.4)),
    (TypeError, r"L must be an integer, not list", case(ising.log_partition, [4], 0.4)),
    (ArgumentError, r"K must be from 0 to 100, got -0.1", case(ising.log_partition, 3, -0.1)),
    (ArgumentError, r"K must be from -100 to 100, got 100.5", case(ising.log_partition, 4, 100.5)),
    (ArgumentError, r"K must be from -100 to 100, got nan", case(ising.mean_energy, 4, [math.nan])),
    (ArgumentError, r"K must be .*got inf", case(ising.heat_capacity, 4, math.inf)),
    (ArgumentError, r"K must be .*got nan", case(ising.free_energy_density, [0.1, math.nan])),
    (ArgumentError, r"K must be .*got -inf", case(ising.internal_energy_density, -math.inf)),
    (ArgumentError, r"K must be .*got 1000", case(ising.specific_heat_density, 1000)),
    (TypeError, r"K must hold real numbers", case(ising.spontaneous_magnetization, "K")),
    (TypeError, r"K must hold real numbers", case(ising.spontaneous_magnetization, None)),
    # series
    (ArgumentError, r"series must be finite, got nan",
     case(statistics.mean_and_error, [1.0, math.nan])),
    (ArgumentError, r"series must have the shape", case(statistics.mean_and_error, 1.0)),
    (ArgumentError, r"series must have the shape", case(statistics.mean_and_error, [])),
    (ArgumentError, r"series must have the shape", case(statistics.autocorrelation_time, [1.0])),
    (ArgumentError, r"series must have the shape",
     case(statistics.autocorrelation_time, np.ones((2, 2, 2)))),
    (TypeError, r"series must hold real numbers",
     case(statistics.autocorrelation_time, ["a", "b"])),
    # library
    (ArgumentError, r"n must be from 1 to 1024, got 0", case(isingrg.set_num_threads, 0)),
    (ArgumentError, r"n must be from 1 to 1024, got 1025", case(isingrg.set_num_threads, 1025)),
    (TypeError, r"n must be an integer, not float", case(isingrg.set_num_threads, 2.0)),
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


if __name__ == "__main__":
    for error, _, call in CASES:
        try:
            call()
        except error:
            continue
        raise SystemExit("a case did not raise")
    assert ising.energy(ising.sample(4, 100.0, 1)).item() == -32.0
