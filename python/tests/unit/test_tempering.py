"""Parallel tempering and annealing beside enumeration."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from lattice_models import LATTICES, configurations, numbers, probabilities

from isingrg import ArgumentError, Interrupted
from isingrg.ising import Lattice, Tempering, anneal

COUPLINGS = [0.1, 0.5, 1.0]


@pytest.mark.parametrize("name", ["binary", "gaussian", "potts-3-glass", "clock-5"])
@pytest.mark.parametrize("h", [0.0, 0.3])
def test_every_coupling_has_its_distribution(name, h):
    """2000 independent ladders; each of 24 fails by chance once in 10^5 seeds."""
    stats = pytest.importorskip("scipy.stats")
    lattice, n = LATTICES[name], 2000
    ladder = Tempering(lattice, COUPLINGS, h=h, n_ladders=n, seed=3).advance(40)
    _, E, F = configurations(lattice)
    for K, spins in zip(COUPLINGS, ladder.spins, strict=True):
        expected = n * probabilities(E, F, K, h)[0]
        counts = np.bincount(numbers(lattice, spins), minlength=len(E))
        order = np.argsort(expected)
        groups = np.unique(np.cumsum(expected[order]) // 5, return_inverse=True)[1]
        found, wanted = (np.bincount(groups, values[order]) for values in (counts, expected))
        assert stats.chi2.sf(((found - wanted) ** 2 / wanted).sum(), len(found) - 1) > 1e-5


def test_acceptance_is_that_of_all_pairs_of_configurations():
    lattice = LATTICES["binary"]
    ladder = Tempering(lattice, COUPLINGS, n_ladders=500, seed=1).advance(40)
    ladder._tried[:], ladder._accepted[:] = 0, 0
    ladder.advance(40)
    _, E, F = configurations(lattice)
    energies, inverse = np.unique(np.round(E, 9), return_inverse=True)
    for pair, acceptance in enumerate(ladder.acceptance):
        first, second = COUPLINGS[pair : pair + 2]
        p, q = (np.bincount(inverse, probabilities(E, F, K, 0)[0]) for K in (first, second))
        gain = (first - second) * (energies[:, None] - energies)
        exact = p @ np.minimum(1, np.exp(gain)) @ q
        # 10^4 exchanges, correlated over a few rounds: six standard errors of independent ones.
        assert abs(acceptance - exact) < 6 * np.sqrt(exact * (1 - exact) / 1e4)


def test_ladders_go_on_by_one_call_or_several():
    make = lambda: Tempering(LATTICES["binary"], COUPLINGS, n_ladders=5, seed=1)  # noqa: E731
    whole, parts = make().advance(20, n_between=2), make()
    for n in (3, 10, 7):
        parts.advance(n, n_between=2)
    np.testing.assert_array_equal(whole.spins, parts.spins)
    np.testing.assert_array_equal(whole.round_trips, parts.round_trips)
    found = parts.measure(9)
    np.testing.assert_array_equal(found.K, np.repeat(COUPLINGS, 5))
    assert found.of_chains(slice(5, 10))["energy"].shape == (5, 9)
    assert found.of_chains(-1)["energy"].shape == (1, 9)


def test_round_trips_are_counted():
    """All exchanges are accepted at equal energies: a configuration moves by one in each round."""
    free = Lattice.graph(2, np.zeros((0, 2), int))
    ladder = Tempering(free, [0.1, 0.2, 0.3], seed=1)
    way = []
    for _ in range(24):
        ladder.advance(1)
        way.append(list(ladder._where[:, 0]))
    np.testing.assert_array_equal(ladder.acceptance, 1)
    # Three configurations walk one behind the other, each back at the first every six rounds.
    visits = [row.index(0) for row in way]
    ends = [v for v in visits if v != 1]
    trips = sum(a == 2 and b == 0 for a, b in pairwise(ends))
    assert trips >= 3 and 3 * trips <= ladder.round_trips[0] + 3


def test_a_proposed_ladder_is_accepted_more_evenly():
    lattice = Lattice.square(8)
    ladder = Tempering(lattice, np.linspace(0.1, 0.7, 9), n_ladders=64, seed=1).advance(300)
    proposed = ladder.proposed_ladder(n=9)
    better = Tempering(lattice, proposed, n_ladders=64, seed=2).advance(300)
    assert np.ptp(better.acceptance) < np.ptp(ladder.acceptance) / 2
    assert proposed[0] == 0.1 and proposed[-1] == 0.7
    assert len(ladder.proposed_ladder(0.8)) > len(ladder.proposed_ladder(0.2))


@pytest.mark.parametrize("name", ["binary", "gaussian", "rectangle", "potts-3-glass", "triangular"])
def test_annealing_finds_the_lowest_energy(name):
    lattice = LATTICES[name]
    _, E, _ = configurations(lattice)
    found = anneal(lattice, np.linspace(0.1, 4, 40), seed=1)
    assert found.energies.min() == pytest.approx(E.min(), abs=1e-9)
    np.testing.assert_allclose(lattice.energy(found.spins), found.energies, atol=1e-12)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Tempering(LATTICES["square"], 0.3), "two or more ascending"),
        (lambda: Tempering(LATTICES["square"], [0.3]), "two or more ascending"),
        (lambda: Tempering(LATTICES["square"], [0.3, 0.2]), "two or more ascending"),
        (lambda: Tempering(LATTICES["square"], [0.2, 0.3], n_ladders=0), "n_ladders must be"),
        (lambda: Tempering(LATTICES["square"], [0.2, 0.3]).proposed_ladder(), "not known yet"),
        (lambda: Tempering(LATTICES["square"], [1, 2]).measure(9, improved=True), "no improved"),
        (lambda: Tempering(LATTICES["no-bonds"], [1, 2]).advance(9).proposed_ladder(), "fluctuate"),
        (lambda: anneal(LATTICES["square"], []), "one or more couplings"),
        (lambda: anneal(LATTICES["square"], [0.1], n_sweeps=0), "n_sweeps must be"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises((ArgumentError, TypeError), match=message):
        call()


def test_stopping():
    ladder = Tempering(LATTICES["square"], [0.2, 0.3])
    with pytest.raises(Interrupted):
        ladder.advance(2**40, progress=lambda done, total: done < 5)
    assert ladder.rounds == 5
    with pytest.raises(Interrupted):
        anneal(LATTICES["square"], [0.1, 0.2], progress=lambda done, total: False)
