"""Sites in bits, on lattices of several blocks: who is whose neighbour, and in which cluster.

At strong coupling what updates do is known, so that every spin is compared.
"""

import numpy as np
import pytest

from isingrg.ising import K_CRITICAL, Chain, Lattice, mean_energy, measure

LATTICES = {
    "square": Lattice.square((34, 46)),
    "square, odd": Lattice.square((33, 47)),
    "square, rows of 1024": Lattice.square((4, 1024)),
    "square, rows of 2": Lattice.square((600, 2)),
    "square, open": Lattice.square((40, 31), boundary="open"),
    "square, open and antiperiodic": Lattice.square((40, 30), boundary=("open", "antiperiodic")),
    "square, J2": Lattice.square(36, J=1, J2=-1),
    "square, binary": Lattice.square(40).spin_glass(seed=1),
    "triangular": Lattice.triangular(33),
    "triangular, 4 colours": Lattice.triangular(32),
    "honeycomb": Lattice.honeycomb((21, 30)),
    "cubic": Lattice.cubic(10),
    "cubic, odd": Lattice.cubic((7, 5, 33), boundary=("periodic", "antiperiodic", "open")),
    "chain": Lattice.chain(1300),
    "antiferromagnet": Lattice.square((34, 46), J=-1),
    "graph": Lattice.graph(
        300, np.random.default_rng(1).permuted(np.tile(np.arange(300), (99, 1)), axis=1)[:, :2]
    ),
    "dense graph": Lattice.graph(
        900, np.random.default_rng(2).permuted(np.tile(np.arange(900), (1500, 1)), axis=1)[:, :2]
    ),
}


def relaxed(lattice, spins):
    """After one sweep in which each spin follows its neighbours, or goes up where they disagree."""
    spins = spins.reshape(-1).astype(float)
    colours = lattice.colours
    for colour in range(lattice.n_colours):
        sums = np.zeros(lattice.n_sites)
        for i, j in (lattice.bonds.T, lattice.bonds.T[::-1]):
            np.add.at(sums, i, lattice.strengths * spins[j])
        spins = np.where(colours == colour, np.where(sums >= 0, 1, -1), spins)
    return spins.reshape(lattice.shape)


@pytest.mark.parametrize("algorithm", ["metropolis", "heat-bath"])
@pytest.mark.parametrize("n_chains", [1, 5, 70])
@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
def test_every_spin_knows_its_neighbours(lattice, n_chains, algorithm):
    start = np.random.default_rng(1).choice([-1, 1], (n_chains, *lattice.shape))
    chain = Chain(lattice, 1e3, h=30, n_chains=n_chains, algorithm=algorithm, start=start)
    expected = start
    for _ in range(2):
        expected = np.stack([relaxed(lattice, each) for each in expected])
        np.testing.assert_array_equal(chain.advance(1).spins, expected)


def components(lattice, satisfied):
    """The smallest site that each site is joined to by satisfied bonds."""
    labels = np.arange(lattice.n_sites)
    i, j = lattice.bonds[satisfied].T
    while True:
        least = np.minimum(labels[i], labels[j])
        before = labels.copy()
        np.minimum.at(labels, i, least)
        np.minimum.at(labels, j, least)
        labels = labels[labels]
        if (labels == before).all():
            return labels


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
@pytest.mark.parametrize("improved", [False, True])
def test_clusters_of_strong_coupling(lattice, improved):
    """All bonds that agree join, and clusters turn by fair coins: off by 6 sigma in 1e9 seeds."""
    chain = Chain(lattice, 1e3, algorithm="swendsen-wang", start="random", seed=2)
    turned = roots = 0
    for _ in range(20):
        before = chain.spins.reshape(-1)
        if improved:
            chain.measure(1, improved=True, momenta=())
        else:
            chain.advance(1)
        ends = before[lattice.bonds]
        labels = components(lattice, ends[:, 0] * ends[:, 1] * lattice.strengths > 0)
        turns = chain.spins.reshape(-1) != before
        np.testing.assert_array_equal(turns, turns[labels])
        turned, roots = turned + turns[np.unique(labels)].sum(), roots + len(np.unique(labels))
    assert abs(turned - roots / 2) < 6 * np.sqrt(roots) / 2


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
def test_clusters_of_potts_spins(lattice):
    lattice = Lattice.graph(lattice.n_sites, lattice.bonds).potts(5)
    chain = Chain(lattice, 1e3, algorithm="swendsen-wang", start="random", seed=2)
    for _ in range(3):
        before = chain.spins
        after = chain.advance(1).spins.reshape(-1)
        ends = before.reshape(-1)[lattice.bonds]
        labels = components(lattice, ends[:, 0] == ends[:, 1])
        np.testing.assert_array_equal(after, after[labels])
        assert len(np.unique(after)) == 5 or len(np.unique(labels)) < 40


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
def test_no_bond_joins_without_coupling(lattice):
    """Spins turn one by one: a sum over bonds of turns is normal, off by 6 sigma in 1e9 seeds."""
    chain = Chain(lattice, 0, algorithm="swendsen-wang", start="random", seed=3)
    sums = []
    for _ in range(40):
        before = chain.spins
        turns = (chain.advance(1).spins * before).reshape(-1).astype(float)
        sums.append([turns.sum(), (turns[lattice.bonds[:, 0]] * turns[lattice.bonds[:, 1]]).sum()])
    # Two bonds between the same sites count twice.
    pairs, counts = np.unique(np.sort(lattice.bonds, 1), axis=0, return_counts=True)
    deviations = np.sqrt([lattice.n_sites, (counts**2).sum()])
    assert (abs(np.mean(sums, 0)) < 6 * deviations / np.sqrt(40)).all(), len(pairs)


@pytest.mark.parametrize("algorithm", ["swendsen-wang", "heat-bath"])
def test_energy_of_eight_blocks(algorithm):
    """L = 64 against Kaufman's sum, within five standard errors."""
    K = 0.9 * K_CRITICAL
    found = measure(
        Lattice.square(64), K, 2000, algorithm=algorithm, n_thermalize=300, momenta=(), seed=4
    )
    energy = found.mean("energy")
    assert abs(energy.value - mean_energy(64, K)) < 5 * energy.error
