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
LARGEST_RING = 4096

#: L of a square lattice, (rows, columns) of a rectangle, or (L,) of a ring.
Sides = int | tuple[int, ...]


def sides(name: str, value: Any, *, even: bool = True) -> Sides:
    """Checked sides of a lattice; a rectangle of equal sides is a square."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        return arguments.integer(name, value, 2, LARGEST_SIZE, even=even)
    if len(value) == 1:
        return (arguments.integer(f"{name}[0]", value[0], 2, LARGEST_RING, even=even),)
    if len(value) != 2:
        raise ArgumentError(
            f"{name} must be L, (rows, columns), or (L,) of a ring, got {arguments.given(value)}"
        )
    rows, columns = (
        arguments.integer(f"{name}[{axis}]", side, 2, LARGEST_SIZE, even=even)
        for axis, side in enumerate(value)
    )
    return rows if rows == columns else (rows, columns)


def shape_of(L: Sides) -> tuple[int, ...]:
    """The shape of a configuration."""
    return (L, L) if isinstance(L, int) else L


def for_core(values: NDArray[Any], axes: int) -> NDArray[Any]:
    """Configurations with so many axes as a view with two, which the core takes."""
    if axes == 2:
        return values
    return values.reshape(*values.shape[:-1], 1, values.shape[-1])


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
    """Checked configurations (..., *shape): `rows`, (n, *shape), and how results go back."""

    def __init__(self, name: str, values: Any, shape: tuple[int, ...]) -> None:
        array = arguments.reals(name, values)
        if array.shape[-len(shape) :] != shape:
            wanted = ", ".join(map(str, shape))
            raise ArgumentError(f"{name} must have the shape (..., {wanted}), got {array.shape}")
        self.name = name
        self.leading = array.shape[: -len(shape)]
        self.rows: Floats = array.reshape(-1, *shape)

    @property
    def native(self) -> Floats:
        """(n, rows, columns), as the core takes them."""
        return for_core(self.rows, self.rows.ndim - 1)

    def __len__(self) -> int:
        return len(self.rows)

    def scalars(self, values: Floats, what: str) -> Reals:
        """(n,) results in the user's shape; of a single configuration a float."""
        return plain(self.finite(values, what).reshape(self.leading))

    def configurations(self, values: Floats, what: str) -> Floats:
        """(n, *shape) results in the user's shape."""
        return self.finite(values, what).reshape(*self.leading, *values.shape[1:])

    def finite(self, values: Floats, what: str) -> Floats:
        """These results, unless the configurations were too large for them."""
        if not np.isfinite(values).all():
            raise NonFiniteError(f"{what} is not finite: {self.name} is too large")
        return values
