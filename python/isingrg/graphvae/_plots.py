"""What a trained model says of configurations, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from isingrg.graphvae.model import GraphVAE
    from isingrg.plot import Drawing


def plot_principal_component(
    model: GraphVAE, spins: ArrayLike, K: ArrayLike, component: int = 0, *, ax: Any = None
) -> Drawing:
    """Draw a principal component of the last level's latent means against K.

    Parameters
    ----------
    spins : array_like, shape (n_K, ..., L, L)
        Configurations of every coupling.
    K : array_like, shape (n_K,)
        Couplings J/T.
    component : int
        0 for the first, to the number of latent variables less 1.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        As from `isingrg.plot.principal_component`.
    """
    from isingrg import plot

    return plot.principal_component(model, spins, K, component, ax=ax)
