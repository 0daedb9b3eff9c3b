"""Internal symmetry groups: their kernels beside definitions, and what is refused."""

import itertools
import math

import numpy as np
import pytest

from isingrg._shared.errors import ArgumentError
from isingrg.mlrg.internal import internal_symmetry

NAMES = [
    "Z2", *(f"S{q}" for q in range(2, 11)), *(f"Z{q}" for q in range(3, 9)),
    *(f"Z{q}-chiral" for q in range(3, 9)), "Z2xZ2",
]  # fmt: skip
DIHEDRAL = ((1, 2, 3, 0), (3, 2, 1, 0))


def elements(generators):
    """The whole group, by multiplication."""
    found = {tuple(range(len(generators[0])))}
    while True:
        larger = found | {tuple(g[s] for s in e) for g in generators for e in found}
        if larger == found:
            return found
        found = larger


@pytest.mark.parametrize("setting", [*NAMES, DIHEDRAL, ((1, 2, 0),), ((1, 0),)], ids=str)
def test_kernels_are_a_basis_of_the_invariant_functions(setting):
    symmetry = internal_symmetry(setting)
    kernels, q = symmetry.kernels, symmetry.q
    assert kernels.shape == (symmetry.n_kernels, q, q)
    for g in symmetry.generators:
        assert sorted(g) == list(range(q))
        assert np.array_equal(kernels[:, g][:, :, g], kernels)
    basis = np.vstack([np.ones(q * q), kernels.reshape(-1, q * q)])
    assert np.linalg.matrix_rank(basis) == len(symmetry.orbits) == len(basis)


@pytest.mark.parametrize("setting", ["Z2", "S4", "Z5", "Z6-chiral", "Z2xZ2", DIHEDRAL], ids=str)
def test_orbits_and_order_are_those_of_the_whole_group(setting):
    symmetry = internal_symmetry(setting)
    group = elements(symmetry.generators)
    assert symmetry.order == len(group)
    pairs = itertools.product(range(symmetry.q), repeat=2)
    orbits = {tuple(sorted({(g[s], g[t]) for g in group})) for s, t in pairs}
    assert set(symmetry.orbits) == orbits
    assert symmetry.orbits[0][0] == (0, 0)


def test_orders_of_the_named_groups():
    for q in range(2, 11):
        assert internal_symmetry(f"S{q}").order == math.factorial(q)
    for q in range(3, 9):
        assert internal_symmetry(f"Z{q}").order == 2 * q
        assert internal_symmetry(f"Z{q}-chiral").order == q
    assert internal_symmetry("Z2").order == 2 and internal_symmetry("Z2xZ2").order == 4


def test_kernels_are_what_their_names_say():
    difference = np.subtract.outer(np.arange(5), np.arange(5))
    clock = internal_symmetry("Z5-chiral")
    assert clock.kernel_names == ("cos 1", "cos 2", "sin 1", "sin 2")
    for name, kernel in zip(clock.kernel_names, clock.kernels, strict=True):
        wave = getattr(np, name[:3])(2 * np.pi * int(name[4:]) * difference / 5)
        assert np.abs(kernel - wave).max() < 1e-15
    assert internal_symmetry("Z2").kernels.tolist() == [[[1, -1], [-1, 1]]]
    assert np.array_equal(internal_symmetry("S7").kernels, [np.eye(7)])
    s, t, both = internal_symmetry("Z2xZ2").kernels
    assert np.array_equal(s * t, both)
    # Ashkin-Teller at equal couplings is a Potts model of four states.
    assert np.array_equal(1 + s + t + both, 4 * np.eye(4))


def test_groups_of_ones_own():
    symmetry = internal_symmetry(DIHEDRAL)
    assert symmetry.kernel_names == ("0-0", "0-1")
    clock = internal_symmetry("Z4")
    basis = [np.ones(16), *symmetry.kernels.reshape(-1, 16), *clock.kernels.reshape(-1, 16)]
    assert np.linalg.matrix_rank(basis) == 3
    # A symmetry, its setting, its name and arrays all stand for the same.
    for same in (symmetry, symmetry.setting, symmetry.name, np.array(DIHEDRAL), DIHEDRAL[::1]):
        assert internal_symmetry(same) == symmetry
    assert internal_symmetry("S3").setting == "S3"
    assert not np.shares_memory(symmetry.kernels, symmetry.kernels)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("S11", "is not among"), ("Z9", "is not among"), ("S1", "is not among"), ("S0", "among"),
        ("S3-chiral", "is not among"), ("O2", "must be"), ("", "must be"), ("s3", "must be"),
        ("(0,1", "must be"), ("(0,,1)", "must be"), ("(0,1)x", "must be"),
        ([], "at least one"), ([[1, 1]], "no permutation"), ([[1, 2]], "no permutation"),
        ([[1.5, 0]], "no permutation"), ([[1, 0], [1, 2, 0]], "equally many"),
        ([[1, 0, 2]], "transitive"), ([[0]], "2 to 10"), ([range(11)], "2 to 10"),
        ([[1, 0]] * 101, "at most 100"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_symmetry_is_refused(setting, message):
    with pytest.raises(ArgumentError, match=message):
        internal_symmetry(setting)


@pytest.mark.parametrize(
    "setting", [None, 3, b"S3", [0, 1], [["a", "b"]], [[None]], {1, 2}], ids=str
)
def test_what_is_neither_a_name_nor_permutations_is_refused(setting):
    with pytest.raises(TypeError, match="internal must be"):
        internal_symmetry(setting)
