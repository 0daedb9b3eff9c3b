"""Characters of the named internal symmetries: which irreducible representations a space holds."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from isingrg.mlrg.internal import InternalSymmetry, Permutation

#: A permutation of the states for each class, and how many elements the class has.
Classes = list[tuple[Permutation, int]]
#: Characters in the order of the classes.
Table = dict[str, NDArray[np.complex128]]


def multiplicities(
    symmetry: InternalSymmetry, trace: Callable[[Permutation], complex]
) -> dict[str, int]:
    """How often a space with these traces of elements holds each irreducible representation."""
    classes, table = characters(symmetry.name, symmetry.q)
    traces = np.array([trace(g) for g, _ in classes])
    sizes = np.array([size for _, size in classes])
    counts = {
        name: round(float((sizes * np.conj(row) * traces).sum().real) / sizes.sum())
        for name, row in table.items()
    }
    return {name: count for name, count in counts.items() if count}


@functools.cache
def characters(name: str, q: int) -> tuple[Classes, Table]:
    """Classes and characters of a named symmetry; of a group of one's own, only the trivial one."""
    if name == "Z2xZ2":
        return _products()
    if name.startswith("S"):
        return _symmetric(q)
    return _cyclic(q) if name == "Z2" or name.endswith("-chiral") else _dihedral(q)


def _products() -> tuple[Classes, Table]:
    """Z2 x Z2: even, odd in s, in t, or in both."""
    elements = [tuple(s ^ flip for s in range(4)) for flip in range(4)]
    signs = {"1": (0, 0), "s": (2, 0), "t": (0, 1), "st": (2, 1)}
    table = {
        name: np.array([(-1.0) ** ((f & a) // 2 + (f & b)) for f in range(4)], complex)
        for name, (a, b) in signs.items()
    }
    return [(g, 1) for g in elements], table


def _rotations(q: int) -> list[Permutation]:
    return [tuple((s + j) % q for s in range(q)) for j in range(q)]


def _cyclic(q: int) -> tuple[Classes, Table]:
    """Z_q: the charges k = 0, ..., q - 1, for which s -> s + 1 has the phase exp(2 pi i k / q)."""
    steps = np.arange(q)
    table = {f"{k}": np.exp(2j * np.pi * k * steps / q) for k in range(q)}
    return [(g, 1) for g in _rotations(q)], table


def _dihedral(q: int) -> tuple[Classes, Table]:
    """Rotations and reflections: charges 0 and q / 2, even or odd, and pairs of charges."""
    reflections = [tuple((j - s) % q for s in range(q)) for j in range(q)]
    steps, zeros = np.arange(q), np.zeros(q)
    table: Table = {}
    for sign, mark in ((1, "+"), (-1, "-")):
        table[f"0{mark}"] = np.concatenate([np.ones(q), sign * np.ones(q)]).astype(complex)
    for k in range(1, (q + 1) // 2):
        waves = 2 * np.cos(2 * np.pi * k * steps / q)
        table[f"+-{k}"] = np.concatenate([waves, zeros]).astype(complex)
    if q % 2 == 0:
        alternating = (-1.0) ** steps
        for sign, mark in ((1, "+"), (-1, "-")):
            both = np.concatenate([alternating, sign * alternating])
            table[f"{q // 2}{mark}"] = both.astype(complex)
    return [(g, 1) for g in _rotations(q) + reflections], table


def _symmetric(q: int) -> tuple[Classes, Table]:
    """S_q: by partitions of q, with characters by the rule of Murnaghan and Nakayama."""
    types = list(_partitions(q, q))
    classes: Classes = []
    for cycles in types:
        images: list[int] = []
        for length in cycles:
            first = len(images)
            images += [first + (i + 1) % length for i in range(length)]
        stabiliser = math.prod(
            length ** cycles.count(length) * math.factorial(cycles.count(length))
            for length in set(cycles)
        )
        classes.append((tuple(images), math.factorial(q) // stabiliser))
    table = {
        "[" + ",".join(map(str, shape)) + "]": np.array(
            [_character(shape, cycles) for cycles in types], complex
        )
        for shape in types
    }
    return classes, table


def _partitions(n: int, largest: int) -> Iterator[tuple[int, ...]]:
    if n == 0:
        yield ()
    for first in range(min(n, largest), 0, -1):
        for rest in _partitions(n - first, first):
            yield (first, *rest)


@functools.cache
def _character(shape: tuple[int, ...], cycles: tuple[int, ...]) -> int:
    """By removing rims of the length of a cycle in all ways, in terms of hook lengths."""
    if not cycles:
        return 1
    hooks = [row + len(shape) - 1 - i for i, row in enumerate(shape)]
    total = 0
    for i, hook in enumerate(hooks):
        target = hook - cycles[0]
        if target < 0 or target in hooks:
            continue
        passed = sum(target < other < hook for other in hooks)
        left = sorted([*hooks[:i], *hooks[i + 1 :], target], reverse=True)
        rest = tuple(h - (len(left) - 1 - j) for j, h in enumerate(left))
        total += (-1) ** passed * _character(tuple(r for r in rest if r), cycles[1:])
    return total
