"""Spins of q states as tables: how C4v moves their components, and the kernels of their bonds.

Components of "P4", "P4d" and "P8" sit at angles, here in units of 22.5 degrees; those of "A1" in
the centre. Operations move them and change nothing else.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.internal import InternalSymmetry, Permutation

#: Angles of the components of a term; None in the centre.
PLACES: dict[str, tuple[int | None, ...]] = {
    "A1": (None,), "P4": (0, 4, 8, 12), "P4d": (2, 6, 10, 14), "P8": (1, 3, 5, 7, 9, 11, 13, 15),
}  # fmt: skip


def check(representation: str) -> None:
    """Refuses a representation that the core does not know."""
    kernels = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    flip: Any = np.array([[1, 0]], np.int32)
    _core.mlrg_state_couplings(kernels, flip, representation, _core.MLRG_PUBLISHED)


def terms(representation: str) -> list[tuple[int | None, ...]]:
    """The angles of each term, with repetitions."""
    found = re.findall(r"(\d*)(A1|P4d|P4|P8)", representation)
    return [PLACES[name] for digits, name in found for _ in range(int(digits or 1))]


def moves(representation: str, offset: int = 0) -> tuple[Permutation, Permutation]:
    """Where rotation and mirror take each component of a spin whose axes are turned by an angle."""
    rotation: list[int] = []
    mirror: list[int] = []
    for places in terms(representation):
        first = len(rotation)
        for angle in places:
            if angle is None:
                rotation.append(first)
                mirror.append(first)
            else:
                rotation.append(first + places.index((angle + 4) % 16))
                mirror.append(first + places.index((-angle - 2 * offset) % 16))
    return tuple(rotation), tuple(mirror)


def states(q: int, m: int) -> NDArray[np.intp]:
    """All states of m components, (q^m, m), the first component slowest."""
    return np.array(list(itertools.product(range(q), repeat=m)), np.intp).reshape(-1, m)


def features(
    internal: InternalSymmetry, representation: str, frame: str,
    couplings: tuple[tuple[int, int, int], ...],
) -> Floats:  # fmt: skip
    """What multiplies each coupling in the log-weight of a bond, (c, edge state, vertex state)."""
    edge, vertex = (moves(representation, o)[1] for o in (2 * (frame == "consistent"), 0))
    spins = states(internal.q, len(vertex))
    kernels = internal.kernels
    tables = []
    for a, b, k in couplings:
        pairs = {(a, b), (edge[a], vertex[b])}
        tables.append(sum(kernels[k][np.ix_(spins[:, i], spins[:, j])] for i, j in sorted(pairs)))
    return np.array(tables)


def renamings(
    internal: InternalSymmetry, representation: str, offset: int
) -> list[NDArray[np.intp]]:
    """Maps of the states of a spin that commute with C4v and with the internal symmetry."""
    orders = _commuting(moves(representation, offset), len(moves(representation)[0]))
    names = _commuting(internal.generators, internal.q)
    sizes = [len(places) for places in terms(representation)]
    spins = states(internal.q, sum(sizes))
    place = internal.q ** np.arange(sum(sizes))[::-1]
    result = []
    for order, chosen in itertools.product(orders, itertools.product(names, repeat=len(sizes))):
        moved = np.empty_like(spins)
        each = np.repeat(np.arange(len(sizes)), sizes)
        for a, target in enumerate(order):
            moved[:, target] = np.array(chosen[each[a]])[spins[:, a]]
        result.append(moved @ place)
    return result


def _commuting(group: tuple[Permutation, ...], n: int) -> list[Permutation]:
    """Permutations of n things that commute with a group, the identity first."""
    found: list[dict[int, int]] = [{}]
    for start in range(n):
        extended = []
        for partial in found:
            if start in partial:
                extended.append(partial)
                continue
            for image in set(range(n)) - set(partial.values()):
                whole = partial | {start: image}
                queue = [start]
                for thing in queue:
                    for g in group:
                        if g[thing] not in whole:
                            whole[g[thing]] = g[whole[thing]]
                            queue.append(g[thing])
                if len(set(whole.values())) == len(whole) and all(
                    whole[g[thing]] == g[whole[thing]] for thing in whole for g in group
                ):
                    extended.append(whole)
        found = extended
    return sorted(tuple(one[thing] for thing in range(n)) for one in found)
