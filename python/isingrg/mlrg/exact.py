"""The exact RG map and its minima, which need no network, by enumeration."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.mlrg._couplings import FRAMES, Couplings, Reals, coupling_count
from isingrg.mlrg._space import space
from isingrg.mlrg.internal import Internal, internal_symmetry

#: Exact critical coupling of the Ising model on the Lieb lattice, arccosh(1 + sqrt 2) / 2
#: (Eq. 19 of Hou & You).
LIEB_CRITICAL_COUPLING: float = 0.764285459740499


def lieb_critical_coupling(internal: Internal = "Z2") -> float:
    """Exact transition of Ising and Potts models on the Lieb lattice, in units of their kernel.

    Summing over the edge spins makes it a square lattice, which is critical at exp(K) = 1 + sqrt q.
    Beyond q = 4 the transition is of first order.

    Parameters
    ----------
    internal : str, sequence of sequence of int, or InternalSymmetry
        "Z2", for which it is `LIEB_CRITICAL_COUPLING`, or "S2" to "S10".

    Returns
    -------
    float

    Raises
    ------
    ArgumentError
        For other models, whose transition is not known in this form.

    Examples
    --------
    >>> round(lieb_critical_coupling("S3"), 10)
    1.7218631764
    """
    group = internal_symmetry(internal)
    if group.is_ising:
        return LIEB_CRITICAL_COUPLING
    if group.kernel_names != ("delta",):
        raise ArgumentError(f"internal must be 'Z2' or 'S2' to 'S10', got {group.name!r}")
    # exp(K) = (y^2 + q - 1) / (2 y + q - 2) with y = exp(J).
    root = 1 + math.sqrt(group.q)
    return math.log(root + math.sqrt(root**2 + root * (group.q - 2) - (group.q - 1)))


#: Largest |J| of the teacher of `minimum_kl`.
LARGEST_COUPLING = 4.0

#: Searches for each minimum where the user has no say in it: one natural start, seven random ones.
STARTS = 8

Progress = bool | Callable[[int, int], Any]


@dataclass(frozen=True, eq=False)
class ExactMinimum:
    """Students of least divergence, from `exact_minimum`; a number stands for a single teacher."""

    #: Couplings, of the shape of the teacher's.
    J: Reals
    #: Divergence in nats.
    kl: Reals
    #: Euclidean norm of its gradient in the student's couplings: 0 within rounding.
    gradient_norm: Reals
    #: Different minima, modulo gauge, that were found.
    multiplicity: int | NDArray[np.int64]
    #: Fraction of the starts that reached the least divergence, to 1e-8 nats.
    agreement: Reals


def exact_minimum(
    J: ArrayLike, representation: str = "A1", *, frame: str = "published",
    internal: Internal = "Z2", starts: int = STARTS, seed: int = 0, progress: Progress = False,
) -> ExactMinimum:  # fmt: skip
    """The exact RG map, and how deep, how certain and how unique each minimum is.

    Each minimum is the best of several searches by Newton's method with exact Hessians, one from
    a natural start, sqrt(2/3) J, and the others from random points. All eigenvalues of the Hessian
    are checked: where the couplings of a component all vanish there can be a saddle, from which
    the gradient does not lead away, and the search leaves it along the negative curvature.

    A minimum stands for all its gauge copies (`isingrg.mlrg.symmetry.gauge_transformations` of the
    hidden spin; of q states, renamings of its components and states), which are the same student.
    The one nearest to J is returned, so that the map is
    continuous where the minimum is, and can be iterated; among equally near ones, the one whose
    first differing coupling is larger. A fixed point of it is unchanged by J -> D J D^-1 only if
    both spins are renamed: compare fixed points modulo that.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general. |J| <= 4 for Ising and
        Ashkin-Teller spins, else 8.
    representation, frame, internal
        As in `exact_map`.
    starts : int
        Searches for each J, 1 to 1024.
    seed : int
        Seed of the random points, which are the same for every J; 0 to 2**64 - 1.
    progress : bool or callable
        Counts searches.

    Returns
    -------
    ExactMinimum
        J, kl, gradient_norm, multiplicity, agreement: numbers for a single J, else arrays.

    Raises
    ------
    ConvergenceError
        If no search of some J ends at a minimum.
    """
    frame = arguments.choice("frame", frame, FRAMES)
    starts = arguments.integer("starts", starts, 1, 1024)
    seed = arguments.seed(seed)
    of = space(representation, frame, internal)
    bound = of.largest_coupling
    couplings = Couplings(J, of.count, low=-bound, high=bound)
    n = len(couplings)
    renormalized, kl, norm = np.empty_like(couplings.rows), np.empty(n), np.empty(n)
    counts = np.empty((n, 2))
    with reporting(progress, "minimising", "searches") as report:
        if n:
            of.minimise(couplings.rows, starts, seed, renormalized, kl, norm, counts, report)
    minima = counts[:, 1].astype(np.int64).reshape(couplings.leading)
    return ExactMinimum(
        J=couplings.vectors(renormalized),
        kl=couplings.scalars(kl),
        gradient_norm=couplings.scalars(norm),
        multiplicity=int(minima) if minima.ndim == 0 else minima,
        agreement=couplings.scalars(counts[:, 0] / starts),
    )


def exact_map(
    J: ArrayLike, representation: str = "A1", *, frame: str = "published",
    internal: Internal = "Z2", progress: Progress = False,
) -> Reals:  # fmt: skip
    """The RG map without a network: J' = argmin over students of the exact divergence.

    The teacher's four visible spins x have the distribution p(x) with its hidden spins summed; the
    student is the model of one central spin that is nearest to it in the Kullback-Leibler sense
    (Eq. 7 of Hou & You). A trained `MLRG` model approximates this map.

    Parameters
    ----------
    J : float or array_like
        Couplings: any shape for one coupling (A1), (..., c) in general. |J| <= 4 for Ising and
        Ashkin-Teller spins, else 8.
    representation : str
        Point-group representation of every spin: a sum of A1, A2, B1, B2 and E for Ising spins; for
        all spins a sum of A1, P4, P4d and P8, which move components between places on the axes, on
        the diagonals and in between. Four corners of spins of up to 90 states are enumerated.
    frame : {"published", "consistent"}
        Whether the student keeps the teacher's axes, as in the papers, or turns them by the 45
        degrees of one RG step. Equal for A1.
    internal : str, sequence of sequence of int, or InternalSymmetry
        The group that permutes the states of a spin, as for `isingrg.mlrg.internal_symmetry`.
    progress : bool or callable
        Counts searches, eight for each J.

    Returns
    -------
    float or ndarray, shape of J
        Couplings J'. The minimum has gauge copies, of which this is the one nearest to J; see
        `exact_minimum`.

    Raises
    ------
    ConvergenceError
        If no search of some J ends at a minimum.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eqs. 5 to 7.
    """
    return exact_minimum(J, representation, frame=frame, internal=internal, progress=progress).J


def minimum_kl(J: ArrayLike, representation: str = "A1", *, progress: Progress = False) -> Reals:
    """Least Kullback-Leibler divergence, in bits, that a student can reach (Fig. 4 of Hou & You).

    Parameters
    ----------
    J : float or array_like
        Coupling of the teacher, whose spins are single Ising spins (A1); |J| <= 4.
    representation : str
        Representation of the student's hidden spin; its visible spins carry A1.
    progress : bool or callable
        Counts searches, eight for each J.

    Returns
    -------
    float or ndarray, shape of J

    Raises
    ------
    ConvergenceError
        If no search of some J ends at a minimum.
    """
    coupling_count(representation)
    couplings = Couplings(J, 1, low=-LARGEST_COUPLING, high=LARGEST_COUPLING)
    kl = np.empty(len(couplings))
    with reporting(progress, "minimising", "searches") as report:
        if len(couplings):
            _core.mlrg_minimum_divergence(
                representation, couplings.rows.reshape(-1), STARTS, 0, kl, report
            )
    # Where student and teacher agree, rounding may leave less than nothing.
    return couplings.scalars(np.maximum(kl, 0.0) / math.log(2.0))
