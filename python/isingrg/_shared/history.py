"""What a training has recorded, a row for each step or epoch."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ArgumentError

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of one method's history, in the order of the core and then further ones."""

    #: What a row stands for: "step" or "epoch".
    row: str
    #: In order.
    names: tuple[str, ...]
    #: Those that are NaN where there was nothing to measure.
    optional: frozenset[str] = frozenset()
    #: What progress counts instead of rows.
    parts: str | None = None

    @property
    def counted(self) -> str:
        """What progress counts, in plural."""
        return self.parts or f"{self.row}s"

    def empty(self) -> Floats:
        return np.empty((0, len(self.names)))

    def split(self, rows: Floats) -> dict[str, Floats]:
        """The columns by name."""
        return {name: rows[:, column].copy() for column, name in enumerate(self.names)}

    def join(self, columns: dict[str, Floats], done: int) -> Floats:
        """The inverse of `split`, checked: as many rows as the model has done."""
        for name in self.names:
            column = columns[name]
            if column.shape != (done,):
                raise ArgumentError(
                    f"the array 'history.{name}' must have the shape {(done,)}, the {self.row}s "
                    f"of the model, not {column.shape}"
                )
            if name not in self.optional and not np.isfinite(column).all():
                raise ArgumentError(f"the array 'history.{name}' must be finite")
        return np.stack([columns[name] for name in self.names], axis=1)
