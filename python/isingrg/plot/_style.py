"""One look for every figure: colours that colour-blind readers can tell apart, sizes for print."""

from __future__ import annotations

from typing import Any

from isingrg._shared.optional import package

#: Okabe and Ito's colours (https://jfly.uni-koeln.de/color).
BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#222222",
)  # fmt: skip

#: Spins down and up.
SPIN_COLOURS = ("#F7F4EC", "#1B3A5C")

#: Inches: the text width of a page.
PAGE_WIDTH = 7.0

_SETTINGS: Any = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 10.0,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "figure.dpi": 100.0,
    "savefig.dpi": 200.0,
}


def figure(height: float, width: float = PAGE_WIDTH) -> Any:
    """A figure that needs no display and leaves matplotlib's settings alone; inches."""
    with styled():
        from matplotlib.figure import Figure

        return Figure(figsize=(width, height))


def styled() -> Any:
    """Context in which axes and texts are drawn with the style."""
    matplotlib = package("matplotlib", "figures need matplotlib", "plot")
    return matplotlib.rc_context(_SETTINGS)
