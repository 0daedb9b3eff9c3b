"""What follows from fluctuations: susceptibilities, specific heat, Binder cumulant, and lengths.

All take series of a simulation and give an `Estimate` whose error counts autocorrelation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.results import plain
from isingrg.ising import _estimators
from isingrg.ising._couplings import coupling, of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.ising._observables import magnetization
from isingrg.statistics import Estimate

Floats = NDArray[np.float64]

_LARGEST = 1 << 20


def susceptibility(magnetization: ArrayLike, L: int) -> Estimate:
    """Susceptibility per site without the factor of the inverse temperature, N <m^2>.

    It is the one of the symmetric phase, where <m> = 0: sum_r <s_0 s_r>. In the ordered phase it
    grows like N; take `connected_susceptibility` there.

    Parameters
    ----------
    magnetization : array_like, shape (n_samples,) or (n_chains, n_samples)
        Mean spin m of each configuration, as from `isingrg.ising.magnetization`.
    L : int
        Linear size; N = L**2.

    Returns
    -------
    Estimate
        Times K / J it is d<m>/dh at h = 0.
    """
    m = _magnetizations(magnetization)
    return _estimators.susceptibility(m**2, _sites(L))


def connected_susceptibility(magnetization: ArrayLike, L: int) -> Estimate:
    """Susceptibility per site about the mean of |m|, N (<m^2> - <|m|>^2).

    It has a maximum near the critical point. Above it, it is 1 - 2 / pi times `susceptibility` on a
    large lattice, because |m| is then half of a normal distribution.

    Parameters
    ----------
    magnetization : array_like, shape (n_samples,) or (n_chains, n_samples)
        Mean spin m of each configuration.
    L : int
        Linear size; N = L**2.

    Returns
    -------
    Estimate
    """
    m = _magnetizations(magnetization)
    return _estimators.connected_susceptibility(m**2, np.abs(m), _sites(L))


def binder_cumulant(magnetization: ArrayLike) -> Estimate:
    """U = 1 - <m^4> / (3 <m^2>^2): 0 for normal fluctuations, 2/3 in order.

    At the critical point of the square torus it is 0.61069 on large lattices (J. Salas and A. D.
    Sokal, doi:10.1023/A:1018611122166).

    Parameters
    ----------
    magnetization : array_like, shape (n_samples,) or (n_chains, n_samples)
        Mean spin m of each configuration.

    Returns
    -------
    Estimate
    """
    m = _magnetizations(magnetization)
    return _estimators.binder_cumulant(m**2, m**4)


@of_square_lattice
def specific_heat(energy: ArrayLike, L: int, K: float) -> Estimate:
    """Specific heat per site, K**2 (<E^2> - <E>^2) / (J^2 N), in units of k_B.

    Exact: ``heat_capacity(L, K) / L**2``, and `specific_heat_density` on an infinite lattice.

    Parameters
    ----------
    energy : array_like, shape (n_samples,) or (n_chains, n_samples)
        Total energy E/J of each configuration, as from `isingrg.ising.energy`.
    L : int
        Linear size; N = L**2.
    K : float
        Coupling J/T of the simulation, at most 100 in magnitude.

    Returns
    -------
    Estimate
    """
    E = arguments.reals("energy", energy)
    sites = _sites(L)
    K = coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)
    if not E.size:
        raise ArgumentError("energy must hold samples")
    with np.errstate(over="ignore", invalid="ignore"):  # which `derived` refuses
        middle = E.mean()  # of whose square no digits are lost
        deviations, squares = E - middle, (E - middle) ** 2
    return _estimators.specific_heat(deviations, squares, K, sites)


def structure_factor(spins: ArrayLike, momentum: int = 1) -> Floats | float:
    """Structure factor |sum_r s_r exp(i k . r)|^2 / N at k = 2 pi momentum / L along both axes.

    Parameters
    ----------
    spins : array_like, shape (..., L, L)
        +1 and -1 in any integer or floating dtype.
    momentum : int
        0 to L / 2; at 0 it is N m^2.

    Returns
    -------
    float or ndarray, shape (...)
        The mean over the two axes, for each configuration.
    """
    array = arguments.spins(spins)
    magnetization(array)  # refuses what are no spins
    size = array.shape[-1]
    momentum = arguments.integer("momentum", momentum, 0, size // 2)
    wave = np.exp(2j * np.pi * momentum * np.arange(size) / size)
    axes = (array.sum(axis, dtype=np.int64) @ wave for axis in (-1, -2))
    squares = sum(np.square(one.real) + np.square(one.imag) for one in axes)
    return plain(np.asarray(squares / (2 * size**2)))


def correlation_length(spins: ArrayLike) -> Estimate:
    """Second-moment correlation length, in sites.

    xi = sqrt(S(0) / S(k) - 1) / (2 sin(k / 2)) with the structure factor S at 0 and at the smallest
    momentum k = 2 pi / L. S(0) = N <m^2> is not connected, so that xi / L grows in the ordered
    phase; curves of xi / L against K cross near K_c.

    Parameters
    ----------
    spins : array_like, shape (n_samples, L, L) or (n_chains, n_samples, L, L)

    Returns
    -------
    Estimate

    Raises
    ------
    ConvergenceError
        If S(k) is not below S(0), as with K <= 0: there is no such length.

    References
    ----------
    F. Cooper, B. Freedman and D. Preston, doi:10.1016/0550-3213(82)90240-1.
    """
    array = arguments.spins(spins)
    if array.ndim not in (3, 4) or not array.size:
        raise ArgumentError(
            "spins must have the shape (n_samples, L, L) or (n_chains, n_samples, L, L) and hold "
            f"samples, got {array.shape}"
        )
    zero, first = (np.asarray(structure_factor(array, momentum)) for momentum in (0, 1))
    return _estimators.correlation_length(zero, first, 2 * np.pi / array.shape[-1])


def _magnetizations(values: ArrayLike) -> Floats:
    return arguments.reals("magnetization", values, -1, 1)


def _sites(L: int) -> int:
    return arguments.integer("L", L, 1, _LARGEST) ** 2
