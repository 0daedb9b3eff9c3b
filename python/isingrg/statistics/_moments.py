"""Means and deviations that keep the digits in which numbers differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Centred(NamedTuple):
    """Values without their mean, from `centre`."""

    #: Over the first axis.
    mean: Floats
    #: Values less their mean, in their shape; exactly 0 where all values are equal.
    deviations: Floats


def centre(values: Floats) -> Centred:
    """Subtract the mean over the first axis, (n, ...).

    In two passes, the first of which subtracts the first value: digits that all values share, of
    1e15 and a noise of 1 for example, are not lost in their sum.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = values - values[0]
        mean = shifted.mean(axis=0)
        return Centred(np.asarray(values[0] + mean), np.asarray(shifted - mean))


def mean_and_variance(values: Floats) -> tuple[Floats, Floats]:
    """Mean and variance over the first axis, (n, ...) with n at least 2; the latter with n - 1."""
    mean, deviations = centre(values)
    with np.errstate(over="ignore", invalid="ignore"):
        return mean, np.square(deviations).sum(axis=0) / (len(values) - 1)
