"""The free energy, bounded by a trained flow and estimated with its help."""

import math
from typing import Any, NamedTuple

import numpy as np

from isingrg import _arguments, _moments
from isingrg.neuralrg._dual import log_density
from isingrg.neuralrg._evaluation import MOST_SAMPLES, Evaluation
from isingrg.neuralrg._samples import Floats


class FreeEnergy(NamedTuple):
    """A Monte Carlo estimate of an upper bound of -ln Z."""

    #: The bound.
    mean: float
    #: Standard error of the mean.
    standard_error: float


class LogPartition(NamedTuple):
    """A Monte Carlo estimate of ln Z."""

    #: ln of the mean weight.
    estimate: float
    #: Of it, to first order.
    standard_error: float
    #: (sum w)**2 / sum w**2 of the importance weights: how many samples of pi these are worth.
    effective_sample_size: float


class Estimation(Evaluation):
    """The part of `NeuralRG` that estimates integrals over its samples."""

    def free_energy(self, n: int, *, seed: int = 0, progress: Any = False) -> FreeEnergy:
        """Mean of ln q(x) - ln pi(x) over samples, an upper bound of -ln Z (Eqs. 3 and 4).

        The bound exceeds -ln Z, which `log_partition_dual` gives, by the Kullback-Leibler
        divergence from q to the target.

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
            ln of the mean weight. The error is to first order, and too small where few samples
            carry most of the weight: see the effective sample size.
        effective_sample_size : float
            1 to n.
        """
        logarithms = self._log_weights(n, seed, progress)
        largest = float(logarithms.max())
        weights = np.exp(logarithms - largest)
        mean, error = _mean_and_error(weights)
        return LogPartition(
            largest + math.log(mean),
            error / mean,
            float(weights.sum() ** 2 / np.square(weights).sum()),
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
