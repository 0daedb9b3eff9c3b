"""Students of a tensor T[a, b, c, d] ~ sum_z S[z, a, b] S[z, d, c]: starts and choices of gauge.

Legs have charges 0 and 1, in that order, and so has z.
"""

from __future__ import annotations

import numpy as np

from isingrg.tensorrg._sectors import ROUNDING, Charges, Floats, leading

#: States of z among which the start chooses, in units of chi.
_CANDIDATES = 3

#: Rounds of turning z and a, at most.
_TURNS = 100


def start(letters: Floats, legs: Charges, chi: int) -> tuple[Floats, Charges, bool]:
    """The split of T that matters most to a loop of four, and whether it is exact.

    The eigenvectors of T as a matrix (a b), (d c) span 3 chi states; of these the chi states are
    kept in which the reduced density matrix of a long chain of plaquettes has most weight.
    """
    n = len(legs)
    matrix = letters.transpose(0, 1, 3, 2).reshape(n * n, n * n)
    matrix = (matrix + matrix.T) / 2
    products = np.add.outer(legs, legs).reshape(-1) % 2
    vectors, values, charges = _eigenvectors(matrix, products)
    rank = max(1, int((values > ROUNDING * values[0]).sum()))
    count = min(_CANDIDATES * chi, rank)
    student = (vectors[:, :count] * np.sqrt(values[:count])).T.reshape(count, n, n)
    exact = rank <= chi and bool(values[-1] > -ROUNDING * values[0])
    if count > chi:
        student, charges = _project(student, charges[:count], _loop_density(student), chi)
    else:
        charges = charges[:count]
    return *_sorted(student, charges), exact


def canonical(student: Floats, charges: Charges) -> tuple[Floats, Charges]:
    """The same student with orthogonal states z in descending order of norm within a charge."""
    flat = student.reshape(len(student), -1)
    return _sorted(*_project(student, charges, flat @ flat.T, len(student)))


def turned_to(student: Floats, charges: Charges, reference: Floats) -> Floats:
    """The student turned within charges to be nearest to another one (Procrustes).

    Turns of z change the basis of the next tensor only, and those of a change nothing at all: in a
    loop and in a ring two students meet there. Both are turned in turn until they rest.
    """
    for _ in range(_TURNS):
        before = student
        for leg in (0, 1):
            student = _turned(student, charges, reference, leg)
        if np.abs(student - before).max() <= 1e-15 * np.abs(student).max():
            break
    return student


def _turned(student: Floats, charges: Charges, reference: Floats, leg: int) -> Floats:
    here, there = (np.moveaxis(one, leg, 0) for one in (student, reference))
    overlaps = there.reshape(len(there), -1) @ here.reshape(len(here), -1).T
    turned = np.empty_like(here)
    for charge in np.unique(charges):
        i = np.flatnonzero(charges == charge)
        u, _, v = np.linalg.svd(overlaps[np.ix_(i, i)])
        turned[i] = np.tensordot(u @ v, here[i], 1)
    return np.ascontiguousarray(np.moveaxis(turned, 0, leg))


def scaled_to(student: Floats, letters: Floats) -> Floats:
    """A student multiplied so that its loop has the norm of that of T."""
    chi, n, _ = student.shape
    flat = student.reshape(chi, n * n)
    product = (flat.T @ flat).reshape(n, n, n, n).transpose(0, 1, 3, 2)  # a, b, c, d
    ratio = loop_norm(letters) / loop_norm(product)
    return np.ascontiguousarray(student * ratio ** (1 / 16))


def loop_norm(letters: Floats) -> float:
    """<T|T> = tr (N N^T)^2, N[(a a'), (d d')] = sum_bc T[a, b, c, d] T[a', b, c, d']."""
    n = len(letters)
    rows = letters.transpose(0, 3, 1, 2).reshape(n * n, n * n)
    layers = (rows @ rows.T).reshape(n, n, n, n).transpose(0, 2, 1, 3).reshape(n * n, n * n)
    square = layers @ layers.T
    return float((square**2).sum())


def _loop_density(student: Floats) -> Floats:
    """rho[z, w], the leading eigenvector of E^T E, E[(a a'), (z w)] = sum_b S[z, a, b] S[w, a', b].

    Found on the legs, of which there are fewer: E rho E^T is symmetric and positive.
    """
    m, n, _ = student.shape
    rows = student.reshape(m * n, n)
    gram = (rows @ rows.T).reshape(m, n, m, n)  # z, a, w, a'
    layers = gram.transpose(1, 3, 0, 2).reshape(n * n, m * m)
    _, vectors = np.linalg.eigh(layers @ layers.T)
    density = (vectors[:, -1] @ layers).reshape(m, m)
    density = (density + density.T) / 2
    return np.asarray(density / np.trace(density))


def _eigenvectors(matrix: Floats, charges: Charges) -> tuple[Floats, Floats, Charges]:
    """All of them, in descending order of the eigenvalues over both charges."""
    size = len(charges)
    vectors, values, found = np.zeros((size, size)), np.empty(size), np.empty(size, np.int64)
    first = 0
    for charge in np.unique(charges):
        i = np.flatnonzero(charges == charge)
        places = slice(first, first + len(i))
        values[places], own = np.linalg.eigh(matrix[np.ix_(i, i)])
        vectors[i, places] = own
        found[places] = charge
        first += len(i)
    order = np.argsort(-values, kind="stable")
    return vectors[:, order], values[order], found[order]


def _project(
    student: Floats, charges: Charges, density: Floats, chi: int
) -> tuple[Floats, Charges]:
    """On the chi states z of most weight in a density matrix, with the largest element positive."""
    vectors, values, found = _eigenvectors(density, charges)
    kept = leading(np.maximum(values, 0), chi) if len(values) > chi else np.arange(len(values))
    projected = np.tensordot(vectors[:, kept].T, student, 1)
    for one in projected:
        if one.flat[np.abs(one).argmax()] < 0:
            one *= -1
    return projected, found[kept]


def _sorted(student: Floats, charges: Charges) -> tuple[Floats, Charges]:
    """Charges 0 before 1."""
    order = np.argsort(charges, kind="stable")
    return np.ascontiguousarray(student[order]), charges[order]
