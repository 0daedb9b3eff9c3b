"""The free energy, bounded by a trained flow and estimated with its help."""

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from isingrg import _arguments, _moments
from isingrg.neuralrg._dual import log_density, log_partition_of_fields
from isingrg.neuralrg._evaluation import MOST_SAMPLES, Evaluation
from isingrg.neuralrg._samples import Floats

#: Below this share of the samples, or this number unless it is half of them, effective samples are
#: too few for weights to be trusted.
_LEAST_SHARE, _LEAST_SIZE = 0.01, 100


class FreeEnergy(NamedTuple):
    """A Monte Carlo estimate of an upper bound of -ln Z."""

    #: The bound.
    mean: float
    #: Standard error of the mean.
    standard_error: float


class LogPartition(NamedTuple):
    """A Monte Carlo estimate of ln Z."""

    #: ln of the mean weight: ln Z of the continuous dual, as `log_partition_dual`.
    estimate: float
    #: Standard error of both estimates, to first order.
    standard_error: float
    #: (sum w)**2 / sum w**2 of the importance weights: how many samples of pi these are worth.
    effective_sample_size: float
    #: ln Z of the Ising model itself, as `isingrg.ising.log_partition`: the estimate less
    #: ln det(K + alpha) / 2 + L**2 (ln(pi / 2) + alpha) / 2, which is exact (Eq. 7).
    ising: float


class Estimation(Evaluation):
    """The part of `NeuralRG` that estimates integrals over its samples."""

    def free_energy(self, n: int, *, seed: int = 0, progress: Any = False) -> FreeEnergy:
        """Mean of ln q(x) - ln pi(x) over samples, an upper bound of -ln Z (Eqs. 3 and 4).

        The bound exceeds -ln Z, which `log_partition_dual` gives, by the Kullback-Leibler
        divergence from q to the target. It holds for a poor flow too, which makes the bound loose.

        Parameters
        ----------
        n : int
            Samples, at least 2.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        mean, standard_error : float
        """
        losses = -self._log_weights(n, seed, progress)
        return FreeEnergy(*_mean_and_error(losses))

    def log_partition(self, n: int, *, seed: int = 0, progress: Any = False) -> LogPartition:
        """ln Z from importance weights w = pi(x) / q(x), whose mean over q is Z.

        Of a flow that is far from the target a few samples carry most of the weight, and those
        that would carry more are not among the samples: the estimate is too low and its error too
        small. A `RuntimeWarning` tells that where the effective sample size is below 1 % of n, or
        below 100 and below half of n. Weights whose logarithms are normal have 95 % intervals that
        cover ln Z in 88 to 95 % of the cases without the warning, and in 88 % down to a half with.

        Parameters
        ----------
        n : int
            Samples, at least 2.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            As for `free_energy`.

        Returns
        -------
        estimate, standard_error : float
            ln of the mean weight, and its error to first order.
        effective_sample_size : float
            1 to n.
        ising : float
            ln Z of the Ising model itself, with the same error.

        Warns
        -----
        RuntimeWarning
            If the effective sample size is too small for the estimate and its error to be trusted.
        """
        logarithms = self._log_weights(n, seed, progress)
        largest = float(logarithms.max())
        weights = np.exp(logarithms - largest)
        mean, error = _mean_and_error(weights)
        estimate = largest + math.log(mean)
        effective = float(weights.sum() ** 2 / np.square(weights).sum())
        if effective < max(_LEAST_SHARE * n, min(_LEAST_SIZE, n / 2)):
            warnings.warn(
                f"{n} samples are worth {effective:.3g} samples of the target: ln Z by their "
                "weights is too low, and its error too small. Train the flow further, take more "
                "samples, or use the bound of free_energy, which holds for any flow",
                RuntimeWarning,
                stacklevel=2,
            )
        return LogPartition(
            estimate,
            error / mean,
            effective,
            estimate - log_partition_of_fields(self.L, self.K),
        )

    def _log_weights(self, n: int, seed: int, progress: Any) -> Floats:
        """ln pi(x) - ln q(x) of n samples."""
        n = _arguments.integer("n", n, 2, MOST_SAMPLES)
        x, density = self.sample_with_log_prob(n, seed=seed, progress=progress)
        return np.asarray(log_density(x, self.K)) - density


def _mean_and_error(values: Floats) -> tuple[float, float]:
    """Mean of independent numbers and its standard error."""
    mean, variance = _moments.mean_and_variance(values)
    return float(mean), math.sqrt(variance / len(values))
