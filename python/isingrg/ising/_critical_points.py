"""Where lattice models are critical: exact values, and the best estimates where there are none."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising._couplings import K_CRITICAL


@dataclasses.dataclass(frozen=True)
class CriticalPoint:
    """A critical coupling, or one of coexistence: see `critical_point`."""

    #: Coupling J/T.
    K: float
    #: Standard error of K; 0 where it is exact.
    error: float
    #: E/J per site there, exact; NaN where no exact value is known.
    energy: float
    #: Whether K is exact, not an estimate of the literature.
    is_exact: bool
    #: Whether the phases change into each other without coexisting.
    is_continuous: bool
    #: Where it comes from.
    reference: str


_WANNIER = "H. A. Kramers and G. H. Wannier, doi:10.1103/PhysRev.60.252"
_HOUTAPPEL = "R. M. F. Houtappel, doi:10.1016/0031-8914(50)90130-3"
_WU = "F. Y. Wu, doi:10.1103/RevModPhys.54.235"
_ISING = {
    "square": CriticalPoint(
        K_CRITICAL, 0.0, -math.sqrt(2), True, True, _WANNIER
    ),
    "triangular": CriticalPoint(math.log(3) / 4, 0.0, -2.0, True, True, _HOUTAPPEL),
    "honeycomb": CriticalPoint(
        math.acosh(2) / 2, 0.0, -2 / math.sqrt(3), True, True, _HOUTAPPEL
    ),
    "cubic": CriticalPoint(
        0.221654626, 5e-9, math.nan, False, True,
        "Monte Carlo: A. M. Ferrenberg, J. Xu and D. P. Landau, doi:10.1103/PhysRevE.97.043301",
    ),
}  # fmt: skip


def critical_point(lattice: str = "square", q: int | None = None) -> CriticalPoint:
    """The critical coupling of the Ising model, or of the q-state Potts model, J > 0.

    Parameters
    ----------
    lattice : {"square", "triangular", "honeycomb", "cubic"}
        Which lattice. On the cubic one only Ising spins, whose K is an estimate of the literature.
    q : int, optional
        States of Potts spins, 2 to 10000; None for Ising. For q of 5 and more two phases coexist at
        K on planar lattices.

    Returns
    -------
    CriticalPoint
        The energy of Potts spins, known on the square lattice, is the mean of both phases for q
        of 5 and more.

    Examples
    --------
    >>> critical_point("triangular").K, critical_point("square", 3).K
    (0.27465307216702745, 1.0050525...)
    """
    lattice = arguments.choice("lattice", lattice, _ISING)
    if q is None:
        return _ISING[lattice]
    q = arguments.integer("q", q, 2, 10_000)
    if lattice == "cubic":
        raise ArgumentError("on the cubic lattice the critical point is known of Ising spins only")
    if lattice == "square":
        v = math.sqrt(q)
    else:  # v^3 + 3 v^2 = q, and for its dual v^3 - 3 q v = q^2
        powers = [1, 3, 0, -q] if lattice == "triangular" else [1, 0, -3 * q, -(q**2)]
        v = float(max(np.roots(powers).real))
        for _ in range(3):  # Newton's, for the last digits
            v -= float(np.polyval(powers, v) / np.polyval(np.polyder(powers), v))
    energy = -1 - 1 / math.sqrt(q) if lattice == "square" else math.nan
    return CriticalPoint(math.log1p(v), 0.0, energy, True, q <= 4, _WU)
