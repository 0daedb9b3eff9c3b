"""What depends on the scheme of a model: its couplings and the tensors that they make."""

from __future__ import annotations

import itertools
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import _loop_tensors, _transfer, symmetry, tensor
from isingrg.mlrg._couplings import Floats, coupling_count


class Scheme(Protocol):
    """The couplings of a scheme, (n, c) rows of them, and what they mean."""

    #: Number of couplings c.
    count: int

    def bare(self, J0: Floats) -> Floats:
        """The bare models of (n,) couplings J0, (n, c)."""

    def ray(self, bound: float) -> tuple[float, float]:
        """Bare couplings J0 up to the bound of the couplings, without copies."""

    def starts(self, random: Floats) -> Floats:
        """Normal random numbers (n, c) as couplings where the training began."""

    def degeneracies(self, rows: Floats, machine: str) -> Floats:
        """Ground-state degeneracy, (n,)."""

    def dimensions(self, rows: Floats, k: int, period: int, machine: str) -> Floats:
        """The k lowest scaling dimensions, (n, at most k)."""

    def images(self, J: Floats) -> Floats:
        """The couplings (m, c) of copies of a model (c,), which differ by names of states only."""

    def components(self, J: Floats, tolerance: float) -> list[tuple[int, ...]]:
        """Groups of components that no coupling above the tolerance joins."""


def scheme(name: str, representation: str, frame: str) -> Scheme:
    """The scheme of a model."""
    return Star(representation, frame) if name == "star" else Loop(representation)


def check(configuration: Any) -> None:
    """Refuses what a scheme does not have."""
    divergence = configuration.divergence
    if configuration.scheme == "star":
        coupling_count(configuration.representation, configuration.frame)
        if divergence == "l2":
            raise ArgumentError("divergence must be 'kl' or 'cd' with scheme 'star', got 'l2'")
        return
    coupling_count(configuration.representation)
    _core.mlrg_loop_terms(configuration.representation)
    if divergence == "cd":
        raise ArgumentError(
            "divergence must be 'kl' or 'l2' with scheme 'loop', whose states are enumerated, "
            "got 'cd'"
        )
    if configuration.frame != "published":
        raise ArgumentError(
            "frame must be 'published' with scheme 'loop', whose legs have no axes, "
            f"got {configuration.frame!r}"
        )
    if configuration.symmetric:
        raise ArgumentError(
            "symmetric must be False with scheme 'loop': flipping z keeps the coupling K, so that "
            "J and -J are different students"
        )


class Star:
    """One hidden spin and four corners; couplings J_ab of the representation's components."""

    def __init__(self, representation: str, frame: str) -> None:
        self.representation, self.frame = representation, frame
        self.count = coupling_count(representation, frame)

    def bare(self, J0: Floats) -> Floats:
        rows = np.zeros((len(J0), self.count))
        rows[:, 0] = J0
        return rows

    def ray(self, bound: float) -> tuple[float, float]:
        return -bound, bound

    def starts(self, random: Floats) -> Floats:
        return random

    def degeneracies(self, rows: Floats, machine: str) -> Floats:
        return tensor.degeneracies(rows, self.representation, machine, self.frame)

    def dimensions(self, rows: Floats, k: int, period: int, machine: str) -> Floats:
        return tensor.dimensions(rows, self.representation, k, period, machine, self.frame)

    def images(self, J: Floats) -> Floats:
        """D J D' that rename components, of edge spins by D and of vertex spins by D'."""
        gauge = symmetry.gauge_transformations(self.representation)
        matrix = symmetry.coupling_matrix(self._point(J), self.representation, frame=self.frame)
        moved = np.array([left @ matrix @ right for left, right in itertools.product(gauge, gauge)])
        return np.asarray(
            symmetry.coupling_vector(moved, self.representation, frame=self.frame)
        ).reshape(-1, self.count)

    def components(self, J: Floats, tolerance: float) -> list[tuple[int, ...]]:
        return symmetry.decoupled_components(
            self._point(J), self.representation, frame=self.frame, tolerance=tolerance
        )

    def _point(self, J: Floats) -> Any:
        """A single J as users write it: a number if there is one coupling."""
        return J if self.count > 1 else float(J[0])


class Loop:
    """ln S[z, a, b] with a coupling for each product of an even number of components."""

    def __init__(self, representation: str) -> None:
        self.terms = _core.mlrg_loop_terms(representation)
        self.count = len(self.terms)
        self.spins = symmetry.components(representation)
        m = self.spins
        z, a, b = 1 << (3 * m - 1), 1 << (2 * m - 1), 1 << (m - 1)
        self._bare = [self.terms.index(z | a), self.terms.index(z | b)]

    def bare(self, J0: Floats) -> Floats:
        rows = np.zeros((len(J0), self.count))
        rows[:, self._bare] = J0[:, None]
        return rows

    def ray(self, bound: float) -> tuple[float, float]:
        return 0.0, bound

    def starts(self, random: Floats) -> Floats:
        return np.abs(random)

    def degeneracies(self, rows: Floats, machine: str) -> Floats:
        """(tr M)^2 / tr M^2 of M = C C^T, a mirror column and its image: the lattice's period."""
        columns = _loop_tensors.columns(rows, self._signs(), machine)
        values = np.linalg.svd(columns, compute_uv=False) ** 2
        return np.asarray(values.sum(axis=1) ** 2 / (values**2).sum(axis=1))

    def dimensions(self, rows: Floats, k: int, period: int, machine: str) -> Floats:
        if period != 1:
            raise ArgumentError(
                f"period must be 1 with scheme 'loop', a mirror column of two tensors, got {period}"
            )
        columns = _loop_tensors.columns(rows, self._signs(), machine)
        values = np.linalg.svd(columns, compute_uv=False)[:, :k]
        values[values < _transfer.ROUNDING * values[:, :1]] = 0
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(values[:, :1] / values) / np.pi)

    def images(self, J: Floats) -> Floats:
        """S with the states of z, a and b renamed, by permutations that commute with the flip."""
        n, signs = 1 << self.spins, self._signs()
        logs = (J @ signs).reshape(n, n, n)
        names = list(_renamings(n))
        moved = np.array(
            [logs[np.ix_(z, a, b)] for z, a, b in itertools.product(names, repeat=3)]
        ).reshape(-1, n**3)
        return np.unique((moved @ signs.T / n**3).round(12), axis=0)

    def components(self, J: Floats, tolerance: float) -> list[tuple[int, ...]]:
        groups = [{i} for i in range(self.spins)]
        for coupling, term in zip(J, self.terms, strict=True):
            # The first component is the most significant bit of z, of a and of b.
            joined = {
                i for i in range(self.spins) for spin in range(3)
                if term >> (spin * self.spins + self.spins - 1 - i) & 1
            }  # fmt: skip
            if abs(coupling) > tolerance and len(joined) > 1:
                union = set().union(*(g for g in groups if g & joined))
                groups = [g for g in groups if not g & joined] + [union]
        return sorted(tuple(sorted(group)) for group in groups)

    def _signs(self) -> Floats:
        """The products of each coupling in each state (z, a, b), (c, 2^3m)."""
        return _loop_tensors.signs(self.terms, 3 * self.spins)


def _renamings(states: int) -> list[NDArray[np.intp]]:
    """Permutations of the states of a spin that commute with flipping all its components."""
    flip = np.arange(states)[::-1]
    found = (np.array(order) for order in itertools.permutations(range(states)))
    return [order for order in found if np.array_equal(order[flip], flip[order])]
