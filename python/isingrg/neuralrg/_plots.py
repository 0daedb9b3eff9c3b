"""What a trained flow says about configurations, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG
    from isingrg.plot import Drawing


def plot_samples(model: NeuralRG, n: int = 4, *, seed: int = 0, ax: Any = None) -> Drawing:
    """Draw configurations that `sample` returns.

    Parameters
    ----------
    n : int
        How many, 1 to 16.
    seed : int
        0 to 2**64 - 1.
    ax : matplotlib axes, optional
        Where to draw, n of them; a new figure by default.

    Returns
    -------
    Drawing
        As from `isingrg.plot.samples`.
    """
    from isingrg import plot

    return plot.samples(model.sample(n, seed=seed), ax=ax)


def plot_responses(
    model: NeuralRG, n: int | None = None, *, ax: Any = None, **settings: Any
) -> Drawing:
    """Draw how latent variables respond to physical ones.

    Parameters
    ----------
    n : int, optional
        Samples to average over, at least 1; or give x.
    ax : matplotlib axes, optional
        Where to draw, as many as there are latent variables; a new figure by default.
    **settings
        Further keywords of `responses`: x, scale, sites, seed, progress.

    Returns
    -------
    Drawing
        As from `isingrg.plot.responses`.
    """
    from isingrg import plot

    return plot.responses(model.responses(n, **settings), ax=ax)
