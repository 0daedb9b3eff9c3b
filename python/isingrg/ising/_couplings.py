"""Couplings K of the square lattice as users give them, and what others call them by."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.warn import warn

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

#: Critical coupling of the square lattice, where sinh 2K = 1 (Kramers and Wannier,
#: doi:10.1103/PhysRev.60.252).
K_CRITICAL: float = 0.44068679350977151  # ln(1 + sqrt 2) / 2

#: Couplings between these are more probably temperatures. At the first, a quarter of the critical
#: temperature, one spin in a million is turned. The second is, as a temperature, twice the critical
#: one: larger couplings are meant to be zero temperature, or the end of an expansion.
_FROZEN, _ZERO_TEMPERATURE = 4 * K_CRITICAL, 5.0


def couplings(value: Any, low: float = -math.inf, high: float = math.inf) -> NDArray[np.float64]:
    """Couplings K of any shape, finite, from `low` to `high`.

    Warns
    -----
    UserWarning
        If most of them are rather temperatures; a scan into the ordered phase has others as well.
    """
    array = arguments.reals("K", value, low, high)
    suspect = (array > _FROZEN) & (array <= _ZERO_TEMPERATURE)
    if 2 * np.count_nonzero(suspect) > array.size:
        K = float(array[suspect].flat[0]) if array.ndim else float(array)
        warn(
            f"at K = {K:g}, {K / K_CRITICAL:.1f} times the critical coupling {K_CRITICAL:.4f}, the "
            f"lattice is frozen: nearly all spins are equal. K is J/T; if {K:g} is a temperature, "
            f"give 1/T = {1 / K:.4f}",
            UserWarning,
        )
    return array


def coupling(value: Any, low: float, high: float) -> float:
    """A single coupling; as `couplings`."""
    return float(couplings(arguments.finite("K", value, low, high)))


#: What is supported instead of arguments that other programs take.
_OTHERS = dict.fromkeys(("T", "temperature"), "give the coupling K = J/T")
_OTHERS |= {"beta": "give the coupling K = beta J", "J": "give the coupling K = J/T"}
_OTHERS |= dict.fromkeys(
    ("h", "H", "B", "field"),
    "external fields are not supported, p(s) ~ exp(K sum_<ij> s_i s_j); ising.Lattice has them",
)


def of_square_lattice(
    function: Callable[_Arguments, _Result],
) -> Callable[_Arguments, _Result]:
    """A function of K that answers fields and temperatures with what is supported."""

    @wraps(function)
    def answering(*args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
        for name in keywords.keys() & _OTHERS.keys():
            what = function.__qualname__.removesuffix(".__init__")
            raise TypeError(f"{what} takes no {name}: {_OTHERS[name]}")
        return function(*args, **keywords)

    return answering
