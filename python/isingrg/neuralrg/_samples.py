"""Configurations as users write them, and as the rows the core takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.results import plain

Floats = NDArray[np.float64]
Reals = float | Floats

LARGEST_SIZE = 64

#: Numbers that intermediate results may hold where it is not the user who asks for them.
_NUMBERS = 2**20


def pieces(count: int, numbers: int) -> Iterator[slice]:
    """Pieces of `count` items of so many numbers, small enough for the memory of any machine."""
    length = max(1, _NUMBERS // numbers)
    return (slice(start, start + length) for start in range(0, count, length))


def refuse_spins(name: str, values: NDArray[Any]) -> None:
    """Spins where samples of a density are wanted: discrete values have none."""
    parts = (values[piece] for piece in pieces(len(values), max(1, values[:1].size)))
    if all(np.isin(part, (-1, 0, 1)).all() for part in parts) and values.any():
        raise ArgumentError(
            f"{name} must hold continuous variables, not spins: sample_fields(spins, K) draws "
            "those of the dual model"
        )


class Samples:
    """Checked configurations (..., L, L): `rows` of shape (n, L, L), and how results go back."""

    def __init__(self, name: str, values: Any, L: int) -> None:
        array = arguments.reals(name, values)
        if array.ndim < 2 or array.shape[-2:] != (L, L):
            raise ArgumentError(f"{name} must have the shape (..., {L}, {L}), got {array.shape}")
        self.name = name
        self.leading = array.shape[:-2]
        self.rows: Floats = array.reshape(-1, L, L)

    def __len__(self) -> int:
        return len(self.rows)

    def scalars(self, values: Floats, what: str) -> Reals:
        """(n,) results in the user's shape; of a single configuration a float."""
        return plain(self.finite(values, what).reshape(self.leading))

    def configurations(self, values: Floats, what: str) -> Floats:
        """(n, L, L) results in the user's shape."""
        return self.finite(values, what).reshape(*self.leading, *values.shape[1:])

    def finite(self, values: Floats, what: str) -> Floats:
        """These results, unless the configurations were too large for them."""
        if not np.isfinite(values).all():
            raise NonFiniteError(f"{what} is not finite: {self.name} is too large")
        return values
