"""Tensors of the loop scheme from couplings: the ring of a teacher, and the pair of a student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg.mlrg._couplings import Floats

#: Real, or complex for derivatives.
Numbers = NDArray[Any]


def signs(terms: Sequence[int], bits: int) -> Floats:
    """Products of Ising components, (terms, 2^bits): -1 for an odd number of set bits."""
    return np.array(
        [[(-1.0) ** (term & state).bit_count() for state in range(1 << bits)] for term in terms]
    )


def students(rows: Floats, products: Floats) -> Floats:
    """S[z, a, b] of (n, c) couplings in units of its largest, (n, s, s, s)."""
    logs = rows @ products
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    states = round(products.shape[1] ** (1 / 3))
    return np.asarray(weights.reshape(-1, states, states, states))


def ring(S: Numbers) -> Numbers:
    """The teacher's sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'], (..., s, s, s, s)."""
    halves = np.einsum("...iab,...jeb->...ijae", S, S)
    return np.asarray(np.einsum("...ijae,...lkae->...ijkl", halves, halves))


def pair(S: Numbers) -> Numbers:
    """The student's sum_z S[z, a, b] S[z, d, c], (..., s, s, s, s)."""
    return np.asarray(np.einsum("...zab,...zdc->...abcd", S, S))


def columns(rows: Floats, products: Floats, machine: str) -> Floats:
    """C[(a, e), (c, f)] = sum_bd T[a, b, c, d] T[e, b, f, d] of (n, c) couplings, (n, s^2, s^2).

    T is the `ring` of a teacher or the `pair` of a student.
    """
    S = students(rows, products)
    T = ring(S) if machine == "teacher" else pair(S)
    T /= T.max(axis=(1, 2, 3, 4), keepdims=True)
    size = S.shape[1] ** 2
    return np.asarray(np.einsum("nabcd,nebfd->naecf", T, T).reshape(-1, size, size))
