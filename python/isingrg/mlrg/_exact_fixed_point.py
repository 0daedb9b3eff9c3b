"""Fixed points of the exact RG map of star students, and the exponents there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.mlrg._couplings import FRAMES, Couplings, Floats, Reals
from isingrg.mlrg._space import Space, space
from isingrg.mlrg.exact import exact_map
from isingrg.mlrg.internal import Internal

#: Distance of the points of the five-point formula for derivatives: their error of fourth order,
#: and rounding of the map, are some 1e-11.
_WIDTH = 2e-3

#: Newton steps at most, and the largest of them that is taken whole.
_STEPS, _LONGEST = 40, 0.3

#: A step that changes no coupling by more ends the search.
_DONE = 1e-12


@dataclass(frozen=True, eq=False)
class ExactFixedPoint:
    """A fixed point of the exact RG map, from `exact_fixed_point`."""

    #: Couplings: a number where there is one, else (c,).
    J: Reals
    #: Eigenvalues of dJ'/dJ, (c,), the largest modulus first.
    eigenvalues: NDArray[np.complex128]
    #: y_i = ln|eigenvalue| / ln sqrt 2, (c,), in descending order.
    exponents: Floats
    #: Largest |J' - J| of a coupling.
    residual: float


def exact_fixed_point(
    guess: ArrayLike | None = None, representation: str = "A1", *, frame: str = "published",
    internal: Internal = "Z2",
) -> ExactFixedPoint:  # fmt: skip
    """A fixed point of the exact RG map by Newton's method, and the exponents there.

    Parameters
    ----------
    guess : float or array_like, shape (c,), optional
        Where the search begins. With one coupling, by default, the transition is sought: the
        smallest J > 0 from which the map leads away to larger ones.
    representation, frame, internal
        As for `exact_map`.

    Returns
    -------
    ExactFixedPoint

    Raises
    ------
    ConvergenceError
        If there is no transition, or Newton's method does not find a fixed point.

    Examples
    --------
    >>> potts = exact_fixed_point(internal="S3")
    >>> round(potts.J, 6), round(float(potts.exponents[0]), 4)
    (1.857723, 0.988)
    """
    of = space(representation, arguments.choice("frame", frame, FRAMES), internal)
    bound = of.largest_coupling - 4 * _WIDTH
    images = _Images(of)
    if guess is None:
        if of.count > 1:
            raise ArgumentError(f"guess must be given for the {of.count} couplings of these spins")
        point = _transition(images, bound)
    else:
        couplings = Couplings(guess, of.count, low=-bound, high=bound, name="guess")
        if len(couplings) != 1:
            raise ArgumentError(f"guess must be a single J, got the shape {couplings.shape}")
        point = couplings.rows[0]
    for _ in range(_STEPS):
        image, slope = images.expand(point)
        change = np.linalg.lstsq(slope - np.eye(len(point)), point - image)[0]
        size = float(np.abs(change).max())
        point = point + change * min(1.0, _LONGEST / max(size, 1e-300))
        if np.abs(point).max() > bound:
            raise ConvergenceError(f"the search left the couplings up to {bound:g}")
        if size < _DONE:
            break
    image, slope = images.expand(point)
    residual = float(np.abs(image - point).max())
    if residual > 1e-9:
        raise ConvergenceError(
            f"no fixed point was found; near {point}, |J' - J| is {residual:.2g}"
        )
    values = np.linalg.eigvals(slope).astype(complex)
    values = values[np.argsort(-np.abs(values), kind="stable")]
    with np.errstate(divide="ignore"):
        exponents = 2 * np.log(np.abs(values)) / math.log(2.0)
    return ExactFixedPoint(float(point[0]) if of.count == 1 else point, values, exponents, residual)


class _Images:
    """The exact map of rows of couplings."""

    def __init__(self, of: Space) -> None:
        self.of = of

    def __call__(self, rows: Floats) -> Floats:
        of = self.of
        given = rows if of.count > 1 else rows[:, 0]
        found = exact_map(given, of.representation, frame=of.frame, internal=of.internal)
        return np.asarray(found).reshape(rows.shape)

    def expand(self, point: Floats) -> tuple[Floats, Floats]:
        """The image of a point, and dJ'/dJ there."""
        units = _WIDTH * np.eye(len(point))
        shifts = [s * unit for unit in units for s in (-2, -1, 1, 2)]
        rows = self(point + np.array([np.zeros(len(point)), *shifts]))
        near = rows[1:].reshape(len(point), 4, -1)
        slopes = (near[:, 0] - 8 * near[:, 1] + 8 * near[:, 2] - near[:, 3]) / (12 * _WIDTH)
        return rows[0], slopes.T


def _transition(images: _Images, bound: float) -> Floats:
    """A start near the smallest J > 0 of one coupling where J' - J becomes positive."""
    points = np.linspace(0, bound, 82)[1:-1, None]
    grows = (images(points) > points)[:, 0]
    changes = np.flatnonzero(~grows[:-1] & grows[1:])
    if not len(changes):
        raise ConvergenceError(f"the map has no transition at couplings up to {bound:g}")
    first = changes[0]
    return np.asarray(0.5 * (points[first] + points[first + 1]))
