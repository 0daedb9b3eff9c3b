"""What a trained flow says about configurations, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg.neuralrg._responses import Responses
from isingrg.neuralrg._samples import for_core

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

    return plot.samples(for_core(model.sample(n, seed=seed), len(model._shape)), ax=ax)


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

    found = model.responses(n, **settings)
    if len(model._shape) == 1:
        sites = np.insert(found.sites, 0, 0, axis=1)
        found = Responses(sites, found.mean[:, None], found.deviation[:, None])
    return plot.responses(found, ax=ax)
