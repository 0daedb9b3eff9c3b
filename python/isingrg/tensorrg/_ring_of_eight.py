"""A loop of four tensors as a ring of eight halves, by improving one half after the other.

Everything is a ring of tensors S[in, outer leg, out]. The charge of `out` is that of `in` and of
the outer leg, so that blocks of equal charge are kept everywhere.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from isingrg._shared.errors import NonFiniteError
from isingrg.tensorrg._flow import Info
from isingrg.tensorrg._sectors import Charges, Floats, singular

#: Times around the ring until the densities on its bonds are those of a long chain, at most.
_ROUNDS = 100

#: Bond states below this fraction of the largest are rounding, as densities hold their squares.
_SMALLEST = 1e-7


@dataclass(frozen=True, eq=False)
class Loop:
    """Four tensors T[in, first outer leg, second outer leg, out], and charges of their legs."""

    tensors: list[Floats]
    #: Of the bond `in` of each tensor.
    inner: list[Charges]
    #: Of the eight outer legs.
    outer: list[Charges]
    modulus: int


def split(
    loop: Loop, chi: int, mu: float, sweeps: int, tolerance: float
) -> tuple[list[Floats], list[Charges], Info]:
    """The eight halves, the charges of the four new bonds, and what was left out."""
    halves: list[Floats] = []
    bonds: list[Charges] = []
    for k, tensor in enumerate(loop.tensors):
        i, p, q, o = tensor.shape
        first, second = loop.outer[2 * k], loop.outer[2 * k + 1]
        rows = np.add.outer(loop.inner[k], first).reshape(-1) % loop.modulus
        after = loop.inner[(k + 1) % 4]
        columns = np.subtract.outer(after, second).T.reshape(-1) % loop.modulus
        factors = singular(tensor.reshape(i * p, q * o), rows, columns, i * p * q * o)
        roots = np.sqrt(factors.values)
        halves.append((factors.left * roots).reshape(i, p, -1))
        halves.append((roots[:, None] * factors.right).reshape(-1, q, o))
        bonds += [loop.inner[k] % loop.modulus, factors.charges]
    largest = max(len(charges) for charges in bonds[1::2])
    if largest <= chi:
        return halves, bonds[1::2], Info(largest, 0.0)
    halves, bonds = _truncated(halves, bonds, loop.modulus, chi)
    halves, error, done = _improved(loop.tensors, halves, mu, sweeps, tolerance)
    return halves, bonds[1::2], Info(max(len(c) for c in bonds[1::2]), error, done)


def _truncated(
    ring: list[Floats], bonds: list[Charges], modulus: int, chi: int
) -> tuple[list[Floats], list[Charges]]:
    """Each new bond projected on the chi states of most weight in a long chain of such rings.

    The densities on both sides of a bond belong to a chain that goes around for ever: what is
    entangled within the loop only, the corner double lines, has died out in it.
    """
    forward = _densities(ring)
    backward = _densities([half.transpose(2, 1, 0) for half in ring[::-1]])[::-1]
    backward = backward[-1:] + backward[:-1]  # at the bond `in` of each half
    before, after, kept = [], [], []
    for k, charges in enumerate(bonds):
        left, right = _root(forward[k], charges), _root(backward[k], charges)
        found = singular(left @ right, charges, charges, chi if k % 2 else len(charges))
        large = found.values > _SMALLEST * found.values[0]
        weights = np.sqrt(found.values[large])
        before.append(right @ (found.right[large].T / weights))
        after.append((found.left[:, large] / weights).T @ left)
        kept.append(found.charges[large])
    halves = [
        np.einsum("ia,aob,bj->ioj", after[k], half, before[(k + 1) % 8], optimize=True)
        for k, half in enumerate(ring)
    ]
    return halves, kept


def _densities(ring: list[Floats]) -> list[Floats]:
    """At the bond `in` of each tensor: that of a chain which comes from far away."""
    density = np.eye(len(ring[0])) / len(ring[0])
    found: list[Floats] = []
    for _ in range(_ROUNDS):
        found, start = [], density
        for half in ring:
            found.append(density)
            density = np.einsum("ab,aoc,bod->cd", density, half, half, optimize=True)
            trace = float(np.trace(density))
            if not 0 < trace < np.inf:
                raise NonFiniteError("the tensor became zero, infinite or NaN")
            density = (density + density.T) / (2 * trace)
        if np.abs(density - start).max() <= 1e-12 * np.abs(density).max():
            break
    return found


def _root(density: Floats, charges: Charges) -> Floats:
    """The symmetric root of a density, charge by charge."""
    root = np.zeros_like(density)
    for charge in np.unique(charges):
        i = np.flatnonzero(charges == charge)
        values, vectors = np.linalg.eigh(density[np.ix_(i, i)])
        root[np.ix_(i, i)] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


# Rings as products of transfer matrices [(in, in'), (out, out')]


def _pair(first: Floats, second: Floats) -> Floats:
    """Of two tensors with the same outer leg."""
    (a, o, b), (c, _, d) = first.shape, second.shape
    product = first.transpose(0, 2, 1).reshape(a * b, o) @ second.transpose(1, 0, 2).reshape(
        o, c * d
    )
    return np.ascontiguousarray(product.reshape(a, b, c, d).transpose(0, 2, 1, 3)).reshape(
        a * c, b * d
    )


def _whole(tensor: Floats) -> Floats:
    """T[in, first, second, out] with one outer leg."""
    i, p, q, o = tensor.shape
    return tensor.reshape(i, p * q, o)


def _joined(first: Floats, second: Floats) -> Floats:
    """Two halves as T[in, first, second, out]."""
    return np.tensordot(first, second, (2, 0))


def _around(matrices: list[Floats]) -> Floats:
    return functools.reduce(np.matmul, matrices)


def _improved(
    teachers: list[Floats], halves: list[Floats], mu: float, sweeps: int, tolerance: float
) -> tuple[list[Floats], float, int]:
    """Halves of least squared distance, at their best scale; that distance and the sweeps done."""
    norm = float(np.trace(_around([_pair(_whole(t), _whole(t)) for t in teachers])))
    if not 0 < norm < np.inf:
        raise NonFiniteError(f"the norm of a loop of four tensors must be positive, not {norm}")
    unit = norm ** (1 / 8)
    teachers = [tensor / unit for tensor in teachers]
    halves, error = _scaled(teachers, [half / unit**0.5 for half in halves])
    done = 0
    while done < sweeps and error > 1e-14:
        before = error
        halves, error = _scaled(teachers, _sweep(teachers, halves, mu))
        done += 1
        if before - error <= tolerance * before:
            break
    return [half * unit**0.5 for half in halves], error, done


def _scaled(teachers: list[Floats], halves: list[Floats]) -> tuple[list[Floats], float]:
    """The best scale, and the squared distance there."""
    norm = float(np.trace(_around([_pair(half, half) for half in halves])))
    overlap = float(np.trace(_around(_mixed(teachers, halves))))
    if not (norm > 0 and overlap > 0):
        raise NonFiniteError("the ring of halves vanished")
    factor = (overlap / norm) ** (1 / 8)
    return [factor * half for half in halves], max(0.0, 1 - overlap**2 / norm)


def _mixed(teachers: list[Floats], halves: list[Floats]) -> list[Floats]:
    return [
        _pair(_whole(tensor), _whole(_joined(halves[2 * k], halves[2 * k + 1])))
        for k, tensor in enumerate(teachers)
    ]


def _sweep(teachers: list[Floats], halves: list[Floats], mu: float) -> list[Floats]:
    """Each half in turn replaced by the one of least squared distance beside the others."""
    halves = list(halves)
    squares = [_pair(half, half) for half in halves]
    mixed = _mixed(teachers, halves)
    behind: list[Floats] = [np.eye(len(squares[0]))]  # products from each half on to the end
    for square in squares[:0:-1]:
        behind.append(square @ behind[-1])
    before = np.eye(len(squares[0]))
    for k in range(8):
        j = k // 2
        others = mixed[(j + 1) % 4] @ mixed[(j + 2) % 4] @ mixed[(j + 3) % 4]
        target = _target(teachers[j], halves[k ^ 1], others, k % 2)
        halves[k] = _best(behind[7 - k] @ before, target, halves[k].shape, mu)
        before = before @ _pair(halves[k], halves[k])
        if k % 2:
            mixed[j] = _pair(_whole(teachers[j]), _whole(_joined(halves[k - 1], halves[k])))
    return halves


def _target(teacher: Floats, partner: Floats, others: Floats, side: int) -> Floats:
    """d<T|S>/dS of the first or the second half of one tensor."""
    a, b = teacher.shape[0], teacher.shape[3]
    rest = others.reshape(b, -1, a, others.shape[1] // a)  # b, out of the halves, a, in of them
    if side == 0:
        return np.asarray(np.einsum("apqb,zqd,bdac->cpz", teacher, partner, rest, optimize=True))
    return np.asarray(np.einsum("apqb,cpz,bdac->zqd", teacher, partner, rest, optimize=True))


def _best(environment: Floats, target: Floats, shape: tuple[int, ...], mu: float) -> Floats:
    """The least of S N S - 2 W S + mu |S|^2, N[(in, out), (in', out')] from
    environment[(out out'), (in in')]."""
    i, o, j = shape
    matrix = environment.reshape(j, j, i, i).transpose(2, 0, 3, 1).reshape(i * j, i * j)
    matrix = (matrix + matrix.T) / 2
    matrix[np.diag_indices(i * j)] += mu
    solved = np.linalg.solve(matrix, target.transpose(0, 2, 1).reshape(i * j, o))
    return np.ascontiguousarray(solved.reshape(i, j, o).transpose(0, 2, 1))
