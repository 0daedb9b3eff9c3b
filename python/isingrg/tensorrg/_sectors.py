"""Factorisations of matrices whose rows and columns carry charges, block by block in LAPACK."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Charges = NDArray[np.int64]

#: Values below this fraction of the largest are rounding: they are left out whatever chi is.
ROUNDING = 1e-14

#: Values that differ by no more than this fraction belong to one multiplet.
_EQUAL = 1e-8

#: Multiplets below this fraction of the largest value matter to nobody.
_NEGLIGIBLE = 1e-3


@dataclass(frozen=True, eq=False)
class Factors:
    """A = left diag(values) right, without the values that chi left out."""

    left: Floats
    values: Floats
    right: Floats
    #: Of the new leg.
    charges: Charges
    #: Fraction of the sum of squares of the values that was left out.
    discarded: float


def singular(matrix: Floats, rows: Charges, columns: Charges, chi: int) -> Factors:
    """The chi leading singular values of a matrix that is zero between different charges."""
    parts = []
    for charge in np.unique(rows):
        i, j = np.flatnonzero(rows == charge), np.flatnonzero(columns == charge)
        if len(j):
            u, s, v = np.linalg.svd(matrix[np.ix_(i, j)], full_matrices=False)
            parts.append((charge, i, j, u, s, v))
    values = np.concatenate([part[4] for part in parts])
    kept = leading(values, chi)
    left, right = np.zeros((len(rows), len(kept))), np.zeros((len(kept), len(columns)))
    charges = np.empty(len(kept), np.int64)
    start = 0
    for charge, i, j, u, s, v in parts:
        places = np.flatnonzero((kept >= start) & (kept < start + len(s)))
        own = kept[places] - start
        left[np.ix_(i, places)] = u[:, own]
        right[np.ix_(places, j)] = v[own]
        charges[places] = charge
        start += len(s)
    return Factors(left, values[kept], right, charges, discarded(values, kept))


def symmetric(matrix: Floats, charges: Charges, chi: int) -> tuple[Floats, Floats, Charges, float]:
    """The chi largest eigenvalues: vectors as columns, values, charges, fraction left out."""
    vectors = np.zeros_like(matrix)
    values, found = np.empty(len(charges)), np.empty(len(charges), np.int64)
    start = 0
    for charge in np.unique(charges):
        i = np.flatnonzero(charges == charge)
        places = slice(start, start + len(i))
        w, v = np.linalg.eigh(matrix[np.ix_(i, i)])
        values[places], found[places] = w[::-1], charge
        vectors[i, places] = v[:, ::-1]
        start += len(i)
    kept = leading(values, chi)
    fraction = 1 - float(values[kept].sum() / np.maximum(values, 0).sum())
    return vectors[:, kept], values[kept], found[kept], max(0.0, fraction)


def leading(values: Floats, chi: int) -> NDArray[np.intp]:
    """Indices of the chi largest values, those of rounding left out; warns of a cut multiplet."""
    order = np.argsort(-values, kind="stable")
    rank = max(1, int((values > ROUNDING * values.max()).sum()))
    if rank > chi:
        _warn_of_a_cut(values[order[:rank]], chi)
    return order[: min(chi, rank)]


def _warn_of_a_cut(values: Floats, chi: int) -> None:
    """`values` in descending order."""
    together = values[:-1] - values[1:] <= _EQUAL * values[:-1]
    if not together[chi - 1] or values[chi] < _NEGLIGIBLE * values[0]:
        return
    ends = np.append(np.flatnonzero(~together) + 1, len(values))
    below, above = ends[ends < chi], ends[ends > chi]
    good = " or ".join(str(int(n)) for n in (*below[-1:], *above[:1]))
    warnings.warn(
        f"chi = {chi} cuts a multiplet of equal values, which breaks the symmetry that makes them "
        f"equal; here chi = {good} does not",
        RuntimeWarning,
        stacklevel=2,
    )


def discarded(values: Floats, kept: NDArray[np.intp]) -> float:
    """Fraction of the sum of squares."""
    squares = values**2
    return max(0.0, 1 - float(squares[kept].sum() / squares.sum()))
