"""The learned flow of couplings."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import mlrg
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import MLRG, FixedPoint
from isingrg.mlrg._exact_fixed_point import exact_fixed_point
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing
from isingrg.plot._plane import Plane, around, draw_points, place_points

Floats = NDArray[np.float64]

#: By default J of Ising spins from 0 to this: little is trained beyond.
_LARGEST = 1.45
#: Points of a curve, of the exact RG map beside it, and of a side of a plane.
_POINTS, _EXACT_POINTS, _SIDE = 300, 25, 41


def beta_function(model: MLRG, J: ArrayLike | None = None, *, ax: Any = None) -> Drawing:
    """What one RG step adds to J, J' - J, beside the exact RG map.

    Parameters
    ----------
    model : MLRG
        Trained, with one coupling.
    J : array_like, shape (n,), optional
        Where to draw the curve, increasing, |J| <= 4; by default 0 to 1.45, and to 2.9 for spins
        of q states.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "learned", "exact", the points of `isingrg.mlrg.exact_map`, "fixed_point", the
        zero of the exact one, "lattice", a line at J_c of the Lieb lattice where it is known,
        and "zero".

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument, such as a model with several couplings; see `flow` for these.
    IsingRGError
        If the model is not trained.
    ImportError
        Without matplotlib.
    """
    couplings = _line(model, J)
    learned = model.flow(couplings, 1)[1] - couplings
    points = np.linspace(couplings[0], couplings[-1], _EXACT_POINTS)
    exact = _exact_map(model, points) - points
    with drawing(ax) as drawn:
        axes, artists = drawn.ax, drawn.artists
        artists["zero"] = axes.axhline(0.0, color=_style.BLACK, linewidth=0.8, zorder=1)
        (artists["learned"],) = axes.plot(couplings, learned, color=_style.BLUE, label="learned")
        (artists["exact"],) = axes.plot(
            points, exact, "o", markersize=3.5, color=_style.BLACK, label="exact RG map"
        )
        _fixed_points(drawn, model)
        axes.set(xlabel="coupling $J$", ylabel="RG step $J' - J$", xlim=(points[0], points[-1]))
        axes.legend()
    return drawn


def monotone(model: MLRG, J: ArrayLike | None = None, *, ax: Any = None) -> Drawing:
    """The RG monotone C(J) - C(J_0) beside the exact one, for one coupling; J_0 is the first J.

    With transport "step" J' = J - dC/dJ, so that the exact monotone is the integral of J - J'
    over the exact RG map. With "ode" there is none to compare with.

    Parameters
    ----------
    model : MLRG
        Trained, with moderator "monotone" and one coupling.
    J : array_like, shape (n,), optional
        As for `beta_function`.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "learned", "exact" with transport "step", and "fixed_point" and "lattice" as from
        `beta_function`.

    Raises
    ------
    ArgumentError, TypeError, IsingRGError, ImportError
        As for `beta_function`.
    """
    couplings = _line(model, J)
    values = np.asarray(model.monotone(couplings))
    with drawing(ax) as drawn:
        axes, artists = drawn.ax, drawn.artists
        if model._configuration.transport == "step":
            step = _exact_map(model, couplings) - couplings
            steps = 0.5 * (step[1:] + step[:-1]) * np.diff(couplings)
            (artists["exact"],) = axes.plot(
                couplings, np.concatenate([[0.0], -np.cumsum(steps)]), "--", color=_style.BLACK,
                label="exact RG map", zorder=3,
            )  # fmt: skip
        (artists["learned"],) = axes.plot(
            couplings, values - values[0], color=_style.BLUE, label="learned"
        )
        _fixed_points(drawn, model)
        axes.set(
            xlabel="coupling $J$", ylabel=f"monotone $C(J) - C({couplings[0]:g})$",
            xlim=(couplings[0], couplings[-1]),
        )  # fmt: skip
        axes.legend()
    return drawn


def _exact_map(model: MLRG, J: Floats) -> Floats:
    return np.asarray(mlrg.exact_map(J, internal=model._configuration.internal))


def _fixed_points(drawn: Drawing, model: MLRG) -> None:
    internal = model._configuration.internal
    point = float(exact_fixed_point(internal=internal).J)
    lines = {"fixed_point": (point, "-", _style.VERMILION, "exact RG map, $J_*$")}
    with contextlib.suppress(ArgumentError):  # where it is known
        critical = mlrg.lieb_critical_coupling(internal)
        lines["lattice"] = critical, "--", _style.GREEN, "Lieb lattice, $J_c$"
    for name, (where, style, colour, text) in lines.items():
        drawn.artists[name] = drawn.ax.axvline(
            where, color=colour, linestyle=style, linewidth=1.0, zorder=0,
            label=f"{text} = {where:.4f}",
        )  # fmt: skip


def _line(model: Any, J: Any) -> Floats:
    if count(model) != 1:
        raise ArgumentError(f"model must have one coupling, not {count(model)}; see plot.flow")
    if J is None:
        largest = _LARGEST if model._configuration.internal == "Z2" else 2 * _LARGEST
        return np.linspace(0.0, largest, _POINTS)
    couplings = arguments.reals("J", J, -4.0, 4.0)
    if couplings.ndim != 1 or len(couplings) < 2 or (np.diff(couplings) <= 0).any():
        raise ArgumentError("J must be a list of at least two increasing couplings")
    return couplings


def count(model: Any) -> int:
    """Number of couplings of a model, which must be an `MLRG`."""
    if not isinstance(model, MLRG):
        raise TypeError(f"model must be an MLRG, not {type(model).__name__}")
    return model._count


# The flow of several couplings


def flow(
    model: MLRG,
    plane: Sequence[Any] = (0, 1),
    *,
    origin: ArrayLike | None = None,
    limits: ArrayLike | None = None,
    points: Sequence[FixedPoint] = (),
    ax: Any = None,
) -> Drawing:
    """RG velocity in a plane of couplings, over the monotone C(J) or the speed |v(J)|.

    Lines show the part of v(J) that lies in the plane; the flow itself may leave it.

    Parameters
    ----------
    model : MLRG
        Trained, with at least two couplings.
    plane : (first, second)
        Each the number of a coupling, or a direction of shape (c,). Directions are normalised, the
        second made perpendicular to the first.
    origin : array_like, shape (c,), optional
        A point of the plane, where both coordinates are 0; by default J = 0.
    limits : array_like, shape (2, 2), optional
        Lowest and highest coordinate, of the first and of the second; by default -0.1 to 1.5 and
        -1 to 1, and farther where `points` lie beyond.
    points : sequence of FixedPoint
        From `MLRG.fixed_points`: all are drawn, stable ones black, others red. Of a point and its
        copies under renaming of components those within 0.2 of the plane are filled circles. If
        there are none, the nearest is projected on it: an open circle, with its distance beside
        it. A title counts the points that are beyond `limits`.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "background", "colorbar", "lines", and if there are any "stable" and "unstable",
        fixed points in the plane, "stable, projected" and "unstable, projected", those outside,
        and "distances", their labels.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument, such as a model with one coupling; see `beta_function` for these.
    IsingRGError
        If the model is not trained.
    ImportError
        Without matplotlib.
    """
    span = span_plane(model, plane, origin)
    placed = place_points(model, span, points)
    shown = np.concatenate([point.coordinates for point in placed] or [np.empty((0, 2))])
    (left, right), (bottom, top) = _limits(around(shown) if limits is None else limits)
    x, y = np.meshgrid(np.linspace(left, right, _SIDE), np.linspace(bottom, top, _SIDE))
    J = span.origin + np.stack([x, y], axis=-1) @ span.directions
    velocity = np.asarray(model.velocity(J))
    is_monotone = model._configuration.moderator == "monotone"
    shade = np.asarray(model.monotone(J)) if is_monotone else np.linalg.norm(velocity, axis=-1)
    u, v = np.moveaxis(velocity @ span.directions.T, -1, 0)
    with drawing(ax, 4.4 if points else 3.8, 5.0) as drawn:
        axes, artists = drawn.ax, drawn.artists
        artists["background"] = axes.contourf(x, y, shade, 24, cmap="cividis")
        artists["colorbar"] = drawn.figure.colorbar(
            artists["background"], ax=axes,
            label="monotone $C(J)$" if is_monotone else "speed $|v(J)|$",
        )  # fmt: skip
        artists["lines"] = axes.streamplot(
            x, y, u, v, color="white", linewidth=0.7, density=1.1, arrowsize=0.8
        )
        axes.set(
            xlabel=span.labels[0], ylabel=span.labels[1], xlim=(left, right), ylim=(bottom, top)
        )
        draw_points(drawn, placed)
    return drawn


def span_plane(model: Any, plane: Any, origin: Any) -> Plane:
    """The checked plane of the couplings of a model."""
    c = count(model)
    if c < 2:
        raise ArgumentError("model must have at least two couplings; see plot.beta_function")
    try:
        first, second = plane
    except (TypeError, ValueError):
        raise ArgumentError(f"plane must be a pair, got {arguments.given(plane)}") from None
    a, b = _direction(first, c), _direction(second, c)
    a /= np.linalg.norm(a)
    b -= (b @ a) * a
    if np.linalg.norm(b) < 1e-9:
        raise ArgumentError("plane must be two directions that are not parallel")
    labels = tuple(
        f"$J_{{{one}}}$" if np.ndim(one) == 0 else f"along {np.round(one, 2).tolist()}"
        for one in (first, second)
    )
    point = np.zeros(c) if origin is None else _vector("origin", origin, c)
    return Plane(point, np.array([a, b / np.linalg.norm(b)]), (labels[0], labels[1]))


def _direction(value: Any, c: int) -> Floats:
    if np.ndim(value) == 0:
        unit: Floats = np.eye(c)[arguments.integer("plane", value, 0, c - 1)]
        return unit
    vector = _vector("plane", value, c)
    if not vector.any():
        raise ArgumentError("plane must have directions that are not zero")
    return vector


def _vector(name: str, value: Any, c: int) -> Floats:
    array = arguments.reals(name, value)
    if array.shape != (c,):
        raise ArgumentError(f"{name} must have the shape ({c},), got {array.shape}")
    return array.copy()


def _limits(value: Any) -> Floats:
    array = arguments.reals("limits", value)
    if array.shape != (2, 2) or (array[:, 0] >= array[:, 1]).any():
        raise ArgumentError("limits must be two pairs (low, high), the first less than the second")
    return array
