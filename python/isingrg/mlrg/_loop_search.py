"""The student nearest to a teacher around a loop, among enumerated states.

Gauss and Newton's method with a line search, for squared distances and for the divergence.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_group import LoopGroup
from isingrg.mlrg._loop_tensors import Numbers, pair, ring

#: Steps of a search, after which it has failed, and of its line search.
_STEPS, _HALVINGS = 500, 40


def nearest_student(
    group: LoopGroup, teacher: Floats, objective: str, free: Floats
) -> tuple[Floats, float]:
    """The student of one teacher: Gauss and Newton's steps with a line search.

    Its couplings are combinations of the columns of `free`, shape (c, p).

    Both distances are sums of squares to lowest order, so that the steps converge fast where the
    distance is small.
    """
    p = loop_weights(group, ring(_students(group, teacher)))
    starts = [group.start(teacher)]
    if len(teacher) > group.pairs:  # far from the bare line the teacher itself may be nearer
        starts.append(teacher)
    starts = [free @ np.linalg.lstsq(free, start)[0] for start in starts]
    starts.sort(key=lambda start: _EXPANSIONS[objective](group, start, p, free)[0])
    for start in starts:
        found = _search(group, p, start, objective, free)
        if found is not None:
            return found
    raise ConvergenceError(f"the search for the student of {teacher.tolist()} does not settle")


def distance_and_gradient(
    group: LoopGroup, teacher: Floats, student: Floats, objective: str
) -> tuple[float, Floats]:
    """Distance of one student, and its gradient in all couplings."""
    p = loop_weights(group, ring(_students(group, teacher)))
    value, slope, _ = _EXPANSIONS[objective](group, student, p, np.eye(len(student)))
    return value, slope


def _search(
    group: LoopGroup, p: Floats, student: Floats, objective: str, free: Floats
) -> tuple[Floats, float] | None:
    expansion = _EXPANSIONS[objective]
    value, slope, step = expansion(group, student, p, free)
    for _ in range(_STEPS):
        if np.abs(slope).max() < 1e-15 or np.abs(step).max() < 1e-14:
            return student, value
        for _ in range(_HALVINGS):
            trial = expansion(group, student + free @ step, p, free)
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
    return None


def _expanded(group: LoopGroup, student: Floats, free: Floats) -> tuple[Floats, Floats]:
    """Weights of the student's loop and their derivatives by complex steps, (n,) and (p, n)."""
    h = 1e-30
    weights = loop_weights(group, pair(_students(group, student)))
    shifted = (student + 1j * h * step for step in free.T)
    slopes = [loop_weights(group, pair(_students(group, one))).imag / h for one in shifted]
    return weights, np.array(slopes)


Expansion = Callable[[LoopGroup, Floats, Floats, Floats], tuple[float, Floats, Floats]]


def _divergence(
    group: LoopGroup, student: Floats, teacher: Floats, free: Floats
) -> tuple[float, Floats, Floats]:
    """sum p ln (p / q), its slope, and the step with the Fisher information."""
    p = group.multiplicity * teacher
    p = p / p.sum()
    weights, slopes = _expanded(group, student, free)
    q = group.multiplicity * weights
    q = q / q.sum()
    scores = slopes / weights
    scores = scores - (scores @ q)[:, None]
    slope = -scores @ p
    value = float(p @ np.log(p / q))
    return value, slope, _step((scores * q) @ scores.T, slope)


def _distance(
    group: LoopGroup, student: Floats, teacher: Floats, free: Floats
) -> tuple[float, Floats, Floats]:
    """1 - (p q)^2 / (q q) for |p| = 1, its slope, and the step of Gauss and Newton."""
    roots = np.sqrt(group.multiplicity)
    p = roots * teacher
    p = p / math.sqrt(float(p @ p))
    weights, slopes = _expanded(group, student, free)
    weights, slopes = roots * weights, roots * slopes
    length = math.sqrt(float(weights @ weights))
    q = weights / length
    tangents = slopes / length
    tangents = tangents - np.outer(tangents @ q, q)
    overlap = float(p @ q)
    # p - overlap q is short, and its square exact where overlap is near one.
    rest = p - overlap * q
    slope = -2 * overlap * (tangents @ rest)
    return float(rest @ rest), slope, _step(2 * overlap**2 * (tangents @ tangents.T), slope)


_EXPANSIONS: dict[str, Expansion] = {"kl": _divergence, "l2": _distance}


def _step(curvature: Floats, slope: Floats) -> Floats:
    values, vectors = np.linalg.eigh(curvature)
    if values[-1] < 1e-280:  # all couplings vanish
        return np.zeros_like(slope)
    inverse = 1 / np.maximum(values, 1e-12 * values[-1])
    step = -vectors @ (inverse * (vectors.T @ slope))
    return np.asarray(step * min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-300)))


def _students(group: LoopGroup, couplings: Numbers) -> Numbers:
    """S of spins, in units that keep the largest near one."""
    logs = np.tensordot(couplings, group.terms, 1)
    return np.asarray(np.exp(logs - logs.real.max()))


def loop_weights(group: LoopGroup, tensor: Numbers) -> Numbers:
    """Weights of the eight open legs b and c of four tensors around a plaquette, shape (n,)."""
    n = len(tensor)
    # H[i, (a, e)] = sum_d T[a, b, c, d] T[e, B, C, d] with i = (b, c, B, C).
    rows = tensor.transpose(1, 2, 0, 3).reshape(n**3, n)
    halves = (rows @ rows.T).reshape((n, n, n) * 2).transpose(0, 1, 3, 4, 2, 5).reshape(n**4, n * n)
    return np.asarray(np.einsum("ij,ij->i", halves[group.first], halves[group.second]))
