"""The free energy, bounded by a trained sampler and estimated with its help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.importance import log_mean, mean_and_error, warn_if_few
from isingrg._shared.results import plain
from isingrg._shared.warn import warn
from isingrg.ising import energy, magnetization
from isingrg.ising._couplings import coupling as checked_coupling
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.multilevel._evaluation import Floats, Spins, configurations
from isingrg.statistics import Estimate

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler

#: Effective sample size over the batch from which weights look good.
_GOOD_SHARE = 0.5

#: Configurations of a batch that measure the divergence by the sampler's own.
_ENOUGH = 1000


def log_weights(
    model: MultilevelSampler, spins: ArrayLike, *, K: float | None = None,
    field: float | None = None, progress: Any = False,
) -> float | Floats:  # fmt: skip
    """ln w(s) = K sum_<ij> s_i s_j + h sum_i s_i - ln q(s).

    The mean of w over configurations of q is Z, and their averages with the weights w are those of
    the Ising model.

    Parameters
    ----------
    spins : array_like of +1 and -1, shape (..., L, L)
    K, field : float, optional
        Coupling J/T and field of the target, at most 100 in magnitude. By default those of the
        sampler; others reweight what it draws.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    float or ndarray, shape (...)
    """
    array = configurations(model, spins)
    densities = model.log_prob(array, progress=progress)
    logarithms = _logarithms(model, array, np.asarray(densities), K, field)
    return plain(logarithms)


def free_energy(
    model: MultilevelSampler, n: int, *, K: float | None = None, field: float | None = None,
    seed: int = 0, progress: Any = False,
) -> Estimate:  # fmt: skip
    """Mean of -ln w over samples, an upper bound of -ln Z.

    It exceeds -ln Z by the Kullback-Leibler divergence from q to the target.

    Parameters
    ----------
    n : int
        Samples, 2 to 2**31.
    K, field : float, optional
        As for `log_weights`.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `log_weights`.

    Returns
    -------
    Estimate
        Unpacks as the bound and its standard error.
    """
    return Estimate(*mean_and_error(-_drawn(model, n, K, field, seed, progress)), n=n)


def log_partition(
    model: MultilevelSampler, n: int, *, K: float | None = None, field: float | None = None,
    seed: int = 0, progress: Any = False,
) -> Estimate:  # fmt: skip
    """ln Z of the Ising model from weights, whose mean over q is Z.

    If q is far from the target, a few samples carry most of the weight: the estimate is then too
    low and its error too small, of which a `RuntimeWarning` tells.

    Parameters
    ----------
    n : int
        Samples, 2 to 2**31.
    K, field : float, optional
        As for `log_weights`: ln Z of another target than the sampler was trained for.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        As for `log_weights`.

    Returns
    -------
    Estimate
        ln of the mean weight, its standard error to first order, and the effective sample size, 1
        to n.

    Warns
    -----
    RuntimeWarning
        If the effective sample size is below 1 % of n, or below 100 and below half of n; or if
        exact configurations showed in the last step of the training that a part of the target is
        lost.
    """
    value, error, effective = log_mean(_drawn(model, n, K, field, seed, progress))
    warn_if_a_part_is_lost(model)
    warn_if_few(n, effective, "Train the sampler further, or take more samples")
    return Estimate(value, error, n=n, effective_sample_size=effective)


def warn_if_a_part_is_lost(model: MultilevelSampler) -> None:
    """If the sampler seldom draws a part of the target, which its own weights cannot tell.

    Both divergences are nearly equal where they are small; a lost part shows in the one by exact
    configurations alone. Weights that look bad speak for themselves.
    """
    history = {name: column[-1:] for name, column in model.history.items()}
    if not len(history["loss"]) or history["effective_share"] < _GOOD_SHARE:
        return
    if model._training.batch < _ENOUGH:
        return
    last = {name: float(column[0]) for name, column in history.items()}
    backward = max(last["loss"] + last["log_partition"], 0.0)
    error = float(np.nan_to_num(last["forward_kl_error"]))
    if last["forward_kl"] - 3 * error > 0.03 + 2 * backward:
        warn(
            f"the sampler has lost a part of the target: exact configurations are "
            f"{last['forward_kl']:.2g} nat from it, though its own are {backward:.2g} nat from the "
            "target. ln Z by its weights is too low. Begin with start='wolff', or train with "
            "larger batches",
            RuntimeWarning,
        )


def _drawn(
    model: MultilevelSampler, n: int, K: float | None, field: float | None, seed: int, progress: Any
) -> Floats:
    """ln w of n samples."""
    n = arguments.integer("n", n, 2, 2**31)
    spins, densities = model.sample_with_log_prob(n, seed=seed, progress=progress)
    return _logarithms(model, spins, densities, K, field)


def _logarithms(
    model: MultilevelSampler, spins: Spins, densities: Floats, K: float | None, field: float | None
) -> Floats:
    """ln w of configurations whose ln q is known."""
    coupling = model.K if K is None else checked_coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)
    strength = _field(field, model.field)
    result: Floats = np.asarray(-coupling * np.asarray(energy(spins)) - densities)
    if strength:
        result = np.asarray(result + strength * model.L**2 * np.asarray(magnetization(spins)))
    return result


def _field(value: float | None, usual: float) -> float:
    if value is None:
        return usual
    return arguments.finite("field", value, -LARGEST_COUPLING, LARGEST_COUPLING)
