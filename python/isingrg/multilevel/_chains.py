"""Markov chains of the Ising model whose proposals are samples of a sampler."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import statistics
from isingrg._shared import arguments
from isingrg.ising import energy, magnetization

OBSERVABLES = ("magnetization", "structure_factor", "energy_density")


@dataclasses.dataclass(frozen=True, eq=False)
class Chains:
    """Configurations of the Ising model, from `MultilevelSampler.metropolis`."""

    #: +1 and -1, shape (n_chains, n_samples, L, L).
    spins: NDArray[np.int8]
    #: Mean acceptance probability of the updates that led from the sample before to each sample,
    #: shape (n_chains, n_samples).
    acceptance: NDArray[np.float64]
    #: Coupling J/T of the target.
    K: float
    #: Its field.
    field: float = 0.0
    #: What the samples were asked for with: seed, numbers of updates.
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    def mean_and_error(self, observable: str = "structure_factor") -> statistics.Estimate:
        """Mean of an observable over all chains and its standard error, autocorrelation included.

        Parameters
        ----------
        observable : {"magnetization", "structure_factor", "energy_density"}
            Mean spin, its square, and E/J per site.

        Returns
        -------
        Estimate
            As from `isingrg.statistics.mean_and_error`.

        Raises
        ------
        ConvergenceError
            If a chain is shorter than 50 times what its correlations last.
        """
        return statistics.mean_and_error(self._series(observable))

    def autocorrelation_time(self, observable: str = "structure_factor") -> float:
        """Integrated autocorrelation time of an observable, in samples.

        Parameters
        ----------
        observable : {"magnetization", "structure_factor", "energy_density"}

        Returns
        -------
        float
            As from `isingrg.statistics.autocorrelation_time`.

        Raises
        ------
        ConvergenceError
            If a chain is shorter than 50 times what its correlations last.
        """
        return statistics.autocorrelation_time(self._series(observable))

    def _series(self, observable: str) -> NDArray[np.float64]:
        name = arguments.choice("observable", observable, OBSERVABLES)
        if name == "energy_density":
            return np.asarray(np.asarray(energy(self.spins)) / self.spins.shape[-1] ** 2)
        means = np.asarray(magnetization(self.spins))
        return means if name == "magnetization" else means**2
