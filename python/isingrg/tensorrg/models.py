"""Networks of lattice models: Ising, Potts, clock and Ashkin-Teller, on three lattices.

In the Fourier basis of the states of a spin, the cyclic symmetry of the model becomes a charge of
each bond.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg.tensorrg._sectors import Floats
from isingrg.tensorrg.network import Network, turned

LATTICES = ("square", "triangular", "honeycomb")

#: States of a spin, at most.
LARGEST_SPIN = 32

#: Couplings beyond it leave nothing of the other weights.
LARGEST_COUPLING = 100.0

#: Lattice vectors of a cell of the triangular and of the honeycomb lattice: up over right.
_OBLIQUE = complex(0.5, math.sqrt(0.75))


def ising_network(
    K: float, lattice: str = "square", *, K_vertical: float | None = None, field: float = 0.0
) -> Network:
    """The Ising model, with the weight exp(K s s') of a bond and exp(field s) of a site.

    Parameters
    ----------
    K : float
        Coupling, at most 100 in magnitude.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice.
    K_vertical : float, optional
        Coupling of the vertical bonds of the square lattice, if it is another one; at most 100 in
        magnitude. The dimensions are right where the model is critical, sinh 2|K| sinh
        2|K_vertical| = 1, as the shape of a cell is then known.
    field : float
        Magnetic field times inverse temperature, at most 100 in magnitude.

    Returns
    -------
    Network
        Of two states. Without a field its charges are modulo 2: sector 1 is odd in the spins.
    """
    network = _model_network(2, lambda d: 1 - 2.0 * d, K, lattice, K_vertical, field)
    if K_vertical is None or lattice != "square" or K == 0:
        return network
    stretched = complex(0, math.sinh(2 * min(abs(K), 50.0)))  # of the isoradial embedding
    return replace(network, aspect=stretched)


def potts_network(
    q: int, K: float, lattice: str = "square", *, K_vertical: float | None = None,
    field: float = 0.0,
) -> Network:  # fmt: skip
    """The q-state Potts model, with the weight exp(K) of a bond between equal spins.

    Parameters
    ----------
    q : int
        States of a spin, 2 to 32.
    K : float
        Coupling, at most 100 in magnitude; the square lattice is critical at ln(1 + sqrt q) for q
        up to 4.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice.
    K_vertical : float, optional
        As for `ising_network`; the shape of a cell stays square.
    field : float
        A site in state 0 has the weight exp(field); at most 100 in magnitude.

    Returns
    -------
    Network
        Of q states. Without a field its charges are modulo q.
    """
    q = arguments.integer("q", q, 2, LARGEST_SPIN)
    return _model_network(q, lambda d: np.asarray(d == 0, float), K, lattice, K_vertical, field)


def clock_network(
    q: int, K: float, lattice: str = "square", *, K_vertical: float | None = None,
    field: float = 0.0,
) -> Network:  # fmt: skip
    """The q-state clock model, with the weight exp(K cos(2 pi (s - s') / q)) of a bond.

    Parameters
    ----------
    q : int
        States of a spin, 2 to 32.
    K : float
        Coupling, at most 100 in magnitude.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice.
    K_vertical : float, optional
        As for `ising_network`; the shape of a cell stays square.
    field : float
        A site has the weight exp(field cos(2 pi s / q)); at most 100 in magnitude.

    Returns
    -------
    Network
        Of q states. Without a field its charges are modulo q.
    """
    q = arguments.integer("q", q, 2, LARGEST_SPIN)
    return _model_network(q, lambda d: np.cos(2 * math.pi * d / q), K, lattice, K_vertical, field)


def ashkin_teller_network(K: float, K_four: float, lattice: str = "square") -> Network:
    """The Ashkin-Teller model: exp(K (s s' + t t') + K_four s s' t t') of each bond.

    Parameters
    ----------
    K : float
        Coupling of each of two Ising spins s and t at a site, at most 100 in magnitude.
    K_four : float
        Coupling of their products, at most 100 in magnitude. With none there are two Ising models;
        with K_four = K it is the Potts model of four states with the coupling 4 K. The square
        lattice is critical where exp(-2 K_four) = sinh 2 K, for K_four up to ln(3) / 4.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice.

    Returns
    -------
    Network
        Of four states. Its charges are modulo 2: sector 1 is odd under a flip of both spins, so
        that s and t belong to it, and their product to sector 0.
    """
    K = arguments.finite("K", K, -LARGEST_COUPLING, LARGEST_COUPLING)
    K_four = arguments.finite("K_four", K_four, -LARGEST_COUPLING, LARGEST_COUPLING)
    s, t = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])
    logarithms = K * (np.outer(s, s) + np.outer(t, t)) + K_four * np.outer(s * t, s * t)
    largest = float(logarithms.max())
    bond = np.exp(logarithms - largest)
    tensor, sites, shape, bonds = _lattice_tensor(bond, bond, np.ones(4), lattice)
    walsh = np.array([s * s, s * t, s, t]).T / 2  # even states first
    charges = np.array([0, 0, 1, 1])
    rotated = _balanced(turned(tensor, (walsh,) * 4))
    return Network(rotated, charges, charges, 2, sites, shape, bonds * largest)


def _model_network(
    q: int, energy: Callable[[Floats], Floats], K: float, lattice: str, K_vertical: float | None,
    field: float,
) -> Network:  # fmt: skip
    """`energy` is that of a bond over -K as a function of s - s' modulo q, and of a site."""
    arguments.choice("lattice", lattice, LATTICES)
    K = arguments.finite("K", K, -LARGEST_COUPLING, LARGEST_COUPLING)
    field = arguments.finite("field", field, -LARGEST_COUPLING, LARGEST_COUPLING)
    if K_vertical is None:
        K_vertical = K
    elif lattice != "square":
        raise ArgumentError(f"K_vertical is of the square lattice, not of the {lattice} one")
    K_vertical = arguments.finite("K_vertical", K_vertical, -LARGEST_COUPLING, LARGEST_COUPLING)
    states = np.arange(q)
    difference = np.subtract.outer(states, states) % q

    # In units of the largest weight: nothing overflows.
    def bond(coupling: float) -> tuple[Floats, float]:
        logarithms = coupling * energy(difference.astype(float))
        return np.exp(logarithms - logarithms.max()), float(logarithms.max())

    across, log_across = bond(K)
    upward, log_upward = bond(K_vertical)
    logarithms = field * energy(states.astype(float))
    site = np.exp(logarithms - logarithms.max())
    tensor, sites, shape, bonds = _lattice_tensor(across, upward, site, lattice)
    log_scale = (bonds - 1) * log_across + log_upward + sites * float(logarithms.max())
    if field != 0:
        return Network(tensor, None, None, 1, sites, shape, log_scale)
    return Network(_fourier(tensor), states, states, q, sites, shape, log_scale)


def _lattice_tensor(
    across: Floats, upward: Floats, site: Floats, lattice: str
) -> tuple[Floats, float, complex, int]:
    """T[left, up, right, down] of some bonds and sites, and its sites, shape and bonds."""
    lattice = arguments.choice("lattice", lattice, LATTICES)
    if lattice == "square":
        left, right = _halves(across)
        down, up = _halves(upward)
        tensor = np.einsum("s,sl,su,sr,sd->lurd", site, left, up, right, down, optimize=True)
        return tensor, 1.0, 1j, 2
    loops = np.eye(len(site))
    if lattice == "triangular":  # a site and the triangle to its upper right
        triangle = np.einsum("lr,lu,ru->lur", across, across, across)
        return np.einsum("l,lur,ld->lurd", site, triangle, loops), 1.0, _OBLIQUE, 3
    # Two sites; those of one kind are on the bonds.
    tensor = np.einsum(
        "l,t,lt,tr,tu,ld->lurd", site, site, across, across, across, loops, optimize=True
    )
    return tensor, 2.0, _OBLIQUE, 3


def _halves(bond: Floats) -> tuple[Floats, Floats]:
    """A symmetric matrix as a product of two that commute with it, of equal size."""
    values, vectors = np.linalg.eigh(bond)
    roots = np.sqrt(np.abs(values))
    return (vectors * roots) @ vectors.T, (vectors * (roots * np.sign(values))) @ vectors.T


def _fourier(tensor: Floats) -> Floats:
    """A tensor on spins that is symmetric under their cyclic shift and inversion, by charges."""
    q = len(tensor)
    wave = np.exp(2j * math.pi * np.outer(np.arange(q), np.arange(q)) / q) / math.sqrt(q)
    return _balanced(turned(tensor, (wave.conj(), wave.conj(), wave, wave)).real)


def _balanced(tensor: Floats) -> Floats:
    """The same network with both ends of each bond state of equal norm."""
    q = len(tensor)
    balanced = np.ascontiguousarray(tensor)
    for _ in range(20):
        for leg in (0, 1):
            others = tuple(axis for axis in range(4) if axis != leg)
            here = np.sqrt((balanced**2).sum(axis=others))
            others = tuple(axis for axis in range(4) if axis != leg + 2)
            there = np.sqrt((balanced**2).sum(axis=others))
            usable = (here > 0) & (there > 0)
            ratio = np.sqrt(np.where(usable, there, 1) / np.where(usable, here, 1))
            extents = [1, 1, 1, 1]
            extents[leg] = q
            balanced = balanced * ratio.reshape(extents)
            extents[leg], extents[leg + 2] = 1, q
            balanced = balanced / ratio.reshape(extents)
    if not np.isfinite(balanced).all():
        raise NonFiniteError("a weight of the network exceeds float64")
    return balanced
