"""Lattices: their bonds, boundaries, colours and positions, and exact sums by brute force."""

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from lattice_models import LATTICES, configurations, probabilities

from isingrg import ArgumentError, Interrupted, ising
from isingrg.ising import Chain, Lattice

KINDS = {
    "chain": (Lattice.chain, 1, 2, 1.0),
    "square": (Lattice.square, 2, 4, 1.0),
    "triangular": (Lattice.triangular, 2, 6, 1.0),
    "honeycomb": (Lattice.honeycomb, 2, 3, 1.0),
    "cubic": (Lattice.cubic, 3, 6, 1.0),
}


def degrees(lattice):
    return np.bincount(lattice.bonds.ravel(), minlength=lattice.n_sites)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("L", [3, 4, 5, 6])
def test_every_site_of_a_torus_has_its_neighbours_at_their_distance(name, L):
    make, dimension, neighbours, _ = KINDS[name]
    lattice = make(L)
    assert (degrees(lattice) == neighbours).all()
    assert len(np.unique(np.sort(lattice.bonds, 1), axis=0)) == len(lattice.bonds)
    open_ones = make(L, boundary="open")
    assert len(open_ones.bonds) < len(lattice.bonds)
    ends = open_ones.positions[open_ones.bonds]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-12)
    assert lattice.positions.shape == (lattice.n_sites, dimension)


@pytest.mark.parametrize(
    "name, distance", [("square", 2**0.5), ("triangular", 3**0.5), ("honeycomb", 3**0.5),
                       ("cubic", 2**0.5), ("chain", 2.0)],
)  # fmt: skip
def test_next_nearest_neighbours(name, distance):
    make = KINDS[name][0]
    lattice = make(5, boundary="open", J=0, J2=1)
    further = lattice.bonds[lattice.strengths == 1]
    ends = lattice.positions[further]
    np.testing.assert_allclose(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1), distance)
    torus = make(6, J=0, J2=1)
    counts = np.bincount(torus.bonds[torus.strengths == 1].ravel())
    assert set(counts) == {{"square": 4, "chain": 2, "cubic": 12}.get(name, 6)}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("J2", [0, 1])
@pytest.mark.parametrize("boundary", ["periodic", "antiperiodic", "open"])
def test_neighbours_differ_in_colour(name, J2, boundary):
    for L in (4, 5, 6, 7):
        lattice = KINDS[name][0](L, J2=J2, boundary=boundary)
        first, second = lattice.colours[lattice.bonds].T
        assert (first != second).all()
        assert lattice.n_colours <= degrees(lattice).max() + 1


@pytest.mark.parametrize(
    "lattice, colours",
    [
        (Lattice.square(6), 2), (Lattice.square((6, 8)), 2), (Lattice.square((5, 8)), 3),
        (Lattice.square(5), 3), (Lattice.square(5, boundary="open"), 2), (Lattice.chain(7), 3),
        (Lattice.triangular(6), 3), (Lattice.triangular(9), 3), (Lattice.triangular(4), 4),
        (Lattice.honeycomb(5), 2), (Lattice.cubic(4), 2), (Lattice.cubic((3, 4, 4)), 3),
        (Lattice.triangular(7, boundary="open"), 3), (Lattice.graph(6, [(0, 1), (2, 3)]), 2),
    ],
)  # fmt: skip
def test_few_colours(lattice, colours):
    assert lattice.n_colours == colours


def test_antiperiodic_bonds_have_the_opposite_sign():
    lattice = Lattice.square((3, 5), boundary=("antiperiodic", "periodic"), J=(2, 1))
    crossing = abs(lattice.bonds[:, 0] // 5 - lattice.bonds[:, 1] // 5) == 2
    assert crossing.sum() == 5
    vertical = abs(lattice.bonds[:, 0] - lattice.bonds[:, 1]) % 5 == 0
    np.testing.assert_array_equal(
        lattice.strengths, np.where(crossing, -2, np.where(vertical, 2, 1))
    )
    both = Lattice.triangular(3, boundary="antiperiodic").strengths
    # Of the nine bonds along each of three directions three cross, of the diagonal ones one twice.
    assert (both == -1).sum() == 3 + 3 + 4


def test_the_square_torus_is_that_of_the_functions_of_L():
    spins = ising.sample(6, 0.3, 20, seed=1)
    lattice = Lattice.square(6)
    np.testing.assert_array_equal(lattice.energy(spins), ising.energy(spins))
    np.testing.assert_allclose(lattice.magnetization(spins), ising.magnetization(spins), atol=1e-14)
    assert Lattice.square(4).exact(0.4).log_partition == pytest.approx(
        ising.log_partition(4, 0.4), rel=1e-13
    )
    assert Lattice.square(3).exact(0.4).energy == pytest.approx(
        ising.mean_energy(3, 0.4), rel=1e-12
    )


# Exact sums


@pytest.mark.parametrize("name", LATTICES)
def test_exact_means_are_those_of_all_configurations(name):
    lattice = LATTICES[name]
    spins, E, F = configurations(lattice)
    np.testing.assert_allclose(lattice.energy(spins), E, atol=1e-12)
    m = abs(np.asarray(lattice.magnetization(spins)))
    K, h = np.array([[0.4], [-0.7]]), np.array([0.2, 0.0, -1.5])
    exact = lattice.exact(K, h)
    for i, j in np.ndindex(2, 3):
        p, log_partition = probabilities(E, F, K[i, 0], h[j])
        expected = (
            log_partition, p @ E, p @ E**2, p @ F, p @ F**2, p @ m, p @ m**2, p @ m**4
        )  # fmt: skip
        found = [values[i, j] for values in vars(exact).values()]
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", [n for n in LATTICES if "clock" not in n and n != "gaussian"])
def test_levels_are_those_of_all_configurations(name):
    lattice = LATTICES[name]
    spins, E, _ = configurations(lattice)
    flat = spins.reshape(len(spins), -1).astype(int)
    total = flat.sum(1) if lattice.spins == "ising" else (flat == 0).sum(1)
    levels = lattice.density_of_states()
    assert levels.counts.sum() == len(E)
    for energy, row in zip(levels.energies, levels.counts, strict=True):
        here = np.isclose(E, energy, rtol=0, atol=1e-9)
        found = dict(zip(*np.unique(total[here], return_counts=True), strict=True))
        assert found == {m: c for m, c in zip(levels.magnetizations, row, strict=True) if c}


def test_parts_of_the_configurations_fit_together():
    """Larger than one part, 2^16."""
    lattice = Lattice.square((4, 5), J=(1, 2))
    levels = lattice.density_of_states()
    assert levels.counts.sum() == 2**20
    weights = levels.counts * np.exp(-0.1 * levels.energies[:, None] + 0.3 * levels.magnetizations)
    exact = lattice.exact(0.1, 0.3)
    assert exact.log_partition == pytest.approx(np.log(weights.sum()), rel=1e-13)
    mean = (weights.sum(1) @ levels.energies) / weights.sum()
    assert exact.energy == pytest.approx(mean, rel=1e-11)


def test_potts_and_clock_of_two_states_are_ising():
    lattice = Lattice.triangular(3)
    ising_ones, potts = lattice.exact(0.2, 0.1), lattice.potts(2).exact(0.4, 0.2)
    bonds, sites = len(lattice.bonds), lattice.n_sites
    assert potts.log_partition == pytest.approx(
        ising_ones.log_partition + 0.2 * bonds + 0.1 * sites
    )
    clock = lattice.clock(2).exact(0.2, 0.1)
    for name, values in vars(ising_ones).items():
        assert getattr(clock, name) == pytest.approx(values, rel=1e-12), name
    assert potts.magnetization_fourth == pytest.approx(ising_ones.magnetization_fourth)


def test_clocks_of_three_and_four_states():
    lattice = Lattice.square((2, 3))
    three, potts = lattice.clock(3).exact(0.6), lattice.potts(3).exact(0.9)
    assert three.log_partition == pytest.approx(potts.log_partition - 0.3 * len(lattice.bonds))
    four, two = lattice.clock(4).exact(0.6), lattice.exact(0.3)
    assert four.log_partition == pytest.approx(2 * two.log_partition)


# Bad input


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Lattice.square(1), "L must be from 2"),
        (lambda: Lattice.square((3, 4, 5)), "L must be a number or 2 numbers"),
        (lambda: Lattice.cubic(10**6), "at most 2\\*\\*28 cells"),
        (lambda: Lattice.square(4, boundary="helical"), "boundary must be one of"),
        (lambda: Lattice.square(4, boundary=("open",)), "a name or 2 names"),
        (lambda: Lattice.square(4, J=(1, 2, 3)), "J must be a number or 2 numbers"),
        (lambda: Lattice.square(4, J=np.nan), "J must be"),
        (lambda: Lattice.chain(2, J2=1), "too small"),
        (lambda: Lattice.graph(3, [(0, 0)]), "two different sites"),
        (lambda: Lattice.graph(3, [(0, 3)]), "bonds must be from 0 to 2"),
        (lambda: Lattice.graph(3, [0, 1]), "shape \\(b, 2\\)"),
        (lambda: Lattice.graph(3, [(0, 1)], [1, 2]), "one for each of 1 bonds"),
        (lambda: Lattice.graph(300, np.argwhere(np.triu(np.ones((300, 300)), 1))), "256 colours"),
        (lambda: Lattice.square(4).potts(17), "q must be from 2 to 16"),
        (lambda: Lattice.square(4, boundary="antiperiodic").potts(3), "antiperiodic"),
        (lambda: Lattice.square(4, boundary="antiperiodic").clock(3), "antiperiodic"),
        (lambda: Lattice.square(4).spin_glass("uniform"), "distribution must be one of"),
        (lambda: Lattice.square(4).with_field([1, 2]), "pattern must have the shape"),
        (lambda: Lattice.graph(2, [(0, 1)]).positions, "a graph has no positions"),
        (lambda: Lattice.square(6).exact(0.4), "too many to enumerate"),
        (lambda: Lattice.square(2).exact(np.inf), "K must be"),
        (lambda: Lattice.square(2).exact([0.1, 0.2], [1, 2, 3]), "shapes that fit"),
        (LATTICES["gaussian"].density_of_states, "multiples of one number"),
        (LATTICES["clock-4"].density_of_states, "take exact"),
        (lambda: Lattice.square(4).energy(np.ones((3, 3))), "must have the shape \\(..., 4, 4\\)"),
        (lambda: Lattice.square(2).energy([[1, 2], [1, 1]]), "\\+1 or -1 everywhere, got 2"),
        (lambda: Lattice.square(2).energy([[1, np.nan], [1, 1]]), "\\+1 or -1 everywhere"),
        (lambda: Lattice.square(2).potts(3).energy([[0, 3], [1, 1]]), "from 0 to 2, got 3"),
        (lambda: Lattice.square(2).potts(3).energy([[0, 0.5], [1, 1]]), "from 0 to 2, got 0.5"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"Lattice\.square"):
        Lattice()
    with pytest.raises(TypeError, match="must be a Lattice"):
        Chain(16, 0.4)


def test_enumeration_stops():
    with pytest.raises(Interrupted):
        Lattice.square((5, 5)).exact(0.4, progress=lambda done, total: False)
    with pytest.raises(Interrupted):
        Lattice.square((5, 5)).density_of_states(progress=lambda done, total: False)


# What the core holds


def test_a_changed_lattice_is_another_one():
    lattice = Lattice.square(4)
    ones = np.ones((4, 4))
    assert lattice.energy(ones) == -32
    assert lattice.with_strengths(2).energy(ones) == -64
    assert lattice.potts(3).energy(ones) == -32 and lattice.potts(3).energy(ones * 0 + 2) == -32


def test_copies_of_a_lattice_that_was_used():
    lattice = Lattice.square(4)
    lattice.energy(np.ones((4, 4)))
    for other in (copy.copy(lattice), copy.deepcopy(lattice), pickle.loads(pickle.dumps(lattice))):
        assert other.energy(np.ones((4, 4))) == -32 and repr(other) == repr(lattice)


def test_threads_share_a_lattice():
    """It is taken in by whoever asks first, and freed with the last that uses it."""
    spins = np.random.default_rng(1).choice([-1, 1], (50, 12, 12))
    expected = Lattice.square(12).energy(spins)
    for _ in range(20):
        lattice = Lattice.square(12)
        with ThreadPoolExecutor(8) as pool:
            found = [pool.submit(lattice.energy, spins) for _ in range(16)]
            del lattice
            for each in found:
                np.testing.assert_array_equal(each.result(), expected)
