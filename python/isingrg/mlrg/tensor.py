"""Phases and scaling dimensions from the Boltzmann weight tensor.

The tensor T(J) of Eq. 22 of Hou & You closes to the transfer matrix M_ab = sum_c T_acbc (Eq. 25),
or to that of a ring of n tensors. The degeneracy of Eq. 23, which is printed upside down, is
(sum_ab T_abab)^2 / (T_acbc T_bdad) = (tr M)^2 / tr M^2. A torus of n x l tensors has the partition
function tr M^l ~ sum_k exp(-2 pi (l / n) (Delta_k - c / 12)) times exp(l n f) (Eq. 26, where
n = 1 and n tensors stand along the other direction), so each eigenvalue is
ln lambda_k = n f - (2 pi / n) (Delta_k - c / 12) up to corrections of higher order in 1 / n.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import NonFiniteError
from isingrg.mlrg import _transfer
from isingrg.mlrg._couplings import FRAMES, Couplings, Floats, Reals
from isingrg.mlrg._space import Space, log_tensors, space
from isingrg.mlrg.internal import Internal
from isingrg.mlrg.symmetry import MACHINES


def boltzmann_tensor(
    J: ArrayLike,
    representation: str = "A1",
    *,
    machine: str = "teacher",
    frame: str = "published",
    internal: Internal = "Z2",
    log: bool = False,
) -> Floats:
    """Boltzmann weights T of the four corner spins, the hidden spins summed (Eq. 22).

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin, with m components in all.
    machine : {"teacher", "student"}
        The square graph of four hidden spins, or the cross graph of one.
    frame : {"published", "consistent"}
        See `isingrg.mlrg.MLRG`. It matters for the student, and for which couplings there are.
    internal : str, sequence of sequence of int, or InternalSymmetry
        As for `isingrg.mlrg.internal_symmetry`.
    log : bool
        Return ln T, which cannot overflow.

    Returns
    -------
    ndarray, shape (..., q**m, q**m, q**m, q**m)
        One axis per corner, counter-clockwise from top right. Entry 0 is a spin of components
        all +1, and the last component varies fastest: for m = 2 they are ++, +-, -+, --. Of q
        states per component, which is 2 for Ising spins, entry 0 has all components in state 0.

    Raises
    ------
    MemoryError
        With the number of bytes, if the tensors do not fit.
    NonFiniteError
        If a weight exceeds the largest float64 and `log` is False.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eq. 22.
    """
    couplings, machine, of = _checked(J, representation, machine, frame, internal)
    log = arguments.boolean("log", log)
    tensors = log_tensors(couplings.rows, of, machine)
    if not log:
        with np.errstate(over="ignore"):
            np.exp(tensors, out=tensors)
        if not np.isfinite(tensors).all():
            raise NonFiniteError("a Boltzmann weight exceeds float64; ask for log=True")
    return tensors.reshape(*couplings.leading, *tensors.shape[1:])


def ground_state_degeneracy(
    J: ArrayLike,
    representation: str = "A1",
    *,
    machine: str = "teacher",
    frame: str = "published",
    internal: Internal = "Z2",
) -> Reals:
    """Ground-state degeneracy (tr M)^2 / tr M^2: 1 in the disordered, 2 in the ordered phase.

    A spin of q states has q in the ordered phase, and between 1 and q where a part of the symmetry
    is broken.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin.
    machine, frame, internal
        As for `boltzmann_tensor`.

    Returns
    -------
    float or ndarray, shape (...)
        One number for each J. At a critical fixed point it lies in between.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eq. 23 with numerator and denominator exchanged;
    Z.-C. Gu and X.-G. Wen, doi:10.1103/PhysRevB.80.155131.
    """
    couplings, machine, of = _checked(J, representation, machine, frame, internal)
    return couplings.scalars(degeneracies(couplings.rows, of, machine))


def scaling_dimensions(
    J: ArrayLike,
    representation: str = "A1",
    k: int = 4,
    period: int = 1,
    *,
    machine: str = "teacher",
    frame: str = "published",
    internal: Internal = "Z2",
) -> Floats:
    """The k lowest scaling dimensions Delta_0 = 0, Delta_1, ... of the model at J.

    They mean something at a critical fixed point only. Those of a longer ring are nearer to those
    of the continuum, for an exactly critical model by corrections that fall as 1 / period^2.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin, with m components in all.
    k : int
        How many, at least 1. There are no more than the states q**(m period): two for A1 alone.
    period : int
        Tensors in the ring, n of Eq. 26 turned by 90 degrees. Each J is a matrix of
        q**(m period) states: up to 2**12 of them without SciPy, up to 2**20 with it.
    machine, frame, internal
        As for `boltzmann_tensor`.

    Returns
    -------
    ndarray, shape (..., min(k, q**(m period)))
        In ascending order, beginning with Delta_0 = 0, so that entry 1 is Delta_1; infinite
        where the transfer matrix has the eigenvalue 0.

    Raises
    ------
    IsingRGError
        If SciPy is needed and missing.
    ConvergenceError
        If an iteration for the leading eigenvalues does not settle.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eqs. 25 and 26.
    """
    couplings, machine, of = _checked(J, representation, machine, frame, internal)
    k, period = ring(k, period)
    found = dimensions(couplings.rows, of, k, period, machine)
    return found.reshape(*couplings.leading, found.shape[-1])


def ring(k: int, period: int) -> tuple[int, int]:
    """Checked arguments of `scaling_dimensions`."""
    return (
        arguments.integer("k", k, 1, _transfer.LARGEST),
        arguments.integer("period", period, 1, 20),
    )


def dimensions(rows: Floats, of: Space, k: int, period: int, machine: str) -> Floats:
    """Scaling dimensions of (n, c) couplings, (n, at most k)."""
    moduli, _ = _transfer.leading_eigenvalues(rows, of, k, period, machine)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(moduli[:, :1] / moduli) * (period / (2 * math.pi)))


def central_charge(
    J: ArrayLike,
    representation: str = "A1",
    period: int = 4,
    *,
    machine: str = "teacher",
    frame: str = "published",
    internal: Internal = "Z2",
) -> Reals:
    """Central charge c from the free energies of rings of `period` and `period` + 1 tensors.

    ln lambda_0 = n f + pi c / (6 n) + O(n^-3) for two lengths n gives c (and f). It means something
    at a critical fixed point only: 1/2 for the Ising model.

    Parameters
    ----------
    J, representation, machine, frame, internal
        As for `scaling_dimensions`.
    period : int
        Length of the shorter ring, 1 to 19; the longer one has at most 2**20 states.

    Returns
    -------
    float or ndarray, shape (...)
        One number for each J.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eq. 26.
    """
    couplings, machine, of = _checked(J, representation, machine, frame, internal)
    period = arguments.integer("period", period, 1, 19)
    densities = []
    for n in (period, period + 1):
        moduli, scales = _transfer.leading_eigenvalues(couplings.rows, of, 1, n, machine)
        densities.append((np.log(moduli[:, 0]) + scales) / n)
    change = period**-2 - (period + 1) ** -2
    return couplings.scalars((densities[0] - densities[1]) * (6 / math.pi) / change)


def degeneracies(rows: Floats, of: Space, machine: str = "teacher") -> Floats:
    """Degeneracy of (n, c) couplings."""
    matrices, _ = _transfer.transfer_matrices(rows, of, machine)
    trace = np.einsum("naa->n", matrices)
    return np.asarray(trace**2 / np.einsum("nab,nba->n", matrices, matrices), dtype=np.float64)


def _checked(
    J: ArrayLike, representation: str, machine: str, frame: str, internal: Internal
) -> tuple[Couplings, str, Space]:
    frame = arguments.choice("frame", frame, FRAMES)
    machine = arguments.choice("machine", machine, MACHINES)
    of = space(representation, frame, internal)
    # The tensor has sums of them.
    bound = arguments.MODERATE
    return Couplings(J, of.count, low=-bound, high=bound), machine, of
