"""What a trained sampler has learned, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler
    from isingrg.plot import Drawing


def plot_couplings(model: MultilevelSampler, *, ax: Any = None) -> Drawing:
    """Draw the couplings of single spins against their distance, spacing by spacing.

    Parameters
    ----------
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        As of `isingrg.plot.effective_couplings`.
    """
    from isingrg import plot

    return plot.effective_couplings(model, ax=ax)
