"""Exact sums over all configurations of a small lattice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg._shared.results import plain

if TYPE_CHECKING:
    from isingrg.ising._lattice import Lattice

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Exact:
    """Exact means of a small lattice: see `Lattice.exact`. Arrays have the shape of K and h."""

    #: ln Z.
    log_partition: Any
    #: <E>/J, total, without the field term.
    energy: Any
    #: <E^2>/J^2.
    energy_squared: Any
    #: Mean of the field term F = sum_i p_i f(s_i): for Ising the total magnetization, d ln Z / dh.
    field_term: Any
    #: <F^2>.
    field_term_squared: Any
    #: <|m|>.
    abs_magnetization: Any
    #: <m^2>.
    magnetization_squared: Any
    #: <m^4>.
    magnetization_fourth: Any


def exact(self: Lattice, K: ArrayLike, h: ArrayLike = 0.0, *, progress: Any = False) -> Exact:
    """Exact means by the sum over all configurations, at most 2**30 of them.

    30 Ising spins take some ten seconds for each coupling.

    Parameters
    ----------
    K : float or array_like, any shape
        Coupling J/T, at most 1e6 in magnitude.
    h : float or array_like, any shape
        Field H/T, at most 1e6 in magnitude; it and K are broadcast.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Exact

    Raises
    ------
    ArgumentError
        If there are more than 2**30 configurations.
    """
    couplings = arguments.reals("K", K, -1e6, 1e6)
    fields = arguments.reals("h", h, -1e6, 1e6)
    try:
        couplings, fields = np.broadcast_arrays(couplings, fields)
    except ValueError:
        raise ArgumentError(
            f"K and h must have shapes that fit, got {couplings.shape} and {fields.shape}"
        ) from None
    moments = np.empty((couplings.size, 8))
    with reporting(progress, "enumerating", "parts") as report:
        if couplings.size:
            _core.lattice_moments(
                self._in_core, np.ascontiguousarray(couplings).reshape(-1),
                np.ascontiguousarray(fields).reshape(-1), moments, report,
            )  # fmt: skip
    return Exact(*(plain(column.reshape(couplings.shape)) for column in moments.T))


def _unit(strengths: Floats) -> float:
    """The largest part of the smallest strength of which all are multiples."""
    used = np.unique(abs(strengths[strengths != 0]))
    if not used.size:
        return 1.0
    for parts in range(1, 101):
        multiples = used / used[0] * parts
        if np.allclose(multiples, np.rint(multiples), rtol=0, atol=1e-9):
            if abs(strengths).sum() * parts / used[0] <= 2**20:
                return float(used[0] / parts)
            break
    raise ArgumentError(
        "strengths of bonds must be multiples of one number, at least a hundredth of the smallest, "
        "with a sum of at most 2**20 of it: take exact for others"
    )


class Levels(NamedTuple):
    """Numbers of configurations by energy and magnetization: see `Lattice.density_of_states`."""

    #: E/J, shape (e,), ascending.
    energies: Floats
    #: Total magnetization for Ising, number of spins in state 0 for Potts, shape (m,).
    magnetizations: NDArray[np.int64]
    #: Configurations, shape (e, m), exact integers.
    counts: NDArray[np.int64]


def density_of_states(self: Lattice, *, progress: Any = False) -> Levels:
    """The number of configurations of each energy and magnetization, exact.

    The strengths of bonds have to be multiples of one number, and the spins Ising or Potts; there
    can be at most 2**30 configurations. 30 Ising spins take some seconds.

    Parameters
    ----------
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Levels
        Without energies that no configuration has.

    Raises
    ------
    ArgumentError
        If strengths are no multiples of a number that is at least a hundredth of the smallest, for
        clock spins, or if there are more than 2**30 configurations.

    Examples
    --------
    >>> levels = Lattice.square(2).density_of_states()
    >>> levels.energies.tolist(), levels.counts.sum(1).tolist()
    ([-8.0, 0.0, 8.0], [2, 12, 2])
    """
    strengths = self.strengths
    if self.spins == "clock":
        raise ArgumentError("energies of clock spins are no multiples of one number: take exact")
    unit = _unit(strengths)
    whole = np.rint(strengths / unit)
    lowest = -int(abs(whole).sum() if self.spins == "ising" else whole[whole > 0].sum())
    highest = int(abs(whole).sum() if self.spins == "ising" else -whole[whole < 0].sum())
    shape = highest - lowest + 1, self.n_sites + 1
    counts = arguments.allocate("counts", shape, np.float64)
    with reporting(progress, "enumerating", "parts") as report:
        _core.lattice_levels(self._taken_in(whole), lowest, counts, report)
    present = counts.any(1)
    energies = unit * np.asarray(lowest + np.flatnonzero(present), np.float64)
    number = np.arange(self.n_sites + 1)
    magnetizations = 2 * number - self.n_sites if self.spins == "ising" else number
    return Levels(energies, magnetizations, counts[present].astype(np.int64))
