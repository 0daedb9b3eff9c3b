"""Partition functions of lattice models as networks of one tensor, repeated on the square lattice.

Z = sum over all bonds of the product of T[left, up, right, down]. In the Fourier basis of the
states of a spin, the cyclic symmetry of the model becomes a charge of each bond, which is
conserved: T is zero unless left + up = right + down, modulo the number of states.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.tensorrg._sectors import Charges, Floats


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
        tensor = np.array(arguments.moderate("tensor", self.tensor))  # the user's may change
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
        if not isinstance(self.aspect, numbers.Complex):
            raise TypeError(f"aspect must be a complex number, not {type(self.aspect).__name__}")
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
    rotated = turned(tensor, (even_odd,) * 4)
    return Network(rotated, charges, charges, 2, sites, log_scale=math.log(largest))


def turned(tensor: Floats, matrices: tuple[Floats, ...]) -> Floats:
    """Each leg times a matrix: sum_s T[..., s, ...] M[s, k]."""
    for matrix in matrices:
        tensor = np.tensordot(tensor, matrix, (0, 0))
    return np.ascontiguousarray(tensor)
