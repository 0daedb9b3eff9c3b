"""Infinite triangular and honeycomb lattices: free energy and energy by one integral.

R. M. F. Houtappel, doi:10.1016/0031-8914(50)90130-3: with C = cosh 2K and S = sinh 2K, ln Z per
site is

    triangular  ln 2 + 1/2 <ln [C^3 + S^3 - S W]>,
    honeycomb   3/4 ln 2 + 1/4 <ln [1 + C^3 - S^2 W]>,

where W = cos v + cos w + cos(v + w) and <> is the mean over v and w. The one over w is ln of
(a + sqrt(a^2 - b^2)) / 2 with a = X - Y cos v and b = 2 Y cos(v / 2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _angles() -> tuple[Floats, Floats, Floats]:
    """Nodes of tanh-sinh quadrature from 0 to pi, their distances from 2 pi / 3, and weights.

    H. Takahasi and M. Mori, doi:10.2977/prims/1195192451. The nodes are dense at the ends of two
    parts: at 0 the integrand is sharp near the critical point, and at 2 pi / 3 where an
    antiferromagnet is cold.
    """
    t = np.arange(-220, 221) / 64
    inner = np.pi / 2 * np.sinh(t)
    weights = np.pi / 2 * np.cosh(t) / np.cosh(inner) ** 2 / 64 / 2
    node, rest = 1 / (1 + np.exp(-2 * inner)), 1 / (1 + np.exp(2 * inner))
    middle = 2 * np.pi / 3
    places = np.concatenate([middle * node, middle + node * np.pi / 3])
    distances = np.concatenate([-middle * rest, node * np.pi / 3])
    return places, distances, np.concatenate([2 * weights, weights]) / 3


_ANGLES, _DISTANCES, _WEIGHTS = _angles()


def per_site(lattice: str, K: float) -> tuple[float, float]:
    """-ln Z and E/J per site."""
    x, C, S = np.exp(2 * K), np.cosh(2 * K), np.sinh(2 * K)
    if lattice == "triangular":
        prefactor, constant = 0.5, np.log(2)
        X, Y = (x**3 + 3 / x) / 4, S
        X_slope, Y_slope = 1.5 * (x**3 - 1 / x), 2 * C
        # X - 3 Y: a square that vanishes at the critical point, where exp 4K = 3.
        lowest = (np.exp(3 * K) - 3 * np.exp(-K)) ** 2 / 4
    else:
        prefactor, constant = 0.25, 0.75 * np.log(2)
        X, Y = 1 + C**3, S**2
        X_slope, Y_slope = 6 * C**2 * S, 4 * C * S
        lowest = (C - 2) ** 2 * (1 + C)
    # All in units of X, whose square may be out of range.
    constant += prefactor * np.log(X)
    y, y_slope, x_slope, lowest = Y / X, Y_slope / X, X_slope / X, lowest / X
    half = np.cos(_ANGLES / 2)
    a, b = 1 - y * np.cos(_ANGLES), 2 * abs(y) * half
    if Y >= 0:  # a - b without loss: 1 - cos v and 1 - cos v / 2 are squares of sines
        gap = lowest + 2 * y * np.sin(_ANGLES / 2) ** 2 + 4 * y * np.sin(_ANGLES / 4) ** 2
    else:  # the distance of cos v / 2 from 1/2 likewise
        distance = -2 * np.sin(_ANGLES / 4 + np.pi / 6) * np.sin(_DISTANCES / 4)
        gap = (x**3 + 3 * x) / (4 * X) - 2 * y * distance**2
    root = np.sqrt(gap * (a + b))
    minus_log = -constant - prefactor * (_WEIGHTS @ np.log((a + root) / 2))
    a_slope = x_slope - y_slope * np.cos(_ANGLES)
    change = a * a_slope - 4 * y * y_slope * half**2
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(root > 0, change / root, 0.0)
    energy = -prefactor * (_WEIGHTS @ ((a_slope + ratio) / (a + root)))
    return float(minus_log), float(energy)
