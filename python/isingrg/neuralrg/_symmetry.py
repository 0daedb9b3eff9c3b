"""Groups of signed permutations of the sites, over which the density of a flow is averaged."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError

_MOST_SITES = 64 * 64


class Symmetry(NamedTuple):
    """(g x)_i = sign_i x_(source_i) of each element g, numbers of sites and signs as tuples."""

    sources: tuple[tuple[int, ...], ...]
    signs: tuple[tuple[int, ...], ...]

    def encoded(self) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """As the core takes them, (order, sites) each."""
        return np.array(self.sources, np.int32), np.array(self.signs, np.int8)

    def images(self, x: NDArray[Any]) -> NDArray[Any]:
        """Those of configurations (n, ...) under each element, (order, n, ...)."""
        sources, signs = self.encoded()
        turned = x.reshape(len(x), -1)[:, sources] * signs
        return np.moveaxis(turned, 1, 0).reshape(-1, *x.shape)


def symmetry(name: str, value: Any) -> Symmetry | None:
    """A pair (permutations, signs) as the user writes it; the core tells whether it is a group."""
    if value is None:
        return None
    try:
        permutations, signs = value
    except (TypeError, ValueError):
        raise ArgumentError(
            f"{name} must be a pair (permutations, signs), got {arguments.given(value)}"
        ) from None
    sources = arguments.integers(f"the permutations of {name}", permutations, 0, _MOST_SITES - 1)
    if sources.ndim < 2 or not sources.size:
        raise ArgumentError(f"the permutations of {name} must have a row for each element")
    sources = sources.reshape(len(sources), -1)
    given = arguments.integers(f"the signs of {name}", signs, -1, 1)
    if given.ndim == 0 or len(given) != len(sources) or given.size not in (
        len(sources), sources.size,
    ):  # fmt: skip
        raise ArgumentError(
            f"the signs of {name} must be one for each of its {len(sources)} elements, or one for "
            f"each site of each, got the shape {given.shape}"
        )
    broad = np.broadcast_to(given.reshape(len(sources), -1), sources.shape)
    return Symmetry(tuple(map(tuple, sources.tolist())), tuple(map(tuple, broad.tolist())))


def whole(name: str, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """An array of a file, whose numbers have to be whole ones."""
    if not (abs(values) <= _MOST_SITES).all() or (values % 1).any():
        raise ArgumentError(f"the array {name!r} must hold whole numbers")
    return values.astype(np.int64)
