"""Spaces of couplings: the spins of a model, how they transform, and the core's functions of them.

Spins are either Ising spins whose components change their signs under the point group, or have q
states per component that an internal symmetry permutes, while the point group moves components.
"""

from __future__ import annotations

import abc
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg.mlrg import _state_tables, symmetry
from isingrg.mlrg._couplings import FRAMES, Floats, coupling_count
from isingrg.mlrg.internal import Internal, InternalSymmetry, internal_symmetry

Report = Any


@dataclass(frozen=True)
class Space(abc.ABC):
    """The couplings of one kind of spins: (n, c) rows of them."""

    representation: str
    frame: str
    internal: InternalSymmetry

    @property
    def largest_coupling(self) -> float:
        """Largest |J| of the exact map: beyond it the distributions are frozen to rounding."""
        return 4.0 if self.internal.name in ("Z2", "Z2xZ2") else 8.0

    @property
    @abc.abstractmethod
    def count(self) -> int:
        """Number of couplings c."""

    @property
    @abc.abstractmethod
    def components(self) -> int:
        """Components of a spin."""

    @property
    def states(self) -> int:
        """States of a spin."""
        return int(self.internal.q**self.components)

    @abc.abstractmethod
    def divergences(
        self, teachers: Floats, students: Floats, kl: Floats, slopes: Floats | None, report: Report
    ) -> None:
        """Fills kl (n,), and slopes (n, c)."""

    @abc.abstractmethod
    def minimise(
        self, rows: Floats, starts: int, seed: int, renormalized: Floats, kl: Floats, norm: Floats,
        counts: Floats, report: Report,
    ) -> None:  # fmt: skip
        """Fills the minima for (n, c) teachers; counts has the shape (n, 2)."""

    @abc.abstractmethod
    def fill_tensors(self, rows: Floats, machine: str, tensors: Floats) -> None:
        """Fills ln T, (n, states, states, states, states)."""


def space(representation: Any, frame: str, internal: Any = "Z2") -> Space:
    """The space of a representation of checked type.

    Ising spins take the permutations of components as well.
    """
    group = internal_symmetry(internal)
    if not isinstance(representation, str):
        raise TypeError(
            f"representation must be a string such as 'A1', not {type(representation).__name__}"
        )
    if group.is_ising and "P" not in representation:
        return IsingSpace(representation, frame, group)
    return StateSpace(representation, frame, group)


@dataclass(frozen=True)
class IsingSpace(Space):
    """Components of +1 and -1 that the point group permutes and flips."""

    @property
    def count(self) -> int:
        return coupling_count(self.representation, self.frame)

    @property
    def components(self) -> int:
        return symmetry.components(self.representation)

    def divergences(
        self, teachers: Floats, students: Floats, kl: Floats, slopes: Floats | None, report: Report
    ) -> None:
        _core.mlrg_divergence(
            self.representation, FRAMES[self.frame], teachers, students, kl, slopes, report
        )

    def minimise(
        self, rows: Floats, starts: int, seed: int, renormalized: Floats, kl: Floats, norm: Floats,
        counts: Floats, report: Report,
    ) -> None:  # fmt: skip
        _core.mlrg_exact_map(
            self.representation, FRAMES[self.frame], rows, starts, seed, renormalized, kl, norm,
            counts, report,
        )  # fmt: skip

    def fill_tensors(self, rows: Floats, machine: str, tensors: Floats) -> None:
        _core.mlrg_boltzmann_tensor(
            self.representation, FRAMES[self.frame], symmetry.MACHINES[machine], rows, tensors, None
        )


@dataclass(frozen=True)
class StateSpace(Space):
    """Components of q states, which the point group moves."""

    @functools.cached_property
    def arrays(self) -> tuple[Any, Any]:
        """Kernels (r, q, q) and generators (g, q) for the core."""
        kernels = np.ascontiguousarray(self.internal.kernels)
        return kernels, np.array(self.internal.generators, np.int32)

    @functools.cached_property
    def couplings(self) -> tuple[tuple[int, int, int], ...]:
        """Components of edge spin and vertex spin, and kernel, of each coupling."""
        return _core.mlrg_state_couplings(*self.arrays, self.representation, FRAMES[self.frame])

    @property
    def count(self) -> int:
        return len(self.couplings)

    @property
    def components(self) -> int:
        """Components of a spin."""
        _ = self.couplings
        return sum(map(len, _state_tables.terms(self.representation)))

    def divergences(
        self, teachers: Floats, students: Floats, kl: Floats, slopes: Floats | None, report: Report
    ) -> None:
        _core.mlrg_state_divergence(
            *self.arrays, self.representation, FRAMES[self.frame], teachers, students, None, kl,
            slopes, None, report,
        )  # fmt: skip

    def minimise(
        self, rows: Floats, starts: int, seed: int, renormalized: Floats, kl: Floats, norm: Floats,
        counts: Floats, report: Report,
    ) -> None:  # fmt: skip
        _core.mlrg_state_exact_map(
            *self.arrays, self.representation, FRAMES[self.frame], rows, starts, seed,
            renormalized, kl, norm, counts, report,
        )  # fmt: skip

    def fill_tensors(self, rows: Floats, machine: str, tensors: Floats) -> None:
        _core.mlrg_state_tensor(
            *self.arrays, self.representation, FRAMES[self.frame], symmetry.MACHINES[machine],
            rows, tensors, None,
        )  # fmt: skip


def log_tensors(rows: Floats, of: Space, machine: str) -> Floats:
    """ln T of (n, c) couplings, (n, states, states, states, states)."""
    tensors: Floats = arguments.allocate(
        "the Boltzmann weight tensor", (len(rows), *(of.states,) * 4), np.float64
    )
    if len(rows):
        of.fill_tensors(np.ascontiguousarray(rows), machine, tensors)
    return tensors


def coupling_names(
    representation: str = "A1", *, internal: Internal = "Z2", frame: str = "published"
) -> tuple[str, ...]:
    """What each of the couplings J_(ab k) joins: "01 delta" is a = 0, b = 1 and the kernel "delta".

    Couplings that the mirror makes equal are one, named by the smallest pair.

    Parameters
    ----------
    representation, frame
        As for `isingrg.mlrg.MLRG`.
    internal : str, sequence of sequence of int, or InternalSymmetry
        As for `isingrg.mlrg.internal_symmetry`.

    Returns
    -------
    tuple of str
        Component of the edge spin, of the vertex spin, and kernel of each of the c couplings.

    Examples
    --------
    >>> coupling_names(internal="Z5")
    ('00 cos 1', '00 cos 2')
    """
    of = space(representation, arguments.choice("frame", frame, FRAMES), internal)
    names = of.internal.kernel_names
    if isinstance(of, StateSpace):
        return tuple(f"{a}{b} {names[k]}" for a, b, k in of.couplings)
    return tuple(
        f"{a}{b} {names[0]}" for a, b in symmetry.coupling_components(representation, frame)
    )
