"""The linear map between the latent variables of neighbouring levels (Eq. 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ArgumentError
from isingrg._shared.history import Floats
from isingrg.graphvae._principal import (
    ACTIVE_VARIANCE,
    active_units,
    covariance,
    effective_rank,
)
from isingrg.statistics import Estimate, _moments, bootstrap

if TYPE_CHECKING:
    from isingrg.plot import Drawing

#: Directions of the fine latent variables with less than this part of the largest standard
#: deviation count as constant: training computes with 24 bits.
_CONSTANT = 1e-6


@dataclass(frozen=True)
class RGMap:
    """mu_coarse ~ W mu_fine + b, from `GraphVAE.rg_map`.

    Unpacks as weight, bias, eigenvalues, cosine_with_pc1.
    """

    #: W, (d, d).
    weight: Floats
    #: b, (d,).
    bias: Floats
    #: Eigenvalues of W, complex, by decreasing magnitude, (d,).
    eigenvalues: NDArray[np.complex128]
    #: |v . PC1|, 0 to 1, of the first eigenvector v (unit, complex or real) and PC1.
    cosine_with_pc1: float
    #: |eigenvalues| with errors, sorted in each resample, (d,).
    magnitudes: Estimate
    #: The cosine with errors.
    cosine: Estimate
    #: Share of the variance of the coarse latent variables, within levels, that the map explains;
    #: negative where one map does not serve all pairs of levels.
    r_squared: float
    #: Directions in which the fine latent variables are not constant, 0 to d.
    rank: int
    #: Directions that share the variance of the fine latent variables, see `effective_rank`.
    effective_rank: float
    #: Fine latent units that are active, see `active_units`, (d,).
    active_units: NDArray[np.bool_]
    #: |eigenvalues| of the map within the k principal directions of the fine latent variables
    #: whose variance is above 0.01, with errors, (k,).
    active_magnitudes: Estimate
    #: Which of the d eigenvalues belong to these: the k whose observables w . mu, with the unit
    #: left eigenvector w, vary most; (d,). The others describe collapsed directions, whatever
    #: their size and error.
    active: NDArray[np.bool_]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.weight, self.bias, self.eigenvalues, self.cosine_with_pc1))

    def plot(self, *, ax: Any = None) -> Drawing:
        """Draw the magnitudes of the eigenvalues, with errors.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        Drawing
            As from `isingrg.plot.rg_spectrum`.
        """
        from isingrg import plot

        return plot.rg_spectrum(self, ax=ax)


class _Fit(NamedTuple):
    weight: Floats
    bias: Floats
    rank: int


class _Spectrum(NamedTuple):
    eigenvalues: NDArray[np.complex128]
    #: Columns.
    vectors: NDArray[np.complex128]
    cosine: float


def rg_map(
    fine: Floats, coarse: Floats, last: Floats, block: int, resamples: int, seed: int,
    progress: Any,
) -> RGMap:  # fmt: skip
    """From latent means of pairs of levels, and of the last, (..., n, k, d) each."""
    # Levels that lie apart are no sign of life: what varies is judged within each.
    fine_within, coarse_within = (
        _rows(_moments.centre(values.reshape(-1, *values.shape[-2:])).deviations)
        for values in (fine, coarse)
    )
    for name, values in (("fine", fine), ("coarse", coarse)):
        if np.ptp(values.reshape(-1, *values.shape[-2:]), axis=0).max() == 0:
            raise ArgumentError(f"spins must have {name} latent variables that vary")
    dimension = fine.shape[-1]
    x, y = _rows(fine), _rows(coarse)
    spread = covariance(fine_within)
    variances, directions = np.linalg.eigh(spread)
    populated = directions[:, variances > ACTIVE_VARIANCE]

    def statistic(fine: Floats, coarse: Floats, last: Floats) -> Floats:
        x, y = _rows(fine), _rows(coarse)
        spectrum = _spectrum(_least_squares(x, y).weight, _rows(last))
        within = np.linalg.eigvals(_least_squares(x @ populated, y @ populated).weight)
        active = np.sort(np.abs(within))[::-1]
        return np.concatenate([np.abs(spectrum.eigenvalues), [spectrum.cosine], active])

    errors = bootstrap(
        statistic, fine, coarse, last, axis=fine.ndim - 3, block=block, resamples=resamples,
        seed=seed, progress=progress,
    )  # fmt: skip
    fit = _least_squares(x, y)
    spectrum = _spectrum(fit.weight, _rows(last))
    residuals = y - x @ fit.weight.T - fit.bias
    return RGMap(
        fit.weight,
        fit.bias,
        spectrum.eigenvalues,
        spectrum.cosine,
        errors.map(lambda part: part[:dimension]),
        errors.map(lambda part: part[dimension]),
        float(1 - np.square(residuals).sum() / np.square(coarse_within).sum()),
        fit.rank,
        effective_rank(fine_within),
        active_units(fine_within),
        errors.map(lambda part: part[dimension + 1 :]),
        _active(spectrum, spread, populated.shape[1]),
    )


def _rows(values: Floats) -> Floats:
    return values.reshape(-1, values.shape[-1])


def _least_squares(x: Floats, y: Floats) -> _Fit:
    """The solution that maps directions in which x is constant to zero."""
    (x_mean, dx), (y_mean, dy) = _moments.centre(x), _moments.centre(y)
    solution, _, rank, _ = np.linalg.lstsq(dx, dy, rcond=_CONSTANT)
    weight: Floats = np.asarray(solution.T, np.float64)
    return _Fit(weight, y_mean - weight @ x_mean, int(rank))


def _spectrum(weight: Floats, last: Floats) -> _Spectrum:
    eigenvalues, vectors = np.linalg.eig(weight)
    order = np.argsort(-np.abs(eigenvalues), kind="stable")
    # `principal_components` finds the same; here it is wanted a thousand times, and its sign not.
    first = np.linalg.eigh(covariance(last))[1][:, -1]
    leading = vectors[:, order[0]]
    return _Spectrum(
        eigenvalues[order].astype(np.complex128),
        vectors[:, order].astype(np.complex128),
        min(float(np.abs(leading.conj() @ first)), 1.0),
    )


def _active(spectrum: _Spectrum, spread: Floats, count: int) -> NDArray[np.bool_]:
    # Right eigenvectors would not do: one of a collapsed direction can be nearly parallel to PC1.
    left = np.linalg.pinv(spectrum.vectors)  # W may have fewer than d eigenvectors
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), np.finfo(float).tiny)
    variances = np.einsum("ij,jk,ik->i", left, spread, left.conj()).real
    active = np.zeros(len(left), np.bool_)
    active[np.argsort(-variances, kind="stable")[:count]] = True
    return active
