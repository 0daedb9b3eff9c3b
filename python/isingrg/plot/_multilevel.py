"""The effective couplings that a multilevel sampler has learned."""

from __future__ import annotations

from typing import Any

from isingrg.multilevel import MultilevelSampler
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing


def effective_couplings(model: MultilevelSampler, *, ax: Any = None) -> Drawing:
    """Couplings of single spins to the first sites B of each spacing, against their distance.

    Parameters
    ----------
    model : MultilevelSampler
        Trained.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "a = 1", "a = 2" and so on, a line for each spacing.

    Raises
    ------
    TypeError
        For a wrong argument.
    IsingRGError
        If the model is not trained.
    ImportError
        Without matplotlib.
    """
    if not isinstance(model, MultilevelSampler):
        raise TypeError(f"model must be a MultilevelSampler, not {type(model).__name__}")
    found = model.couplings()
    colours = (
        _style.BLUE, _style.ORANGE, _style.GREEN, _style.PURPLE, _style.SKY, _style.BLACK,
    )  # fmt: skip
    with drawing(ax) as drawn:
        for k, spacing in enumerate(sorted({int(a) for a in found.spacing if a < model.L})):
            chosen = (
                (found.spacing == spacing) & (found.position == "B") & (found.colour == 0)
                & (found.order == 1)
            )  # fmt: skip
            label = f"a = {spacing}"
            (drawn.artists[label],) = drawn.ax.plot(
                found.distance[chosen], found.J[chosen], "o-", markersize=3.5, linewidth=1,
                color=colours[k % len(colours)], label=label,
            )  # fmt: skip
        drawn.ax.axhline(0.0, color=_style.BLACK, linewidth=0.6)
        drawn.ax.set(xlabel="distance in spacings a", ylabel="coupling $J$", xlim=(0, None))
        drawn.ax.legend()
    return drawn
