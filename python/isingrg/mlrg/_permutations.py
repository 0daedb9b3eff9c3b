"""Groups that permutations generate: orbits, and how many elements there are."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

#: Images of the states 0, 1, ..., q - 1.
Permutation = tuple[int, ...]
Indices = NDArray[np.int64]


def pair_orbits(generators: tuple[Permutation, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Orbits of pairs of states under a group, each in ascending order, by their smallest pair.

    Parameters
    ----------
    generators : sequence of Permutation
        At least one.

    Returns
    -------
    tuple of tuple of (int, int)
    """
    q = len(generators[0])
    orbits: list[tuple[tuple[int, int], ...]] = []
    seen: set[tuple[int, ...]] = set()
    for pair in np.ndindex(q, q):
        if pair not in seen:
            orbit = orbit_of(pair, generators)
            seen |= orbit
            orbits.append(tuple(sorted((s, t) for s, t in orbit)))
    return tuple(orbits)


@functools.cache
def group_order(generators: tuple[Permutation, ...]) -> int:
    """Elements of a group of permutations: the product of the orbits of a chain of stabilisers.

    Parameters
    ----------
    generators : tuple of Permutation

    Returns
    -------
    int
        At least 1.
    """
    identity = tuple(range(len(generators[0])))
    generators = tuple(g for g in dict.fromkeys(generators) if g != identity)
    if not generators:
        return 1
    base = next(s for s in identity if any(g[s] != s for g in generators))
    # An element of the group that takes the base to each state of its orbit.
    carriers = {base: identity}
    queue = [base]
    for state in queue:
        for g in generators:
            if g[state] not in carriers:
                carriers[g[state]] = tuple(g[s] for s in carriers[state])
                queue.append(g[state])
    # Schreier's lemma: these generate the stabiliser of the base.
    stabiliser = set()
    for state in queue:
        for g in generators:
            back = np.argsort(carriers[g[state]])
            stabiliser.add(tuple(int(back[g[s]]) for s in carriers[state]))
    return len(carriers) * group_order(tuple(sorted(stabiliser)))


def orbit_of(start: tuple[int, ...], generators: tuple[Permutation, ...]) -> set[tuple[int, ...]]:
    """All images of some states."""
    found, queue = {start}, [start]
    for states in queue:
        for g in generators:
            image = tuple(g[s] for s in states)
            if image not in found:
                found.add(image)
                queue.append(image)
    return found


def images(permutation: Permutation, count: int) -> Indices:
    """Where a permutation of the states of each of some things takes the states of all.

    Parameters
    ----------
    permutation : Permutation
        Of q states.
    count : int
        Things, at least 1; the first is slowest in the numbering of all their states.

    Returns
    -------
    ndarray of int64, shape (q**count,)
    """
    q = len(permutation)
    digits = np.array(permutation)
    found = digits
    for _ in range(count - 1):
        found = (found[:, None] * q + digits).reshape(-1)
    return found


def orbit_labels(maps: list[Indices]) -> Indices:
    """The smallest member of the orbit of each state under some permutations of all states.

    Parameters
    ----------
    maps : list of ndarray of int64, shape (n,)
        Images of each state, at least one.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    labels = np.arange(len(maps[0]))
    while True:
        before = labels
        for moved in maps:
            smaller = np.minimum(labels, labels[moved])
            labels = smaller.copy()
            np.minimum.at(labels, moved, smaller)
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels
