"""Outcomes of all members as one table: an xarray Dataset, or arrays by name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg._ensemble._plan import Array, Plan
from isingrg._ensemble._work import Outcome

if TYPE_CHECKING:
    import xarray


def gathered(plan: Plan, outcomes: Sequence[Outcome]) -> xarray.Dataset | dict[str, Array]:
    """Values and errors over the dimensions of the plan."""
    outer = tuple(plan.dimensions.values())
    taken = {*plan.dimensions, *plan.coordinates, "error"}
    names = dict.fromkeys(itertools.chain.from_iterable(o.values for o in outcomes))
    variables: dict[str, tuple[tuple[str, ...], Array]] = {}
    for name in names:
        table = _stacked([outcome.values.get(name) for outcome in outcomes])
        table = table.reshape(outer + table.shape[1:])
        variables[_free(name, taken)] = (tuple(plan.dimensions), table)
    for name, (dimensions, table) in variables.items():
        inner = (_free(f"{name}_{axis}", taken) for axis in range(table.ndim - len(outer)))
        variables[name] = (*dimensions, *inner), table
    errors = np.array([outcome.error for outcome in outcomes]).reshape(outer)
    variables["error"] = tuple(plan.dimensions), errors
    try:
        import xarray
    except ModuleNotFoundError:
        coordinates = {name: values for name, (_, values) in plan.coordinates.items()}
        return coordinates | {name: table for name, (_, table) in variables.items()}
    return xarray.Dataset(variables, plan.coordinates)


def _free(name: str, taken: set[str]) -> str:
    """The name, with as many underscores behind it as it takes to be the only one."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _stacked(values: Sequence[Array | None]) -> Array:
    """Members as the first axis. Shorter arrays are filled up, missing ones full of the filling.

    That is NaN for numbers, which makes them float64 (complex ones complex128), and "" for strings.
    """
    present = [value for value in values if value is not None]
    rank = max(value.ndim for value in present)
    present = [value.reshape(value.shape + (1,) * (rank - value.ndim)) for value in present]
    shape = tuple(max(lengths) for lengths in zip(*(value.shape for value in present), strict=True))
    complete = len(present) == len(values) and all(value.shape == shape for value in present)
    dtype, filling = _dtype({value.dtype for value in present}, complete)
    table = np.full((len(values), *shape), filling, dtype)
    rows = (row for row, value in enumerate(values) if value is not None)
    for row, value in zip(rows, present, strict=True):
        corner: Any = (row, *(slice(length) for length in value.shape))
        table[corner] = value
    return table


def _dtype(dtypes: set[np.dtype[Any]], complete: bool) -> tuple[np.dtype[Any], Any]:
    kinds = {dtype.kind for dtype in dtypes}
    if "U" in kinds:
        # Numbers beside strings are written out, for which 64 letters are always enough.
        widths = [dtype.itemsize // 4 if dtype.kind == "U" else 64 for dtype in dtypes]
        return np.dtype(f"U{max(1, *widths)}"), ""
    if complete:
        return np.result_type(*dtypes), 0
    return np.dtype(np.complex128 if "c" in kinds else np.float64), math.nan
