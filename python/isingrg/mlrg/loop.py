"""The student that converges: loops of four tensors instead of a star, with chi states per spin.

The star of Hou & You keeps the short-range loop within each plaquette as if it were relevant,
whatever its representation. Here neighbouring plaquettes are mirror images of each other. The
teacher is the ring T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'],
whose bare form S = exp(J z (a + b)) is the teacher of A1, and the student
sum_z S'[z, a, b] S'[z, d, c] is judged by the loop of four. `isingrg.tensorrg.LoopTNR` does the
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.tensorrg import CheckerboardLoopTNR, Flow, LoopTNR, MirrorState, Network
from isingrg.tensorrg._square import has_symmetries_of_a_square
from isingrg.tensorrg.loop import mirror_state, ring

Progress = bool | Callable[[int, int], Any]

#: Sites of the Lieb lattice in a teacher: four corners, each of two teachers, and four edges.
LIEB_SITES = 6

#: Couplings beyond it leave nothing of the other weights.
LARGEST_COUPLING = 10.0

#: From states of spin +1, -1 to those of charge +1, -1, which is its own inverse.
_HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)


def tensor_flow(
    J: ArrayLike | Network, chi: int, steps: int = 20, *, mu: float | None = None,
    iterations: int = 600, tolerance: float = 1e-10, progress: Progress = False,
) -> Flow:  # fmt: skip
    """The deterministic flow of the student with chi states per spin, from couplings on.

    Parameters
    ----------
    J : array_like, shape () or (3,), or isingrg.tensorrg.Network
        The coupling of the Lieb lattice, or the couplings (J_a, J_b, K) of ln S = J_a z a +
        J_b z b + K a b; at most 10 in magnitude. Or any network, such as `weights_network` makes of
        a `boltzmann_tensor`: without the symmetries of a square, that is with anisotropic
        couplings, negative ones or those of several components, `CheckerboardLoopTNR` follows it.
    chi : int
        States of a spin, 1 to 64: 2, 4, 6, 8, 10, 12 and 16 are good.
    steps : int
        Steps, 0 to 10**6, each of which doubles the area.
    mu : float, optional
        As for the scheme, 1e-5 for `isingrg.tensorrg.LoopTNR` and 1e-6 for `CheckerboardLoopTNR`.
    iterations, tolerance : int, float
        As for `isingrg.tensorrg.LoopTNR`; the other scheme does not use them.
    progress : bool or callable
        Counts steps.

    Returns
    -------
    isingrg.tensorrg.Flow
        States, free energy, dimensions, central charge, degeneracy and distance of each step.
    """
    scheme = LoopTNR(
        chi, mu=1e-5 if mu is None else mu, iterations=iterations, tolerance=tolerance
    )  # fmt: skip
    if not isinstance(J, Network):
        return scheme.follow(teacher_state(J), steps, progress=progress)
    if has_symmetries_of_a_square(J):
        return scheme.flow(J, steps, progress=progress)
    other = CheckerboardLoopTNR(chi, mu=1e-6 if mu is None else mu)
    return other.flow(J, steps, progress=progress)


def teacher_state(J: ArrayLike) -> MirrorState:
    """The ring of students with couplings J, where a flow begins.

    Parameters
    ----------
    J : array_like, shape () or (3,)
        As for `tensor_flow`.

    Returns
    -------
    isingrg.tensorrg.MirrorState
    """
    student = loop_student(J)
    return mirror_state(ring(student), np.array([0, 1]), 0.0, 1.0, LIEB_SITES, student=student)


def loop_student(J: ArrayLike) -> Floats:
    """S = exp(J_a z a + J_b z b + K a b) of Ising spins, in states of charge +1 and -1.

    Parameters
    ----------
    J : array_like, shape () or (3,)
        As for `tensor_flow`.

    Returns
    -------
    ndarray, shape (2, 2, 2)
        S[z, a, b]: state 0 of each spin is (+1 + -1) / sqrt 2, state 1 is (+1 - -1) / sqrt 2.
    """
    values = arguments.reals("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    if values.shape not in ((), (3,)):
        raise ArgumentError(f"J must have the shape () or (3,), got {values.shape}")
    a, b, k = values if values.ndim else (values, values, 0.0)
    spin = np.array([1.0, -1.0])
    z_a, z_b, a_b = (
        np.multiply.outer(spin, spin).reshape(shape) for shape in ((2, 2, 1), (2, 1, 2), (1, 2, 2))
    )
    return _between(np.exp(a * z_a + b * z_b + k * a_b))


def loop_couplings(student: ArrayLike) -> Floats:
    """The couplings (J_a, J_b, K) of a student of Ising spins, the inverse of `loop_student`.

    Parameters
    ----------
    student : array_like, shape (2, 2, 2)
        S[z, a, b] in states of charge +1 and -1.

    Returns
    -------
    ndarray, shape (3,)
        With J_a >= 0 and J_b >= 0, which the signs of z and of b are chosen for.

    Raises
    ------
    ConvergenceError
        If no choice of signs makes all weights positive.
    """
    values = arguments.moderate("student", student)
    if values.shape != (2, 2, 2):
        raise ArgumentError(f"student must have the shape (2, 2, 2), got {values.shape}")
    weights = _between(values)
    weights = weights * np.sign(weights.flat[np.abs(weights).argmax()])
    if weights.min() <= 0:
        raise ConvergenceError("the student has weights of both signs, which no couplings give")
    logs = np.log(weights)
    return positive(np.array([_even(logs, axes) for axes in ((0, 1), (0, 2), (1, 2))]))


def positive(couplings: Floats) -> Floats:
    """The couplings of the same student with J_a >= 0 and J_b >= 0."""
    couplings = couplings.copy()
    if couplings[0] < 0:  # z -> -z
        couplings[[0, 1]] *= -1
    if couplings[1] < 0:  # b -> -b
        couplings[[1, 2]] *= -1
    return couplings


def _between(student: Floats) -> Floats:
    return np.ascontiguousarray(
        np.einsum("zab,zw,ac,bd->wcd", student, _HADAMARD, _HADAMARD, _HADAMARD)
    )


def _even(logs: Floats, axes: tuple[int, int]) -> float:
    spins = np.array([1.0, -1.0])
    signs = np.ones((2, 2, 2))
    for axis in axes:
        signs = signs * spins.reshape([2 if axis == k else 1 for k in range(3)])
    return float((signs * logs).mean())
