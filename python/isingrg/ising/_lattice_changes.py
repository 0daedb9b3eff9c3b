"""Lattices that differ from a given one: in their spins, the strengths of bonds, or the field."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising._lattice_makers import Makers


class Changes(Makers):
    """Methods that give a new lattice."""

    def potts(self, q: int) -> Self:
        """The same lattice with Potts spins.

        Parameters
        ----------
        q : int
            States, 2 to 16. For q = 2 it is the Ising model at K / 2.

        Returns
        -------
        Lattice
        """
        return self._with_spins("potts", arguments.integer("q", q, 2, 16))

    def clock(self, q: int) -> Self:
        """The same lattice with clock spins, also called vector Potts or Z(q).

        Parameters
        ----------
        q : int
            States, 2 to 16. For q = 2 it is the Ising model at K, for q = 3 Potts at 3 K / 2, and
            for q = 4 two Ising models at K / 2.

        Returns
        -------
        Lattice
        """
        return self._with_spins("clock", arguments.integer("q", q, 2, 16))

    def _with_spins(self, kind: str, q: int) -> Self:
        rotates = kind == "clock" and q % 2 == 0
        if not rotates and (self._signs < 0).any():
            raise ArgumentError(
                "antiperiodic boundaries are of spins that can be reversed: Ising spins, and clock "
                "spins of an even q"
            )
        return self._copy(kind=kind, q=q)

    def with_strengths(self, J: ArrayLike) -> Self:
        """The same lattice with other strengths of bonds.

        Parameters
        ----------
        J : float or array_like, shape (b,)
            Strength of each bond in the order of `bonds`, -1e6 to 1e6. At an antiperiodic boundary
            bonds have the opposite sign.

        Returns
        -------
        Lattice
        """
        return self._with_strengths(J)

    def spin_glass(self, distribution: str = "binary", *, seed: int = 0) -> Self:
        """The same lattice with random strengths of bonds, of mean 0 and variance 1.

        Parameters
        ----------
        distribution : {"binary", "gaussian"}
            +1 and -1 with equal probability, or normal numbers.
        seed : int
            0 to 2**64 - 1; it chooses the strengths.

        Returns
        -------
        Lattice

        References
        ----------
        S. F. Edwards and P. W. Anderson, doi:10.1088/0305-4608/5/5/017.
        """
        distribution = arguments.choice("distribution", distribution, ("binary", "gaussian"))
        random = np.random.Generator(np.random.Philox(arguments.seed(seed)))
        count = len(self._bonds)
        if distribution == "binary":
            return self.with_strengths(random.choice([-1.0, 1.0], count))
        return self.with_strengths(random.normal(size=count))

    def with_field(self, pattern: ArrayLike) -> Self:
        """The same lattice with a field h p_i that differs from site to site.

        Parameters
        ----------
        pattern : array_like, shape (*shape)
            p_i at each site, -1e6 to 1e6: for instance +1 and -1 for a staggered field.

        Returns
        -------
        Lattice
        """
        given = arguments.reals("pattern", pattern, -1e6, 1e6)
        if given.shape != self._shape:
            raise ArgumentError(f"pattern must have the shape {self._shape}, got {given.shape}")
        return self._copy(pattern=given.reshape(-1).copy())
