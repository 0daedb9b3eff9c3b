"""Configurations of a flow, and what its latent variables respond to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg import Responses
from isingrg.plot import _style
from isingrg.plot._drawing import PICTURE, Drawing, drawing, picture

Floats = NDArray[np.float64]

#: Panels side by side.
_MOST_PANELS = 16
#: Blue to red through white, which colour-blind readers can tell apart.
DIVERGING = "RdBu_r"


def samples(x: ArrayLike, *, ax: Any = None) -> Drawing:
    """Continuous configurations side by side, red above 0, blue below.

    Parameters
    ----------
    x : array_like, shape (L, L) or (n, L, L)
        Such as those of `NeuralRG.sample`; n from 1 to 16.
    ax : matplotlib axes, optional
        Where to draw, as many as there are configurations; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "images", a list, all of one scale of colours, and "colorbar".

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    array = arguments.moderate("x", x)
    rows = array[None] if array.ndim == 2 else array
    n, *sizes = rows.shape if rows.ndim == 3 else (0, 0, 0)
    if not 1 <= n <= _MOST_PANELS or sizes[0] != sizes[1] or sizes[0] < 1:
        raise ArgumentError(
            f"x must have the shape (n, L, L) with n from 1 to {_MOST_PANELS}, got {array.shape}"
        )
    return _row(rows, [""] * len(rows), "$x$", ax)


def responses(responses: Responses, *, ax: Any = None) -> Drawing:
    """Mean responses dz / dx of latent variables to all sites (Fig. 4a of Li & Wang).

    Parameters
    ----------
    responses : Responses
        Responses of 1 to 16 latent variables, from `NeuralRG.responses`.
    ax : matplotlib axes, optional
        Where to draw, as many as there are latent variables; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "images", a list, all of one scale of colours, "sites", a list of crosses at the
        latent variables, and "colorbar".

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(responses, Responses):
        raise TypeError(
            f"responses must be Responses of NeuralRG.responses, not {type(responses).__name__}"
        )
    if not 1 <= len(responses.mean) <= _MOST_PANELS:
        raise ArgumentError(
            f"responses must be of 1 to {_MOST_PANELS} sites, got {len(responses.mean)}"
        )
    titles = [f"$z$ at ({i}, {j})" for i, j in responses.sites]
    drawn = _row(responses.mean, titles, r"$\partial z / \partial x$", ax)
    drawn.artists["sites"] = [
        one.plot(j, i, "x", color=_style.BLACK, markersize=5)[0]
        for one, (i, j) in zip(np.atleast_1d(drawn.ax), responses.sites, strict=True)
    ]
    return drawn


def _row(rows: Floats, titles: list[str], label: str, ax: Any) -> Drawing:
    bound = float(np.abs(rows).max()) or 1.0
    width = min(_style.PAGE_WIDTH, PICTURE * len(rows) + 0.6)
    height = (width - 0.6) / len(rows) + 0.4
    with drawing(ax, height, width, len(rows)) as drawn:
        axes = np.atleast_1d(drawn.ax)
        drawn.artists["images"] = [
            picture(one, values, title=title, cmap=DIVERGING, vmin=-bound, vmax=bound)
            for one, values, title in zip(axes, rows, titles, strict=True)
        ]
        drawn.artists["colorbar"] = drawn.figure.colorbar(
            drawn.artists["images"][-1], ax=list(axes), label=label, shrink=0.8
        )
    return drawn
