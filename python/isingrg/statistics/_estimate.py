"""A number with its error, as every function that estimates one returns it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

_NORMAL = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


@dataclasses.dataclass(frozen=True, repr=False)
class Estimate:
    """A number, or an array of numbers, with its error.

    It unpacks as ``value, error``.

    Attributes
    ----------
    value : float or ndarray
        NaN if there is none, for the `reason` given.
    error : float or ndarray
        Standard error; NaN if it is not known.
    low, high : float or ndarray
        Bounds of the 95 % interval. A bootstrap gives the percentiles 2.5 and 97.5 of its
        resamples; all other bounds are 1.96 errors from the value.
    n : int or None
        Samples behind the estimate, where it rests on samples.
    effective_sample_size : float or None
        Number of independent samples that would have the same error, where that is known.
    reason : str
        Why there is no value; empty if there is one.
    """

    value: Any
    error: Any
    low: Any = None
    high: Any = None
    n: int | None = None
    effective_sample_size: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.low is None:
            object.__setattr__(self, "low", self.value - _NORMAL * self.error)
        if self.high is None:
            object.__setattr__(self, "high", self.value + _NORMAL * self.error)

    @classmethod
    def missing(cls, reason: str) -> Self:
        """An estimate without a value: value and error are NaN.

        Parameters
        ----------
        reason : str
            Why there is no value.

        Returns
        -------
        Estimate
            With this reason.
        """
        return cls(math.nan, math.nan, reason=reason)

    def map(self, function: Callable[[Any], Any]) -> Self:
        """Apply a function to value, error, low and high alike, such as one that takes a part.

        Parameters
        ----------
        function : callable
            Takes an array of the shape of `value` and returns what replaces it.

        Returns
        -------
        Estimate
            Everything else is as in this one.
        """
        parts = {name: function(getattr(self, name)) for name in ("value", "error", "low", "high")}
        return dataclasses.replace(self, **parts)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.value, self.error))

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        """The value to two digits of its error."""
        if self.reason:
            return f"none: {self.reason}"
        if np.ndim(self.value) == 0:
            return _shown(float(self.value), float(self.error))
        pairs = zip(np.ravel(self.value), np.ravel(self.error), strict=True)
        first = [_shown(float(value), float(error)) for value, error in list(pairs)[:4]]
        more = ", ..." if np.size(self.value) > 4 else ""
        return f"[{', '.join(first)}{more}] of shape {np.shape(self.value)}"

    def __repr__(self) -> str:
        n = "" if self.n is None else f", n={self.n}"
        return f"{type(self).__name__}({self}{n})"


def _shown(value: float, error: float) -> str:
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return f"{value:.6g} ± {error:.2g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"
