"""The free energy, bounded by a trained sampler and estimated with its help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.importance import log_mean, mean_and_error, warn_if_few
from isingrg._shared.warn import warn
from isingrg.ising import energy, magnetization
from isingrg.ising._couplings import coupling as checked_coupling
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.multilevel._evaluation import Floats, Spins, configurations
from isingrg.statistics import Estimate

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler


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
    return float(logarithms) if logarithms.ndim == 0 else logarithms


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
        exact configurations showed in the last step of the training that the sampler seldom draws
        a part of the target.
    """
    value, error, effective = log_mean(_drawn(model, n, K, field, seed, progress))
    _warn_of_a_dropped_mode(model)
    warn_if_few(n, effective, "Train the sampler further, or take more samples")
    return Estimate(value, error, n=n, effective_sample_size=effective)


def _warn_of_a_dropped_mode(model: MultilevelSampler) -> None:
    """Small divergences are nearly equal in both directions; a dropped mode shows in one alone."""
    if not len(model.history["loss"]):
        return
    last = {name: float(column[-1]) for name, column in model.history.items()}
    backward = last["loss"] + last["log_partition"]
    if last["forward_kl"] - 3 * np.nan_to_num(last["forward_kl_error"]) > 1 + 3 * max(
        backward, 0.0
    ):
        warn(
            f"at the end of the training exact configurations were {last['forward_kl']:.3g} nat "
            f"from the sampler, and its own {backward:.3g} nat from the target: it seldom draws a "
            "part of the target, and ln Z is too low. Train with larger batches, or make a new "
            "sampler with start='wolff'",
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
