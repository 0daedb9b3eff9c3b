"""What a trained model says about couplings, as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG
    from isingrg.plot import Drawing


def plot_beta_function(model: MLRG, J: ArrayLike | None = None, *, ax: Any = None) -> Drawing:
    """Draw what an RG step adds to J beside the exact RG map, for one coupling.

    Parameters
    ----------
    J : array_like, shape (n,), optional
        Where to draw, increasing, |J| <= 4; by default 0 to 1.45.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        As from `isingrg.plot.beta_function`.
    """
    from isingrg import plot

    return plot.beta_function(model, J, ax=ax)


def plot_monotone(model: MLRG, J: ArrayLike | None = None, *, ax: Any = None) -> Drawing:
    """Draw the RG monotone C(J) beside the exact one, for one coupling.

    Parameters
    ----------
    J : array_like, shape (n,), optional
        Where to draw, increasing, |J| <= 4; by default 0 to 1.45.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        As from `isingrg.plot.monotone`.
    """
    from isingrg import plot

    return plot.monotone(model, J, ax=ax)


def plot_flow(model: MLRG, plane: Sequence[Any] = (0, 1), **settings: Any) -> Drawing:
    """Draw the flow in a plane of couplings, for two couplings or more.

    Parameters
    ----------
    plane : (first, second)
        Numbers of couplings, or directions of shape (c,).
    **settings
        Further keywords of `isingrg.plot.flow`: origin, limits, points, ax.

    Returns
    -------
    Drawing
        As from `isingrg.plot.flow`.
    """
    from isingrg import plot

    return plot.flow(model, plane, **settings)
