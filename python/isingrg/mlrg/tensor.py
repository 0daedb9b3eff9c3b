"""Phases and scaling dimensions from the Boltzmann weight tensor of the teacher.

The tensor T(J) of Eq. 22 of Hou & You closes to the transfer matrix M_ab = sum_c T_acbc (Eq. 25).
Both quantities follow from its eigenvalues: the degeneracy of Eq. 23, which is printed upside
down, is (sum_ab T_abab)^2 / (T_acbc T_bdad) = (tr M)^2 / tr M^2, and the scaling dimensions of
Eq. 26 are -ln(lambda_k / lambda_0) / (2 pi).
"""

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _core
from isingrg.mlrg._couplings import Couplings, Floats, Reals, coupling_count

#: Elements of the tensors held at once.
_CHUNK = 2**22

#: Eigenvalues below this fraction of the largest are zero: the operator does not propagate.
_ROUNDING = 1e-14


def ground_state_degeneracy(J: ArrayLike, representation: str = "A1") -> Reals:
    """Ground-state degeneracy (tr M)^2 / tr M^2: 1 in the disordered, 2 in the ordered phase.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin.

    Returns
    -------
    float or ndarray
        One number for each J. At a critical fixed point it lies in between.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eq. 23 with numerator and denominator exchanged;
    Z.-C. Gu and X.-G. Wen, doi:10.1103/PhysRevB.80.155131.
    """
    couplings = Couplings(J, coupling_count(representation))
    return couplings.scalars(degeneracies(couplings.rows, representation))


def scaling_dimensions(J: ArrayLike, representation: str = "A1", k: int = 4) -> Floats:
    """The k lowest scaling dimensions Delta_0 = 0, Delta_1, ... of the model at J.

    They mean something at a critical fixed point only.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin.
    k : int
        How many, at least 1. There are no more than 2**m for spins of m components: two for A1.

    Returns
    -------
    ndarray, shape (..., min(k, 2**m))
        In ascending order, beginning with Delta_0 = 0, so that entry 1 is Delta_1; infinite
        where the transfer matrix has the eigenvalue 0.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eqs. 25 and 26.
    """
    couplings = Couplings(J, coupling_count(representation))
    k = _arguments.integer("k", k, 1, 2**20)
    sizes = np.abs(np.linalg.eigvals(transfer_matrices(couplings.rows, representation)))
    sizes = -np.sort(-sizes, axis=-1)[:, :k]
    sizes[sizes < _ROUNDING * sizes[:, :1]] = 0
    with np.errstate(divide="ignore"):
        dimensions: Floats = np.log(sizes[:, :1] / sizes) / (2 * math.pi)
    return dimensions.reshape(*couplings.leading, -1 if len(couplings) else dimensions.shape[-1])


def degeneracies(rows: Floats, representation: str) -> Floats:
    """Degeneracy of (n, c) couplings."""
    matrices = transfer_matrices(rows, representation)
    trace = np.einsum("naa->n", matrices)
    return np.asarray(trace**2 / np.einsum("nab,nba->n", matrices, matrices), dtype=np.float64)


def transfer_matrices(rows: Floats, representation: str) -> Floats:
    """M_ab = sum_c T_acbc of (n, c) couplings up to a positive factor each, (n, 2^m, 2^m)."""
    states = _states(representation)
    matrices = np.empty((len(rows), states, states))
    chunk = max(1, _CHUNK // states**4)
    for first in range(0, len(rows), chunk):
        piece = slice(first, first + chunk)
        part: NDArray[np.float64] = np.ascontiguousarray(rows[piece])
        logarithms = np.empty((len(part), states, states, states, states))
        _core.mlrg_boltzmann_tensor(representation, _core.PUBLISHED, _core.TEACHER, part, logarithms)
        # Only ratios count, and the largest weight is the natural unit: nothing overflows.
        logarithms -= logarithms.max(axis=(1, 2, 3, 4), keepdims=True)
        matrices[piece] = np.einsum("nacbc->nab", np.exp(logarithms))
    return matrices


def _states(representation: str) -> int:
    """States 2^m of a spin, from the terms of a name that the core has accepted."""
    components = 0
    for digits, irrep in re.findall(r"(\d*)([ABE]\d?)", representation):
        components += int(digits or 1) * (2 if irrep == "E" else 1)
    return int(2**components)
