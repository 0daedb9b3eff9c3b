"""Chains of samples of the target, and what they say about spins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.chains import SampledChains
from isingrg.neuralrg._dual import sample_spins
from isingrg.neuralrg._samples import Floats, Sides, pieces
from isingrg.neuralrg.dual_ising import DualIsing, coupling_of, dual_ising
from isingrg.neuralrg.targets import Target


@dataclasses.dataclass(frozen=True, eq=False)
class Chains(SampledChains):
    """Samples of the target, from `NeuralRG.hmc` or `NeuralRG.metropolis`.

    Observables of the dual Ising model are those of the spins that belong to x. These are
    independent given x, with mean tanh x, so that each observable is replaced by its mean over the
    spins: the same expectation as of sampled spins, with less noise. Of other targets they are
    those of x.
    """

    #: Physical variables, shape (n_chains, n_samples, L, L), from latent space as well.
    x: Floats
    #: Mean acceptance probability of the updates that led from the sample before to each sample,
    #: shape (n_chains, n_samples).
    acceptance: Floats
    #: The density that was sampled.
    target: Target
    #: Leapfrog step that the samples were taken with; None without leapfrog steps.
    step_size: float | None = None
    #: What the samples were asked for with: sampler, seed, numbers of updates.
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def L(self) -> Sides:
        """Linear size of the lattice; (rows, columns) of a rectangle, (L,) of a ring."""
        return self.target.L

    @property
    def K(self) -> float | tuple[float, float]:
        """Coupling J/T of the dual Ising model, or one for each axis; other targets have none."""
        return coupling_of(self.target)

    def spins(self, seed: int = 0) -> NDArray[np.int8]:
        """Spins given x, as `sample_spins` draws them.

        Parameters
        ----------
        seed : int
            0 to 2**64 - 1.

        Returns
        -------
        ndarray of int8, shape (n_chains, n_samples, L, L)
            +1 and -1.

        Raises
        ------
        ArgumentError
            If the target is not the dual Ising model.
        """
        dual_ising(self.target)
        return sample_spins(self.x, seed=seed)

    # Observables

    def magnetization(self) -> Floats:
        """Mean spin with its sign, given x: sum_i tanh x_i / L**2; of other targets that of x_i.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -1 to 1 for spins.
        """
        return self._expected(lambda means: means.reshape(len(means), -1).mean(axis=1))

    def structure_factor(self) -> Floats:
        """Uniform structure factor (sum_i s_i / L**2)**2 given x.

        Its mean over the spins is ((sum_i tanh x_i)**2 + sum_i (1 - tanh(x_i)**2)) / L**4. Of other
        targets it is (sum_i x_i / L**2)**2.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            0 to 1 for spins.
        """

        def expected(means: Floats) -> Floats:
            flat = means.reshape(len(means), -1)
            variances = (1 - flat**2).sum(axis=1) if self._has_spins else 0.0
            return np.asarray(flat.sum(axis=1) ** 2 + variances) / flat.shape[1] ** 2

        return self._expected(expected)

    def energy_density(self) -> Floats:
        """Energy per site E/J = -sum_<ij> s_i s_j / L**2 given x.

        Its mean over the spins is -sum_<ij> tanh(x_i) tanh(x_j) / L**2. Of models with two
        couplings or bonds K_ij it is E/T = -sum_<ij> K_ij s_i s_j / L**2, and of other targets
        -ln pi(x) / L**2.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -2 to 2 for spins with one coupling.
        """
        if isinstance(self.target, DualIsing):
            return self._expected(self.target._energy_of_means)
        return np.asarray(-self._log_density() / self.x[0, 0].size)

    def _expected(self, observable: Callable[[Floats], Floats]) -> Floats:
        """The observable of the spins' means or of x, (n, ...) -> (n,), for all samples."""
        rows = self.x.reshape(-1, *self.x.shape[2:])
        values = np.empty(len(rows))
        for piece in pieces(len(rows), rows[0].size):
            values[piece] = observable(np.tanh(rows[piece]) if self._has_spins else rows[piece])
        return values.reshape(self.x.shape[:2])

    def _log_density(self) -> Floats:
        return np.asarray(self.target.log_density(self.x))

    @property
    def _has_spins(self) -> bool:
        return isinstance(self.target, DualIsing)

    def _attributes(self) -> dict[str, Any]:
        leapfrog = {} if self.step_size is None else {"step_size": self.step_size}
        plain = {
            name: value for name, value in self.target._description().items()
            if name == "K"
        }  # fmt: skip
        return {"target": self.target.kind} | plain | leapfrog | self.settings
