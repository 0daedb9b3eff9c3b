"""Arrays of couplings J as users write them, and as the rows the core takes.

With one coupling (the representation A1) J is a number or an array of numbers of any shape, each
entry a model of its own. With c > 1 couplings the last axis is the coupling: (..., c).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.results import plain

Floats = NDArray[np.float64]
Reals = float | Floats

#: Suggested for a misspelt name; the core accepts every sum of A1, A2, B1, B2 and E.
_FAMILIAR = ("A1", "A2", "B1", "B2", "E", "A1+E", "A1+B1", "A1+B1+E", "2A1", "2A1+E")


FRAMES = {"published": _core.MLRG_PUBLISHED, "consistent": _core.MLRG_CONSISTENT}


def coupling_count(representation: Any, frame: str = "published") -> int:
    """Number of couplings of a representation; an unknown one is answered with the nearest."""
    if not isinstance(representation, str):
        raise TypeError(
            f"representation must be a string such as 'A1', not {type(representation).__name__}"
        )
    try:
        return _core.mlrg_coupling_count(representation, FRAMES[frame])
    except ArgumentError as error:
        near = difflib.get_close_matches(representation.upper(), _FAMILIAR, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near and near[0] != representation else ""
        raise ArgumentError(f"{error}{hint}") from None


def batches(n: int, size: int) -> Iterator[slice]:
    """Some of n square matrices at a time for NumPy's linear algebra: Ctrl-C is seen in between."""
    step = max(1, 2**18 // (size + 2) ** 3)
    for start in range(0, n, step):
        yield slice(start, start + step)


class Couplings:
    """Checked couplings: `rows` of shape (n, c), and how results go back to the user's shape."""

    def __init__(
        self,
        J: Any,
        count: int,
        *,
        low: float = -arguments.MODERATE,
        high: float = arguments.MODERATE,
        name: str = "J",
    ) -> None:
        array = arguments.reals(name, J, low, high)
        if count > 1 and (array.ndim == 0 or array.shape[-1] != count):
            raise ArgumentError(
                f"{name} must have the shape (..., {count}), the last axis being the couplings, "
                f"got {array.shape}"
            )
        self.count = count
        #: Shape of a result that is one number for each J.
        self.leading = array.shape if count == 1 else array.shape[:-1]
        self.shape = array.shape
        self.rows: Floats = array.reshape(-1, count)

    def __len__(self) -> int:
        return len(self.rows)

    def scalars(self, values: Floats) -> Reals:
        """(n,) results in the user's shape."""
        return plain(values.reshape(self.leading))

    def vectors(self, values: Floats) -> Reals:
        """(n, c) results in the user's shape."""
        return plain(values.reshape(self.shape))

    def matrices(self, values: Floats) -> Reals:
        """(n, c, c) results in the user's shape; with one coupling they are numbers."""
        inner = () if self.count == 1 else (self.count, self.count)
        return plain(values.reshape((*self.leading, *inner)))
