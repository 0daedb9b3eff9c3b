"""Exact partition functions of the square torus in its four sectors, and of chains.

Free fermions with periodic or antiperiodic boundaries along both axes have the partition functions

    F = 2^(N M) prod_k D(k)^(1/2),  D = cosh 2K_1 cosh 2K_2 - sinh 2K_1 cos k_1 - sinh 2K_2 cos k_2,

and sums of four of them, with signs, are those of spins with periodic or antiperiodic boundaries
(B. Kaufman, doi:10.1103/PhysRev.76.1232).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.results import plain

if TYPE_CHECKING:
    from isingrg.ising._lattice import Lattice

Floats = NDArray[np.float64]

#: Signs of F for periodic (0) and antiperiodic (1) fermions along axis 0 and axis 1, in the order
#: 11, 10, 01, 00, by the boundaries of the spins.
_SIGNS = {
    (0, 0): (1, 1, 1, -1), (0, 1): (1, 1, -1, 1), (1, 0): (1, -1, 1, 1), (1, 1): (-1, 1, 1, 1),
}  # fmt: skip
_LARGEST_COUPLING = 100.0
#: Digits that may be lost in a difference of two sectors: of 16.
_LOST = 1e-7


def log_partition(self: Lattice, K: ArrayLike) -> float | Floats:
    """ln Z from an exact solution, without a field.

    Of chains with periodic, antiperiodic or open ends and any of the three kinds of spins; of
    square and rectangular tori of Ising spins with periodic or antiperiodic boundaries along each
    axis and a strength of its own for each. Both without `J2` and with equal strengths along an
    axis.

    Parameters
    ----------
    K : float or array_like, any shape
        Coupling J/T of either sign; K J is at most 100 in magnitude.

    Returns
    -------
    float or ndarray, shape of K
        The relative error is below 1e-11, or, of antiperiodic boundaries in the ordered phase, that
        times exp(free energy of the interface).

    Raises
    ------
    ArgumentError
        If no solution is known. For small lattices, take `exact`.
    ConvergenceError
        If an interface costs so much that no digits would be left.

    Examples
    --------
    >>> Lattice.square((16, 16)).log_partition(K_CRITICAL)
    238.642256635132...
    """
    couplings = arguments.reals("K", K)
    one = _chain if self._family is not None and self._family.name == "line" else _torus
    strengths = _of_axes(self)
    if (abs(couplings)[..., None] * abs(strengths) > _LARGEST_COUPLING).any():
        raise ArgumentError("K J must be at most 100 in magnitude")
    found = np.array([one(self, k * strengths) for k in couplings.ravel()])
    return plain(found.reshape(couplings.shape))


def _of_axes(lattice: Lattice) -> Floats:
    """The strength along each axis, of lattices whose solution is known."""
    family = lattice._family
    solved = family is not None and (
        family.name == "line"
        or (
            family.name == "square" and lattice.spins == "ising" and "open" not in lattice._boundary
        )
    )
    cells, found = lattice._sides, []
    if solved:
        per_axis = [
            int(np.prod(cells)) // side * (side - (kind == "open"))
            for side, kind in zip(cells, lattice._boundary, strict=True)
        ]
        if sum(per_axis) == len(lattice._J):
            parts = np.split(lattice._J, np.cumsum(per_axis)[:-1])
            found = [float(part[0]) for part in parts if (part == part[0]).all()]
    if not solved or len(found) != len(cells):
        raise ArgumentError(
            "no exact solution is known of this lattice: there are those of chains, and of tori of "
            "Ising spins, with equal strengths along an axis; of small lattices take exact"
        )
    return np.array(found)


def _chain(lattice: Lattice, K: Floats) -> float:
    """By the transfer matrix, whose eigenvalues are Fourier sums of the weights of a bond."""
    (length,), (kind,), q = lattice._sides, lattice._boundary, lattice.q
    steps = np.arange(q)
    pair = {
        "ising": np.array([1.0, -1.0]), "potts": (steps == 0) * 1.0,
        "clock": np.cos(2 * np.pi * steps / q),
    }[lattice.spins]  # fmt: skip
    top = float((K[0] * pair).max())
    weights = np.exp(K[0] * pair - top)
    if kind == "open":
        return math.log(q) + (length - 1) * (top + math.log(weights.sum()))
    eigenvalues = np.array([weights @ np.cos(2 * np.pi * k * steps / q) for k in range(q)])
    # The sum over a last bond turned by half a circle gives odd waves the opposite sign.
    signs = (-1.0) ** np.arange(q) if kind == "antiperiodic" else np.ones(q)
    return length * top + _logarithm(
        np.log(np.maximum(abs(eigenvalues), 1e-300)) * length,
        signs * np.sign(eigenvalues) ** length,
    )


def _torus(lattice: Lattice, K: Floats) -> float:
    rows, columns = lattice._sides
    rows_turned, columns_turned = (int(kind == "antiperiodic") for kind in lattice._boundary)
    logs, signs = zip(
        *(_fermions(rows, columns, K, first, second) for first in (1, 0) for second in (1, 0)),
        strict=True,
    )  # fmt: skip
    total = _logarithm(
        np.array(logs), np.array(signs) * np.array(_SIGNS[rows_turned, columns_turned])
    )
    return total - math.log(2)


def _fermions(rows: int, columns: int, K: Floats, first: int, second: int) -> tuple[float, float]:
    """ln |F| and its sign, that of the momenta 0 and pi, whose modes pass through zero."""
    waves = [
        2 * np.pi * (np.arange(side) + half / 2) / side
        for side, half in ((rows, first), (columns, second))
    ]
    a, b = 2 * abs(K)
    # D as a sum of what is never negative: 1 -+ cos k = 2 sin^2 or 2 cos^2 of k / 2.
    parts = [
        2 * math.sinh(x) * (np.sin(wave / 2) if k >= 0 else np.cos(wave / 2)) ** 2
        for x, k, wave in zip((a, b), K, waves, strict=True)
    ]
    lowest = _lowest(a, b)
    total, sign = rows * columns * math.log(2), 1.0
    for part in parts[0]:
        modes = lowest + part + parts[1]
        total += 0.5 * float(np.log(np.maximum(modes, 1e-300)).sum())
    # At 0 and pi D is a square, of what is negative where spins that follow the wave are ordered.
    if math.sinh(a) * math.sinh(b) > 1:
        real = [[part for part, w in zip(p, wave, strict=True) if abs(math.sin(w)) < 1e-9]
                for p, wave in zip(parts, waves, strict=True)]  # fmt: skip
        zeros = [sum(part < math.sinh(x) for part in p) for x, p in zip((a, b), real, strict=True)]
        sign = (-1.0) ** (zeros[0] * zeros[1])
    return total, sign


def _lowest(a: float, b: float) -> float:
    """cosh a cosh b - sinh a - sinh b, for a and b of 0 or more, without loss at its zero.

    With u = sinh a sinh b it is (1 - u)^2 / (cosh a cosh b + sinh a + sinh b).
    """
    difference = 1 - math.sinh(a) * math.sinh(b)
    return difference**2 / (math.cosh(a) * math.cosh(b) + math.sinh(a) + math.sinh(b))


def _logarithm(logs: Floats, signs: Floats) -> float:
    """ln of a sum of signed terms given by their logarithms."""
    top = logs.max()
    total = float((signs * np.exp(logs - top)).sum())
    if total < _LOST:
        raise ConvergenceError(
            "the interface of antiperiodic boundaries costs so much that its partition function is "
            "lost in the difference of two sectors"
        )
    return float(top) + math.log(total)
