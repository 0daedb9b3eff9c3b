"""The student (J_a, J_b, K) nearest to a teacher around a loop, among 256 enumerated states.

Gauss and Newton's method with a line search, for squared distances and for the divergence.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_tensors import Numbers, pair, ring

_SPIN = np.array([1.0, -1.0])

#: z a, z b and a b, by which the couplings are multiplied.
_TERMS = np.array(
    [
        np.einsum("z,a,b->zab", _SPIN, _SPIN, _SPIN**2),
        np.einsum("z,a,b->zab", _SPIN, _SPIN**2, _SPIN),
        np.einsum("z,a,b->zab", _SPIN**2, _SPIN, _SPIN),
    ]
)

#: Combinations of couplings that a search is free to choose, as columns.
_ALL = np.eye(3)

#: Steps of a search, after which it has failed, and of its line search.
_STEPS, _HALVINGS = 500, 40


def nearest_student(
    teacher: Floats, objective: str, free: Floats = _ALL
) -> tuple[Floats, float]:  # fmt: skip
    """The student of one teacher: Gauss and Newton's steps with a line search.

    Its couplings are combinations of the columns of `free`, shape (3, p).

    Both distances are sums of squares to lowest order, so that the steps converge fast where the
    distance is small.
    """
    p = _loop(ring(_students(teacher)))
    p = p / (p.sum() if objective == "kl" else math.sqrt(float(p @ p)))
    expansion: Callable[[Floats, Floats, Floats], tuple[float, Floats, Floats]]
    expansion = _divergence if objective == "kl" else _distance
    # Near the fixed point of the map on the critical line, and exact where all couplings vanish.
    student = np.array([0.7, 0.9, 0.2]) * teacher[:2].sum() / 2
    student[2] = abs(student[2])
    student = free @ np.linalg.lstsq(free, student)[0]
    value, slope, step = expansion(student, p, free)
    for _ in range(_STEPS):
        if np.abs(slope).max() < 1e-15 or np.abs(step).max() < 1e-14:
            return student, value
        for _ in range(_HALVINGS):
            trial = expansion(student + free @ step, p, free)
            # Values agree within rounding; there the slope decides.
            if trial[0] < value - 1e-15 or (
                trial[0] <= value + 1e-15 and np.abs(trial[1]).max() < np.abs(slope).max()
            ):
                break
            step = step / 2
        else:
            if np.abs(slope).max() < 1e-11:
                return student, value
            break
        student = student + free @ step
        value, slope, step = trial
    raise ConvergenceError(f"the search for the student of {teacher.tolist()} does not settle")


def _expanded(student: Floats, free: Floats) -> tuple[Floats, Floats]:
    """The 256 weights of the student's loop and their derivatives by complex steps, (p, 256)."""
    h = 1e-30
    weights = _loop(pair(_students(student)))
    slopes = [_loop(pair(_students(student + 1j * h * step))).imag / h for step in free.T]
    return weights, np.array(slopes)


def _divergence(student: Floats, p: Floats, free: Floats) -> tuple[float, Floats, Floats]:
    """sum p ln (p / q), its slope, and the step with the Fisher information."""
    weights, slopes = _expanded(student, free)
    total = float(weights.sum())
    q = weights / total
    scores = slopes / weights
    scores = scores - (scores @ q)[:, None]
    slope = -scores @ p
    value = float(p @ np.log(p / q))
    return value, slope, _step((scores * q) @ scores.T, slope)


def _distance(student: Floats, p: Floats, free: Floats) -> tuple[float, Floats, Floats]:
    """1 - (p q)^2 / (q q) for |p| = 1, its slope, and the step of Gauss and Newton."""
    weights, slopes = _expanded(student, free)
    length = math.sqrt(float(weights @ weights))
    q = weights / length
    tangents = slopes / length
    tangents = tangents - np.outer(tangents @ q, q)
    overlap = float(p @ q)
    # p - overlap q is short, and its square exact where overlap is near one.
    rest = p - overlap * q
    slope = -2 * overlap * (tangents @ rest)
    return float(rest @ rest), slope, _step(2 * overlap**2 * (tangents @ tangents.T), slope)


def _step(curvature: Floats, slope: Floats) -> Floats:
    values, vectors = np.linalg.eigh(curvature)
    if values[-1] < 1e-280:  # all couplings vanish
        return np.zeros_like(slope)
    inverse = 1 / np.maximum(values, 1e-12 * values[-1])
    step = -vectors @ (inverse * (vectors.T @ slope))
    return np.asarray(step * min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-300)))


def _students(couplings: Numbers) -> Numbers:
    """S of spins, in units that keep the largest near one."""
    logs = np.tensordot(couplings, _TERMS, 1)
    return np.asarray(np.exp(logs - np.abs(couplings.real).sum()))


def _loop(tensor: Numbers) -> Numbers:
    """Weights of the eight open legs b and c of four tensors around a plaquette, shape (256,)."""
    halves = np.einsum("abcd,eBCd->aebcBC", tensor, tensor).reshape(2, 2, 16)
    return np.asarray(np.einsum("aei,aej->ij", halves, halves).reshape(-1))
