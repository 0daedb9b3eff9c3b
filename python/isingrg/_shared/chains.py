"""Markov chains of configurations: what the chains of every sampler say about their observables."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core, statistics
from isingrg._shared import arguments
from isingrg._shared.optional import package

if TYPE_CHECKING:
    from isingrg.plot import Drawing

Floats = NDArray[np.float64]

#: Methods of chains whose series have names.
OBSERVABLES = ("magnetization", "structure_factor", "energy_density")


class SampledChains(abc.ABC):
    """Samples of several chains side by side; observables are arrays (n_chains, n_samples)."""

    acceptance: Floats

    @property
    @abc.abstractmethod
    def L(self) -> Any:
        """Linear size of the lattice."""

    @abc.abstractmethod
    def magnetization(self) -> Floats: ...

    @abc.abstractmethod
    def structure_factor(self) -> Floats: ...

    @abc.abstractmethod
    def energy_density(self) -> Floats: ...

    @abc.abstractmethod
    def _log_density(self) -> Floats:
        """ln of the target up to a constant."""

    def _attributes(self) -> dict[str, Any]:
        """What inference data say of the chains besides L."""
        return {}

    def _series(self, observable: str) -> Floats:
        name = arguments.choice("observable", observable, OBSERVABLES)
        found: Floats = getattr(self, name)()
        return found

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
            acceptance_rate, and lp, ln of the target, not normalised. Its attributes name the
            sampler, the target and the version of isingrg.
        """
        arviz = package("arviz", "inference data needs ArviZ", "chains")
        groups = {
            "posterior": {name: self._series(name) for name in OBSERVABLES},
            "sample_stats": {"acceptance_rate": self.acceptance, "lp": self._log_density()},
        }
        attributes = {
            "inference_library": "isingrg",
            "inference_library_version": _core.version(),
            "L": self.L,
            **self._attributes(),
        }
        if arviz.__version__.startswith("0."):
            return arviz.from_dict(**groups, attrs=attributes)
        return arviz.from_dict(groups, attrs={"/": attributes})
