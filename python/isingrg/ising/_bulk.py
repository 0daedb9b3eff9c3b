"""Exact results of infinite lattices, per site (Onsager; Yang; Houtappel)."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg.ising import _planar
from isingrg.ising._couplings import of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING, Floats, Reals, evaluate


@of_square_lattice
def free_energy_density(K: ArrayLike, *, lattice: str = "square") -> Reals:
    """-ln Z per site of an infinite lattice.

    Parameters
    ----------
    K : float or array_like
        Coupling J/T, at most 100 in magnitude. K and -K have the same free energy, but on the
        triangular lattice.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice. The relative error is below 1e-14 for the square one and 1e-12 for others.

    Returns
    -------
    float or ndarray, shape of K

    References
    ----------
    L. Onsager, doi:10.1103/PhysRev.65.117; R. M. F. Houtappel, doi:10.1016/0031-8914(50)90130-3.
    """
    if _is_planar(lattice):
        return _per_site(K, lattice, 0)
    return _bulk(K, lambda k, out: _core.ising_exact_bulk(k, out, None, None, None, None))


@of_square_lattice
def internal_energy_density(K: ArrayLike, *, lattice: str = "square") -> Reals:
    """Energy E/J per site of an infinite lattice; on the square one 0 at K = 0, -sqrt 2 at K_c.

    Parameters
    ----------
    K : float or array_like
        Coupling J/T, at most 100 in magnitude.
    lattice : {"square", "triangular", "honeycomb"}
        Which lattice. The relative error is below 1e-13 for the square one; the error of the others
        is below 1e-11.

    Returns
    -------
    float or ndarray, shape of K

    References
    ----------
    L. Onsager, doi:10.1103/PhysRev.65.117; R. M. F. Houtappel, doi:10.1016/0031-8914(50)90130-3.
    """
    if _is_planar(lattice):
        return _per_site(K, lattice, 1)
    return _bulk(K, lambda k, out: _core.ising_exact_bulk(k, None, out, None, None, None))


@of_square_lattice
def specific_heat_density(K: ArrayLike) -> Reals:
    """Specific heat K**2 d^2(ln Z)/dK^2 per site, in units of k_B; infinite at K_c.

    The relative error is below 1e-13 for every K, however close to K_c and however large. For large
    |K| the specific heat falls like 64 K^2 exp(-8 |K|), and for |K| > 93 it is below the range of
    numbers and 0.

    Parameters
    ----------
    K : float or array_like
        Coupling J/T, at most 100 in magnitude.

    Returns
    -------
    float or ndarray, shape of K

    References
    ----------
    L. Onsager, doi:10.1103/PhysRev.65.117.
    """
    return _bulk(K, lambda k, out: _core.ising_exact_bulk(k, None, None, out, None, None))


@of_square_lattice
def spontaneous_magnetization(K: ArrayLike) -> Reals:
    """Spontaneous magnetization (1 - sinh(2K)**-4)**(1/8) per site; 0 for K <= K_c.

    The relative error is below 1e-13 for every K, however close to K_c.

    Parameters
    ----------
    K : float or array_like
        Coupling J/T, at most 100 in magnitude.

    Returns
    -------
    float or ndarray, shape of K

    References
    ----------
    C. N. Yang, doi:10.1103/PhysRev.85.808.
    """
    return _bulk(K, lambda k, out: _core.ising_exact_bulk(k, None, None, None, out, None))


def _is_planar(lattice: str) -> bool:
    return arguments.choice("lattice", lattice, ("square", "triangular", "honeycomb")) != "square"


def _per_site(K: ArrayLike, lattice: str, which: int) -> Reals:
    def fill(couplings: Floats, results: Floats) -> None:
        results[:] = [_planar.per_site(lattice, each)[which] for each in couplings.tolist()]

    return evaluate(fill, K, -LARGEST_COUPLING)


def _bulk(K: ArrayLike, function: Callable[[Floats, Floats], None]) -> Reals:
    return evaluate(function, K, -LARGEST_COUPLING)
