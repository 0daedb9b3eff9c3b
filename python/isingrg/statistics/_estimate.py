"""A number with its error, as every function that estimates one returns it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Self

import numpy as np

from isingrg._shared import arguments

_NORMAL = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


@dataclasses.dataclass(frozen=True, repr=False)
class Estimate:
    """A number, or an array of numbers, with its error.

    It unpacks as ``value, error``. ``f"{estimate:.3f}"`` writes both with this format.

    Attributes
    ----------
    value : float or ndarray
        NaN if there is none, for the `reason` given.
    error : float or ndarray
        Standard error; NaN if it is not known.
    low : float or ndarray
        Lower bound of the 95 % interval. A bootstrap gives the percentiles 2.5 and 97.5 of its
        resamples; all other bounds are 1.96 errors from the value.
    high : float or ndarray
        Upper bound of the 95 % interval.
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
        for name in ("value", "error"):
            object.__setattr__(self, name, _checked(name, getattr(self, name)))
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
        return self._text("")

    def __format__(self, form: str) -> str:
        """Value and error in a format of numbers, ".3f" say; `str` in one of text, say ">20"."""
        return self._text(form) if form.endswith(tuple("eEfFgG")) else format(self._text(""), form)

    def _text(self, form: str) -> str:
        if self.reason:
            return f"none: {self.reason}"
        pairs = np.broadcast(self.value, self.error)
        first = [_shown(float(value), float(error), form) for value, error in islice(pairs, 4)]
        if pairs.ndim == 0:
            return first[0]
        more = ", ..." if pairs.size > 4 else ""
        return f"[{', '.join(first)}{more}] of shape {pairs.shape}"

    def __repr__(self) -> str:
        n = "" if self.n is None else f", n={self.n}"
        return f"{type(self).__name__}({self}{n})"


def _checked(name: str, value: Any) -> Any:
    """A number as it is, or an array, of real numbers, which may be NaN."""
    array = arguments.real_array(name, value)
    return value if np.ndim(value) == 0 else array


#: Numbers are written without an exponent up to this, and to so many decimals.
_LARGEST, _MOST_DECIMALS = 1e10, 10


def _shown(value: float, error: float, form: str) -> str:
    if form:
        return f"{value:{form}} ± {error:{form}}"
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return f"{value:.6g} ± {error:.2g}"
    decimals = max(0, 1 - _exponent(error))
    if max(abs(value), error) < _LARGEST and decimals <= _MOST_DECIMALS:
        return f"{value:.{decimals}f} ± {error:.{decimals}f}"
    digits = _exponent(value) - _exponent(error) + 1 if value else 1
    return f"{value:.{min(max(digits, 1), 16)}e} ± {error:.1e}"


def _exponent(number: float) -> int:
    return math.floor(math.log10(abs(number)))
