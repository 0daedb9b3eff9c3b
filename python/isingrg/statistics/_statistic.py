"""What a statistic, a function of the user, says of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError

Floats = NDArray[np.float64]


def of_all(statistic: Callable[..., Any], arrays: Iterable[Floats]) -> Floats:
    """The statistic of all samples, finite. It gets copies, which it may change."""
    if not callable(statistic):
        raise TypeError(f"statistic must be callable, not {type(statistic).__name__}")
    value = _checked(statistic(*(array.copy() for array in arrays)))
    if not np.isfinite(value).all():
        raise NonFiniteError("the result of statistic is not finite")
    return value


def of_some(statistic: Callable[..., Any], arrays: Iterable[Any], whole: Floats) -> Floats:
    """The statistic of some of the samples, finite or not, in the shape of that of all."""
    value = _checked(statistic(*arrays))
    if value.shape != whole.shape:
        raise ArgumentError(
            "statistic must return the same shape for all samples and for some, got "
            f"{whole.shape} and {value.shape}"
        )
    return value


def _checked(value: Any) -> Floats:
    if isinstance(value, (bool, np.bool_)):
        value = int(value)
    return arguments.real_array("the result of statistic", value).astype(np.float64)


def check_range(error: Floats) -> Floats:
    """The same error; `NonFiniteError` if deviations overflow."""
    if not np.isfinite(error).all():
        raise NonFiniteError("the error of statistic is beyond the range of float64")
    return error
