"""Configurations of spins, and observables beside their exact curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import ising, statistics
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.ising._couplings import couplings as checked_couplings
from isingrg.ising._torus import LARGEST
from isingrg.plot import _style
from isingrg.plot._drawing import PICTURE, Drawing, drawing, picture
from isingrg.statistics import _moments

Floats = NDArray[np.float64]

#: Points of an exact curve, and how far it goes beyond the couplings that were sampled.
_POINTS, _MARGIN = 400, 0.03


def configuration(spins: ArrayLike, *, ax: Any = None) -> Drawing:
    """One configuration: +1 dark, -1 light.

    Parameters
    ----------
    spins : array_like, shape (L, L)
        +1 and -1 in any integer or floating dtype, L at least 2.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "image".

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> spins = isingrg.ising.sample(64, 0.44, 1)
    >>> configuration(spins[0, 0]).save("spins.png")
    """
    array = arguments.spins(spins)
    if array.ndim != 2:
        raise ArgumentError(f"spins must be one configuration (L, L), got {array.shape}")
    ising.magnetization(array)  # refuses what is neither +1 nor -1
    with drawing(ax, PICTURE, PICTURE) as drawn:
        drawn.artists["image"] = spin_picture(drawn.ax, array)
    return drawn


def spin_picture(ax: Any, spins: Any, **settings: Any) -> Any:
    """An image of spins in the colours of the style."""
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(_style.SPIN_COLOURS)
    return picture(ax, spins, cmap=colours, vmin=-1, vmax=1, **settings)


def energy(spins: ArrayLike, K: ArrayLike, *, ax: Any = None) -> Drawing:
    """Sampled energy per site against K, beside the exact torus (Kaufman) and lattice (Onsager).

    Parameters
    ----------
    spins : array_like, shape (n_K, n_samples, L, L) or (n_K, n_chains, n_samples, L, L)
        +1 and -1, as `isingrg.ising.sample` returns them; without the axis n_K for a single K.
    K : float or array_like, shape (n_K,)
        Couplings J/T.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "points", with errors of `isingrg.statistics.mean_and_error`, and "without_error",
        the open points of chains that are too short for one or never changed, each if there are
        any; "torus", for L up to 4096, and "infinite", the exact curves; "critical", a line at K_c.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.

    References
    ----------
    B. Kaufman, doi:10.1103/PhysRev.76.1232; L. Onsager, doi:10.1103/PhysRev.65.117.
    """
    couplings, array = _sampled(spins, K)
    L = array.shape[-1]
    curves: dict[str, tuple[str, str, Callable[[Floats], Any]]] = {
        "infinite": (":", "exact, infinite lattice", ising.internal_energy_density)
    }
    if L <= LARGEST:
        label = f"exact, {L} x {L} torus"
        curves["torus"] = ("-", label, lambda k: np.asarray(ising.mean_energy(L, k)) / L**2)
    measured = _measure(np.asarray(ising.energy(array)) / L**2)
    return _observable(couplings, measured, curves, "energy per site $E/J L^2$", ax)


def magnetization(spins: ArrayLike, K: ArrayLike, *, ax: Any = None) -> Drawing:
    """Sampled |mean spin| against K, beside the exact infinite lattice (Yang).

    The finite torus has no spontaneous magnetization: its mean |m| is above the curve in the
    disordered phase.

    Parameters
    ----------
    spins, K, ax
        As for `energy`.

    Returns
    -------
    Drawing
        Artists as from `energy`, without "torus".

    Raises
    ------
    ArgumentError, TypeError, ImportError
        As for `energy`.

    References
    ----------
    C. N. Yang, doi:10.1103/PhysRev.85.808.
    """
    couplings, array = _sampled(spins, K)
    measured = _measure(np.abs(ising.magnetization(array)))
    exact = ("-", "exact, infinite lattice", ising.spontaneous_magnetization)
    return _observable(couplings, measured, {"infinite": exact}, "mean $|m|$", ax)


class _Measured(NamedTuple):
    mean: Floats
    #: NaN where the chains are too short to tell, or never changed.
    error: Floats


def _sampled(spins: Any, K: Any) -> tuple[Floats, NDArray[np.int8]]:
    """Couplings (n,) and spins (n, ..., L, L)."""
    couplings = checked_couplings(K)
    array = arguments.spins(spins)
    alike = array.shape[: couplings.ndim] == couplings.shape
    good = couplings.ndim <= 1 and array.ndim - couplings.ndim in (3, 4) and alike
    if not good or not array.size:
        raise ArgumentError(
            "spins must have the shape (n_K, n_samples, L, L) or (n_K, n_chains, n_samples, L, L) "
            f"for K of the shape (n_K,), got {array.shape} for {couplings.shape}"
        )
    return couplings.reshape(-1), array if couplings.ndim else array[None]


def _measure(series: Any) -> _Measured:
    """Means and errors of series (n, n_samples) or (n, n_chains, n_samples)."""
    means = [_moments.centre(one.ravel()).mean for one in series]
    errors = []
    for one in series:
        try:
            errors.append(statistics.mean_and_error(one).error)
        except ConvergenceError:
            errors.append(np.nan)
    return _Measured(np.array(means), np.array(errors))


def _observable(
    couplings: Floats,
    measured: _Measured,
    curves: dict[str, tuple[str, str, Callable[[Floats], Any]]],
    label: str,
    ax: Any,
) -> Drawing:
    low, high = couplings.min() - _MARGIN, couplings.max() + _MARGIN
    grid = np.linspace(max(low, 0.0) if couplings.min() >= 0 else low, high, _POINTS)
    known = np.isfinite(measured.error)
    with drawing(ax) as drawn:
        axes, artists = drawn.ax, drawn.artists
        artists["critical"] = critical_line(axes)
        for name, (style, text, exact) in curves.items():
            (artists[name],) = axes.plot(
                grid, exact(grid), style, color=_style.BLACK, linewidth=1.2, label=text
            )
        if known.any():
            artists["points"] = axes.errorbar(
                couplings[known], measured.mean[known], measured.error[known], fmt="o",
                markersize=4, color=_style.BLUE, capsize=2, label="Monte Carlo", zorder=3,
            )  # fmt: skip
        if not known.all():
            (artists["without_error"],) = axes.plot(
                couplings[~known], measured.mean[~known], "o", markersize=4, color=_style.BLUE,
                markerfacecolor="white", label="Monte Carlo, error unknown", zorder=3,
            )  # fmt: skip
        axes.set(xlabel="coupling $K = J/T$", ylabel=label, xlim=(grid[0], grid[-1]))
        axes.legend()
    return drawn


def critical_line(ax: Any) -> Any:
    """K_c of the square lattice."""
    return ax.axvline(
        ising.K_CRITICAL, color=_style.GREEN, linestyle="--", linewidth=1.0, zorder=0,
        label=f"$K_c$ = {ising.K_CRITICAL:.4f}",
    )  # fmt: skip
