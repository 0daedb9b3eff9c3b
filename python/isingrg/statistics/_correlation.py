"""Pearson's correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.statistics import _moments
from isingrg.statistics._bootstrap import bootstrap
from isingrg.statistics._estimate import Estimate

Floats = NDArray[np.float64]


def correlation(
    a: ArrayLike, b: ArrayLike, *, block: int = 1, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """Pearson's correlation of two numbers of each configuration, such as PC1 and energy.

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        n configurations of a chain, for example of each coupling; all are pooled.
    block, resamples, seed : int
        As for `bootstrap`.

    Returns
    -------
    Estimate
        -1 to 1.
    """
    first, second = arguments.reals("a", a), arguments.reals("b", b)
    if first.shape != second.shape:
        raise ArgumentError(f"a and b must have the same shape, got {first.shape}, {second.shape}")
    for name, values in (("a", first), ("b", second)):
        if not values.size or values.min() == values.max():
            raise ArgumentError(f"{name} must vary")
    return bootstrap(pearson, first, second, block=block, resamples=resamples, seed=seed)


def pearson(a: Floats, b: Floats) -> float:
    """The value alone; NaN if one of the two does not vary."""
    with np.errstate(invalid="ignore", over="ignore"):  # a resample that is constant has none
        a, b = _of_unit_scale(a), _of_unit_scale(b)
        share = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
        return float(np.clip(share, -1, 1))


def _of_unit_scale(values: Floats) -> Floats:
    """Without their mean and with a largest magnitude of 1, whose squares are in range."""
    # Powers of two keep every digit.
    scaled = np.ldexp(values.ravel(), -int(np.frexp(np.abs(values).max())[1]))
    deviations = _moments.centre(scaled).deviations
    return np.asarray(deviations / np.abs(deviations).max())
