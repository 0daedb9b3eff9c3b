"""The operators of Monte Carlo renormalization."""

from __future__ import annotations

import itertools
from typing import Any

from isingrg._shared import arguments
from isingrg.mcrg import Operators
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing


def operators(table: Operators, *, columns: int = 8, ax: Any = None) -> Drawing:
    """One product of spins of each operator, and how many images it has.

    Parameters
    ----------
    table : Operators
        Of the square lattice.
    columns : int
        Products in a row, 1 to 64.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "sites", "even" and "odd", the points.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(table, Operators) or table.dimension != 2:
        raise TypeError("table must be Operators of two dimensions")
    columns = arguments.integer("columns", columns, 1, 64)
    step = table.reach + 2
    places = [(step * (i % columns), -(step + 0.6) * (i // columns)) for i in range(len(table))]
    with drawing(ax) as drawn:
        window = list(itertools.product(range(table.reach + 1), repeat=2))
        sites = [(x + a, y - b) for x, y in places for a, b in window]
        (drawn.artists["sites"],) = drawn.ax.plot(
            *zip(*sites, strict=True), "o", color=_style.BLACK, markersize=1.5, alpha=0.4
        )
        for parity, colour in (("even", _style.BLUE), ("odd", _style.ORANGE)):
            spins = [
                (x + a, y - b)
                for (x, y), operator in zip(places, table, strict=True)
                if operator.parity == parity
                for a, b in operator.points
            ]
            if spins:
                (drawn.artists[parity],) = drawn.ax.plot(
                    *zip(*spins, strict=True), "o", color=colour, markersize=6, label=parity
                )
        for index, ((x, y), operator) in enumerate(zip(places, table, strict=True)):
            drawn.ax.annotate(
                f"{index}: {len(operator.images)}", (x + table.reach / 2, y + 0.55), fontsize=7,
                ha="center",
            )  # fmt: skip
        drawn.ax.set_aspect("equal")
        drawn.ax.set_ylim(min(y for _, y in sites) - 0.5, 1.6)
        drawn.ax.set_axis_off()
        if {"even", "odd"} <= drawn.artists.keys():
            drawn.ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return drawn
