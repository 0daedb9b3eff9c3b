"""Monte Carlo chains of a sampler."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import statistics
from isingrg._shared import arguments
from isingrg._shared.chains import OBSERVABLES, SampledChains
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing
from isingrg.statistics import _moments

Floats = NDArray[np.float64]

#: The autocorrelation is drawn up to so many autocorrelation times, where its weight in them ends.
_WINDOW = 8


def chains(
    chains: SampledChains, observable: str = "structure_factor", *, ax: Any = None
) -> Drawing:
    """The course of an observable in every chain, and how long its samples stay correlated.

    Parameters
    ----------
    chains : Chains
        From `NeuralRG.hmc`, `NeuralRG.metropolis` or `MultilevelSampler.metropolis`, of at least
        two samples.
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
    if not isinstance(chains, SampledChains):
        raise TypeError(
            f"chains must be Chains of neuralrg or multilevel, not {type(chains).__name__}"
        )
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
