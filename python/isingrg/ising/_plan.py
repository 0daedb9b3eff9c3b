"""Which numbers the core measures of chains, and how they become observables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising import _cells
from isingrg.ising._measurements import Measurements

if TYPE_CHECKING:
    from isingrg.ising._lattice import Lattice

Floats = NDArray[np.float64]


class Plan:
    """Which numbers the core is to measure, and how they become observables."""

    def __init__(
        self, lattice: Lattice, momenta: Any, staggered: Any, distances: Any, shells: Any,
        improved: Any, energy_edges: Any,
    ) -> None:  # fmt: skip
        self.lattice = lattice
        self.momenta = _momenta(lattice, momenta)
        self.staggered = arguments.boolean("staggered", staggered)
        self.improved = arguments.boolean("improved", improved)
        sites = lattice.n_sites
        rows = [np.full(sites, 1 / sites)]
        if self.staggered:
            if lattice.spins != "ising" or lattice.n_colours != 2:
                raise ArgumentError("staggered is of Ising spins on a lattice of two colours")
            rows.append((1 - 2 * lattice.colours) / sites)
        for phase in self._phases():
            rows += [np.cos(phase) / sites**0.5, np.sin(phase) / sites**0.5]
        self.weights = np.ascontiguousarray(rows, np.float64)
        self.distances: list[float] = []
        #: Of each distance the rows of partners, and how many pairs each has.
        self._groups: list[tuple[slice, Floats]] = []
        self.n_along = 0
        self.partners = self._partners(distances, shells)
        self.edges = None
        if energy_edges is not None:
            self.edges = arguments.reals("energy_edges", energy_edges)
            if self.edges.ndim != 1 or self.edges.size < 2 or (np.diff(self.edges) <= 0).any():
                raise ArgumentError("energy_edges must be two or more ascending numbers")

    def _phases(self) -> list[Floats]:
        if not len(self.momenta):
            return []
        lattice = self.lattice
        cells = lattice._sides
        where = np.stack(np.unravel_index(np.arange(int(np.prod(cells))), cells), -1)
        turns = where @ (self.momenta / np.array(cells)).T
        # Sites of one cell differ by where they are in it.
        family = lattice._cell_family("momenta")
        inside = family.basis @ np.linalg.inv(family.vectors) @ (self.momenta / np.array(cells)).T
        phases = 2 * np.pi * (turns[:, None] + inside)
        return list(phases.reshape(lattice.n_sites, -1).T)

    def _partners(self, distances: Any, shells: Any) -> Any:
        lattice = self.lattice
        smallest = min(lattice._sides) if lattice._sides else 0
        along = arguments.integer("distances", distances, 0, max(smallest // 2, 0))
        shells = arguments.integer("shells", shells, 0, 64)
        if not along and not shells:
            return None
        family = lattice._cell_family("distances")
        per_cell, dimension = len(family.basis), family.dimension
        groups = []
        for far in range(along + 1 if along else 0):
            unit = np.eye(dimension, dtype=int) * far
            steps = [(s, s, tuple(map(int, row))) for row in unit for s in range(per_cell)]
            groups.append((float(far), steps))
        self.n_along = len(groups)
        if shells:
            groups += _cells.displacements(family, lattice._sides, lattice._boundary)[:shells]
        rows: list[Any] = []
        for distance, steps in groups:
            found = _cells.partners(lattice._sides, lattice._boundary, per_cell, steps)
            start = sum(len(each) for each in rows)
            self._groups.append((slice(start, start + len(found)), (found >= 0).sum(1) * 1.0))
            self.distances.append(distance)
            rows.append(found)
        return np.ascontiguousarray(np.concatenate(rows), np.int32)

    @property
    def columns(self) -> int:
        """Numbers of a row of the core."""
        partners = 0 if self.partners is None else len(self.partners)
        improved = 2 * len(self.weights) if self.improved else 0
        return 2 + len(self.weights) * self.lattice._components + partners + improved

    def observables(self, table: Floats) -> dict[str, Floats]:
        """Observables by their names, from rows (..., columns) of the core."""
        lattice, components = self.lattice, self.lattice._components
        first = 2 + len(self.weights) * components
        sums = table[..., 2:first].reshape(*table.shape[:-1], len(self.weights), components)
        square = lattice._order_square(sums[..., 0, :])
        m = sums[..., 0, 0] if lattice.spins == "ising" else np.sqrt(square)
        E = table[..., 0]
        found = {
            "energy": E, "energy_squared": E**2, "field_term": table[..., 1], "magnetization": m,
            "abs_magnetization": np.abs(m), "magnetization_squared": square,
            "magnetization_fourth": square**2, "energy_magnetization_squared": E * square,
        }  # fmt: skip
        row = 1
        if self.staggered:
            found["staggered_magnetization"] = sums[..., 1, 0]
            found["staggered_magnetization_squared"] = sums[..., 1, 0] ** 2
            row = 2
        if len(self.momenta):
            waves = sums[..., row:, :]
            lengths = np.square(self.weights[row:].sum(1))
            parts = lattice._order_square(waves[..., 0::2, :], lengths[0::2])
            found["structure_factor"] = parts + lattice._order_square(
                waves[..., 1::2, :], lengths[1::2]
            )
        if self.partners is not None:
            pairs = table[..., first : first + len(self.partners)]
            means = [
                pairs[..., rows] @ (count / max(count.sum(), 1)) for rows, count in self._groups
            ]
            correlations = np.stack(means, -1)
            if self.n_along:
                found["correlation"] = correlations[..., : self.n_along]
            if correlations.shape[-1] > self.n_along:
                found["shell_correlation"] = correlations[..., self.n_along :]
        if self.improved:
            last = first + (0 if self.partners is None else len(self.partners))
            count = len(self.weights)
            found["improved_magnetization_squared"] = table[..., last]
            if lattice.spins == "ising":
                found["improved_magnetization_fourth"] = table[..., last + count]
            if len(self.momenta):
                squares = table[..., last + row : last + count]
                found["improved_structure_factor"] = squares[..., 0::2] + squares[..., 1::2]
        return found


def _momenta(lattice: Lattice, value: Any) -> NDArray[np.int64]:
    dimension = len(lattice._sides)
    if value is None:
        axes = [a for a, kind in enumerate(lattice._boundary) if kind == "periodic"]
        return np.eye(dimension, dtype=np.int64)[axes]
    given = arguments.integers("momenta", value, -(2**31), 2**31) if len(value) else np.zeros(0)
    if given.size == 0:
        return np.zeros((0, dimension), np.int64)
    lattice._cell_family("momenta")
    if given.ndim != 2 or given.shape[1] != dimension:
        raise ArgumentError(f"momenta must have the shape (k, {dimension}), got {given.shape}")
    return given.astype(np.int64)


class Sums:
    """Sums of observables over the measurements of each bin, or of single ones."""

    def __init__(self, plan: Plan, n_chains: int, n: int, bins: Any) -> None:
        if bins is not None:
            bins = arguments.integer("bins", bins, 2, min(2**20, n))
        self._plan, self._chains, self._n, self._bins = plan, n_chains, n, bins
        self._arrays: dict[str, Floats] = {}
        #: Measurements of each bin.
        self._counts = np.zeros(n if bins is None else bins)
        edges = plan.edges
        self._histogram = None if edges is None else np.zeros((n_chains, len(edges) - 1), np.int64)

    def add(self, first: int, table: Floats) -> None:
        """Rows (n_chains, rows, columns) of the core after the first of them."""
        rows: Any = np.arange(first, first + table.shape[1])
        if self._bins is not None:
            rows = rows * self._bins // self._n
        np.add.at(self._counts, rows, 1)
        for name, values in self._plan.observables(table).items():
            if name not in self._arrays:
                shape = self._chains, len(self._counts), *values.shape[2:]
                self._arrays[name] = arguments.allocate(name, shape, np.float64)
                self._arrays[name][...] = 0
            np.add.at(self._arrays[name].swapaxes(0, 1), rows, values.swapaxes(0, 1))
        if self._histogram is not None and self._plan.edges is not None:
            for counts, energies in zip(self._histogram, table[..., 0], strict=True):
                counts += np.histogram(energies, self._plan.edges)[0]

    def measurements(self, K: Floats, h: Floats) -> Measurements:
        """After the last rows: sums become means."""
        for array in self._arrays.values():
            array /= self._counts.reshape(-1, *(1,) * (array.ndim - 2))
        plan = self._plan
        return Measurements(
            plan.lattice, K, h, self._n, self._arrays, self._histogram, plan.momenta,
            np.array(plan.distances[: plan.n_along]), np.array(plan.distances[plan.n_along :]),
        )  # fmt: skip
