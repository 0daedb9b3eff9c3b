"""What needs no network: the exact RG map and the least divergence, by enumeration."""

import math

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg.mlrg._couplings import FRAMES, Couplings, Reals, coupling_count

#: Exact critical coupling of the Ising model on the Lieb lattice, arccosh(1 + sqrt 2) / 2
#: (Eq. 19 of Hou & You).
LIEB_CRITICAL_COUPLING: float = 0.764285459740499

#: Largest |J| the exact map takes; beyond it the distributions are frozen to rounding.
LARGEST_COUPLING = 4.0


def exact_map(J: ArrayLike, representation: str = "A1", *, frame: str = "published") -> Reals:
    """The RG map without a network: J' = argmin over students of the exact divergence.

    The teacher's four visible spins x have the distribution p(x) with its hidden spins summed; the
    student is the model of one central spin that is nearest to it in the Kullback-Leibler sense
    (Eq. 7 of Hou & You). A trained `MLRG` model approximates this map.

    Parameters
    ----------
    J : float or array_like
        Couplings, |J| <= 4: any shape for one coupling (A1), (..., c) in general.
    representation : str
        Point-group representation of every spin: a sum of A1, A2, B1, B2 and E.
    frame : {"published", "consistent"}
        Whether the student keeps the teacher's axes, as in the papers, or turns them by the 45
        degrees of one RG step. Equal for A1.

    Returns
    -------
    float or ndarray, shape of J

    Raises
    ------
    ConvergenceError
        If the minimisation does not settle.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054, Eqs. 5 to 7.
    """
    frame = _arguments.choice("frame", frame, FRAMES)
    count = coupling_count(representation, frame)
    couplings = Couplings(J, count, low=-LARGEST_COUPLING, high=LARGEST_COUPLING)
    renormalized = np.empty_like(couplings.rows)
    if len(couplings):
        _core.mlrg_exact_map(
            representation, FRAMES[frame], couplings.rows, renormalized, np.empty(len(couplings))
        )
    return couplings.vectors(renormalized)


def minimum_kl(J: ArrayLike, representation: str = "A1") -> Reals:
    """Least Kullback-Leibler divergence, in bits, that a student can reach (Fig. 4 of Hou & You).

    Parameters
    ----------
    J : float or array_like
        Coupling of the teacher, whose spins are single Ising spins (A1); |J| <= 4.
    representation : str
        Representation of the student's hidden spin; its visible spins carry A1.

    Returns
    -------
    float or ndarray, shape of J
    """
    coupling_count(representation)
    couplings = Couplings(J, 1, low=-LARGEST_COUPLING, high=LARGEST_COUPLING)
    divergence = np.empty(len(couplings))
    if len(couplings):
        _core.mlrg_minimum_divergence(representation, couplings.rows.reshape(-1), divergence)
    # Where student and teacher agree, rounding may leave less than nothing.
    return couplings.scalars(np.maximum(divergence, 0.0) / math.log(2.0))


def exact_fixed_point() -> tuple[float, float]:
    """Unstable fixed point J* of the exact A1 map and its slope dJ'/dJ there."""
    low, high = 0.6, 1.2  # J' < J at the first, J' > J at the second
    for _ in range(12):
        points = np.linspace(low, high, 17)
        grows = np.asarray(exact_map(points)) > points
        first = int(np.argmax(grows))
        low, high = float(points[first - 1]), float(points[first])
    point, width = 0.5 * (low + high), 1e-4
    above, below = np.asarray(exact_map([point + width, point - width]))
    return point, float(above - below) / (2 * width)
