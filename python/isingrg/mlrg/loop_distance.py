"""Couplings of the loop scheme, and the distance of teacher and student with its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting, tell
from isingrg.mlrg import _loop_search, symmetry
from isingrg.mlrg._couplings import Couplings, Floats, Reals, coupling_count
from isingrg.mlrg._loop_group import LoopGroup, loop_group
from isingrg.mlrg.loop import LARGEST_COUPLING, Progress

OBJECTIVES = {"kl": _core.MLRG_KL, "l2": _core.MLRG_L2}


def loop_terms(representation: str = "A1", *, internal: Any = "Z2") -> tuple[str, ...]:
    """The couplings of the loop student, ln S[z, a, b] = sum_c J_c m_c(z, a, b).

    Parameters
    ----------
    representation : {"A1", "2A1"}
        One or two Ising components per spin.
    internal : str or sequence of permutations
        Symmetry of a spin of at most six states, as for `loop_map`; others than "Z2" have one
        component, "A1".

    Returns
    -------
    tuple of str
        m_c of each coupling. Of Ising spins these are all products of an even number of components
        of z, a and b, those of few components first. Of others they are kernels of two of the
        spins, and products of kernels as far as they are independent.

    Examples
    --------
    >>> loop_terms()
    ('z a', 'z b', 'a b')
    >>> len(loop_terms("2A1")), loop_terms("2A1")[-1]
    (31, 'z1 z2 a1 a2 b1 b2')
    >>> loop_terms(internal="S3")
    ('delta(z,a)', 'delta(z,b)', 'delta(a,b)', 'delta(z,a) delta(z,b)')
    """
    group = _group(representation, internal)
    if group is not None:
        return group.names
    terms = _core.mlrg_loop_terms(representation)
    m = symmetry.components(representation)
    names = [f"{leg}{i + 1 if m > 1 else ''}" for leg in "zab" for i in range(m)]
    return tuple(
        " ".join(name for i, name in enumerate(names) if term >> (3 * m - 1 - i) & 1)
        for term in terms
    )


@dataclass(frozen=True, eq=False)
class LoopDistance:
    """Distance of teachers and students, from `loop_distance`."""

    #: In nats ("kl"), or between 0 and 1 ("l2"); a number for a single pair.
    distance: Reals
    #: Its derivatives in the couplings of the student, in their shape.
    gradient: Floats


def loop_distance(
    teacher: ArrayLike, student: ArrayLike, representation: str = "A1", *, objective: str = "l2",
    internal: Any = "Z2", progress: Progress = False,
) -> LoopDistance:  # fmt: skip
    """How far students are from teachers around a loop of four tensors.

    The teacher is the ring sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'] of its S, the
    student sum_z S[z, a, b] S[z, d, c] of its own. They are compared on the eight open legs b and c
    of four of them around a plaquette: 256 states for "A1", 65,536 for "2A1", q^8 for q states.

    Parameters
    ----------
    teacher, student : array_like, shape (..., c)
        Couplings, at most 10 in magnitude, in the order of `loop_terms`.
    representation : {"A1", "2A1"}
        One or two Ising components per spin.
    objective : {"l2", "kl"}
        Squared distance of the weights at the student's best scale over the squared norm of the
        teacher, or the Kullback-Leibler divergence from teacher to student.
    internal : str or sequence of permutations
        As for `loop_terms`.
    progress : bool or callable
        Counts pairs.

    Returns
    -------
    LoopDistance

    Examples
    --------
    >>> found = loop_distance([0.5, 0.5, 0], [0.15616904, 0.48910982, 0.15657291])
    >>> print(f"{found.distance:.6e}")
    5.453762e-04
    """
    objective = arguments.choice("objective", objective, OBJECTIVES)
    group = _group(representation, internal)
    count = len(loop_terms(representation, internal=internal))
    teachers = Couplings(
        teacher, count, low=-LARGEST_COUPLING, high=LARGEST_COUPLING, name="teacher"
    )
    students = Couplings(
        student, count, low=-LARGEST_COUPLING, high=LARGEST_COUPLING, name="student"
    )
    if teachers.shape != students.shape:
        raise ArgumentError(
            "teacher and student must have the same shape, "
            f"got {teachers.shape} and {students.shape}"
        )
    distance, gradient = np.empty(len(students)), np.empty_like(students.rows)
    with reporting(progress, "comparing", "pairs") as report:
        if group is not None:
            for i in range(len(students)):
                tell(report, i, len(students))
                distance[i], gradient[i] = _loop_search.distance_and_gradient(
                    group, teachers.rows[i], students.rows[i], objective
                )
            tell(report, len(students), len(students))
            return LoopDistance(students.scalars(distance), gradient.reshape(students.shape))
        _core.mlrg_loop_distance(
            representation, OBJECTIVES[objective], teachers.rows, students.rows, distance,
            gradient, report,
        )  # fmt: skip
    return LoopDistance(students.scalars(distance), gradient.reshape(students.shape))


def _group(representation: str, internal: Any) -> LoopGroup | None:
    """The symmetry of a student that the core does not know."""
    coupling_count(representation)
    group = loop_group(internal)
    if group.symmetry.is_ising:
        return None
    if representation != "A1":
        raise ArgumentError(
            f"representation must be 'A1' with internal={group.symmetry.name!r}, "
            f"got {representation!r}"
        )
    return group
