"""The loop student of a spin with any internal symmetry: its couplings and the loop's states."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from isingrg._shared.errors import ArgumentError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._permutations import Indices, Permutation, images, orbit_labels, orbit_of
from isingrg.mlrg.internal import InternalSymmetry, internal_symmetry

#: States of a spin: a loop has q^8 states, which are looked through once.
MOST_STATES = 6


@dataclass(frozen=True, eq=False)
class LoopGroup:
    """ln S[z, a, b] = sum_c J_c m_c(z, a, b), m_c spanning the functions that a group leaves alone.

    The weight of a state of the eight open legs of a loop does not change under the group, or under
    the mirrors of the loop: one state of each orbit is enough.
    """

    symmetry: InternalSymmetry
    #: What each coupling multiplies.
    names: tuple[str, ...]
    #: m_c(z, a, b), shape (p, q, q, q): two-spin functions of z, a; z, b and a, b first.
    terms: Floats
    #: Halves b c B C of the loop in one state of each orbit, each a number below q^4, and how many
    #: states there are in the orbit, shape (n,).
    first: Indices
    second: Indices
    multiplicity: Floats

    @property
    def pairs(self) -> int:
        """The first 3 r couplings are of two spins: r of z, a, then r of z, b, then r of a, b."""
        return 3 * self.symmetry.n_kernels

    def bare(self, J: Any, direction: Floats) -> Floats:
        """Couplings of the model on the Lieb lattice, (p,): J times the direction of each bond."""
        couplings = np.zeros(len(self.names))
        r = self.symmetry.n_kernels
        couplings[:r] = couplings[r : 2 * r] = J * direction
        return couplings

    def start(self, teacher: Floats) -> Floats:
        """Near the fixed point of the map on the critical line, exact where all vanish."""
        r = self.symmetry.n_kernels
        mean = (teacher[:r] + teacher[r : 2 * r]) / 2
        couplings = np.zeros(len(teacher))
        couplings[: 3 * r] = np.concatenate([0.7 * mean, 0.9 * mean, 0.2 * np.abs(mean)])
        return couplings


def loop_group(internal: Any) -> LoopGroup:
    """The student of a setting ``internal=``.

    Raises
    ------
    ArgumentError
        If a spin has more than 6 states.
    """
    symmetry = internal_symmetry(internal)
    if symmetry.q > MOST_STATES:
        raise ArgumentError(
            f"internal must have at most {MOST_STATES} states with the loop scheme, whose loops of "
            f"q^8 states are enumerated, got {symmetry.q}"
        )
    return _loop_group(symmetry)


@functools.lru_cache(64)
def _loop_group(symmetry: InternalSymmetry) -> LoopGroup:
    names, terms = [], [np.ones((symmetry.q,) * 3)]
    wanted = len(set(_orbit_labels(symmetry, 3).tolist()))
    for name, term in _candidates(symmetry):
        if len(terms) == wanted:
            break
        if _is_independent(term, terms):
            names.append(name)
            terms.append(term)
    first, second, multiplicity = _loop_states(symmetry)
    return LoopGroup(symmetry, tuple(names), np.array(terms[1:]), first, second, multiplicity)


def _candidates(symmetry: InternalSymmetry) -> Iterator[tuple[str, Floats]]:
    """Functions of two spins, their products, and the indicators of all orbits of z, a, b."""
    shapes = {"z,a": "za,b->zab", "z,b": "zb,a->zab", "a,b": "ab,z->zab"}
    one = np.ones(symmetry.q)
    of_two = {
        pair: [
            (
                " ".join(pair.split(",")) if symmetry.is_ising else f"{name}({pair})",
                np.einsum(shapes[pair], kernel, one),
            )
            for name, kernel in zip(symmetry.kernel_names, symmetry.kernels, strict=True)
        ]
        for pair in shapes
    }
    for functions in of_two.values():
        yield from functions
    for several in (2, 3):
        for pairs in itertools.combinations(of_two.values(), several):
            for factors in itertools.product(*pairs):
                yield " ".join(f[0] for f in factors), np.prod([f[1] for f in factors], axis=0)
    labels = _orbit_labels(symmetry, 3)
    for label in np.unique(labels):
        states = "-".join(map(str, np.unravel_index(label, (symmetry.q,) * 3)))
        yield states, (labels == label).astype(float).reshape((symmetry.q,) * 3)


def _is_independent(term: Floats, others: list[Floats]) -> bool:
    basis = np.array(others).reshape(len(others), -1).T
    rest = term.ravel() - basis @ np.linalg.lstsq(basis, term.ravel())[0]
    return bool(np.abs(rest).max() > 1e-9)


def _orbit_labels(symmetry: InternalSymmetry, legs: int) -> Indices:
    """The smallest state of each state's orbit under the group, shape (q^legs,)."""
    return orbit_labels([images(g, legs) for g in symmetry.generators])


def _loop_states(symmetry: InternalSymmetry) -> tuple[Indices, Indices, Floats]:
    """One state of each orbit under the group and the mirrors of the loop."""
    q = symmetry.q
    states = np.arange(q**8).reshape((q,) * 8)  # b c B C of one half, then of the other
    across = states.transpose(4, 5, 6, 7, 0, 1, 2, 3)  # the halves change places
    along = states.transpose(2, 3, 0, 1, 6, 7, 4, 5)  # and the two tensors of each
    maps = [images(g, 8) for g in symmetry.generators]
    labels = orbit_labels([*maps, across.ravel(), along.ravel()])
    found, counts = np.unique(labels, return_counts=True)
    first, second = np.divmod(found, q**4)
    return first, second, counts.astype(float)


@functools.lru_cache(64)
def involution(symmetry: InternalSymmetry) -> Permutation | None:
    """An element of the group that is its own inverse and moves few states, or None.

    Of a symmetric group it is a transposition, so that every multiplet but those of the identity
    has states that are odd.
    """
    identity = tuple(range(symmetry.q))
    found = orbit_of(identity, symmetry.generators)  # of all states at once: the group
    own = [e for e in found if e != identity and tuple(e[s] for s in e) == identity]
    return min(own, key=lambda e: (sum(s != i for i, s in enumerate(e)), e), default=None)


def charge_states(symmetry: InternalSymmetry) -> tuple[Floats, Indices]:
    """Orthogonal states of a spin, even and odd under the involution, and their charges 0 and 1.

    Returns
    -------
    tuple of ndarray
        Shape (q, q), a state in each column, those of charge 0 first; and (q,).
    """
    q, swap = symmetry.q, involution(symmetry)
    if swap is None:
        return np.eye(q), np.zeros(q, np.int64)
    even, odd = [], []
    for state in range(q):
        one = np.eye(q)
        if swap[state] == state:
            even.append(one[state])
        elif state < swap[state]:
            even.append((one[state] + one[swap[state]]) / np.sqrt(2))
            odd.append((one[state] - one[swap[state]]) / np.sqrt(2))
    charges = np.repeat([0, 1], [len(even), len(odd)])
    return np.ascontiguousarray(np.array(even + odd).T), charges
