"""The student that converges: loops of four tensors instead of a star, with chi states per spin.

The star of Hou & You keeps the short-range loop within each plaquette as if it were relevant,
whatever its representation. Here neighbouring plaquettes are mirror images of each other. The
teacher is the ring T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'],
whose bare form S = exp(J z (a + b)) is the teacher of A1, and the student
sum_z S'[z, a, b] S'[z, d, c] is judged by the loop of four. `isingrg.tensorrg.LoopTNR` does the
steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_group import charge_states, loop_group
from isingrg.mlrg.internal import internal_symmetry
from isingrg.tensorrg import CheckerboardLoopTNR, Flow, LoopTNR, MirrorState, Network
from isingrg.tensorrg._square import has_symmetries_of_a_square
from isingrg.tensorrg.loop import mirror_state, ring

Progress = bool | Callable[[int, int], Any]

#: Sites of the Lieb lattice in a teacher: four corners, each of two teachers, and four edges.
LIEB_SITES = 6

#: Couplings beyond it leave nothing of the other weights.
LARGEST_COUPLING = 10.0


def tensor_flow(
    J: ArrayLike | Network, chi: int, steps: int = 20, *, mu: float | None = None,
    iterations: int | None = None, tolerance: float = 1e-10, internal: Any = "Z2",
    progress: Progress = False,
) -> Flow:  # fmt: skip
    """The deterministic flow of the student with chi states per spin, from couplings on.

    Parameters
    ----------
    J : array_like, shape () or (p,), or isingrg.tensorrg.Network
        The coupling of the Lieb lattice, or the couplings (J_a, J_b, K) of ln S = J_a z a +
        J_b z b + K a b, for other symmetries those of `loop_terms`; at most 10 in magnitude. Or any
        network, such as `weights_network` makes of
        a `boltzmann_tensor`: without the symmetries of a square, that is with anisotropic
        couplings, negative ones or those of several components, `CheckerboardLoopTNR` follows it.
    chi : int
        States of a spin, 1 to 64: 2, 4, 6, 8, 10, 12 and 16 are good.
    steps : int
        Steps, 0 to 10**6, each of which doubles the area.
    mu : float, optional
        As for the scheme, 1e-5 for `isingrg.tensorrg.LoopTNR` and 1e-6 for `CheckerboardLoopTNR`.
    iterations, tolerance : int, float
        As for `isingrg.tensorrg.LoopTNR`; the other scheme does not use them. By default 3000
        iterations for spins of more than two states, whose symmetry is kept as well as the minima
        are found, and 600 otherwise.
    internal : str or sequence of permutations
        Symmetry of a spin of at most six states, as for `loop_map`: "Z2" of Ising spins, "S3" of
        Potts spins. The flow keeps of it the parity under one exchange of states; chi = 3, 9 and
        such are good for "S3". Networks have their own symmetry, and `internal` is not used.
    progress : bool or callable
        Counts steps.

    Returns
    -------
    isingrg.tensorrg.Flow
        States, free energy, dimensions, central charge, degeneracy and distance of each step.
    """
    scheme = loop_scheme(chi, 1e-5 if mu is None else mu, iterations, tolerance, internal)
    if not isinstance(J, Network):
        return scheme.follow(teacher_state(J, internal=internal), steps, progress=progress)
    if has_symmetries_of_a_square(J):
        return scheme.flow(J, steps, progress=progress)
    other = CheckerboardLoopTNR(chi, mu=1e-6 if mu is None else mu)
    return other.flow(J, steps, progress=progress)


def loop_scheme(
    chi: int, mu: float, iterations: int | None, tolerance: float, internal: Any
) -> LoopTNR:
    """The scheme of `tensor_flow` for couplings."""
    if iterations is None:
        iterations = 600 if internal_symmetry(internal).q == 2 else 3000
    return LoopTNR(chi, mu=mu, iterations=iterations, tolerance=tolerance)


def teacher_state(J: ArrayLike, *, internal: Any = "Z2") -> MirrorState:
    """The ring of students with couplings J, where a flow begins.

    Parameters
    ----------
    J : array_like, shape () or (p,)
        As for `tensor_flow`.
    internal : str or sequence of permutations
        As for `tensor_flow`.

    Returns
    -------
    isingrg.tensorrg.MirrorState
    """
    student = loop_student(J, internal=internal)
    charges = charge_states(loop_group(internal).symmetry)[1]
    return mirror_state(ring(student), charges, 0.0, 1.0, LIEB_SITES, student=student)


def loop_student(J: ArrayLike, *, internal: Any = "Z2") -> Floats:
    """S = exp(J_a z a + J_b z b + K a b) of Ising spins, in states of charge +1 and -1.

    Parameters
    ----------
    J : array_like, shape () or (p,)
        As for `tensor_flow`.
    internal : str or sequence of permutations
        As for `tensor_flow`.

    Returns
    -------
    ndarray, shape (q, q, q)
        S[z, a, b]. For Ising spins state 0 of each is (+1 + -1) / sqrt 2 and state 1 is (+1 - -1) /
        sqrt 2; in general those that are even under an exchange of states come first.
    """
    group = loop_group(internal)
    count = len(group.names)
    values = arguments.reals("J", J, -LARGEST_COUPLING, LARGEST_COUPLING)
    if values.shape not in ((), (count,)):
        raise ArgumentError(f"J must have the shape () or ({count},), got {values.shape}")
    if not values.ndim:
        values = group.bare(values, np.ones(group.symmetry.n_kernels))
    weights = np.exp(np.tensordot(values, group.terms, 1))
    return _between(weights, charge_states(group.symmetry)[0])


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
    weights = _between(values, charge_states(loop_group("Z2").symmetry)[0].T)
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


def _between(student: Floats, states: Floats) -> Floats:
    """S in other states, which are the columns."""
    return np.ascontiguousarray(np.einsum("zab,zw,ac,bd->wcd", student, states, states, states))


def _even(logs: Floats, axes: tuple[int, int]) -> float:
    spins = np.array([1.0, -1.0])
    signs = np.ones((2, 2, 2))
    for axis in axes:
        signs = signs * spins.reshape([2 if axis == k else 1 for k in range(3)])
    return float((signs * logs).mean())
