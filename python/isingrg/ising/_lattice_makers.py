"""How lattices are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising import _cells, _colouring

_LARGEST = 2**28


class Makers:
    """The attributes of a lattice, and the class methods that set them."""

    _name: str
    _shape: tuple[int, ...]
    _bonds: NDArray[np.int32]
    _J: NDArray[np.float64]
    #: -1 for bonds across an antiperiodic boundary, else 1.
    _signs: NDArray[np.float64]
    _colours: NDArray[np.int32]
    _family: _cells.Family | None
    #: Cells along each axis; none of a graph.
    _sides: tuple[int, ...]
    _boundary: tuple[str, ...]
    _kind = "ising"
    _q = 2
    _pattern: NDArray[np.float64] | None = None
    #: What the core holds of it.
    _held: _core.CoreLattice | None = None

    @classmethod
    def _made(cls, **attributes: Any) -> Self:
        made = object.__new__(cls)
        made.__dict__.update({f"_{name}": value for name, value in attributes.items()})
        return made

    @classmethod
    def chain(
        cls, L: int, *, boundary: str | Sequence[str] = "periodic", J: ArrayLike = 1.0,
        J2: ArrayLike = 0.0,
    ) -> Self:  # fmt: skip
        """A chain of L sites, each with a bond to the next.

        Parameters
        ----------
        L : int
            Sites, 2 to 2**28; at least 3 with `J2`. For L = 2 both bonds between the sites count.
        boundary : {"periodic", "antiperiodic", "open"}
            What joins the ends: a bond, one of the opposite sign, or nothing.
        J : float
            Strength of bonds, -1e6 to 1e6.
        J2 : float
            Strength of bonds to the site after the next, -1e6 to 1e6; 0 for none.

        Returns
        -------
        Lattice
            Of the shape (L,).
        """
        return cls._of("line", L, boundary, J, J2)

    @classmethod
    def square(
        cls, L: int | Sequence[int], *, boundary: str | Sequence[str] = "periodic",
        J: ArrayLike = 1.0, J2: ArrayLike = 0.0,
    ) -> Self:  # fmt: skip
        """A square lattice, or a rectangular one.

        Parameters
        ----------
        L : int or sequence of int
            Sites along both axes, or (rows, columns): 2 or more, even or odd, at most 2**28 in all.
            For a side of 2 both bonds between two neighbours count.
        boundary : {"periodic", "antiperiodic", "open"} or one for each axis
            What joins the ends of an axis: bonds, bonds of the opposite sign, or nothing.
        J : float or array_like, shape (2,)
            Strength of bonds along axis 0 and axis 1, -1e6 to 1e6.
        J2 : float or array_like, shape (2,)
            Strength of bonds along the two diagonals, to (+1, +1) and (+1, -1); 0 for none.

        Returns
        -------
        Lattice
            Of the shape (rows, columns).
        """
        return cls._of("square", L, boundary, J, J2)

    @classmethod
    def triangular(
        cls, L: int | Sequence[int], *, boundary: str | Sequence[str] = "periodic",
        J: ArrayLike = 1.0, J2: ArrayLike = 0.0,
    ) -> Self:  # fmt: skip
        """A triangular lattice: bonds to (+1, 0), (0, +1) and (+1, -1).

        Parameters
        ----------
        L : int or sequence of int
            Sites along both axes, which meet at 60 degrees, or (rows, columns): 2 or more, at most
            2**28 in all.
        boundary : {"periodic", "antiperiodic", "open"} or one for each axis
            What joins the ends of an axis.
        J : float or array_like, shape (3,)
            Strength of bonds in the three directions, -1e6 to 1e6.
        J2 : float or array_like, shape (3,)
            Strength of bonds to next-nearest neighbours (+1, +1), (+2, -1), (+1, -2); 0 for none.

        Returns
        -------
        Lattice
            Of the shape (rows, columns).
        """
        return cls._of("triangular", L, boundary, J, J2)

    @classmethod
    def honeycomb(
        cls, L: int | Sequence[int], *, boundary: str | Sequence[str] = "periodic",
        J: ArrayLike = 1.0, J2: ArrayLike = 0.0,
    ) -> Self:  # fmt: skip
        """A honeycomb lattice: cells of two sites, which three bonds join to the other kind.

        Parameters
        ----------
        L : int or sequence of int
            Cells along both axes, or (rows, columns): 2 or more, at most 2**28 in all.
        boundary : {"periodic", "antiperiodic", "open"} or one for each axis
            What joins the ends of an axis.
        J : float or array_like, shape (3,)
            Strength of bonds from site 0 to site 1 of the cells at (0, 0), (0, -1), (-1, 0).
        J2 : float or array_like, shape (6,)
            Strength of bonds to next-nearest neighbours, three directions for each site of a cell;
            0 for none.

        Returns
        -------
        Lattice
            Of the shape (rows, columns, 2).
        """
        return cls._of("honeycomb", L, boundary, J, J2)

    @classmethod
    def cubic(
        cls, L: int | Sequence[int], *, boundary: str | Sequence[str] = "periodic",
        J: ArrayLike = 1.0, J2: ArrayLike = 0.0,
    ) -> Self:  # fmt: skip
        """A simple cubic lattice.

        Parameters
        ----------
        L : int or sequence of int
            Sites along all axes, or one number for each of the three: 2 or more, at most 2**28 in
            all.
        boundary : {"periodic", "antiperiodic", "open"} or one for each axis
            What joins the ends of an axis.
        J : float or array_like, shape (3,)
            Strength of bonds along each axis, -1e6 to 1e6.
        J2 : float or array_like, shape (6,)
            Strength of bonds along the diagonals of faces; 0 for none.

        Returns
        -------
        Lattice
            Of three axes.
        """
        return cls._of("cubic", L, boundary, J, J2)

    @classmethod
    def graph(cls, n_sites: int, bonds: ArrayLike, J: ArrayLike = 1.0) -> Self:
        """Any graph.

        Parameters
        ----------
        n_sites : int
            1 to 2**28.
        bonds : array_like of int, shape (b, 2)
            Two different sites of each bond. A pair may occur several times.
        J : float or array_like, shape (b,)
            Strength of each bond, -1e6 to 1e6.

        Returns
        -------
        Lattice
            Of the shape (n_sites,).
        """
        n_sites = arguments.integer("n_sites", n_sites, 1, _LARGEST)
        pairs = arguments.integers("bonds", bonds, 0, n_sites - 1).astype(np.int32)
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ArgumentError(f"bonds must have the shape (b, 2), got {pairs.shape}")
        if (pairs[:, 0] == pairs[:, 1]).any():
            raise ArgumentError("bonds must join two different sites")
        pairs = np.ascontiguousarray(pairs)
        ones = np.ones(len(pairs))
        made = cls._made(
            name=f"graph of {n_sites} sites", shape=(n_sites,), bonds=pairs, J=ones, signs=ones,
            colours=_colouring.greedy(n_sites, pairs), family=None, sides=(), boundary=(),
        )  # fmt: skip
        return made._with_strengths(J)

    @classmethod
    def _of(cls, name: str, L: Any, boundary: Any, J: Any, J2: Any) -> Self:
        family = _cells.FAMILIES[name]
        cells = _cells.sides(L, family.dimension)
        kinds = _cells.boundaries(boundary, family.dimension)
        steps = list(family.nearest)
        strengths = _cells.strengths(J, len(family.nearest))
        further = _cells.strengths(J2, len(family.next_nearest), "J2")
        if further.any():
            steps += family.next_nearest
            strengths = np.concatenate([strengths, further])
        per_cell = len(family.basis)
        # What the arrays on the way to the bonds need, refused where the machine has less.
        arguments.allocate("bonds", (len(steps), *cells, 16), np.float64)
        bonds, strengths, signs = _cells.bonds(steps, per_cell, cells, kinds, strengths)
        colours = _colouring.of_cells(cells, per_cell, bonds)
        shape = (*cells, per_cell) if per_cell > 1 else cells
        size = " x ".join(map(str, cells))
        called = (
            f"{'chain' if name == 'line' else name} {size}, {' and '.join(dict.fromkeys(kinds))}"
        )
        return cls._made(
            name=called, shape=shape, bonds=bonds, J=strengths, signs=signs, colours=colours,
            family=family, sides=cells, boundary=kinds,
        )  # fmt: skip

    def _with_strengths(self, J: ArrayLike) -> Self:
        given = arguments.reals("J", J, -1e6, 1e6)
        if given.shape not in ((), (len(self._bonds),)):
            raise ArgumentError(
                f"J must be a number or one for each of {len(self._bonds)} bonds, got the shape "
                f"{given.shape}"
            )
        return self._copy(J=np.broadcast_to(given, (len(self._bonds),)).astype(np.float64))

    def _copy(self, **changes: Any) -> Self:
        kept = {name[1:]: value for name, value in self.__dict__.items()}
        return self._made(**kept | {"held": None} | changes)
