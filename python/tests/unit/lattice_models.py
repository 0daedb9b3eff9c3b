"""Small lattices of every kind, and all their configurations by NumPy."""

from itertools import product

import numpy as np

from isingrg.ising import Lattice

LATTICES = {
    "chain": Lattice.chain(7),
    "chain-J2": Lattice.chain(6, J2=-0.5),
    "square": Lattice.square(3),
    "square-open": Lattice.square((2, 4), boundary="open"),
    "square-antiperiodic": Lattice.square((2, 4), boundary="antiperiodic"),
    "rectangle": Lattice.square((2, 4), boundary=("open", "antiperiodic"), J=(1, 0.5), J2=0.3),
    "triangular": Lattice.triangular(3),
    "honeycomb": Lattice.honeycomb(2),
    "cubic": Lattice.cubic(2),
    "binary": Lattice.square(3).spin_glass(seed=3),
    "gaussian": Lattice.square(3).spin_glass("gaussian", seed=1),
    "graph": Lattice.graph(5, [(0, 1), (1, 2), (2, 0), (0, 1), (3, 4)], [1, -0.5, 2, 0.5, 1]),
    "no-bonds": Lattice.graph(2, np.zeros((0, 2), int)),
    "pattern": Lattice.square(3).with_field(np.arange(9.0).reshape(3, 3) - 4),
    "potts-3": Lattice.square((2, 3)).potts(3),
    "potts-3-glass": Lattice.square((2, 3)).spin_glass(seed=1).potts(3),
    "potts-16": Lattice.chain(2).potts(16),
    "clock-4": Lattice.square(2, boundary="antiperiodic").clock(4),
    "clock-5": Lattice.chain(5, boundary="open").clock(5),
    "clock-6": Lattice.chain(4).clock(6),
}


def configurations(lattice):
    """All of them (n, *shape), with their energies and field terms."""
    q = lattice.q
    states = np.array(list(product(range(q), repeat=lattice.n_sites)), np.int8)
    ends = states[:, lattice.bonds].astype(float)
    s, t = ends[..., 0], ends[..., 1]
    if lattice.spins == "ising":
        states = 2 * states - 1
        pair, field = (2 * s - 1) * (2 * t - 1), states.astype(float)
    elif lattice.spins == "potts":
        pair, field = (s == t).astype(float), (states == 0).astype(float)
    else:
        pair, field = np.cos(2 * np.pi * (s - t) / q), np.cos(2 * np.pi * states / q)
    E = -pair @ lattice.strengths
    return states.reshape(-1, *lattice.shape), E, field @ lattice._field_pattern


def probabilities(E, F, K, h):
    """Of all configurations, and ln Z."""
    exponents = h * F - K * E
    weights = np.exp(exponents - exponents.max())
    return weights / weights.sum(), exponents.max() + np.log(weights.sum())


def numbers(lattice, spins):
    """Where configurations stand among all of them."""
    states = (spins + 1) // 2 if lattice.spins == "ising" else spins
    places = lattice.q ** np.arange(lattice.n_sites)[::-1]
    return states.reshape(-1, lattice.n_sites).astype(int) @ places
