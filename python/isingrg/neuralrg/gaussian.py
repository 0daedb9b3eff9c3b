"""Normal distributions as targets of a flow: their ln Z is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats
from isingrg.neuralrg.targets import ROUNDING, QuadraticTarget, symmetric_matrix


class Gaussian(QuadraticTarget):
    """Normally distributed numbers with mean 0.

    Parameters
    ----------
    spectrum : array_like, shape (L, L), optional
        Of a Gaussian that does not change under translations: variance of the waves of k periods
        along the rows and l along the columns, which is the eigenvalue of the covariance;
        positive, and the same for k and L - k, and for l and L - l. L is even, 2 to 64.
    covariance : array_like, shape (L**2, L**2), optional
        Of the numbers x[i, j], in the order i L + j; symmetric and positive. One of both is given.

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
        self, *, spectrum: ArrayLike | None = None, covariance: ArrayLike | None = None
    ) -> None:
        if (spectrum is None) == (covariance is None):
            raise ArgumentError("either spectrum or covariance must be given")
        if spectrum is not None:
            self._given = "spectrum", _spectrum(spectrum)
            self._form, variances = 1 / self._given[1], self._given[1]
        else:
            self._given = "covariance", symmetric_matrix("covariance", covariance)[1]
            variances, axes = np.linalg.eigh(self._given[1])
            if variances[0] <= ROUNDING * variances[-1]:
                raise ArgumentError(
                    f"covariance must be positive, it has an eigenvalue of {variances[0]:.3g}"
                )
            inverse = (axes / variances) @ axes.T
            self._form = (inverse + inverse.T) / 2
        self.L = math.isqrt(variances.size)
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
        ndarray, shape (n, L, L)
        """
        n = arguments.integer("n", n, 0, 2**31)
        random = np.random.default_rng(arguments.seed(seed))
        arguments.allocate("the samples", (n, self.L, self.L), np.float64)
        noise = random.standard_normal((n, self.L, self.L))
        name, given = self._given
        if name == "spectrum":
            return np.ascontiguousarray(np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(given)).real)
        return (noise.reshape(n, -1) @ np.linalg.cholesky(given).T).reshape(noise.shape)

    def _site_terms(self, rows: Floats) -> float:
        return 0.0

    def _description(self) -> dict[str, Any]:
        name, given = self._given
        return {name: given}


def _spectrum(values: ArrayLike) -> Floats:
    array = arguments.reals("spectrum", values)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ArgumentError(f"spectrum must have the shape (L, L), got {array.shape}")
    arguments.integer("the size of spectrum", len(array), 2, LARGEST_SIZE, even=True)
    if not array.min() > 0:
        raise ArgumentError("spectrum must be positive")
    turned = [np.roll(np.flip(array, axis), 1, axis) for axis in (0, 1)]
    if max(abs(array - other).max() for other in turned) > ROUNDING * array.max():
        raise ArgumentError("spectrum must be the same for k and L - k along both axes")
    return array
