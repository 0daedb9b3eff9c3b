"""Importance weights: the mean of what is drawn with one distribution and meant of another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.warn import warn
from isingrg.statistics import _moments

Floats = NDArray[np.float64]

#: Below this share of the samples, or this number unless it is half of them, effective samples are
#: too few for weights to be trusted.
_LEAST_SHARE, _LEAST_SIZE = 0.01, 100


def mean_and_error(values: Floats) -> tuple[float, float]:
    """Mean of independent numbers and its standard error."""
    mean, variance = _moments.mean_and_variance(values)
    return float(mean), math.sqrt(variance / len(values))


def log_mean(logarithms: Floats) -> tuple[float, float, float]:
    """ln of the mean weight, its error to first order, and the effective sample size, 1 to n."""
    largest = float(logarithms.max())
    weights = np.exp(logarithms - largest)
    mean, error = mean_and_error(weights)
    effective = float(weights.sum() ** 2 / np.square(weights).sum())
    return largest + math.log(mean), error / mean, effective


def warn_if_few(n: int, effective: float, advice: str) -> None:
    """A `RuntimeWarning` if n samples are worth too few for their weights to be trusted."""
    if effective < max(_LEAST_SHARE * n, min(_LEAST_SIZE, n / 2)):
        warn(
            f"{n} samples have an effective sample size of {effective:.3g}: ln Z by their "
            f"weights is too low, and its error too small. {advice}",
            RuntimeWarning,
        )
