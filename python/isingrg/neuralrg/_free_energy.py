"""The free energy, bounded by a trained flow and estimated with its help."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.importance import log_mean, mean_and_error, warn_if_few
from isingrg.neuralrg._evaluation import MOST_SAMPLES
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats
from isingrg.neuralrg.dual_ising import DualIsing
from isingrg.statistics import Estimate

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG


@dataclasses.dataclass(frozen=True, repr=False)
class LogPartition(Estimate):
    """ln Z of the target, of the continuous dual as `log_partition_dual`, by importance weights.

    It has the attributes of `isingrg.statistics.Estimate`, and one more.

    Attributes
    ----------
    ising : Estimate or None
        ln Z of the Ising model itself, as `isingrg.ising.log_partition`: the value less
        ln det(K + alpha) / 2 + L**2 (ln(pi / 2) + alpha) / 2, which is exact (Eq. 7). None for
        another target.
    """

    ising: Estimate | None = None


class Sampler(Protocol):
    """What draws configurations of the Ising model and knows their weights."""

    L: int
    K: float
    field: float

    def log_partition(self, n: int, *, seed: int, progress: Any) -> Estimate:
        """ln Z of the Ising model, as from `isingrg.multilevel.MultilevelSampler`."""


def log_partition_dual_from(
    sampler: Sampler, n: int, *, seed: int = 0, progress: Any = False
) -> LogPartition:
    """ln Z of the continuous dual from a sampler of the Ising model itself.

    Fields x drawn given its spins s (`sample_fields`) are distributed as in the joint space (s, x)
    of Eq. 7, where the weights are those of the spins alone, p(s) / q(s): so is their effective
    sample size.

    Parameters
    ----------
    sampler : isingrg.multilevel.MultilevelSampler
        Trained, without a field, L at most 64.
    n : int
        Samples, 2 to 2**31.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `NeuralRG.free_energy`.

    Returns
    -------
    LogPartition
        As from `NeuralRG.log_partition`.

    Warns
    -----
    RuntimeWarning
        If the effective sample size is too small for the estimate and its error to be trusted.
    """
    if not hasattr(sampler, "log_partition") or not hasattr(sampler, "field"):
        raise TypeError(f"sampler must be a MultilevelSampler, not {type(sampler).__name__}")
    if sampler.field != 0:
        raise ArgumentError("sampler must be one without a field: the dual has none")
    L = arguments.integer("the size of sampler", sampler.L, 2, LARGEST_SIZE)
    ising = sampler.log_partition(n, seed=seed, progress=progress)
    return LogPartition(
        ising.value + DualIsing(L, sampler.K).log_partition_of_fields,
        ising.error,
        n=n,
        effective_sample_size=ising.effective_sample_size,
        ising=ising,
    )


def free_energy(model: NeuralRG, n: int, *, seed: int = 0, progress: Any = False) -> Estimate:
    """Mean of ln q(x) - ln pi(x) over samples, an upper bound of -ln Z (Eqs. 3 and 4).

    The bound exceeds -ln Z, which `Target.log_partition` gives where it is known, by the
    Kullback-Leibler divergence from q to the target. It holds for a poor flow too, which makes the
    bound loose.

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
    Estimate
        Unpacks as the bound and its standard error.
    """
    losses = -_log_weights(model, n, seed, progress)
    return Estimate(*mean_and_error(losses), n=n)


def log_partition(model: NeuralRG, n: int, *, seed: int = 0, progress: Any = False) -> LogPartition:
    """ln Z from importance weights w = pi(x) / q(x), whose mean over q is Z.

    If the flow is far from the target, a few samples carry most of the weight, and those that
    would carry more are not among the samples: the estimate is then too low and its error too
    small. A `RuntimeWarning` says so where the effective sample size is below 1 % of n, or below
    100 and below half of n. For weights whose logarithms are normally distributed, the 95 %
    interval covers ln Z in 88 to 95 % of the cases without the warning, and in 50 to 88 % with it.

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
    LogPartition
        An `isingrg.statistics.Estimate`: ln of the mean weight, its standard error to first order,
        and the effective sample size, 1 to n. Its attribute `ising` is ln Z of the Ising model
        itself, with the same error, where the target is its dual.

    Warns
    -----
    RuntimeWarning
        If the effective sample size is too small for the estimate and its error to be trusted.
    """
    logarithms = _log_weights(model, n, seed, progress)
    estimate, error, effective = log_mean(logarithms)
    advice = (
        "Train the flow further, take more samples, or use the bound of free_energy, which holds "
        "for any flow"
    )
    warn_if_few(n, effective, advice)
    ising = None
    if isinstance(model.target, DualIsing):
        of_spins = estimate - model.target.log_partition_of_fields
        ising = Estimate(of_spins, error, n=n, effective_sample_size=effective)
    return LogPartition(estimate, error, n=n, effective_sample_size=effective, ising=ising)


def _log_weights(model: NeuralRG, n: int, seed: int, progress: Any) -> Floats:
    """ln pi(x) - ln q(x) of n samples."""
    n = arguments.integer("n", n, 2, MOST_SAMPLES)
    x, density = model.sample_with_log_prob(n, seed=seed, progress=progress)
    return np.asarray(model.target.log_density(x)) - density
