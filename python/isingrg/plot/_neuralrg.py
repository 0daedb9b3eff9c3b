"""Configurations of a flow, what its latent variables respond to, and Monte Carlo chains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import statistics
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.neuralrg import Chains, Responses
from isingrg.neuralrg._chains import OBSERVABLES
from isingrg.plot import _style
from isingrg.plot._drawing import PICTURE, Drawing, drawing, picture
from isingrg.statistics import _moments

Floats = NDArray[np.float64]

#: Panels side by side.
_MOST_PANELS = 16
#: The autocorrelation is drawn up to so many autocorrelation times, where its weight in them ends.
_WINDOW = 8
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


def chains(chains: Chains, observable: str = "structure_factor", *, ax: Any = None) -> Drawing:
    """The course of an observable in every chain, and how long its samples stay correlated.

    Parameters
    ----------
    chains : Chains
        From `NeuralRG.hmc` or `NeuralRG.metropolis`, of at least two samples.
    observable : {"magnetization", "structure_factor", "energy_density"}
        What to draw.
    ax : two matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "traces", a list of lines, one for each chain, "mean", that of the chains;
        "autocorrelation", rho(t) averaged over chains, and "time", a line at the integrated
        autocorrelation time where the chains fluctuate and are long enough to tell it.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(chains, Chains):
        raise TypeError(f"chains must be Chains of neuralrg, not {type(chains).__name__}")
    name = arguments.choice("observable", observable, OBSERVABLES)
    series: Floats = getattr(chains, name)()
    if series.shape[1] < 2:
        raise ArgumentError("chains must have at least two samples")
    rho = _autocorrelation(series)
    with drawing(ax, 2.8, panels=2) as drawn:
        (left, right), artists = drawn.ax, drawn.artists
        sample = np.arange(series.shape[1])
        artists["traces"] = left.plot(sample, series.T, color=_style.SKY, linewidth=0.5)
        (artists["mean"],) = left.plot(
            sample, series.mean(axis=0), color=_style.BLUE, label="mean of chains"
        )
        left.set(xlabel="sample", ylabel=name.replace("_", " "))
        left.legend(frameon=True)
        shown = len(rho)
        try:
            tau = statistics.autocorrelation_time(series)
        except ConvergenceError:
            right.set_title("too short for an autocorrelation time", loc="right")
        except ArgumentError:
            right.set_title("no fluctuation was seen", loc="right")
        else:
            shown = min(shown, int(_WINDOW * tau) + 10)
            artists["time"] = right.axvline(
                tau, color=_style.VERMILION, linewidth=1.2, label=rf"$\tau$ = {tau:.2f} samples"
            )
        right.axhline(0.0, color=_style.BLACK, linewidth=0.8)
        (artists["autocorrelation"],) = right.plot(
            np.arange(shown), rho[:shown], "o-", markersize=3, color=_style.BLUE, label=r"$\rho(t)$"
        )
        right.set(xlabel="distance $t$ in samples", ylabel="autocorrelation")
        right.legend()
    return drawn


def _autocorrelation(series: Floats) -> Floats:
    """rho(t) for t = 0 to n - 1 of (chains, n), about the common mean; 0 if nothing varies."""
    n = series.shape[1]
    centred = _moments.centre(series.ravel()).deviations.reshape(series.shape)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    products = np.fft.irfft(spectrum, 2 * n)[:, :n].sum(axis=0)
    covariance = products / (len(series) * (n - np.arange(n)))
    variance = covariance[0]
    rho: Floats = covariance / variance if variance > 0 else np.zeros(n)
    return rho
