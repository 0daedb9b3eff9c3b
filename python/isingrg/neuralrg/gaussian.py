"""Normal distributions as targets of a flow: their ln Z is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg._samples import Floats, Sides, sides
from isingrg.neuralrg.targets import ROUNDING, QuadraticTarget, symmetric_matrix


class Gaussian(QuadraticTarget):
    """Normally distributed numbers with mean 0.

    Parameters
    ----------
    spectrum : array_like, shape (L, L), (rows, columns) or (L,), optional
        Of a Gaussian that does not change under translations: variance of the waves of k periods
        along the rows and l along the columns, which is the eigenvalue of the covariance;
        positive, and the same for k and L - k, and for l and L - l. Sides are even, 2 to 64, or 2
        to 4096 on a ring.
    covariance : array_like, shape (L**2, L**2), optional
        Of the numbers x[i, j], in the order i L + j; symmetric and positive. One of both is given.
    L : int or (int, int) or (int,), optional
        With a covariance, the sides of the lattice, 2 to 64 or of a ring 2 to 4096; by default
        those of a square.

    Examples
    --------
    >>> import numpy as np
    >>> target = Gaussian(spectrum=np.full((4, 4), 2.0))
    >>> print(f"{target.log_partition:.6f}")
    20.248194
    """

    kind = "gaussian"
    _term = _core.NEURALRG_GAUSSIAN

    def __init__(
        self, *, spectrum: ArrayLike | None = None, covariance: ArrayLike | None = None,
        L: Sides | None = None,
    ) -> None:  # fmt: skip
        if (spectrum is None) == (covariance is None):
            raise ArgumentError("either spectrum or covariance must be given")
        if spectrum is not None:
            if L is not None:
                raise ArgumentError("L must be left out with spectrum, whose shape tells it")
            self._given = "spectrum", _spectrum(spectrum)
            self.L = sides("the shape of spectrum", self._given[1].shape)
            self._form, variances = 1 / self._given[1], self._given[1]
        else:
            self.L, matrix = symmetric_matrix("covariance", covariance, L)
            self._given = "covariance", matrix
            variances, axes = np.linalg.eigh(self._given[1])
            if variances[0] <= ROUNDING * variances[-1]:
                raise ArgumentError(
                    f"covariance must be positive, it has an eigenvalue of {variances[0]:.3g}"
                )
            inverse = (axes / variances) @ axes.T
            self._form = (inverse + inverse.T) / 2
        self._log_partition = float(np.log(2 * np.pi * variances).sum()) / 2

    @property
    def log_partition(self) -> float:
        """ln of the integral of pi, exact."""
        return self._log_partition

    def sample(self, n: int, *, seed: int = 0) -> Floats:
        """Independent samples.

        Parameters
        ----------
        n : int
            Samples, 0 to 2**31.
        seed : int
            0 to 2**64 - 1.

        Returns
        -------
        ndarray, shape (n, L, L), or as that of the lattice
        """
        n = arguments.integer("n", n, 0, 2**31)
        random = np.random.default_rng(arguments.seed(seed))
        arguments.allocate("the samples", (n, *self._shape), np.float64)
        noise = random.standard_normal((n, *self._shape))
        name, given = self._given
        if name == "spectrum":
            axes = tuple(range(1, noise.ndim))
            return np.ascontiguousarray(
                np.fft.ifftn(np.fft.fftn(noise, axes=axes) * np.sqrt(given), axes=axes).real
            )
        return (noise.reshape(n, -1) @ np.linalg.cholesky(given).T).reshape(noise.shape)

    def _site_terms(self, rows: Floats) -> float:
        return 0.0

    def _description(self) -> dict[str, Any]:
        name, given = self._given
        return {name: given} if name == "spectrum" else {name: given, "L": self.L}


def _spectrum(values: ArrayLike) -> Floats:
    array = arguments.reals("spectrum", values)
    if array.ndim not in (1, 2) or not array.size:
        raise ArgumentError(f"spectrum must have the shape of a lattice, got {array.shape}")
    if not array.min() > 0:
        raise ArgumentError("spectrum must be positive")
    turned = [np.roll(np.flip(array, axis), 1, axis) for axis in range(array.ndim)]
    if max(abs(array - other).max() for other in turned) > ROUNDING * array.max():
        raise ArgumentError("spectrum must be the same for k and L - k along both axes")
    return array
