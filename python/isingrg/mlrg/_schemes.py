"""What depends on the scheme of a model: its couplings and the tensors that they make."""

from __future__ import annotations

import itertools
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import _loop_tensors, _state_tables, _transfer, symmetry, tensor
from isingrg.mlrg._couplings import Floats, coupling_count
from isingrg.mlrg._family import groups
from isingrg.mlrg._space import Space, StateSpace, space
from isingrg.mlrg.internal import Internal

_OF_ONE = "the model is that of several groups; ask one of them: model.at(q)"


class Scheme(Protocol):
    """The couplings of a scheme, (n, c) rows of them, and what they mean."""

    #: Number of couplings c.
    count: int
    #: Kernels and generators of each group for the core; none for Ising spins.
    symmetries: tuple[Any, ...]

    def bare(self, J0: Floats) -> Floats:
        """The bare models of (n,) couplings J0, (n, c)."""

    #: The degeneracy of a phase that breaks the whole symmetry.
    order: int

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


def scheme(name: str, representation: str, frame: str, internal: Internal) -> Scheme:
    """The scheme of a model."""
    if name == "loop":
        return Loop(representation)
    found = [space(representation, frame, group) for group in groups(internal)]
    states = [of for of in found if isinstance(of, StateSpace)]
    if len(states) > 1:
        return Family(states)
    return StateStar(states[0]) if states else Star(found[0])


def check(configuration: Any) -> None:
    """Refuses what a scheme does not have."""
    divergence = configuration.divergence
    if configuration.scheme == "star":
        if divergence == "l2":
            raise ArgumentError("divergence must be 'kl' or 'cd' with scheme 'star', got 'l2'")
        for group in groups(configuration.internal):
            of = space(configuration.representation, configuration.frame, group)
            _ = of.count
            if isinstance(of, StateSpace):
                _check_states(of, configuration)
        return
    if not all(group.is_ising for group in groups(configuration.internal)):
        raise ArgumentError(
            "internal must be 'Z2' with scheme 'loop', whose student is learned for Ising spins, "
            f"got {configuration.internal!r}"
        )
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


def _check_states(of: StateSpace, configuration: Any) -> None:
    q = of.internal.q
    if configuration.divergence == "cd":
        raise ArgumentError(
            f"divergence must be 'kl' for components of {q} states that are moved and not flipped: "
            "they are enumerated, and the Gibbs sampler knows spins of +1 and -1 only, got 'cd'"
        )
    if configuration.symmetric and q > 2:
        raise ArgumentError(
            f"symmetric must be False with internal {of.internal.name!r}: J and -J are different "
            "students"
        )


class Star:
    """One hidden spin and four corners; couplings J_ab of the representation's components."""

    symmetries: tuple[Any, ...] = ()

    def __init__(self, of: Space) -> None:
        self.space = of
        self.representation, self.frame = of.representation, of.frame
        self.count, self.order = of.count, of.internal.q

    def bare(self, J0: Floats) -> Floats:
        rows = np.zeros((len(J0), self.count))
        rows[:, 0] = J0
        return rows

    def ray(self, bound: float) -> tuple[float, float]:
        return -bound, bound

    def starts(self, random: Floats) -> Floats:
        return random

    def degeneracies(self, rows: Floats, machine: str) -> Floats:
        return tensor.degeneracies(rows, self.space, machine)

    def dimensions(self, rows: Floats, k: int, period: int, machine: str) -> Floats:
        return tensor.dimensions(rows, self.space, k, period, machine)

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


class StateStar(Star):
    """The same for components of q states, which the point group moves."""

    def __init__(self, of: StateSpace) -> None:
        super().__init__(of)
        self.states = of
        self.symmetries = (of.arrays,)

    def ray(self, bound: float) -> tuple[float, float]:
        return 0.0, bound

    def images(self, J: Floats) -> Floats:
        """The couplings with edge spins and vertex spins renamed."""
        of = self.states
        tables = _state_tables.features(of.internal, of.representation, of.frame, of.couplings)
        basis = np.vstack([tables.reshape(self.count, -1), np.ones(of.states**2)]).T
        energy = np.tensordot(J, tables, 1)
        edge, vertex = (
            _state_tables.renamings(of.internal, of.representation, offset)
            for offset in (2 * (of.frame == "consistent"), 0)
        )
        moved = np.array([energy[np.ix_(e, v)].ravel() for e in edge for v in vertex])
        found, *_ = np.linalg.lstsq(basis, moved.T, rcond=None)
        return np.unique(found[:-1].T.round(12), axis=0)

    def components(self, J: Floats, tolerance: float) -> list[tuple[int, ...]]:
        joined = np.eye(self.states.components, dtype=bool)
        for coupling, (a, b, _) in zip(J, self.states.couplings, strict=True):
            joined[a, b] |= abs(coupling) > tolerance
        for a, target in enumerate(_state_tables.moves(self.representation)[0]):
            joined[a, target] = True
        joined |= joined.T
        for _ in range(len(joined)):
            joined = joined @ joined
        return sorted({tuple(np.flatnonzero(row).tolist()) for row in joined})


class Family(StateStar):
    """The couplings that several groups have in common, which mean something for each of them."""

    def __init__(self, of: list[StateSpace]) -> None:
        super().__init__(of[0])
        self.symmetries = tuple(one.arrays for one in of)

    def degeneracies(self, rows: Floats, machine: str) -> Floats:
        raise ArgumentError(_OF_ONE)

    def dimensions(self, rows: Floats, k: int, period: int, machine: str) -> Floats:
        raise ArgumentError(_OF_ONE)

    def images(self, J: Floats) -> Floats:
        raise ArgumentError(_OF_ONE)

    def components(self, J: Floats, tolerance: float) -> list[tuple[int, ...]]:
        raise ArgumentError(_OF_ONE)


class Loop:
    """ln S[z, a, b] with a coupling for each product of an even number of components."""

    order = 2
    symmetries: tuple[Any, ...] = ()

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
