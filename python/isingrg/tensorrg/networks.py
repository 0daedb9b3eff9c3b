"""Partition functions of lattice models as networks of one tensor, repeated on the square lattice.

Z = sum over all bonds of the product of T[left, up, right, down]. In the Fourier basis of the
states of a spin, the cyclic symmetry of the model becomes a charge of each bond, which is
conserved: T is zero unless left + up = right + down, modulo the number of states.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg.tensorrg._sectors import Charges, Floats

LATTICES = ("square", "triangular", "honeycomb")

#: States of a spin, at most.
LARGEST_SPIN = 32

#: Couplings beyond it leave nothing of the other weights.
LARGEST_COUPLING = 100.0

#: Lattice vectors of a cell of the triangular and of the honeycomb lattice: up over right.
_OBLIQUE = complex(0.5, math.sqrt(0.75))


@dataclass(frozen=True, eq=False)
class Network:
    """A tensor that tiles the plane, from `ising_network` and its like or by hand.

    Raises
    ------
    ArgumentError
        If a number is not finite, extents do not match, or the tensor violates its charges.
    """

    #: T[left, up, right, down], shape (h, v, h, v).
    tensor: Floats
    #: Charges of the h states of a horizontal bond; by default all are zero.
    horizontal: Charges | None = None
    #: Charges of the v states of a vertical bond; by default those of the horizontal one if there
    #: are as many, else zero.
    vertical: Charges | None = None
    #: Charges are counted modulo this number: 1 for no symmetry, 2 for Z2.
    modulus: int = 1
    #: Sites of the lattice for each tensor, by which free energies are divided.
    sites: float = 1.0
    #: Lattice vector up over lattice vector right as complex numbers: the shape of a torus of one
    #: tensor, which the conformal dimensions are measured with.
    aspect: complex = 1j
    #: ln of a factor of the tensor that was taken out.
    log_scale: float = 0.0

    def __post_init__(self) -> None:
        tensor = arguments.moderate("tensor", self.tensor)
        if tensor.ndim != 4 or tensor.shape[:2] != tensor.shape[2:] or 0 in tensor.shape:
            raise ArgumentError(f"tensor must have the shape (h, v, h, v), got {tensor.shape}")
        if not tensor.any():
            raise ArgumentError("tensor must not be zero everywhere")
        modulus = arguments.integer("modulus", self.modulus, 1, 2**31)
        h, v = tensor.shape[:2]
        horizontal = _charges("horizontal", self.horizontal, h, modulus)
        same = self.vertical is None and h == v
        vertical = horizontal if same else _charges("vertical", self.vertical, v, modulus)
        object.__setattr__(self, "tensor", tensor)
        object.__setattr__(self, "horizontal", horizontal)
        object.__setattr__(self, "vertical", vertical)
        arguments.finite("sites", self.sites, 1e-6, 1e6)
        arguments.finite("log_scale", self.log_scale)
        if not (np.isfinite(self.aspect) and np.imag(self.aspect) > 0):
            raise ArgumentError(f"aspect must be above the real axis, got {self.aspect!r}")
        total = np.add.outer(horizontal, vertical)
        differs = np.subtract.outer(total, total) % modulus != 0
        if np.abs(tensor[differs]).max(initial=0) > 1e-10 * np.abs(tensor).max():
            raise ArgumentError("tensor must be zero where the charges are not conserved")


def _charges(name: str, given: ArrayLike | None, count: int, modulus: int) -> Charges:
    if given is None:
        return np.zeros(count, np.int64)
    charges = arguments.integers(name, given, -(2**31), 2**31)
    if charges.shape != (count,):
        raise ArgumentError(f"{name} must have the shape ({count},), got {charges.shape}")
    return np.asarray(charges, dtype=np.int64) % modulus


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
        magnitude. The dimensions are right where the model is critical, sinh 2K sinh 2K_vertical
        = 1, as the shape of a cell is then known.
    field : float
        Magnetic field times inverse temperature, at most 100 in magnitude.

    Returns
    -------
    Network
        Of two states. Without a field its charges are modulo 2: sector 1 is odd in the spins.
    """
    network = _model_network(2, lambda d: 1 - 2.0 * d, K, lattice, K_vertical, field)
    if K_vertical is None or lattice != "square" or K <= 0:
        return network
    stretched = complex(0, math.sinh(2 * min(K, 50.0)))  # of the isoradial embedding
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


def weights_network(weights: ArrayLike, *, sites: float = 1.0) -> Network:
    """The network of a Boltzmann weight tensor, such as `isingrg.mlrg.boltzmann_tensor` returns.

    Neighbours share the spin between them: the corner at the right of one is that at the left of
    the next.

    Parameters
    ----------
    weights : array_like, shape (n, n, n, n)
        T of the corner spins at the top, left, bottom and right, finite. Where it does not change
        when each state x becomes n - 1 - x, which flips all Ising components of a corner, the
        network has charges modulo 2.
    sites : float
        By which free energies are divided, 1e-6 to 1e6.

    Returns
    -------
    Network
    """
    corners = arguments.moderate("weights", weights)
    if corners.ndim != 4 or len(set(corners.shape)) != 1 or corners.size == 0:
        raise ArgumentError(f"weights must have the shape (n, n, n, n), got {corners.shape}")
    tensor = corners.transpose(1, 0, 3, 2)
    largest = np.abs(tensor).max()
    if largest == 0:
        raise ArgumentError("weights must not be zero everywhere")
    tensor = tensor / largest
    n = len(tensor)
    if n % 2 or np.abs(tensor - tensor[::-1, ::-1, ::-1, ::-1]).max() > 1e-12:
        return Network(np.ascontiguousarray(tensor), sites=sites, log_scale=math.log(largest))
    half = np.eye(n // 2)
    flip = half[::-1]
    even_odd = np.block([[half, half], [flip, -flip]]) / math.sqrt(2)
    charges = np.repeat([0, 1], n // 2)
    rotated = _turn(tensor, (even_odd,) * 4)
    return Network(rotated, charges, charges, 2, sites, log_scale=math.log(largest))


def _model_network(
    q: int, energy: Callable[[Floats], Floats], K: float, lattice: str, K_vertical: float | None,
    field: float,
) -> Network:  # fmt: skip
    """`energy` is that of a bond over -K as a function of s - s' modulo q, and of a site."""
    lattice = arguments.choice("lattice", lattice, LATTICES)
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
    site, log_site = np.exp(logarithms - logarithms.max()), float(logarithms.max())
    if lattice == "square":
        left, right = _halves(across)
        down, up = _halves(upward)
        tensor = np.einsum("s,sl,su,sr,sd->lurd", site, left, up, right, down, optimize=True)
        sites, shape, log_scale = 1.0, 1j, log_across + log_upward + log_site
    elif lattice == "triangular":  # a site and the triangle to its upper right
        triangle = np.einsum("lr,lu,ru->lur", across, across, across)
        tensor = np.einsum("l,lur,ld->lurd", site, triangle, np.eye(q))
        sites, shape, log_scale = 1.0, _OBLIQUE, 3 * log_across + log_site
    else:  # two sites; those of one kind are on the bonds
        tensor = np.einsum(
            "l,t,lt,tr,tu,ld->lurd", site, site, across, across, across, np.eye(q), optimize=True
        )
        sites, shape, log_scale = 2.0, _OBLIQUE, 3 * log_across + 2 * log_site
    if field != 0:
        return Network(tensor, None, None, 1, sites, shape, log_scale)
    return Network(_fourier(tensor), states, states, q, sites, shape, log_scale)


def _halves(bond: Floats) -> tuple[Floats, Floats]:
    """A symmetric matrix as a product of two that commute with it, of equal size."""
    values, vectors = np.linalg.eigh(bond)
    roots = np.sqrt(np.abs(values))
    return (vectors * roots) @ vectors.T, (vectors * (roots * np.sign(values))) @ vectors.T


def _fourier(tensor: Floats) -> Floats:
    """A tensor on spins that is symmetric under their cyclic shift and inversion, by charges."""
    q = len(tensor)
    wave = np.exp(2j * math.pi * np.outer(np.arange(q), np.arange(q)) / q) / math.sqrt(q)
    turned = _turn(tensor, (wave.conj(), wave.conj(), wave, wave)).real
    balanced = np.ascontiguousarray(turned)
    for _ in range(20):  # the scale of each bond state: both ends of equal norm
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


def _turn(tensor: Floats, matrices: tuple[Floats, ...]) -> Floats:
    """Each leg times a matrix: sum_s T[..., s, ...] M[s, k]."""
    for matrix in matrices:
        tensor = np.tensordot(tensor, matrix, (0, 0))
    return np.ascontiguousarray(tensor)
