"""A plane of couplings, and fixed points as it shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg.mlrg import FixedPoint, symmetry
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing

Floats = NDArray[np.float64]

#: Fixed points no farther than this from a plane are drawn in it.
_NEAR = 0.2
#: Lowest and highest coordinates of a plane, and what is added around fixed points beyond them.
_LIMITS, _MARGIN = ((-0.1, 1.5), (-1.0, 1.0)), 0.1


class Plane(NamedTuple):
    """A plane through `origin`: the couplings origin + x directions[0] + y directions[1]."""

    origin: Floats
    #: Orthonormal, (2, c).
    directions: Floats
    labels: tuple[str, str]

    def coordinates(self, J: Floats) -> Floats:
        """Coordinates (..., 2) of the projections of couplings (..., c)."""
        return (J - self.origin) @ self.directions.T

    def distances(self, J: Floats) -> Floats:
        """Distances (...) of couplings (..., c) from the plane."""
        outside = J - self.origin - self.coordinates(J) @ self.directions
        distances: Floats = np.linalg.norm(outside, axis=-1)
        return distances


class PlacedPoint(NamedTuple):
    """A fixed point and its copies as a plane shows them."""

    is_stable: bool
    #: Of the nearest copy from the plane.
    distance: float
    #: (n, 2), of the copies that are drawn.
    coordinates: Floats

    @property
    def is_outside(self) -> bool:
        return self.distance >= _NEAR


def place_points(model: Any, span: Plane, points: Sequence[FixedPoint]) -> list[PlacedPoint]:
    placed = []
    for point in points:
        copies = _copies(model, point.J)
        distances = span.distances(copies)
        least = float(distances.min())
        near = distances < max(_NEAR, least + 1e-6)
        coordinates = np.unique(span.coordinates(copies[near]).round(6), axis=0)
        if least >= _NEAR:
            coordinates = coordinates[-1:]  # one of those that are as near
        placed.append(PlacedPoint(point.stability == "stable", least, coordinates))
    return placed


def around(points: Floats) -> Floats:
    """The usual limits, or wider ones that hold all points."""
    limits = np.array(_LIMITS)
    if len(points):
        limits[:, 0] = np.minimum(limits[:, 0], points.min(axis=0) - _MARGIN)
        limits[:, 1] = np.maximum(limits[:, 1], points.max(axis=0) + _MARGIN)
    return limits


def draw_points(drawn: Drawing, points: Sequence[PlacedPoint]) -> None:
    axes, artists = drawn.ax, drawn.artists
    for outside in (False, True):
        for kind, colour in (("stable", _style.BLACK), ("unstable", _style.VERMILION)):
            chosen = [
                p for p in points if (p.is_outside, p.is_stable) == (outside, kind == "stable")
            ]
            if not chosen:
                continue
            (artists[f"{kind}, projected" if outside else kind],) = axes.plot(
                *np.concatenate([point.coordinates for point in chosen]).T, "o", color=colour,
                markerfacecolor="white" if outside else colour,
                markeredgecolor=colour if outside else "white", markersize=6.5,
                zorder=5 if outside else 7,
                label=f"{kind} fixed points" + ", projected, with their distance" * outside,
            )  # fmt: skip
    labels = [
        (point.distance, place)
        for point in points
        if point.is_outside
        for place in point.coordinates
    ]
    if labels:
        artists["distances"] = [
            axes.annotate(
                f"{distance:.2f}", place, xytext=(6, 4), textcoords="offset points", fontsize=7.5,
                color="white", zorder=6, annotation_clip=True,
                bbox={"facecolor": _style.BLACK, "alpha": 0.6, "linewidth": 0, "pad": 1.0},
            )
            for distance, place in labels
        ]  # fmt: skip
    if points:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.15))
    beyond = sum(not _seen(axes, point.coordinates) for point in points)
    if beyond:
        axes.set_title(f"{beyond} of {len(points)} fixed points beyond these limits", fontsize=8.5)


def _seen(axes: Any, places: Floats) -> bool:
    """Whether any of the places (n, 2) lies within the limits of the axes."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x, y = places.T
    return bool(((left <= x) & (x <= right) & (bottom <= y) & (y <= top)).any())


def _copies(model: Any, J: Floats) -> Floats:
    """The fixed points D J D^-1 that renaming components makes of one."""
    kind = model._configuration
    matrix = symmetry.coupling_matrix(J, kind.representation, frame=kind.frame)
    gauge = symmetry.gauge_transformations(kind.representation)
    moved = np.array([D @ matrix @ D.T for D in gauge])
    return symmetry.coupling_vector(moved, kind.representation, frame=kind.frame)
