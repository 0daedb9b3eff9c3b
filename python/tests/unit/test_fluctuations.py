"""Susceptibilities, specific heat, Binder cumulant and lengths against all states of L = 4."""

import functools
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, NonFiniteError, ising

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered

RUNS, SAMPLES, K = 200, 1500, 0.4


@functools.cache
def states():
    """All states of a 4 x 4 torus."""
    bits = np.arange(2**16)[:, None] >> np.arange(16) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, 4, 4)


def average(values, coupling):
    energies = ising.energy(states())
    weights = np.exp(-coupling * (energies - energies.min()))
    return values @ weights / weights.sum()


@functools.cache
def exact(coupling=K):
    """The definitions, written out."""
    m, E = np.abs(ising.magnetization(states())), ising.energy(states())
    squares, first = average(m**2, coupling), average(plain_structure_factor(), coupling)
    return {
        "susceptibility": 16 * squares,
        "connected": 16 * (squares - average(m, coupling) ** 2),
        "binder": 1 - average(m**4, coupling) / (3 * squares**2),
        "heat": coupling**2 * (average(E**2, coupling) - average(E, coupling) ** 2) / 16,
        "length": math.sqrt(16 * squares / first - 1) / (2 * math.sin(math.pi / 4)),
    }


@functools.cache
def plain_structure_factor():
    transformed = np.abs(np.fft.fft2(states())) ** 2 / 16
    return (transformed[:, 0, 1] + transformed[:, 1, 0]) / 2


def estimates(spins):
    m = ising.magnetization(spins)
    return {
        "susceptibility": ising.susceptibility(m, 4),
        "connected": ising.connected_susceptibility(m, 4),
        "binder": ising.binder_cumulant(m),
        "heat": ising.specific_heat(ising.energy(spins), 4, K),
        "length": ising.correlation_length(spins),
    }


@functools.cache
def runs():
    """Independent runs of a Metropolis chain, whose samples are correlated."""
    spins = ising.sample(4, K, SAMPLES, n_chains=RUNS, algorithm="metropolis", n_between=1, seed=4)
    return [estimates(run) for run in spins]


def test_structure_factor():
    assert ising.structure_factor(states()) == pytest.approx(plain_structure_factor(), abs=1e-12)
    zero = ising.structure_factor(states(), 0)
    assert zero == pytest.approx(16 * ising.magnetization(states()) ** 2, abs=1e-12)
    assert isinstance(ising.structure_factor(states()[5]), float)


def test_the_exact_specific_heat():
    for coupling in (K, 0.9, 0.1):
        assert exact(coupling)["heat"] == pytest.approx(ising.heat_capacity(4, coupling) / 16)


@pytest.mark.parametrize("name", exact())
def test_error_bars_cover_the_exact_value(name):
    """68.3 and 95 % of 200 runs, in the band that holds 99.99 % of counts: 2e-4 for each name."""
    scores = [abs(run[name].value - exact()[name]) / run[name].error for run in runs()]
    assert_covered(scores, RUNS)


@pytest.mark.parametrize("name", exact())
def test_no_bias(name):
    """The mean of 200 runs is within 4 of its errors: 6e-5 for each name."""
    values = np.array([run[name].value for run in runs()])
    assert abs(values.mean() - exact()[name]) < 4 * values.std() / math.sqrt(RUNS)


def test_chains_are_pooled():
    spins = ising.sample(4, K, 2000, n_chains=3, seed=5)
    for name, estimate in estimates(spins).items():
        assert estimate.n == 6000
        assert abs(estimate.value - exact()[name]) < 5 * estimate.error


def test_no_digits_are_lost_in_large_energies():
    E = ising.energy(ising.sample(4, K, 4000, seed=1)[0])
    moved = ising.specific_heat(E + 1e9, 4, K)
    assert tuple(moved) == pytest.approx(tuple(ising.specific_heat(E, 4, K)), rel=1e-6)


def test_what_has_no_value():
    with pytest.raises(NonFiniteError, match="not finite"):
        ising.binder_cumulant(np.zeros(200))
    with pytest.raises(ConvergenceError, match="no correlation length"):
        ising.correlation_length(ising.sample(4, -0.4, 400, seed=2))
    assert math.isnan(ising.susceptibility(np.ones(200), 4).error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ising.susceptibility([2.0, 0.1], 4), "magnetization must"),
        (lambda: ising.susceptibility([0.1, math.nan], 4), "magnetization must"),
        (lambda: ising.binder_cumulant(np.zeros((2, 2, 2))), "series must have the shape"),
        (lambda: ising.susceptibility([0.1, 0.2], 0), "L must"),
        (lambda: ising.specific_heat([], 4, 0.4), "energy must hold samples"),
        (lambda: ising.specific_heat([1.0, 2.0], 4, math.inf), "K must"),
        (lambda: ising.structure_factor(np.ones((4, 4)), 3), "momentum must"),
        (lambda: ising.correlation_length(np.ones((4, 4))), "spins must have the shape"),
        (lambda: ising.correlation_length(np.ones((0, 4, 4))), "hold samples"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
