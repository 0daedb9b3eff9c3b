"""Curves of a quantity against the coupling, one for each linear size, and where they cross."""

from __future__ import annotations

import itertools
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.statistics._estimate import Estimate

Floats = NDArray[np.float64]

#: Of L, K, y, error and 1 / error, whose squares are to stay within float64.
_LARGEST = 1e50

#: Condition number of a matrix that is not inverted any more.
_SINGULAR = 1e14


class Curves(NamedTuple):
    """Points of all curves, each field of shape (n,)."""

    L: Floats
    K: Floats
    y: Floats
    error: Floats

    @classmethod
    def of(cls, L: ArrayLike, K: ArrayLike, y: ArrayLike, error: ArrayLike) -> Self:
        """What the user gives, checked."""
        named = {"L": L, "K": K, "y": y, "error": error}
        arrays = [
            arguments.reals(name, value, -_LARGEST, _LARGEST) for name, value in named.items()
        ]
        try:
            fields = [one.ravel() for one in np.broadcast_arrays(*arrays)]
        except ValueError:
            shapes = ", ".join(str(one.shape) for one in arrays)
            raise ArgumentError(f"L, K, y and error must fit together, got {shapes}") from None
        curves = cls(*fields)
        if not len(curves.L) or curves.L.min() < 1:
            raise ArgumentError("L must be at least 1, of one point or more")
        if curves.error.min() < 1 / _LARGEST:
            raise ArgumentError(f"error must be positive at all points, {1 / _LARGEST:g} or more")
        return curves

    @property
    def sizes(self) -> Floats:
        return np.unique(self.L)

    def require_sizes(self) -> None:
        if len(self.sizes) < 2:
            raise ArgumentError(f"L must hold two sizes or more, got {self.sizes}")

    def curve(self, size: float) -> Self:
        """The points of one size."""
        chosen = size == self.L
        return type(self)(*(field[chosen] for field in self))


def crossings(
    L: ArrayLike, K: ArrayLike, y: ArrayLike, error: ArrayLike, *, degree: int = 3
) -> Estimate:
    """Couplings at which the curves of neighbouring sizes cross.

    Curves of a quantity without dimension, such as the Binder cumulant or xi / L, cross near K_c,
    the nearer the larger the sizes. Each curve is a polynomial of least chi-square.

    Parameters
    ----------
    L, K, y, error : array_like, shape (...), broadcast against each other
        Linear size, at least 1, coupling, quantity and its positive standard error, of independent
        points; at most 1e50 in magnitude.
    degree : int
        Of the polynomials, 1 to 10; each size needs more points than that.

    Returns
    -------
    Estimate
        Of shape (sizes - 1,), for each size and the next larger one.

    Raises
    ------
    ConvergenceError
        If two curves cross nowhere or several times between their points.

    References
    ----------
    K. Binder, doi:10.1007/BF01293604.
    """
    curves = Curves.of(L, K, y, error)
    curves.require_sizes()
    degree = arguments.integer("degree", degree, 1, 10)
    for size in curves.sizes:
        if (count := len(np.unique(curves.curve(size).K))) <= degree:
            raise ArgumentError(
                f"L = {size:g} has {count} couplings, too few for a polynomial of degree {degree}"
            )
    centre, width = float(np.mean(curves.K)), float(np.ptp(curves.K)) / 2
    polynomials = []
    for size in curves.sizes:
        one = curves.curve(size)
        design = _powers((one.K - centre) / width, degree) / one.error[:, None]
        information = design.T @ design
        if np.linalg.cond(information) > _SINGULAR:
            raise ConvergenceError(
                f"the couplings of L = {size:g} are too close for a polynomial of degree {degree}"
            )
        covariance = np.linalg.inv(information)
        polynomials.append((covariance @ design.T @ (one.y / one.error), covariance, one.K))
    values, errors = [], []
    for number, ((a, A, K_a), (b, B, K_b)) in enumerate(itertools.pairwise(polynomials)):
        roots = np.polynomial.Polynomial(a - b).roots()
        roots = roots[np.abs(roots.imag) < 1e-9].real
        low, high = (
            np.array([max(K_a.min(), K_b.min()), min(K_a.max(), K_b.max())]) - centre
        ) / width
        inside = roots[(roots >= low) & (roots <= high)]
        if len(inside) != 1:
            pair = curves.sizes[number : number + 2]
            raise ConvergenceError(
                f"the curves of L = {pair[0]:g} and {pair[1]:g} cross {len(inside)} times between "
                "their points"
            )
        powers = _powers(inside, degree)[0]
        slope = np.polynomial.Polynomial(a - b).deriv()(inside[0])
        values.append(centre + width * inside[0])
        errors.append(width * np.sqrt(powers @ (A + B) @ powers) / abs(slope))
    return Estimate(np.array(values), np.array(errors))


def _powers(x: Floats, degree: int) -> Floats:
    return np.vander(x, degree + 1, increasing=True)
