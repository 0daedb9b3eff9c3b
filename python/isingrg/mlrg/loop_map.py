"""The exact RG map of the couplings of the loop student of one spin, by enumeration.

The teacher and the student are compared around a plaquette, on the eight spins of its open legs:
q^8 states. Of an Ising spin z the student is ln S = J_a z a + J_b z b + K a b; its flow is what a
moderator of three couplings can learn. Of a Potts spin it is ln S = J_a d(z, a) + J_b d(z, b) +
K d(a, b) + L d(z, a) d(z, b) with Kronecker's d. For squared distances it is that of `tensor_flow`
with chi = q.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting, tell
from isingrg._shared.results import plain
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_group import LoopGroup, loop_group
from isingrg.mlrg._loop_search import nearest_student
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress, positive
from isingrg.mlrg.loop_distance import OBJECTIVES

#: Couplings that a student of an Ising spin may have, as columns (J_a, J_b, K).
COUPLINGS = {
    "J": np.array([[1.0, 1.0, 0.0]]).T,
    "J_a, J_b": np.eye(3)[:, :2],
    "J_a, J_b, K": np.eye(3),
}


@dataclass(frozen=True, eq=False)
class LoopMinimum:
    """The student of least distance around a loop, from `loop_map`."""

    #: Couplings, shape (..., p). Those of an Ising spin have J_a >= 0 and J_b >= 0: the signs of z
    #: and of b are free.
    J: Floats
    #: Squared distance at the best scale over the squared norm of the teacher ("l2"), or the
    #: Kullback-Leibler divergence in nats ("kl"); a number for a single teacher.
    distance: float | Floats


def loop_map(
    J: ArrayLike, *, objective: str = "l2", couplings: str | None = None, internal: Any = "Z2",
    progress: Progress = False,
) -> LoopMinimum:  # fmt: skip
    """The exact RG map of the loop student of one spin.

    Parameters
    ----------
    J : array_like, shape (..., p)
        Couplings in the order of `loop_terms`, at most 10 in magnitude: (J_a, J_b, K) of Ising
        spins, (J_a, J_b, K, L) of Potts spins. The model on the Lieb lattice is (J, J, 0, ...).
    objective : {"l2", "kl"}
        Squared distance of the weights of the q^8 states, or Kullback-Leibler divergence from the
        teacher's distribution to the student's.
    couplings : {"J_a, J_b, K", "J_a, J_b", "J"}, optional
        Those of the student of an Ising spin, by default all; with "J" both are equal and K is
        zero.
    internal : str or sequence of permutations
        Symmetry of a spin of at most six states: "Z2" of Ising spins, "S3" to "S6" of Potts
        models, "Z3" to "Z6" of clock models, "Z2xZ2" of Ashkin-Teller models, or generators.
    progress : bool or callable
        Counts teachers.

    Returns
    -------
    LoopMinimum

    Raises
    ------
    ConvergenceError
        If a search does not settle.

    Examples
    --------
    >>> print(loop_map([1.5, 1.5, 0, 0], internal="S3").J.round(5))
    [ 0.86982  1.48996  0.48748 -0.1065 ]
    """
    objective = arguments.choice("objective", objective, OBJECTIVES)
    group = loop_group(internal)
    free = free_couplings(group, couplings)
    count = len(group.names)
    rows = arguments.reals("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    if rows.ndim == 0 or rows.shape[-1] != count:
        raise ArgumentError(f"J must have the shape (..., {count}), got {rows.shape}")
    found: list[tuple[Floats, float]] = []
    with reporting(progress, "minimising", "teachers") as report:
        for row in rows.reshape(-1, count):
            tell(report, len(found), rows.size // count)
            # The signs of z and of b are free in the teacher as well.
            found.append(nearest_student(group, representative(group, row), objective, free))
        tell(report, len(found), rows.size // count)
    students = np.array([representative(group, student) for student, _ in found])
    distances = np.array([distance for _, distance in found]).reshape(rows.shape[:-1])
    return LoopMinimum(students.reshape(rows.shape), plain(distances))


def representative(group: LoopGroup, couplings: Floats) -> Floats:
    """Of the copies of an Ising student, which differ by signs of z and b, the positive one."""
    return positive(couplings) if group.symmetry.is_ising else couplings


def free_couplings(group: LoopGroup, couplings: str | None) -> Floats:
    """Combinations of couplings that a student may have, as columns, shape (p, f)."""
    if couplings is None:
        return np.eye(len(group.names))
    free = COUPLINGS[arguments.choice("couplings", couplings, COUPLINGS)]
    if not group.symmetry.is_ising:
        raise ArgumentError(
            'couplings can be chosen for Ising spins, internal="Z2", only, not for '
            f"{group.symmetry.name!r}"
        )
    return free
