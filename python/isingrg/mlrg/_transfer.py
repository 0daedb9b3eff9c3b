"""Transfer matrices of rings of Boltzmann weight tensors, and their leading eigenvalues.

The tensor T_x0x1x2x3 of Eq. 22 of Hou & You carries a corner spin on each leg: x0 at the top, x1
at the left, x2 at the bottom, x3 at the right. Neighbours in a ring share the spin between them,
x3 of one being x1 of the next, and close to the matrix that adds one row,

    M[a_1 ... a_n, b_1 ... b_n] = sum_c T[a_1 c_1 b_1 c_2] T[a_2 c_2 b_2 c_3] ... T[a_n c_n b_n c_1]

(Eq. 25 is the ring of one). The partition function of a torus of n x l tensors is tr M^l.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from isingrg._shared.errors import ArgumentError, ConvergenceError, IsingRGError
from isingrg.mlrg import symmetry
from isingrg.mlrg._couplings import Floats, batches
from isingrg.mlrg._space import IsingSpace, Space, log_tensors

#: States of a row: up to the first, all eigenvalues of the matrix; up to the second, all of them
#: where SciPy is missing; up to the third, the leading ones by products with vectors.
DENSE, LARGEST_DENSE, LARGEST = 2**8, 2**12, 2**20

#: Elements of the intermediate arrays held at once.
_CHUNK = 2**20

#: States of a piece of a ring.
_WIDE = 16

#: Eigenvalues below this fraction of the largest are zero: the operator does not propagate.
ROUNDING = 1e-14


def transfer_matrices(rows: Floats, of: Space, machine: str) -> tuple[Floats, Floats]:
    """M_ab = sum_c T_acbc of (n, c) couplings, (n, states, states), and (n,) logarithms.

    Each M is in units of its largest term, of which the logarithm tells, so that nothing
    overflows and not everything underflows.
    """
    states = of.states
    matrices = np.empty((len(rows), states, states))
    scales = np.empty(len(rows))
    by_edges = machine == "teacher" and isinstance(of, IsingSpace)
    chunk = max(1, _CHUNK // states ** (3 if by_edges else 4))
    for first in range(0, len(rows), chunk):
        piece = slice(first, first + chunk)
        terms = (
            _edge_terms(rows[piece], of.representation, of.frame)
            if by_edges
            else np.einsum("nacbc->nabc", log_tensors(rows[piece], of, machine))
        )
        scales[piece] = terms.max(axis=(1, 2, 3))
        matrices[piece] = np.exp(terms - scales[piece, None, None, None]).sum(axis=3)
    return matrices, scales


def _edge_terms(rows: Floats, representation: str, frame: str) -> Floats:
    """ln T_acbc of Ising teachers, indices n, a, b, c, from the edges, each summed by itself.

    This is far less than the whole tensor. The edge from corner 0 to corner 1 has, with C the
    rotation by 90 degrees, the weight w(x, y) = prod_h 2 cosh (J x + C^2 J C^-2 y)_h, and the
    edge from e to e + 1 the weight w(C^-e x, C^-e y), up to the order of its hidden components.
    """
    spins = symmetry.spin_states(symmetry.components(representation))
    J = symmetry.coupling_matrix(
        rows if rows.shape[1] > 1 else rows[:, 0], representation, frame=frame
    )
    turn = symmetry.point_group(representation)["C4"]
    half = turn @ turn  # its own inverse
    if frame == "consistent":  # Ising components of E on an edge lie along the diagonals
        vector = turn - np.diag(np.diag(turn))
        share = np.abs(vector).sum(axis=1)  # 1 for E
        axes = np.diag(1 - share + share * 0.5**0.5) + vector * 0.5**0.5
        J = axes.T @ J
    near, far = J @ spins.T, half @ J @ half @ spins.T
    fields = near[:, :, :, None] + far[:, :, None, :]
    w = np.logaddexp(fields, -fields).sum(axis=1)
    turned = (spins @ np.linalg.matrix_power(turn, e) for e in range(4))  # C^-e x
    w0, w1, w2, w3 = (w[:, s][:, :, s] for s in map(symmetry.state_indices, turned))
    by_a = w0 + w3.swapaxes(1, 2)  # n, a, c
    by_b = w1.swapaxes(1, 2) + w2  # n, b, c
    return np.asarray(by_a[:, :, None, :] + by_b[:, None, :, :])


def leading_eigenvalues(
    rows: Floats, of: Space, k: int, period: int, machine: str
) -> tuple[Floats, Floats]:
    """Moduli of the k leading eigenvalues of rings of `period` tensors, and a logarithm.

    Returns (n, min(k, states)) moduli in descending order, zero where they are so to rounding,
    and (n,) numbers s: the eigenvalues are exp(s) times as large.
    """
    states = of.states**period
    if states > LARGEST:
        raise ArgumentError(
            f"period must leave at most {LARGEST} states of a ring of spins {of.representation}, "
            f"got {period} with {float(states):.3g} states"
        )
    if period == 1:
        matrices, scales = transfer_matrices(rows, of, machine)
        moduli = np.empty((len(rows), min(k, states)))
        for some in batches(*matrices.shape[:2]):
            values = np.abs(np.linalg.eigvals(matrices[some]))
            moduli[some] = -np.sort(-values, axis=-1)[:, :k]
    else:
        moduli, scales = np.empty((len(rows), min(k, states))), np.empty(len(rows))
        for index in range(len(rows)):
            logarithms = log_tensors(rows[index : index + 1], of, machine)[0]
            largest = logarithms.max()
            moduli[index] = _ring_eigenvalues(np.exp(logarithms - largest), period, min(k, states))
            scales[index] = period * largest
    moduli[moduli < ROUNDING * np.sqrt(states) * moduli[:, :1]] = 0
    return moduli, scales


def _ring_eigenvalues(tensor: Floats, period: int, k: int) -> Floats:
    """The k largest moduli of the eigenvalues of a ring of one tensor."""
    states = len(tensor) ** period
    linalg = _scipy() if states > DENSE and k <= states // 8 else None
    if linalg is None and states > LARGEST_DENSE:
        reason = (
            f"k must be at most {states // 8}, got {k}: all eigenvalues"
            if k > states // 8
            else "isingrg needs SciPy for this, pip install 'isingrg[analysis]': the eigenvalues"
        )
        error = ArgumentError if k > states // 8 else IsingRGError
        raise error(f"{reason} of a matrix of {states} states are not computed at once")
    if linalg is None:
        values = np.linalg.eigvals(_dense(tensor, period))
    else:
        pieces = blocks(tensor, period)
        operator = linalg.LinearOperator(
            (states, states),
            matvec=lambda vector: add_row(pieces, vector.reshape(1, -1))[0],
            dtype=np.float64,
        )
        # A start without symmetry, or sectors would be missed; some eigenvalues to spare, or the
        # last of a multiplet would.
        start = np.random.default_rng(0).random(states) + 0.5
        wanted = min(k + 4, states - 2)
        try:
            values = linalg.eigs(
                operator, wanted, v0=start, tol=1e-13, which="LM", return_eigenvectors=False,
            )  # fmt: skip
        except linalg.ArpackNoConvergence as error:
            values = error.eigenvalues  # degenerate at zero, as for free spins, or too close
            if len(values) < k:
                raise ConvergenceError(
                    f"only {len(values)} of {k} eigenvalues of the transfer matrix of period "
                    f"{period} converged"
                ) from None
    moduli: Floats = -np.sort(-np.abs(values))[:k]
    return moduli


def _dense(tensor: Floats, period: int) -> Floats:
    """The transfer matrix itself, by rows added to unit vectors."""
    states = len(tensor) ** period
    pieces = blocks(tensor, period)
    matrix = np.empty((states, states))
    chunk = max(1, _CHUNK // (states * len(tensor) ** 2))
    for first in range(0, states, chunk):
        units = np.eye(min(chunk, states - first), states, first)
        matrix[:, first : first + len(units)] = add_row(pieces, units).T
    return matrix


def blocks(tensor: Floats, period: int) -> list[Floats]:
    """The ring in pieces of neighbouring tensors, multiplied: products with few large matrices.

    A piece [a, c, b, d] has one spin c and d at either end and several in a and b.
    """
    longest = max(1, int(math.log(_WIDE, len(tensor))))
    pieces = []
    for length in map(len, np.array_split(np.arange(period), math.ceil(period / longest))):
        piece = tensor
        for _ in range(length - 1):
            joined = np.einsum("acbe,xeyd->axcbyd", piece, tensor)
            size = len(piece) * len(tensor)
            piece = joined.reshape(size, len(tensor), size, len(tensor))
        pieces.append(piece)
    return pieces


def add_row(pieces: list[Floats], vectors: Floats) -> Floats:
    """M v of (n, states) vectors v, one piece of the ring after another.

    Cutting the ring fixes its first spin c_1; `carry` holds, for some values of c_1, the sum over
    the pieces so far: (n, c_1, c_i, b_i, the rest) with the rest b_i+1 ... b_n a_1 ... a_i-1.
    """
    spin = pieces[0].shape[1]
    n, size = vectors.shape
    result = np.zeros_like(vectors)
    step = max(1, min(spin, _CHUNK // (n * size * spin)))
    for first in range(0, spin, step):
        cuts = np.arange(first, min(first + step, spin))
        # To (c_1, d, b, a): c_1 is given, so only b_1 is summed.
        weights = pieces[0][:, cuts].transpose(1, 3, 2, 0)
        columns = vectors.reshape(n, 1, 1, len(pieces[0]), -1).swapaxes(-1, -2)
        carry: Any = np.matmul(columns, weights)  # (n, c_1, d, rest, a): a goes behind the others
        for piece in pieces[1:]:
            weights = piece.transpose(3, 1, 2, 0).reshape(spin, -1, len(piece))  # (d, (c, b), a)
            columns = carry.reshape(n, len(cuts), 1, spin * len(piece), -1).swapaxes(-1, -2)
            carry = np.matmul(columns, weights)
        carry = carry.reshape(n, len(cuts), spin, size)
        result += carry[:, np.arange(len(cuts)), cuts].sum(axis=1)
    return result


def _scipy() -> Any:
    """scipy.sparse.linalg, or None where it is not installed."""
    try:
        return importlib.import_module("scipy.sparse.linalg")
    except ModuleNotFoundError:
        return None
