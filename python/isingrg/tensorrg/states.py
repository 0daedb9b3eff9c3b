"""What a scheme carries from step to step, and what can be read off it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import NonFiniteError
from isingrg.tensorrg._sectors import Charges, Floats

#: States of a ring of two tensors of one charge of which all eigenvalues are computed; of more, the
#: leading ones.
_DENSE, _LEADING, _ITERATIONS = 128, 32, 50

#: Of the sizes of its terms: a sum below it has lost its digits.
_CANCELLED = 1e-10


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The transfer matrix of a ring of two tensors."""

    #: Scaling dimensions of each charge in ascending order: an array for each sector, all relative
    #: to the largest eigenvalue. They mean something at criticality only. Where a sector has more
    #: than 128 states these are the 32 lowest.
    dimensions: tuple[Floats, ...]
    #: ln of the largest eigenvalue.
    log_largest: float

    def lowest(self, k: int) -> tuple[Floats, Charges]:
        """The k lowest dimensions of all sectors.

        Parameters
        ----------
        k : int
            How many, at least 1; fewer if there are not so many.

        Returns
        -------
        tuple of ndarray
            Dimensions, shape (k,), in ascending order, and the charges of their sectors, (k,).
        """
        k = arguments.integer("k", k, 1, 2**31)
        values = np.concatenate(self.dimensions)
        charges = np.repeat(np.arange(len(self.dimensions)), [len(d) for d in self.dimensions])
        order = np.argsort(values, kind="stable")[:k]
        return values[order], charges[order]


@dataclass(frozen=True, eq=False)
class State:
    """One tensor that stands for `area` tensors of the network, on a lattice of its copies.

    Attributes
    ----------
    tensor : ndarray, shape (h, v, h, v)
        T[left, up, right, down], in units of its largest element.
    horizontal : ndarray, shape (h,)
        Charges of the states of a horizontal bond.
    vertical : ndarray, shape (v,)
        Charges of the states of a vertical bond.
    modulus : int
        Charges are counted modulo this number.
    log_scale : float
        ln of the factor that was taken out of `tensor`.
    area : float
        Tensors of the network in this one.
    sites : float
        Sites of the lattice in a tensor of the network.
    aspect : complex
        Lattice vector up over lattice vector right.
    """

    tensor: Floats
    horizontal: Charges
    vertical: Charges
    modulus: int
    log_scale: float
    area: float
    sites: float
    aspect: complex

    @property
    def chi(self) -> int:
        """States of the larger bond."""
        return int(max(self.tensor.shape))

    @functools.cached_property
    def log_partition(self) -> float:
        """ln Z of the torus of this one tensor: exact as long as nothing was left out.

        NaN where its terms cancel to less than 1e-10 of their sizes and leave no digits, as those
        of a strong antiferromagnet, where each spin is its own neighbour on this torus.
        """
        terms = np.einsum("lulu->lu", self.tensor)
        trace = float(terms.sum())
        if abs(trace) < _CANCELLED * np.abs(terms).sum():
            return math.nan
        return self._logarithm(trace)

    @property
    def minus_log_partition(self) -> float:
        """-ln Z per site of the lattice, on that torus; NaN as `log_partition`."""
        return -self.log_partition / (self.area * self.sites)

    @functools.cached_property
    def degeneracy(self) -> float:
        """(tr M)^2 / tr M^2 of the ring of one tensor: the number of ground states in a phase."""
        ring = np.einsum("luld->ud", self.tensor)
        square = float(np.einsum("ud,du->", ring, ring))
        if not square > 0:
            raise NonFiniteError("the transfer matrix has no positive square")
        return float(np.trace(ring)) ** 2 / square

    @functools.cached_property
    def spectrum(self) -> Spectrum:
        """The transfer matrix of two tensors side by side, by sectors of charge."""
        sectors = []
        total = np.add.outer(self.vertical, self.vertical).reshape(-1) % self.modulus
        ring = ring_of_two(self.tensor, self.tensor)
        for charge in range(min(self.modulus, int(total.max()) + 1)):
            i = np.flatnonzero(total == charge)
            sectors.append(moduli(ring[np.ix_(i, i)]))
        return self._dimensions(sectors, self.aspect.imag / 2)

    def _dimensions(self, sectors: list[Floats], length: float) -> Spectrum:
        """From the moduli, of a cylinder `length` long in units of its circumference."""
        largest = max(float(moduli[0]) for moduli in sectors if len(moduli))
        if not largest > 0:
            raise NonFiniteError("all eigenvalues of the transfer matrix vanish")
        with np.errstate(divide="ignore"):
            dimensions = tuple(
                np.log(largest / moduli) / (2 * math.pi * length) for moduli in sectors
            )
        return Spectrum(dimensions, math.log(largest) + 2 * self.log_scale)

    @property
    def casimir(self) -> float:
        """ln of the largest eigenvalue of that ring holds this number times c, beside f."""
        return math.pi * self.aspect.imag / 12

    def _logarithm(self, trace: float, tensors: int = 1) -> float:
        if not trace > 0:
            raise NonFiniteError(f"the partition function is not positive: a trace of {trace}")
        return math.log(trace) + tensors * self.log_scale


def ring_of_two(first: Floats, second: Floats) -> Floats:
    """M[(u u'), (d d')] = sum_lr T[l, u, r, d] T'[r, u', l, d']."""
    h, v = first.shape[:2]
    left = first.transpose(1, 3, 0, 2).reshape(v * v, h * h)
    right = second.transpose(2, 0, 1, 3).reshape(h * h, v * v)
    product = (left @ right).reshape(v, v, v, v)
    return np.ascontiguousarray(product.transpose(0, 2, 1, 3)).reshape(v * v, v * v)


def moduli(matrix: Floats) -> Floats:
    """Moduli of the eigenvalues in descending order: all of a small matrix, the leading of others.

    Orthogonal iteration: the leading eigenvalues of a transfer matrix are far apart from the rest.
    """
    n = len(matrix)
    if n > _DENSE:
        basis = np.linalg.qr(matrix @ np.random.default_rng(0).normal(size=(n, 2 * _LEADING)))[0]
        before = np.zeros(_LEADING)
        for _ in range(_ITERATIONS):
            image = matrix @ basis
            moduli = -np.sort(-np.abs(np.linalg.eigvals(basis.T @ image)))[:_LEADING]
            if np.abs(moduli - before).max() <= 1e-13 * moduli[0]:
                return np.asarray(moduli)
            before = moduli
            basis = np.linalg.qr(image)[0]
    return np.asarray(-np.sort(-np.abs(np.linalg.eigvals(matrix))))


@dataclass(frozen=True, eq=False)
class MirrorState(State):
    """A state on the lattice of mirror images, where neighbours are mirrored.

    With a = right, b = up, c = left and d = down, bonds join equal letters, and T[a, b, c, d] =
    T[b, a, d, c] = T[d, c, b, a].
    """

    #: S[z, a, b] of which the tensor is the ring, shape (chi, n, n); None for the network itself.
    student: Floats | None = None
    #: Steps so far.
    step: int = 0

    @functools.cached_property
    def letters(self) -> Floats:
        """T[a, b, c, d], shape (chi, chi, chi, chi)."""
        return np.ascontiguousarray(self.tensor.transpose(2, 1, 0, 3))

    @functools.cached_property
    def _column(self) -> list[Floats]:
        """Singular values of C[(a, e), (c, f)] = sum_bd T[a, b, c, d] T[e, b, f, d] by charge."""
        n = len(self.tensor)
        rows = self.letters.transpose(0, 2, 1, 3).reshape(n * n, n * n)
        column = (rows @ rows.T).reshape(n, n, n, n).transpose(0, 2, 1, 3).reshape(n * n, n * n)
        total = np.add.outer(self.horizontal, self.horizontal).reshape(-1) % self.modulus
        sectors = []
        for charge in range(min(self.modulus, int(total.max()) + 1)):
            i = np.flatnonzero(total == charge)
            values = np.linalg.svd(column[np.ix_(i, i)], compute_uv=False)
            sectors.append(np.asarray(values, np.float64))
        return sectors

    @functools.cached_property
    def log_partition(self) -> float:
        """ln Z of the torus of two times two tensors, over four: exact if nothing was left out."""
        squares = sum(float((values**2).sum()) for values in self._column)
        return math.log(squares) / 4 + self.log_scale

    @functools.cached_property
    def degeneracy(self) -> float:
        """(sum of sigma)^2 / sum of sigma^2 for the singular values of the mirror column."""
        values = np.concatenate(self._column)
        return float(values.sum() ** 2 / (values**2).sum())

    @functools.cached_property
    def spectrum(self) -> Spectrum:
        """The mirror column of two tensors: its singular values, as the next one is its mirror."""
        return self._dimensions(self._column, self.aspect.imag / 2)
