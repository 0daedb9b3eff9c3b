"""Chains of samples of the target, and what they say about spins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core, statistics
from isingrg._shared import arguments
from isingrg.neuralrg._dual import log_density, sample_spins
from isingrg.neuralrg._samples import Floats, pieces

if TYPE_CHECKING:
    from isingrg.plot import Drawing

#: Methods of `Chains` whose series have names.
OBSERVABLES = ("magnetization", "structure_factor", "energy_density")


@dataclasses.dataclass(frozen=True, eq=False)
class Chains:
    """Samples of the target, from `NeuralRG.hmc` or `NeuralRG.metropolis`.

    Observables are those of the spins that belong to x. These are independent given x, with mean
    tanh x, so that each observable is replaced by its mean over the spins: the same expectation
    as of sampled spins, with less noise.
    """

    #: Physical variables, shape (n_chains, n_samples, L, L), from latent space as well.
    x: Floats
    #: Mean acceptance probability of the updates that led from the sample before to each sample,
    #: shape (n_chains, n_samples).
    acceptance: Floats
    #: Coupling J/T of the target.
    K: float
    #: Leapfrog step that the samples were taken with; None without leapfrog steps.
    step_size: float | None = None
    #: What the samples were asked for with: sampler, seed, numbers of updates.
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def L(self) -> int:
        """Linear size of the lattice."""
        return len(self.x[0, 0])

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
        """
        return sample_spins(self.x, seed=seed)

    # Observables

    def magnetization(self) -> Floats:
        """Mean spin with its sign, given x: sum_i tanh x_i / L**2.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -1 to 1.
        """
        return self._expected(lambda means: means.mean(axis=(1, 2)))

    def structure_factor(self) -> Floats:
        """Uniform structure factor (sum_i s_i / L**2)**2 given x.

        Its mean over the spins is ((sum_i tanh x_i)**2 + sum_i (1 - tanh(x_i)**2)) / L**4.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            0 to 1.
        """

        def expected(means: Floats) -> Floats:
            variances = (1 - means**2).sum(axis=(1, 2))
            return np.asarray(means.sum(axis=(1, 2)) ** 2 + variances) / self.L**4

        return self._expected(expected)

    def energy_density(self) -> Floats:
        """Energy per site E/J = -sum_<ij> s_i s_j / L**2 given x.

        Its mean over the spins is -sum_<ij> tanh(x_i) tanh(x_j) / L**2.

        Returns
        -------
        ndarray, shape (n_chains, n_samples)
            -2 to 2.
        """

        def expected(means: Floats) -> Floats:
            neighbours = np.roll(means, 1, axis=1) + np.roll(means, 1, axis=2)
            return np.asarray(-(means * neighbours).mean(axis=(1, 2)))

        return self._expected(expected)

    def _expected(self, observable: Callable[[Floats], Floats]) -> Floats:
        """The observable of the spins' means, (n, L, L) -> (n,), for all samples."""
        rows = self.x.reshape(-1, self.L, self.L)
        values = np.empty(len(rows))
        for piece in pieces(len(rows), self.L**2):
            values[piece] = observable(np.tanh(rows[piece]))
        return values.reshape(self.x.shape[:2])

    # Statistics

    def mean_and_error(self, observable: str = "structure_factor") -> statistics.Estimate:
        """Mean of an observable over all chains and its standard error, autocorrelation included.

        Parameters
        ----------
        observable : {"magnetization", "structure_factor", "energy_density"}

        Returns
        -------
        Estimate
            As from `isingrg.statistics.mean_and_error`, unpacks as mean, error. The error is NaN
            if the chains never moved.

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
            As from `isingrg.statistics.autocorrelation_time`: below 1 for anticorrelated samples.

        Raises
        ------
        ConvergenceError
            If a chain is shorter than 50 times what its correlations last.
        ArgumentError
            If the chains never moved.
        """
        return statistics.autocorrelation_time(self._series(observable))

    def _series(self, observable: str) -> Floats:
        series: Floats = getattr(self, arguments.choice("observable", observable, OBSERVABLES))()
        return series

    def plot(self, observable: str = "structure_factor", *, ax: Any = None) -> Drawing:
        """Draw an observable of every chain and its autocorrelation.

        Parameters
        ----------
        observable : {"magnetization", "structure_factor", "energy_density"}
            What to draw.
        ax : two matplotlib axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        Drawing
            As from `isingrg.plot.chains`.
        """
        from isingrg import plot

        return plot.chains(self, observable, ax=ax)

    def inference_data(self) -> Any:
        """The chains in the form of ArviZ, which must be installed: pip install 'isingrg[chains]'.

        Returns
        -------
        arviz.InferenceData, or xarray.DataTree from ArviZ 1.0 on
            posterior: magnetization, structure_factor and energy_density. sample_stats:
            acceptance_rate, and lp = ln pi(x), not normalised. Its attributes name
            the sampler, the target and the version of isingrg.
        """
        arviz = _arviz()
        groups = {
            "posterior": {name: self._series(name) for name in OBSERVABLES},
            "sample_stats": {
                "acceptance_rate": self.acceptance,
                "lp": np.asarray(log_density(self.x, self.K)),
            },
        }
        attributes = {
            "inference_library": "isingrg",
            "inference_library_version": _core.version(),
            "L": self.L,
            "K": self.K,
            **({} if self.step_size is None else {"step_size": self.step_size}),
            **self.settings,
        }
        if arviz.__version__.startswith("0."):
            return arviz.from_dict(**groups, attrs=attributes)
        return arviz.from_dict(groups, attrs={"/": attributes})


def _arviz() -> Any:
    try:
        import arviz
    except ModuleNotFoundError:
        raise ImportError("inference data needs ArviZ: pip install 'isingrg[chains]'") from None
    return arviz
