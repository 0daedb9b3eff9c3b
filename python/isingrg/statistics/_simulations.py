"""Series of several simulations, and parameters, as `Reweighting` takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.statistics._series import autocorrelation_time

Floats = NDArray[np.float64]


def times(chains: Floats) -> list[float]:
    """Autocorrelation times of each X, from (n_chains, n, p)."""
    columns = np.moveaxis(chains, -1, 0)
    times = [autocorrelation_time(column) for column in columns if np.ptp(column)]
    if not times:
        raise ArgumentError("conjugate must vary in each simulation")
    return times


def checked(conjugate: Sequence[ArrayLike], parameters: ArrayLike) -> tuple[Floats, list[Floats]]:
    """Parameters (R, p), and chains (n_chains, n_r, p) of each simulation."""
    points = arguments.moderate("parameters", parameters)
    if points.ndim not in (1, 2) or not points.size:
        raise ArgumentError(f"parameters must have the shape (R,) or (R, p), got {points.shape}")
    inner = points.shape[1:]
    series = [arguments.moderate("conjugate", one) for one in conjugate]
    shapes = [one.shape for one in series]
    chains = [shape[: len(shape) - len(inner)] for shape in shapes]
    if len(series) != len(points) or any(
        len(chain) not in (1, 2) or (*chain, *inner) != shape or 0 in shape
        for chain, shape in zip(chains, shapes, strict=True)
    ):
        row = "".join(f", {number}" for number in inner)
        raise ArgumentError(
            f"conjugate must have {len(points)} arrays of the shape (n{row}) or "
            f"(n_chains, n{row}), got {shapes}"
        )
    if len(np.unique(points, axis=0)) != len(points):
        raise ArgumentError("parameters must all be different; join chains of equal ones")
    columns = points.reshape(len(points), -1)
    return columns, [
        one.reshape(*(1, *chain)[-2:], columns.shape[1])
        for one, chain in zip(series, chains, strict=True)
    ]


def targets(parameters: ArrayLike, inner: tuple[int, ...]) -> tuple[Floats, tuple[int, ...]]:
    """Parameters as rows, and the shape of results, where one lambda has the shape `inner`."""
    points = arguments.moderate("parameters", parameters)
    leading = points.shape[: points.ndim - len(inner)]
    if (*leading, *inner) != points.shape:
        numbers = "".join(f", {number}" for number in inner)
        raise ArgumentError(f"parameters must have the shape (...{numbers}), got {points.shape}")
    return points.reshape(math.prod(leading), math.prod(inner)), leading
