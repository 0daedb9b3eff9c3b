"""What follows from series of a simulation, whoever measured them: arrays (n,) or (n_chains, n)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ConvergenceError
from isingrg.statistics import Estimate, derived

Floats = NDArray[np.float64]


def susceptibility(square: Floats, sites: int) -> Estimate:
    """N <m^2> from m^2."""
    return derived(lambda square: sites * square, square)


def connected_susceptibility(square: Floats, absolute: Floats, sites: int) -> Estimate:
    """N (<m^2> - <|m|>^2) from m^2 and |m|."""
    return derived(lambda square, absolute: sites * (square - absolute**2), square, absolute)


def binder_cumulant(square: Floats, fourth: Floats) -> Estimate:
    """1 - <m^4> / (3 <m^2>^2) from m^2 and m^4."""
    return derived(lambda square, fourth: 1 - fourth / (3 * square**2), square, fourth)


def specific_heat(deviation: Floats, square: Floats, K: float, sites: int) -> Estimate:
    """K^2 (<E^2> - <E>^2) / N from E less a number near its mean, and the square of that."""
    return derived(lambda mean, square: K**2 * (square - mean**2) / sites, deviation, square)


def correlation_length(zero: Floats, first: Floats, momentum: float) -> Estimate:
    """sqrt(S(0) / S(k) - 1) / (2 sin(k / 2)) from S(0) and S(k), k being the momentum."""
    if np.mean(zero) <= np.mean(first):
        raise ConvergenceError("S(k) is not below S(0): there is no correlation length")
    scale = 2 * np.sin(momentum / 2)
    return derived(lambda s, k: np.sqrt(s / k - 1) / scale if s > k else np.nan, zero, first)
