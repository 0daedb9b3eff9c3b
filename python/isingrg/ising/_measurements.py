"""What chains measured, and what follows from it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising import _estimators, _measurements_tables
from isingrg.statistics import Estimate, mean_and_error

if TYPE_CHECKING:
    from isingrg.ising._lattice import Lattice

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, repr=False)
class Measurements:
    """What chains measured: series of observables, or means over equal parts of the run.

    ``measurements["energy"]`` is an array that begins with the axes (n_chains, n), n being the
    number of measurements, or of bins. Estimates are over all chains, which must have had equal K
    and h.
    """

    #: The lattice.
    lattice: Lattice
    #: Coupling of each chain.
    K: Floats
    #: Field h of each chain.
    field: Floats
    #: Measurements of each chain.
    n_measurements: int
    #: Arrays by the names of observables; see `__getitem__`.
    observables: dict[str, Floats]
    #: Measurements of each chain whose energy lay between two edges, shape (n_chains, edges - 1).
    histogram: NDArray[np.int64] | None
    #: Wave vectors of the structure factor in units of 2 pi / L, shape (k, d).
    momenta: NDArray[np.int64]
    #: Distances of "correlation", in cells, shape (r,).
    distances: Floats
    #: Distances of "shell_correlation", in distances of neighbours, shape (shells,).
    shell_distances: Floats

    @property
    def names(self) -> list[str]:
        """Observables that were measured."""
        return list(self.observables)

    def __getitem__(self, name: str) -> Floats:
        """An observable by its name: an array of shape (n_chains, n, ...).

        "energy" is E/J in total, "field_term" F, "magnetization" the mean spin m of Ising, with its
        sign, and |m| of others. "structure_factor" is |sum_r s_r exp(i k r)|^2 / N, at k = 0 equal
        to N m^2. "correlation" is that of two spins: s s' for Ising, (q delta - 1) / (q - 1) for
        Potts and the cosine of their angle for clock; m^2 is not subtracted.
        """
        if name not in self.observables:
            known = ", ".join(map(repr, self.observables))
            raise KeyError(f"{name!r} was not measured; there are {known}")
        return self.observables[name]

    def of_chains(self, chains: int | slice) -> Measurements:
        """The measurements of some of the chains.

        Parameters
        ----------
        chains : int or slice
            Index of a chain, -n_chains to n_chains - 1, or a slice that holds one at least.

        Returns
        -------
        Measurements

        Raises
        ------
        ArgumentError
            If there is no such chain.
        """
        count = len(self.K)
        if not isinstance(chains, slice):
            index = arguments.integer("chains", chains, -count, count - 1) % count
            chains = slice(index, index + 1)
        if not len(range(count)[chains]):
            raise ArgumentError(f"chains must hold one of the {count} chains, got {chains}")
        return dataclasses.replace(
            self, K=self.K[chains], field=self.field[chains],
            observables={name: array[chains] for name, array in self.observables.items()},
            histogram=None if self.histogram is None else self.histogram[chains],
        )  # fmt: skip

    def __repr__(self) -> str:
        count = "1 chain" if len(self.K) == 1 else f"{len(self.K)} chains"
        return f"Measurements({count}, {self.n_measurements} measurements: {', '.join(self.names)})"

    # What follows

    def mean(self, name: str) -> Estimate:
        """Mean of an observable with its error.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        Estimate
            An array for observables of several numbers, such as the structure factor.
        """
        series = self[arguments.choice("name", name, self.names)]
        self._one_ensemble()
        if series.ndim == 2:
            return mean_and_error(series)
        parts = [mean_and_error(series[..., k]) for k in range(series.shape[-1])]
        return Estimate(
            np.array([part.value for part in parts]), np.array([part.error for part in parts]),
            n=series.shape[0] * series.shape[1],
        )  # fmt: skip

    def susceptibility(self) -> Estimate:
        """N <m^2>, per site and without the factor 1/T.

        Clusters improve it where they were measured.

        Returns
        -------
        Estimate
        """
        (square,) = self._series(self._square)
        return _estimators.susceptibility(square, self._sites)

    def connected_susceptibility(self) -> Estimate:
        """N (<m^2> - <|m|>^2), per site and without the factor 1/T.

        Returns
        -------
        Estimate
        """
        square, absolute = self._series("magnetization_squared", "abs_magnetization")
        return _estimators.connected_susceptibility(square, absolute, self._sites)

    def binder_cumulant(self) -> Estimate:
        """1 - <m^4> / (3 <m^2>^2).

        Clusters of Ising spins improve it where they were measured.

        Returns
        -------
        Estimate
        """
        fourth = "improved_magnetization_fourth"
        if fourth in self.observables:
            square, power = self._series(self._square, fourth)
        else:
            square, power = self._series("magnetization_squared", "magnetization_fourth")
        return _estimators.binder_cumulant(square, power)

    def specific_heat(self) -> Estimate:
        """K^2 (<E^2> - <E>^2) / (J^2 N), per site, in units of k_B.

        Returns
        -------
        Estimate
        """
        E, square = self._series("energy", "energy_squared")
        K, middle = float(self.K[0]), E.mean()
        # About the middle, of whose square no digits are lost.
        around = square - 2 * middle * E + middle**2
        return _estimators.specific_heat(E - middle, around, K, self._sites)

    def correlation_length(self) -> Estimate:
        """Second-moment correlation length, in distances of neighbours.

        xi = sqrt(S(0) / S(k) - 1) / (2 sin(|k| / 2)) with the structure factor S at 0, which is not
        connected, and on average over the smallest momenta.

        Returns
        -------
        Estimate

        Raises
        ------
        ArgumentError
            If the structure factor was not measured at momenta of equal length.
        ConvergenceError
            If S(k) is not below S(0).

        References
        ----------
        F. Cooper, B. Freedman and D. Preston, doi:10.1016/0550-3213(82)90240-1.
        """
        if not len(self.momenta):
            raise ArgumentError("the structure factor was not measured: give momenta")
        vectors = self.lattice._cell_family("momenta").vectors
        turns = self.momenta / np.array(self.lattice._sides)
        lengths = 2 * np.pi * np.linalg.norm(turns @ np.linalg.inv(vectors).T, axis=1)
        smallest = np.isclose(lengths, lengths.min(), rtol=1e-9, atol=0)
        improved = "improved_structure_factor"
        name = improved if improved in self.observables else "structure_factor"
        square, factor = self._series(self._square, name)
        first = factor[..., smallest].mean(-1)
        return _estimators.correlation_length(self._sites * square, first, lengths.min())

    # Other packages

    to_dataset = _measurements_tables.to_dataset
    inference_data = _measurements_tables.inference_data

    @property
    def _sites(self) -> int:
        return self.lattice.n_sites

    @property
    def _square(self) -> str:
        improved = "improved_magnetization_squared"
        return improved if improved in self.observables else "magnetization_squared"

    def _series(self, *names: str) -> list[Floats]:
        self._one_ensemble()
        return [self[name] for name in names]

    def _one_ensemble(self) -> None:
        if np.ptp(self.K) or np.ptp(self.field):
            raise ArgumentError("the chains had different K or h: take of_chains(i)")
