"""Lattices of equal cells: sites, bonds, boundaries, and where everything lies.

A bond leads from a site of a cell to a site of the cell at some displacement. The axes of arrays
are those of the cells, and the last one that of the sites of a cell where it has several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError

Floats = NDArray[np.float64]
Sites = NDArray[np.int32]

BOUNDARIES = ("periodic", "antiperiodic", "open")
_LARGEST = 2**28


@dataclass(frozen=True)
class Family:
    """What one kind of lattice is made of."""

    name: str
    #: Vectors from a cell to the next along each axis, shape (d, d).
    vectors: Floats
    #: Where the sites of a cell are, shape (sites of a cell, d).
    basis: Floats
    #: Nearest and next-nearest bonds of a cell: site, site, displacement of the second's cell.
    nearest: tuple[tuple[int, int, tuple[int, ...]], ...]
    next_nearest: tuple[tuple[int, int, tuple[int, ...]], ...]

    @property
    def dimension(self) -> int:
        return len(self.vectors)


def _straight(dimension: int) -> Any:
    return tuple((0, 0, tuple(map(int, row))) for row in np.eye(dimension))


_DIAGONAL = (0, 0, (1, 1)), (0, 0, (1, -1))
_HALF, _HEIGHT = 0.5, 0.75**0.5
#: Axis 1 is horizontal, axis 0 goes up at 60 degrees.
_SLANTED = np.array([[_HALF, _HEIGHT], [1.0, 0.0]])

FAMILIES = {
    family.name: family
    for family in (
        Family("line", np.eye(1), np.zeros((1, 1)), _straight(1), ((0, 0, (2,)),)),
        Family("square", np.eye(2)[::-1], np.zeros((1, 2)), _straight(2), _DIAGONAL),
        Family(
            "triangular", _SLANTED, np.zeros((1, 2)), (*_straight(2), (0, 0, (1, -1))),
            ((0, 0, (1, 1)), (0, 0, (2, -1)), (0, 0, (1, -2))),
        ),
        Family(
            "honeycomb", _SLANTED * 3**0.5, np.array([[0.0, 0.0], [3**0.5 / 2, 0.5]]),
            ((0, 1, (0, 0)), (0, 1, (0, -1)), (0, 1, (-1, 0))),
            tuple((k, k, step) for k in (0, 1) for step in ((1, 0), (0, 1), (1, -1))),
        ),
        Family(
            "cubic", np.eye(3)[::-1], np.zeros((1, 3)), _straight(3),
            tuple(
                (0, 0, step) for step in
                ((1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1))
            ),
        ),
    )
}  # fmt: skip


def sides(value: Any, dimension: int) -> tuple[int, ...]:
    """Cells along each axis, from one number or one for each."""
    if isinstance(value, (tuple, list, np.ndarray)):
        given = tuple(arguments.integer("L", each, 2, _LARGEST) for each in value)
        if len(given) != dimension:
            raise ArgumentError(f"L must be a number or {dimension} numbers, got {len(given)}")
    else:
        given = (arguments.integer("L", value, 2, _LARGEST),) * dimension
    if float(np.prod(np.array(given, float))) > _LARGEST:
        raise ArgumentError(f"the lattice must have at most 2**28 cells, got {given}")
    return given


def boundaries(value: Any, dimension: int) -> tuple[str, ...]:
    """The boundary of each axis, from one name or one for each."""
    given = value if isinstance(value, (tuple, list)) else (value,) * dimension
    if len(given) != dimension:
        raise ArgumentError(f"boundary must be a name or {dimension} names, got {len(given)}")
    return tuple(arguments.choice("boundary", each, BOUNDARIES) for each in given)


def strengths(value: Any, directions: int, name: str = "J") -> Floats:
    """One number for each direction of bonds, from one for all or one for each."""
    given = arguments.reals(name, value, -1e6, 1e6)
    if given.shape not in ((), (directions,)):
        raise ArgumentError(
            f"{name} must be a number or {directions} numbers, one for each direction, got the "
            f"shape {given.shape}"
        )
    return np.broadcast_to(given, (directions,)).copy()


def bonds(
    steps: Sequence[tuple[int, int, tuple[int, ...]]], per_cell: int, cells: tuple[int, ...],
    boundary: Sequence[str], J: Floats,
) -> tuple[Sites, Floats, Floats]:  # fmt: skip
    """All bonds (b, 2), their J, and their signs, -1 for each antiperiodic boundary they cross."""
    where = np.stack(np.unravel_index(np.arange(int(np.prod(cells))), cells), -1)
    found = []
    for (first, second, step), strength in zip(steps, J, strict=True):
        moved = where + np.array(step)
        inside, sign = np.ones(len(where), bool), np.ones(len(where))
        for axis, (side, kind) in enumerate(zip(cells, boundary, strict=True)):
            crossings = moved[:, axis] // side
            if kind == "open":
                inside &= crossings == 0
            elif kind == "antiperiodic":
                sign[crossings % 2 != 0] *= -1
        ends = np.ravel_multi_index(tuple(moved.T), cells, mode="wrap")
        pairs = np.stack([np.arange(len(where)) * per_cell + first, ends * per_cell + second], -1)
        found.append((pairs[inside], np.full(inside.sum(), strength), sign[inside]))
    pairs, J, sign = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise ArgumentError(
            f"a lattice of {cells} cells is too small: a site would be its own neighbour"
        )
    return np.ascontiguousarray(pairs, np.int32), J, sign


def partners(
    cells: tuple[int, ...], boundary: Sequence[str], per_cell: int,
    steps: Sequence[tuple[int, int, tuple[int, ...]]],
) -> Sites:  # fmt: skip
    """For each step (site of a cell, site of a cell, displacement), partners of all sites or -1.

    No pair crosses a boundary that is not periodic.
    """
    where = np.stack(np.unravel_index(np.arange(int(np.prod(cells))), cells), -1)
    rows = np.full((len(steps), len(where), per_cell), -1, np.int32)
    for row, (first, second, step) in zip(rows, steps, strict=True):
        moved = where + np.array(step)
        inside = np.ones(len(where), bool)
        for axis, (side, kind) in enumerate(zip(cells, boundary, strict=True)):
            if kind != "periodic":
                inside &= moved[:, axis] // side == 0
        ends = np.ravel_multi_index(tuple(moved.T), cells, mode="wrap")
        row[inside, first] = ends[inside] * per_cell + second
    return rows.reshape(len(steps), -1)


def displacements(
    family: Family, cells: tuple[int, ...], boundary: Sequence[str]
) -> list[tuple[float, list[tuple[int, int, tuple[int, ...]]]]]:
    """Pairs of sites by their distance, the shortest first, each pair from one of its ends.

    Around a periodic boundary a pair is as far apart as it is the shorter way.
    """
    reach = [
        side // 2 if kind == "periodic" else side - 1
        for side, kind in zip(cells, boundary, strict=True)
    ]
    reach = [min(each, 12) for each in reach]  # shells beyond are not asked for
    found: dict[float, list[tuple[int, int, tuple[int, ...]]]] = {}
    seen = set()
    periods = [
        side if kind == "periodic" else 0 for side, kind in zip(cells, boundary, strict=True)
    ]
    for step in product(*(range(-r, r + 1) for r in reach)):
        for first, second in product(range(len(family.basis)), repeat=2):
            distance = _shortest(family, step, first, second, periods)
            forward = (first, second, _wrapped(step, periods))
            backward = (second, first, _wrapped(tuple(-s for s in step), periods))
            if distance < 1e-9 or forward in seen or backward in seen:
                continue
            seen.add(forward)
            found.setdefault(round(distance, 9), []).append(forward)
    return sorted(found.items())


def _wrapped(step: tuple[int, ...], periods: Sequence[int]) -> tuple[int, ...]:
    return tuple(s % p if p else s for s, p in zip(step, periods, strict=True))


def _shortest(
    family: Family, step: tuple[int, ...], first: int, second: int, periods: Sequence[int]
) -> float:
    images = product(
        *((s - p, s, s + p) if p else (s,) for s, p in zip(step, periods, strict=True))
    )
    between = family.basis[second] - family.basis[first]
    return min(float(np.linalg.norm(np.array(i) @ family.vectors + between)) for i in images)
