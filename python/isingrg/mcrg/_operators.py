"""Operators: sums over a lattice of products of neighbouring spins, with all their images."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError

Point = tuple[int, ...]

#: Points of windows are at most this many: operators of larger ones are too many to list.
_MOST_REACH = {2: 8, 3: 2}


@dataclass(frozen=True)
class Operator:
    """S = the sum over all sites and images of a product of spins.

    Images are those under the rotations and reflections of the lattice, each counted once.

    Attributes
    ----------
    points : tuple of tuples of int
        Where the spins of one product are, (x, y) or (x, y, z); the smallest of each is 0.
    """

    points: tuple[Point, ...]

    @property
    def spins(self) -> int:
        """How many spins are multiplied."""
        return len(self.points)

    @property
    def parity(self) -> str:
        """Whether S keeps its sign when all spins flip, "even", or changes it, "odd"."""
        return "odd" if self.spins % 2 else "even"

    @cached_property
    def images(self) -> tuple[tuple[Point, ...], ...]:
        """The different products, up to translations: so many times the sites has S terms."""
        dimension = len(self.points[0])
        found = set()
        for axes in itertools.permutations(range(dimension)):
            for signs in itertools.product((1, -1), repeat=dimension):
                found.add(
                    _cornered(
                        tuple(sign * point[axis] for axis, sign in zip(axes, signs, strict=True))
                        for point in self.points
                    )
                )
        return tuple(sorted(found))

    @property
    def reach(self) -> int:
        """The largest distance between two of its spins along an axis."""
        return max(max(point) for point in self.points)

    def __str__(self) -> str:
        return " ".join("s" + str(point).replace(" ", "") for point in self.points)


class Operators(Sequence[Operator]):
    """A table of operators, even ones first, as `operators` makes it.

    Parameters
    ----------
    points : sequence of sequences of tuples of int
        For each operator where the spins of one of its products are: pairwise different points of
        one dimension, 2 or 3. Those that are images of each other are refused.
    """

    def __init__(self, points: Sequence[Sequence[Sequence[int]]]) -> None:
        made = [Operator(_checked(index, each)) for index, each in enumerate(points)]
        if not made:
            raise ArgumentError("points must be those of one operator or more")
        dimensions = {len(operator.points[0]) for operator in made}
        if len(dimensions) != 1 or not dimensions <= {2, 3}:
            raise ArgumentError("points must all be of one dimension, 2 or 3")
        self._operators = tuple(
            sorted(made, key=lambda operator: operator.parity == "odd")  # a stable sort
        )
        seen: dict[tuple[Point, ...], int] = {}
        for index, operator in enumerate(self._operators):
            if operator.images[0] in seen:
                raise ArgumentError(
                    f"points must belong to different operators, but {operator} is an image of "
                    f"{self._operators[seen[operator.images[0]]]}"
                )
            seen[operator.images[0]] = index
        #: 2 or 3.
        self.dimension: int = dimensions.pop()

    @overload
    def __getitem__(self, index: int) -> Operator: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Operator]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._operators[index]

    def __len__(self) -> int:
        return len(self._operators)

    def __iter__(self) -> Iterator[Operator]:
        return iter(self._operators)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operators) and self._operators == other._operators

    def __hash__(self) -> int:
        return hash(self._operators)

    def __repr__(self) -> str:
        rows = [f"{index:3d}  {len(o.images):3d} x  {o}" for index, o in enumerate(self)]
        return "\n".join(["  #  images  one product", *rows])

    @property
    def n_even(self) -> int:
        """How many operators have an even number of spins."""
        return sum(operator.parity == "even" for operator in self)

    @property
    def n_odd(self) -> int:
        """How many operators have an odd number of spins."""
        return len(self) - self.n_even

    @property
    def reach(self) -> int:
        """The largest reach of an operator."""
        return max(operator.reach for operator in self)

    def chosen(self, parity: str, n: int | None = None) -> list[int]:
        """Indices of the first operators of a parity.

        Parameters
        ----------
        parity : {"even", "odd"}
            Which ones.
        n : int, optional
            How many, at least one; by default all.

        Returns
        -------
        list of int
            Where they are in the table.
        """
        parity = arguments.choice("parity", parity, ("even", "odd"))
        most = self.n_even if parity == "even" else self.n_odd
        if most == 0:
            raise ArgumentError(f"parity must be that of some operators; none of these is {parity}")
        n = most if n is None else arguments.integer("n", n, 1, most)
        start = 0 if parity == "even" else self.n_even
        return list(range(start, start + n))

    @cached_property
    def native(self) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """As the core takes them: number, operator of each term, starts of terms, points."""
        owners, starts, points = [], [0], []
        for index, operator in enumerate(self):
            for image in operator.images:
                owners.append(index)
                points += [(*point, 0)[:3] for point in image]
                starts.append(len(points))
        arrays = (np.array(each, dtype=np.int32) for each in (owners, starts, points))
        owner, start, point = arrays
        return len(self), owner, start, point


def operators(n_even: int = 13, n_odd: int = 8, *, reach: int = 2, dimension: int = 2) -> Operators:
    """The most compact operators of two and four, and of one and three spins.

    All products within a cube of `reach` + 1 sites are sorted by the sum of the squared distances
    of all pairs of their spins, then by the number of spins.

    Parameters
    ----------
    n_even, n_odd : int
        How many of each, 0 to 64, and one at least in all.
    reach : int
        The largest distance of two spins along an axis, 1 to 8, in three dimensions to 2.
    dimension : {2, 3}
        Square or cubic lattice.

    Returns
    -------
    Operators
        Even ones first.

    Raises
    ------
    ArgumentError, TypeError
        Also where fewer operators fit within `reach`.

    Examples
    --------
    >>> operators(4, 2)
      #  images  one product
      0    2 x  s(0,0) s(0,1)
      1    2 x  s(0,0) s(1,1)
      2    2 x  s(0,0) s(0,2)
      3    4 x  s(0,0) s(1,2)
      4    1 x  s(0,0)
      5    4 x  s(0,0) s(0,1) s(1,0)
    """
    dimension = arguments.integer("dimension", dimension, 2, 3)
    reach = arguments.integer("reach", reach, 1, _MOST_REACH[dimension])
    wanted = {
        "even": arguments.integer("n_even", n_even, 0, 64),
        "odd": arguments.integer("n_odd", n_odd, 0, 64),
    }
    if not any(wanted.values()):
        raise ArgumentError("n_even or n_odd must be positive")
    window = list(itertools.product(range(reach + 1), repeat=dimension))
    chosen: list[tuple[Point, ...]] = []
    for kind, counts in (("even", (2, 4)), ("odd", (1, 3))):
        n = wanted[kind]
        found = _most_compact(window, counts, n)
        if len(found) < n:
            raise ArgumentError(
                f"n_{kind} must be at most {len(found)} for a reach of {reach}, got {n}"
            )
        chosen += found
    return Operators(chosen)


def _most_compact(
    window: list[Point], counts: tuple[int, int], wanted: int
) -> list[tuple[Point, ...]]:
    """The first image of each of the wanted operators, or of as many as there are."""
    candidates = [
        (_spread(points), spins, points)
        for spins in (counts if wanted else ())
        for points in itertools.combinations(window, spins)
        if not any(map(min, zip(*points, strict=True)))  # others are translations of these
    ]
    found: dict[tuple[Point, ...], None] = {}
    for _, group in itertools.groupby(sorted(candidates), key=lambda candidate: candidate[:2]):
        if len(found) >= wanted:
            break
        found |= dict.fromkeys(sorted({Operator(points).images[0] for *_, points in group}))
    return list(found)[:wanted]


def _spread(points: Sequence[Point]) -> int:
    """The sum of the squared distances of all pairs."""
    pairs = itertools.combinations(points, 2)
    return sum((x - y) ** 2 for one, other in pairs for x, y in zip(one, other, strict=True))


def _cornered(points: Any) -> tuple[Point, ...]:
    """Moved to the corner and sorted: equal for products that are translations of each other."""
    points = list(points)
    low = [min(point[axis] for point in points) for axis in range(len(points[0]))]
    return tuple(sorted(tuple(x - least for x, least in zip(p, low, strict=True)) for p in points))


def _checked(index: int, points: Any) -> tuple[Point, ...]:
    array = arguments.integers(f"points[{index}]", points, -64, 64)
    if array.ndim != 2 or not 1 <= array.shape[0] <= 64 or array.shape[1] not in (2, 3):
        raise ArgumentError(
            f"points[{index}] must have the shape (spins, 2) or (spins, 3) with 1 to 64 spins, "
            f"got {array.shape}"
        )
    listed = [tuple(int(x) for x in row) for row in array]
    if len(set(listed)) < len(listed):
        raise ArgumentError(f"points[{index}] must be different from each other, got {listed}")
    cornered = _cornered(listed)
    if max(max(point) for point in cornered) > 64:
        raise ArgumentError(f"points[{index}] must be within 64 of each other, got {listed}")
    return cornered
