"""Series of several simulations, and parameters, as `Reweighting` takes them."""

from __future__ import annotations

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
    points = arguments.reals("parameters", parameters)
    if points.ndim not in (1, 2) or not points.size:
        raise ArgumentError(f"parameters must have the shape (R,) or (R, p), got {points.shape}")
    width = points.shape[1:]
    series = [arguments.reals("conjugate", one) for one in conjugate]
    shapes = [one.shape for one in series]
    end = len(width)
    if len(series) != len(points) or any(
        len(shape) - end not in (1, 2) or shape[len(shape) - end :] != width or 0 in shape
        for shape in shapes
    ):
        row = "" if not end else f", {width[0]}"
        raise ArgumentError(
            f"conjugate must have {len(points)} arrays of the shape (n{row}) or "
            f"(n_chains, n{row}), got {shapes}"
        )
    if len(np.unique(points, axis=0)) != len(points):
        raise ArgumentError("parameters must all be different; join chains of equal ones")
    columns = points.reshape(len(points), -1)
    return columns, [
        one.reshape(*((1, *one.shape) if one.ndim - end == 1 else one.shape)[:2], columns.shape[1])
        for one in series
    ]


def targets(parameters: ArrayLike, width: int) -> tuple[Floats, tuple[int, ...]]:
    """Parameters as rows, and the shape of results."""
    points = arguments.reals("parameters", parameters)
    if width == 1 and (points.ndim == 0 or points.shape[-1] != 1 or points.ndim == 1):
        return points.reshape(-1, 1), points.shape
    if points.ndim == 0 or points.shape[-1] != width:
        raise ArgumentError(f"parameters must have the shape (..., {width}), got {points.shape}")
    return points.reshape(-1, width), points.shape[:-1]
