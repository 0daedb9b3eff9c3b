"""What the latent variables of a graph autoencoder say about the transition and the RG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.graphvae import GraphVAE, RGMap, principal_components
from isingrg.graphvae._evaluation import level_means
from isingrg.ising import energy, magnetization
from isingrg.ising._couplings import couplings as checked_couplings
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing
from isingrg.plot._ising import critical_line


def principal_component(
    model: GraphVAE, spins: ArrayLike, K: ArrayLike, component: int = 0, *, ax: Any = None
) -> Drawing:
    """A principal component of the last level's latent means against K (Fig. 1 of Meng).

    A component whose sign the spins' sign decides, as it does if the model learns the
    magnetization, has two branches above K_c. Their mean says only which sign the chains had. Of
    such a component the mean modulus is drawn through the points of both branches: its distance
    from the value that it has for no magnetization. It is turned so that it grows with the
    magnetization; any other component is turned so that it grows with -E. Of a model with
    ``readout="sites"`` these are means over the sites of the last level.

    Needs scikit-learn: pip install 'isingrg[analysis]'.

    Parameters
    ----------
    model : GraphVAE
        Trained.
    spins : array_like, shape (n_K, ..., L, L)
        Configurations of every coupling, such as those of `isingrg.graphvae.published_data`.
    K : array_like, shape (n_K,)
        Couplings J/T.
    component : int
        0 for the first, to the number of latent variables less 1.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "configurations", one point each; "mean" of the component, or of its modulus if
        it is odd in the spins, over the configurations of every coupling, with bars of one
        standard deviation; "critical", a line at K_c.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    IsingRGError
        If the model is not trained.
    ImportError
        Without matplotlib or scikit-learn.
    """
    if not isinstance(model, GraphVAE):
        raise TypeError(f"model must be a GraphVAE, not {type(model).__name__}")
    couplings = checked_couplings(K)
    array = arguments.spins(spins)
    if couplings.ndim != 1 or array.ndim < 4 or len(array) != len(couplings):
        raise ArgumentError(
            "spins must have the shape (n_K, ..., L, L) for K of the shape (n_K,), "
            f"got {array.shape} for {couplings.shape}"
        )
    component = arguments.integer("component", component, 0, model.latent - 1)
    values, share, is_odd = _component(model, array, component)
    values = values.reshape(len(couplings), -1)
    heights = np.abs(values) if is_odd else values
    name = f"PC{component + 1}"
    with drawing(ax) as drawn:
        axes, artists = drawn.ax, drawn.artists
        artists["critical"] = critical_line(axes)
        (artists["configurations"],) = axes.plot(
            np.repeat(couplings, values.shape[1]), values.ravel(), "o", markersize=2,
            color=_style.SKY, alpha=0.3, markeredgewidth=0, label="configurations", zorder=1,
            rasterized=True,
        )  # fmt: skip
        artists["mean"] = axes.errorbar(
            couplings, heights.mean(axis=1), heights.std(axis=1), fmt="o-", markersize=3.5,
            linewidth=1.2, capsize=2, color=_style.BLUE,
            label=f"mean of |{name}|, standard deviation" if is_odd else "mean, standard deviation",
        )  # fmt: skip
        axes.set(
            xlabel="coupling $K = J/T$",
            ylabel=f"{name}, {100 * share:.1f} % of the variance",
        )
        axes.legend()
    return drawn


def _component(
    model: GraphVAE, spins: NDArray[Any], component: int
) -> tuple[NDArray[np.float64], float, bool]:
    """Projections, share of the variance, and whether they are odd under a flip of all spins.

    An odd component is counted from its value at no magnetization.
    """
    mu, opposite = level_means(model, spins)[-1], level_means(model, -spins)[-1]
    found = principal_components(mu)
    values = found.projections[..., component]
    flipped = found.project(opposite)[..., component]
    odd, even = (values - flipped) / 2, (values + flipped) / 2
    is_odd = bool(odd.var() > even.var())
    follows = np.asarray(magnetization(spins) if is_odd else -np.asarray(energy(spins)))
    sign = -1.0 if np.sum(values * (follows - follows.mean())) < 0 else 1.0
    origin = even.mean() if is_odd else 0.0
    return sign * (values - origin), float(found.explained[component]), is_odd


def rg_spectrum(rg_map: RGMap, *, ax: Any = None) -> Drawing:
    """Magnitudes of the eigenvalues of the map between levels (Eq. 7 of Meng), with errors.

    Eigenvalues of collapsed directions, which say nothing, are open circles.

    Parameters
    ----------
    rg_map : RGMap
        From `GraphVAE.rg_map`.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "active" and "collapsed", eigenvalues with errors of the bootstrap, each if there
        are any; "one", a line between what grows and what shrinks.

    Raises
    ------
    TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(rg_map, RGMap):
        raise TypeError(f"rg_map must be an RGMap of GraphVAE.rg_map, not {type(rg_map).__name__}")
    sizes, errors = np.abs(rg_map.eigenvalues), np.asarray(rg_map.magnitudes.error)
    number = np.arange(1, len(sizes) + 1)
    kinds = {
        "active": (rg_map.active, _style.BLUE, "active directions"),
        "collapsed": (~rg_map.active, "white", "collapsed directions"),
    }
    with drawing(ax) as drawn:
        axes, artists = drawn.ax, drawn.artists
        artists["one"] = axes.axhline(1.0, color=_style.BLACK, linewidth=0.8, linestyle="--")
        for name, (chosen, face, label) in kinds.items():
            if chosen.any():
                artists[name] = axes.errorbar(
                    number[chosen], sizes[chosen], errors[chosen], fmt="o", color=_style.BLUE,
                    markerfacecolor=face, capsize=3, label=label,
                )  # fmt: skip
        axes.set(xlabel="eigenvalue", ylabel=r"magnitude $|\lambda|$", ylim=(0, None))
        axes.set_xticks(number)
        axes.legend()
    return drawn
