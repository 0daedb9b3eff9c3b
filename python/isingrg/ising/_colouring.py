"""Colours of sites: neighbours differ, so that sites of one colour can be updated at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ArgumentError

Sites = NDArray[np.int32]

_MOST = 256


def valid(colours: NDArray[np.int64], bonds: Sites) -> bool:
    """Whether no bond joins two sites of one colour."""
    return not (colours[bonds[:, 0]] == colours[bonds[:, 1]]).any()


def of_cells(cells: tuple[int, ...], per_cell: int, bonds: Sites) -> Sites:
    """Colours of a lattice of equal cells, few of them.

    One is tried that repeats along each axis: (sum_a c_a x_a + o) mod m at cell x, with m = 2 or 3
    and an offset o for each site of a cell; then one that alternates along each axis and gives the
    last of an odd number of cells the third colour; then m = 4. Where none fits, `greedy` takes
    over.
    """
    where = np.stack(np.unravel_index(np.arange(int(np.prod(cells))), cells), -1)
    ends = [np.arange(side) % 2 for side in cells]
    for side, along in zip(cells, ends, strict=True):
        if side % 2:
            along[-1] = 2

    def bases() -> Iterator[tuple[NDArray[np.int64], int]]:
        for m in (2, 3):
            for steps in product(range(m), repeat=len(cells)):
                yield where @ np.array(steps), m
        yield np.sum([along[where[:, axis]] for axis, along in enumerate(ends)], axis=0), 3
        for steps in product(range(4), repeat=len(cells)):
            yield where @ np.array(steps), 4

    for base, m in bases():
        found = _repeating(base, m, per_cell, bonds)
        if found is not None:
            return found
    return greedy(len(where) * per_cell, bonds)


def _repeating(base: NDArray[np.int64], m: int, per_cell: int, bonds: Sites) -> Sites | None:
    for offsets in product(range(m), repeat=per_cell - 1):
        colours = ((base[:, None] + np.array([0, *offsets])) % m).reshape(-1)
        # Most that fail do so at the first bonds.
        if valid(colours, bonds[:64]) and valid(colours, bonds):
            return np.asarray(colours, np.int32)
    return None


def greedy(sites: int, bonds: Sites) -> Sites:
    """Each site, from neighbour to neighbour, takes the first colour that none of its own has.

    A graph without odd cycles gets two colours, any other at most one more than the largest number
    of neighbours.
    """
    neighbours: list[list[int]] = [[] for _ in range(sites)]
    for i, j in bonds.tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    colours = [-1] * sites
    reached = [False] * sites
    for start in range(sites):
        if reached[start]:
            continue
        reached[start] = True
        queue = [start]
        for site in queue:
            taken = {colours[other] for other in neighbours[site]}
            colour = next((c for c in range(_MOST) if c not in taken), None)
            if colour is None:
                raise ArgumentError(f"site {site} would need more than {_MOST} colours")
            colours[site] = colour
            for other in neighbours[site]:
                if not reached[other]:
                    reached[other] = True
                    queue.append(other)
    return np.array(colours, np.int32)
