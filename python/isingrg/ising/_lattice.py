"""Lattices of any kind with Ising, Potts or clock spins."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.results import plain
from isingrg.ising import _cells, _enumeration, _lattice_sampling, _sectors
from isingrg.ising._lattice_changes import Changes

Floats = NDArray[np.float64]
Sites = NDArray[np.int32]
_Array = TypeVar("_Array", bound=NDArray[Any])

KINDS = {
    "ising": _core.LATTICE_ISING,
    "potts": _core.LATTICE_POTTS,
    "clock": _core.LATTICE_CLOCK,
}


class Lattice(Changes):
    """A lattice, or any graph, with Ising, Potts or clock spins.

    p(s) ~ exp(K sum_<ij> J_ij w(s_i, s_j) + h sum_i p_i f(s_i)) with w(s, t) = s t and f(s) = s for
    Ising spins, w = 1 for equal states and else 0, f = 1 in state 0 and else 0, for Potts, and
    w = cos(2 pi (s - t) / q), f = cos(2 pi s / q) for clock. K and h are given where a lattice is
    used; J_ij are the relative strengths of bonds, 1 unless said otherwise, and p_i is 1.

    Lattices are made by `chain`, `square`, `triangular`, `honeycomb`, `cubic` and `graph`, and
    changed by `potts`, `clock`, `with_strengths`, `spin_glass` and `with_field`, which give new
    ones.

    Examples
    --------
    >>> lattice = Lattice.triangular(12)
    >>> lattice
    Lattice(triangular 12 x 12, periodic, 3 colours)
    >>> lattice.sample(0.25, 100, seed=1).shape
    (1, 100, 12, 12)
    >>> Lattice.square((5, 8), boundary=("periodic", "open")).potts(3)
    Lattice(square 5 x 8, periodic and open, 3 colours, potts spins, q = 3)
    """

    def __init__(self) -> None:
        raise TypeError("a lattice is made by Lattice.square, Lattice.graph and the others")

    # Answers

    exact = _enumeration.exact
    log_partition = _sectors.log_partition
    density_of_states = _enumeration.density_of_states

    sample = _lattice_sampling.sample

    # What it is

    def __repr__(self) -> str:
        spins = "" if self._kind == "ising" else f", {self._kind} spins, q = {self._q}"
        count = "1 colour" if self.n_colours == 1 else f"{self.n_colours} colours"
        return f"Lattice({self._name}, {count}{spins})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a configuration."""
        return self._shape

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return math.prod(self._shape)

    @property
    def spins(self) -> str:
        """Kind of the spins: "ising", "potts" or "clock"."""
        return self._kind

    @property
    def q(self) -> int:
        """States of a spin; 2 for Ising."""
        return self._q

    @property
    def bonds(self) -> Sites:
        """Two sites of each bond, array of shape (b, 2): positions in a flattened configuration."""
        return _read_only(self._bonds)

    @property
    def strengths(self) -> Floats:
        """J of each bond, array of shape (b,), with the signs of antiperiodic boundaries."""
        return _read_only(self._J * self._signs)

    @property
    def colours(self) -> Sites:
        """A colour of each site, array of the shape (sites), from 0; neighbours differ.

        Sites of one colour do not interact and are updated one colour after another. Two colours
        suffice where no cycle of bonds is odd: on the square torus of even sides. A torus with an
        odd side needs three, and so does a triangular one whose sides are multiples of 3.
        """
        return _read_only(self._colours)

    @property
    def n_colours(self) -> int:
        """Number of colours; see `colours`."""
        return int(self._colours.max()) + 1

    @property
    def positions(self) -> Floats:
        """Where the sites are, array of shape (sites, d) in units of the distance of neighbours."""
        family = self._cell_family("positions")
        where = np.stack(np.unravel_index(np.arange(int(np.prod(self._sides))), self._sides), -1)
        places = (where @ family.vectors)[:, None] + family.basis
        return np.asarray(places.reshape(self.n_sites, -1))

    def _cell_family(self, what: str) -> _cells.Family:
        if self._family is None:
            raise ArgumentError(f"a graph has no {what}")
        return self._family

    def has_order(self, K: float) -> str:
        """Which configurations at strong coupling K all bonds agree with, boundaries apart.

        Parameters
        ----------
        K : float
            Coupling, finite.

        Returns
        -------
        str
            "ferromagnetic" if no K J is negative; "antiferromagnetic" if none is positive and there
            are two colours; else "".
        """
        K = arguments.finite("K", K)
        if (K * self._J >= 0).all():
            return "ferromagnetic"
        return "antiferromagnetic" if (K * self._J <= 0).all() and self.n_colours <= 2 else ""

    # Configurations

    def energy(self, spins: ArrayLike) -> float | Floats:
        """Total energy E/J = -sum_<ij> J_ij w(s_i, s_j), without a field.

        Parameters
        ----------
        spins : array_like, shape (..., *shape)
            +1 and -1 for Ising, states 0 to q - 1 else, in any integer or floating dtype.

        Returns
        -------
        float or ndarray, shape (...)
            A float for a single configuration.
        """
        return self._measured(spins)[0]

    def magnetization(self, spins: ArrayLike) -> float | Floats:
        """Mean spin for Ising, with its sign, and the order parameter |m|, 0 to 1, for others.

        Parameters
        ----------
        spins : array_like, shape (..., *shape)
            +1 and -1 for Ising, states 0 to q - 1 else, in any integer or floating dtype.

        Returns
        -------
        float or ndarray, shape (...)
            For Potts m^2 = (q sum_a x_a^2 - 1) / (q - 1) with the part x_a of sites in state a; for
            clock |m| is the length of the mean vector. A float for a single configuration.
        """
        return self._measured(spins)[1]

    def _measured(self, spins: ArrayLike) -> tuple[float | Floats, float | Floats]:
        array = self._configurations(spins)
        rows = array.reshape(-1, self.n_sites)
        weights = np.full((1, self.n_sites), 1 / self.n_sites)
        table = np.empty((len(rows), 2 + self._components))
        if len(rows):
            _core.lattice_measure(self._in_core, weights, None, 0, rows, table, None)
        ahead = array.shape[: array.ndim - len(self._shape)]
        m = table[:, 2] if self._kind == "ising" else np.sqrt(self._order_square(table[:, 2:]))
        return plain(table[:, 0].reshape(ahead)), plain(m.reshape(ahead))

    @property
    def _components(self) -> int:
        return {"ising": 1, "potts": self._q, "clock": 2}[self._kind]

    def _order_square(self, sums: Floats, weight: Floats | float = 1.0) -> Floats:
        """m^2 from sums (..., components), and of Potts the square of the sum of weights."""
        square = np.square(sums).sum(-1)
        if self._kind != "potts":
            return np.asarray(square)
        return np.asarray(np.maximum((self._q * square - weight) / (self._q - 1), 0))

    def _configurations(self, spins: ArrayLike, name: str = "spins") -> NDArray[np.int8]:
        array = arguments.real_array(name, spins)
        ahead = array.ndim - len(self._shape)
        if ahead < 0 or array.shape[ahead:] != self._shape:
            given = ", ".join(map(str, self._shape))
            raise ArgumentError(f"{name} must have the shape (..., {given}), got {array.shape}")
        with np.errstate(invalid="ignore"):
            converted = np.asarray(array, dtype=np.int8, order="C")
        if self._kind == "ising":
            wrong = array[(array != 1) if array.dtype.kind == "u" else abs(converted) != 1]
            permitted = "+1 or -1 everywhere"
        else:
            wrong = array[(converted < 0) | (converted >= self._q)]
            permitted = f"from 0 to {self._q - 1}"
        if not wrong.size:
            wrong = array[converted != array]
        if wrong.size:
            are_bits = self._kind == "ising" and np.isin(array, (0, 1)).all()
            hint = arguments.from_bits(array) if are_bits else ""
            raise ArgumentError(f"{name} must be {permitted}, got {wrong[0].item()!r}{hint}")
        return converted

    @property
    def _field_pattern(self) -> Floats:
        return np.ones(self.n_sites) if self._pattern is None else self._pattern

    @property
    def _in_core(self) -> _core.CoreLattice:
        """The lattice as the core holds it, taken in when it is first asked for."""
        if self._held is None:
            self._held = self._taken_in(np.ascontiguousarray(self._J * self._signs))
        return self._held

    def _taken_in(self, strengths: Floats) -> _core.CoreLattice:
        return _core.lattice_create(
            self.n_sites, self._bonds, strengths, self._colours, self._pattern, KINDS[self._kind],
            self._q,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_held"}


def _read_only(array: _Array) -> _Array:
    view = array.view()
    view.flags.writeable = False
    return view
