"""Markov chains of the Ising model whose proposals are samples of a sampler."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.chains import Floats, SampledChains
from isingrg.ising import energy, magnetization


@dataclasses.dataclass(frozen=True, eq=False)
class Chains(SampledChains):
    """Configurations of the Ising model, from `MultilevelSampler.metropolis`."""

    #: +1 and -1, shape (n_chains, n_samples, L, L).
    spins: NDArray[np.int8]
    #: Mean acceptance probability of the updates that led from the sample before to each sample,
    #: shape (n_chains, n_samples).
    acceptance: Floats
    #: Coupling J/T of the target.
    K: float
    #: Its field.
    field: float = 0.0
    #: What the samples were asked for with: sampler, seed, numbers of updates.
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def L(self) -> int:
        """Linear size of the lattice."""
        return len(self.spins[0, 0])

    def magnetization(self) -> Floats:
        """Mean spin with its sign.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -1 to 1.
        """
        return np.asarray(magnetization(self.spins))

    def structure_factor(self) -> Floats:
        """Uniform structure factor, the square of the mean spin.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            0 to 1.
        """
        return np.asarray(self.magnetization() ** 2)

    def energy_density(self) -> Floats:
        """Energy per site E/J = -sum_<ij> s_i s_j / L**2, without that of the field.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -2 to 2.
        """
        return np.asarray(np.asarray(energy(self.spins)) / self.L**2)

    def _log_density(self) -> Floats:
        return np.asarray(
            self.L**2 * (self.field * self.magnetization() - self.K * self.energy_density())
        )

    def _attributes(self) -> dict[str, Any]:
        return {"K": self.K, "field": self.field, **self.settings}
