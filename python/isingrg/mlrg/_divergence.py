"""The exact Kullback-Leibler divergence of a student from a teacher, by enumeration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg._shared.results import plain
from isingrg.mlrg._couplings import FRAMES, Couplings, Reals
from isingrg.mlrg._space import space
from isingrg.mlrg.internal import Internal

Progress = bool | Callable[[int, int], Any]


@overload
def divergence(
    J_teacher: ArrayLike,
    J_student: ArrayLike,
    representation: str = ...,
    *,
    gradient: Literal[False] = ...,
    frame: str = ...,
    internal: Internal = ...,
    progress: Progress = ...,
) -> Reals: ...


@overload
def divergence(
    J_teacher: ArrayLike,
    J_student: ArrayLike,
    representation: str = ...,
    *,
    gradient: Literal[True],
    frame: str = ...,
    internal: Internal = ...,
    progress: Progress = ...,
) -> tuple[Reals, Reals]: ...


def divergence(
    J_teacher: ArrayLike, J_student: ArrayLike, representation: str = "A1", *,
    gradient: bool = False, frame: str = "published", internal: Internal = "Z2",
    progress: Progress = False,
) -> Reals | tuple[Reals, Reals]:  # fmt: skip
    """Kullback-Leibler divergence, in nats, from a teacher's visible distribution to a student's.

    This is the loss of Eq. 7 of Hou & You with the hidden spins summed and all visible states
    enumerated, up to symmetry.

    Parameters
    ----------
    J_teacher, J_student : float or array_like
        Couplings of the square graph and of the cross graph, finite: any shape for one coupling
        (A1), (..., c) in general. They are broadcast against each other.
    representation : str
        Point-group representation of every spin, as in `exact_map`.
    gradient : bool
        Whether to return the derivative in the student's couplings as well.
    frame : {"published", "consistent"}
        As in `exact_map`.
    internal : str, sequence of sequence of int, or InternalSymmetry
        As for `isingrg.mlrg.internal_symmetry`.
    progress : bool or callable
        Counts pairs of couplings.

    Returns
    -------
    float or ndarray (...)
        The divergence; where student and teacher agree, rounding may leave some 1e-15 of either
        sign.
    float or ndarray, broadcast shape of J
        The gradient, with ``gradient=True``.
    """
    frame = arguments.choice("frame", frame, FRAMES)
    gradient = arguments.boolean("gradient", gradient)
    of = space(representation, frame, internal)
    count = of.count
    teacher = Couplings(J_teacher, count, name="J_teacher")
    student = Couplings(J_student, count, name="J_student")
    try:
        shape = np.broadcast_shapes(teacher.shape, student.shape)
    except ValueError:
        raise ArgumentError(
            f"J_student of shape {student.shape} cannot be broadcast against J_teacher of shape "
            f"{teacher.shape}"
        ) from None
    teachers, students = (
        np.ascontiguousarray(np.broadcast_to(one.rows.reshape(one.shape), shape)).reshape(-1, count)
        for one in (teacher, student)
    )
    kl = np.empty(len(teachers))
    slopes = np.empty_like(teachers) if gradient else None
    with reporting(progress, "divergences", "pairs of couplings") as report:
        if len(kl):
            of.divergences(teachers, students, kl, slopes, report)
    values = plain(kl.reshape(shape if count == 1 else shape[:-1]))
    return values if slopes is None else (values, plain(slopes.reshape(shape)))
