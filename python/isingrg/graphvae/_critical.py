"""The critical coupling, where a latent variable changes most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.history import Floats
from isingrg._shared.optional import package
from isingrg.ising._couplings import couplings as checked_couplings
from isingrg.statistics import Estimate, _moments, bootstrap

#: Points of the derivative, and smoothings that are tried.
_GRID, _SMOOTHINGS = 4001, 121


def estimate_critical_coupling(
    K: ArrayLike, values: ArrayLike, *, block: int = 1, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """The coupling at which the mean of a latent variable changes most (Fig. 1).

    A natural cubic smoothing spline goes through the means at all couplings, with the smoothing
    that generalised cross-validation asks for and equal weights; the estimate is where its slope
    is largest. Nothing is assumed about the shape of the curve: a tanh, which is symmetric, puts
    the steepest change of the energy of L = 16 at 0.39 instead of 0.426, and weights by variance
    let the flat ends decide.

    The steepest change of a finite torus is not at K_c = 0.4407: that of the energy is at 0.426 for
    L = 16 and 0.434 for L = 32 (the maximum of `ising.heat_capacity` / K**2), that of <|m|> at
    0.423 and 0.431. Compare an estimate with these values, not with K_c.

    Needs SciPy: pip install 'isingrg[analysis]'.

    Parameters
    ----------
    K : array_like, shape (k,)
        Increasing couplings, at least 6.
    values : array_like, shape (k, n)
        One number of each configuration, such as PC1, of n configurations at each coupling, n at
        least 2. A variable that changes sign with the spins, as PC1 does where it stands for the
        magnetization, has a mean near zero: give its distance from that of disordered spins.
    block, resamples, seed : int
        As for `bootstrap`. Configurations are resampled at each coupling, and each resample has
        its own smoothing.

    Returns
    -------
    Estimate
        A coupling within those given.

    Raises
    ------
    ConvergenceError
        If the mean changes most at the first or the last coupling, or equally everywhere.
    """
    couplings = checked_couplings(K)
    if couplings.ndim != 1 or len(couplings) < 6 or (np.diff(couplings) <= 0).any():
        raise ArgumentError("K must be a list of at least 6 increasing couplings")
    array = arguments.moderate("values", values)
    if array.ndim != 2 or len(array) != len(couplings) or array.shape[1] < 2:
        raise ArgumentError(
            f"values must have the shape ({len(couplings)}, n) with n at least 2, got {array.shape}"
        )
    array = _moments.centre(array.ravel()).deviations.reshape(array.shape)
    steepest = _steepest(couplings)
    if not couplings[0] < steepest(array.mean(1)) < couplings[-1]:
        raise ConvergenceError("the values have no steepest change within the couplings")
    return bootstrap(
        lambda resampled: steepest(resampled.mean(1)),
        array,
        block=block,
        resamples=resamples,
        seed=seed,
    )


def _steepest(x: Floats) -> Callable[[Floats], float]:
    """Where the smoothing spline of values at x is steepest, as a function of the values.

    The spline minimises sum (y - g)**2 + c int g''**2, that is y -> (1 + c P)**-1 y at the knots
    with the roughness P (Green and Silverman, Nonparametric Regression, 1994, Sec. 2.3). All that
    does not depend on y is done here, once for all resamples.
    """
    count, widths = len(x), np.diff(x)
    differences = np.zeros((count, count - 2))
    inner = np.arange(count - 2)
    differences[inner, inner] = 1 / widths[:-1]
    differences[inner + 1, inner] = -1 / widths[:-1] - 1 / widths[1:]
    differences[inner + 2, inner] = 1 / widths[1:]
    bands = np.diag((widths[:-1] + widths[1:]) / 3)
    bands += np.diag(widths[1:-1] / 6, 1) + np.diag(widths[1:-1] / 6, -1)
    roughness = differences @ np.linalg.solve(bands, differences.T)
    penalties, modes = np.linalg.eigh(roughness)
    penalties[:2] = 0  # straight lines
    smoothings = np.geomspace(1e-3 / penalties[-1], 1e3 / penalties[2], _SMOOTHINGS)
    kept = 1 / (1 + smoothings[:, None] * penalties)
    grid = np.linspace(x[0], x[-1], _GRID)
    interpolate = package("scipy.interpolate", "the critical coupling needs SciPy", "analysis")
    slopes = interpolate.CubicSpline(x, modes, bc_type="natural").derivative()(grid)

    def steepest(y: Floats) -> float:
        amplitudes = modes.T @ y
        residuals = ((1 - kept) * amplitudes) ** 2
        score = residuals.sum(1) / (count - kept.sum(1)) ** 2
        slope = slopes @ (kept[score.argmin()] * amplitudes)
        return float(grid[np.abs(slope).argmax()])

    return steepest
