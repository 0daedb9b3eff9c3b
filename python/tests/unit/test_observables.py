"""Energies, mean spins and block spins against the same in NumPy, for any shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isingrg import ising

shapes = st.tuples(st.lists(st.integers(0, 3), max_size=3).map(tuple), st.integers(2, 40))


def draw(shape, seed):
    outer, L = shape
    return np.where(np.random.default_rng(seed).random((*outer, L, L)) < 0.5, -1, 1).astype("i1")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(shapes, st.integers(0, 2**32))
def test_energy_and_magnetization(shape, seed):
    s = draw(shape, seed)
    wide = s.astype(np.int64)
    energy = -(wide * np.roll(wide, 1, -1) + wide * np.roll(wide, 1, -2)).sum((-1, -2))
    assert np.shape(ising.energy(s)) == shape[0]
    assert np.array_equal(ising.energy(s), energy)
    assert ising.magnetization(s) == pytest.approx(wide.mean((-1, -2)), abs=1e-15)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 3), max_size=2).map(tuple), st.integers(1, 7), st.integers(2, 9),
       st.integers(0, 2**32))  # fmt: skip
def test_block_spin_is_the_majority_and_ties_are_up(outer, b, blocks, seed):
    s = draw((outer, b * blocks), seed)
    sums = s.reshape(*outer, blocks, b, blocks, b).sum((-1, -3), dtype=np.int64)
    blocked = ising.block_spin(s, b)
    assert blocked.dtype == np.int8
    assert np.array_equal(blocked, np.where(sums >= 0, 1, -1))


def test_ground_states():
    L = 64
    up = np.ones((L, L), dtype=np.int8)
    checkerboard = np.where(np.indices((L, L)).sum(0) % 2, 1, -1)
    assert ising.energy(up) == -2.0 * L * L
    assert ising.energy(checkerboard) == 2.0 * L * L
    assert (ising.magnetization(-up), ising.magnetization(checkerboard)) == (-1.0, 0.0)
    assert (ising.block_spin(checkerboard) == 1).all()


def test_random_ties():
    """One of the two shares is off by more than four standard errors once in 8000 seeds."""
    spins = np.random.default_rng(5).choice(np.array([-1, 1], np.int8), (400, 16, 16))
    sums = spins.reshape(400, 8, 2, 8, 2).sum((2, 4))
    blocked = ising.block_spin(spins, ties="random", seed=3)
    assert (blocked == np.sign(sums))[sums != 0].all()
    ties = blocked[sums == 0]
    assert abs(ties.mean()) < 4 / np.sqrt(ties.size)
    # Independent from block to block of a row.
    pairs = (blocked[..., :-1] * blocked[..., 1:])[(sums[..., :-1] == 0) & (sums[..., 1:] == 0)]
    assert abs(pairs.mean()) < 4 / np.sqrt(pairs.size)
    assert np.array_equal(blocked, ising.block_spin(spins, ties="random", seed=3))
    assert not np.array_equal(blocked, ising.block_spin(spins, ties="random", seed=4))
    odd = spins[:, :15, :15]
    assert np.array_equal(ising.block_spin(odd, 3), ising.block_spin(odd, 3, ties="random"))


def test_scalars_for_one_configuration_and_arrays_for_more():
    s = np.ones((4, 4), dtype=np.int8)
    assert type(ising.energy(s)) is float and type(ising.magnetization(s)) is float
    assert ising.energy(s[None]).shape == (1,)
    assert ising.block_spin(s, 4).shape == (1, 1)


def test_empty_stacks():
    assert ising.energy(np.empty((0, 4, 4), np.int8)).shape == (0,)
    assert ising.block_spin(np.empty((2, 0, 4, 4), np.int8)).shape == (2, 0, 2, 2)
