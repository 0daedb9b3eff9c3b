"""The exact RG map of the three couplings (J_a, J_b, K) of the loop student, by enumeration.

The teacher and the student are compared around a plaquette, on the eight spins of its open legs:
256 states. The student is ln S = J_a z a + J_b z b + K a b with an Ising spin z, chi = 2; its flow
is what a moderator of three couplings can learn. For squared distances it is that of `tensor_flow`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg._shared.results import plain
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_search import nearest_student
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress, positive
from isingrg.mlrg.loop_distance import OBJECTIVES

#: Couplings that a student may have, as columns (J_a, J_b, K).
COUPLINGS = {
    "J": np.array([[1.0, 1.0, 0.0]]).T,
    "J_a, J_b": np.eye(3)[:, :2],
    "J_a, J_b, K": np.eye(3),
}

#: Coupling of the bare line in the disordered and in the ordered phase.
_BRACKET = 0.6, 0.9

#: Newton's steps for a fixed point, and the shift of couplings for its derivatives.
_NEWTON, _SHIFT = 50, 2e-4


@dataclass(frozen=True, eq=False)
class LoopMinimum:
    """The student of least distance around a loop, from `loop_map`."""

    #: Couplings (J_a, J_b, K), shape (..., 3), with J_a >= 0 and J_b >= 0: the signs of z and of b
    #: are free.
    J: Floats
    #: Squared distance at the best scale over the squared norm of the teacher ("l2"), or the
    #: Kullback-Leibler divergence in nats ("kl"); a number for a single teacher.
    distance: float | Floats


def loop_map(
    J: ArrayLike, *, objective: str = "l2", couplings: str = "J_a, J_b, K",
    progress: Progress = False,
) -> LoopMinimum:  # fmt: skip
    """The exact RG map of the loop student of one Ising spin.

    Parameters
    ----------
    J : array_like, shape (..., 3)
        Couplings (J_a, J_b, K), at most 10 in magnitude. The model on the Lieb lattice is
        (J, J, 0).
    objective : {"l2", "kl"}
        Squared distance of the weights of the 256 states, or Kullback-Leibler divergence from the
        teacher's distribution to the student's.
    couplings : {"J_a, J_b, K", "J_a, J_b", "J"}
        Those of the student; with "J" both are equal and K is zero.
    progress : bool or callable
        Counts teachers.

    Returns
    -------
    LoopMinimum

    Raises
    ------
    ConvergenceError
        If a search does not settle.
    """
    objective = arguments.choice("objective", objective, OBJECTIVES)
    free = COUPLINGS[arguments.choice("couplings", couplings, COUPLINGS)]
    rows = arguments.reals("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    if rows.ndim == 0 or rows.shape[-1] != 3:
        raise ArgumentError(f"J must have the shape (..., 3), got {rows.shape}")
    found: list[tuple[Floats, float]] = []
    with reporting(progress, "minimising", "teachers") as report:
        for row in rows.reshape(-1, 3):
            tell(report, len(found), rows.size // 3)
            # The signs of z and of b are free in the teacher as well.
            found.append(nearest_student(positive(row), objective, free))
        tell(report, len(found), rows.size // 3)
    students = np.array([positive(student) for student, _ in found]).reshape(rows.shape)
    distances = np.array([distance for _, distance in found]).reshape(rows.shape[:-1])
    return LoopMinimum(students, plain(distances))


@dataclass(frozen=True, eq=False)
class LoopMapFixedPoint:
    """The critical point of the map of three couplings, from `loop_map_fixed_point`."""

    #: The fixed point (J_a, J_b, K), shape (3,).
    J: Floats
    #: The coupling J of the bare line (J, J, 0) that flows to it.
    critical_coupling: float
    #: Distance of teacher and student there.
    distance: float
    #: Eigenvalues of the linearised map, shape (p,) for p couplings, the largest modulus first.
    eigenvalues: NDArray[np.complex128]

    @property
    def exponents(self) -> Floats:
        """y = 2 log2 |eigenvalue|, shape (p,): a step multiplies lengths by sqrt 2."""
        return np.asarray(2 * np.log2(np.abs(self.eigenvalues)))


def loop_map_fixed_point(
    objective: str = "l2", *, couplings: str = "J_a, J_b, K", width: float = 1e-12,
    progress: Progress = False,
) -> LoopMapFixedPoint:  # fmt: skip
    """The critical coupling of the Lieb lattice by the exact map, and its fixed point.

    Parameters
    ----------
    objective, couplings : str
        As for `loop_map`.
    width : float
        The critical coupling is known within it, 1e-13 to 1e-3.
    progress : bool or callable
        Counts flows.

    Returns
    -------
    LoopMapFixedPoint

    Raises
    ------
    ConvergenceError
        If Newton's method does not settle.
    """
    objective = arguments.choice("objective", objective, OBJECTIVES)
    width = arguments.finite("width", width, 1e-13, 1e-3)
    free = COUPLINGS[arguments.choice("couplings", couplings, COUPLINGS)]
    low, high = _BRACKET
    slowest, least = np.zeros(3), math.inf
    flows = math.ceil(math.log2((high - low) / width))
    with reporting(progress, "fixed point", "flows") as report:
        for done in range(flows):
            tell(report, done, flows)
            middle = (low + high) / 2
            is_ordered, trajectory = _phase(middle, objective, free)
            if is_ordered:
                high = middle
            else:
                low = middle
            speeds = np.linalg.norm(np.diff(trajectory, axis=0), axis=1)
            if speeds.min() < least:
                least, slowest = float(speeds.min()), trajectory[int(speeds.argmin())]
        tell(report, flows, flows)
    point = _fixed_point(slowest, objective, free)
    values = np.linalg.eigvals(_jacobian(point, objective, free))
    values = values[np.argsort(-np.abs(values), kind="stable")]
    distance = float(loop_map(point, objective=objective, couplings=couplings).distance)
    return LoopMapFixedPoint(point, (low + high) / 2, distance, values.astype(np.complex128))


def _phase(J: float, objective: str, free: Floats) -> tuple[bool, Floats]:
    """Whether the flow from (J, J, 0) orders, and its points: J_a grows or falls for good."""
    couplings = np.array([J, J, 0.0])
    points = [couplings]
    for _ in range(200):
        couplings, _ = nearest_student(couplings, objective, free)
        points.append(couplings)
        if len(points) > 3 and not 0.3 < couplings[0] < 0.8:
            return bool(couplings[0] >= 0.8), np.array(points)
    raise ConvergenceError(f"the flow from J = {J} stays critical for 200 steps")


def _fixed_point(point: Floats, objective: str, free: Floats) -> Floats:
    for _ in range(_NEWTON):
        image, _ = nearest_student(point, objective, free)
        jacobian = _jacobian(point, objective, free)
        change = np.linalg.lstsq(free, image - point)[0]
        step = free @ np.linalg.solve(np.eye(len(jacobian)) - jacobian, change)
        point = point + step
        if np.abs(step).max() < 1e-12:
            return np.asarray(point)
    raise ConvergenceError(f"Newton's method does not settle within {_NEWTON} steps")


def _jacobian(point: Floats, objective: str, free: Floats) -> Floats:
    """In the couplings that are free, to fourth order in the shift."""

    def image(direction: Floats, shift: float) -> Floats:
        found, _ = nearest_student(point + shift * direction, objective, free)
        return np.asarray(np.linalg.lstsq(free, found)[0])

    columns = []
    for direction in free.T:
        near, far = (image(direction, h) - image(direction, -h) for h in (_SHIFT, 2 * _SHIFT))
        columns.append((8 * near - far) / (12 * _SHIFT))
    return np.array(columns).T
