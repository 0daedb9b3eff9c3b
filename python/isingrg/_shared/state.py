"""The complete state of a model in the core as named arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import IsingRGError

Floats = NDArray[np.float64]

_LARGEST = float(np.finfo(np.float32).max)


def listed(native: Any) -> list[tuple[str, tuple[int, int]]]:
    """Name and shape of each array."""
    return [_core.model_array_info(native, i) for i in range(_core.model_array_count(native))]


def read(native: Any) -> dict[str, Floats]:
    arrays = {}
    for index, (name, shape) in enumerate(listed(native)):
        arrays[name] = np.empty(shape)
        _core.model_read_array(native, index, arrays[name])
    return arrays


def read_one(native: Any, name: str) -> Floats:
    """One array of the state."""
    for index, (found, shape) in enumerate(listed(native)):
        if found == name:
            array = np.empty(shape)
            _core.model_read_array(native, index, array)
            return array
    raise KeyError(name)


def write(native: Any, arrays: dict[str, Floats], *, free_rows: frozenset[str]) -> None:
    """Every array of the model must be there in its shape, and no other.

    Those in `free_rows` may have any number of rows.
    """
    expected = listed(native)
    if unknown := arrays.keys() - {name for name, _ in expected}:
        raise IsingRGError(f"the array {min(unknown)!r} does not belong to such a model")
    if any(name.startswith("adam.") for name, _ in expected):
        _check_moments(arrays["adam.first_moment"], arrays["adam.second_moment"])
    for index, (name, shape) in enumerate(expected):
        array = arrays[name]
        wanted = (len(array), shape[1]) if name in free_rows and array.ndim else shape
        if array.shape != wanted:
            raise IsingRGError(f"the array {name!r} must have the shape {shape}, not {array.shape}")
        # Above, a step of the training could overflow and leave a model that does not load.
        if not name.startswith("adam.") and (np.abs(array) > _LARGEST).any():
            raise IsingRGError(f"the array {name!r} must fit into single precision")
        _core.model_write_array(native, index, np.ascontiguousarray(array))


def _check_moments(first: Floats, second: Floats) -> None:
    """With others a step of any length could follow.

    With g the gradient k steps before the last, the moments are m = sum 0.1 0.9^k g and
    v = sum 0.001 0.999^k g^2, so that |m| <= 7.3 sqrt(v) by the Cauchy-Schwarz inequality.
    """
    if first.shape != second.shape or not np.isfinite(first).all():
        return  # which the core tells
    with np.errstate(invalid="ignore"):
        largest = 8 * np.sqrt(second) + 1e-150  # smaller squares are lost
    if (np.abs(first) > largest).any():
        raise IsingRGError("the moments of the optimiser cannot come from a training")
