"""The linear map between the latent variables of neighbouring levels (Eq. 7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg._errors import ArgumentError
from isingrg.graphvae._bootstrap import Estimate, Floats, bootstrap
from isingrg.graphvae._principal import (
    ACTIVE_VARIANCE,
    active_units,
    covariance,
    effective_rank,
)

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
    #: Of W, complex, by decreasing magnitude, (d,).
    eigenvalues: NDArray[np.complex128]
    #: |v . PC1|, 0 to 1, of the first eigenvector v (unit, complex or real) and PC1.
    cosine_with_pc1: float
    #: |eigenvalues| with errors, sorted in each resample, (d,).
    magnitudes: Estimate
    #: The cosine with errors.
    cosine: Estimate
    #: Of the amplitude of each eigenvector in the fine latent variables, (d,).
    variances: Floats
    #: Of the variance of the coarse latent variables, the share that the map explains.
    r_squared: float
    #: Directions in which the fine latent variables are not constant, 0 to d.
    rank: int
    #: Directions that share the variance of the fine latent variables, see `effective_rank`.
    effective_rank: float
    #: Fine latent units that are active, see `active_units`, (d,).
    active_units: NDArray[np.bool_]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Eigenvalues whose direction is populated: `variances` above 0.01, (d,).

        The others belong to collapsed directions. They describe noise, whatever their errors.
        """
        populated: NDArray[np.bool_] = self.variances > ACTIVE_VARIANCE
        return populated

    def __iter__(self) -> Iterator[Any]:
        return iter((self.weight, self.bias, self.eigenvalues, self.cosine_with_pc1))


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
    means: Floats, pairs: list[tuple[int, int]], block: int, resamples: int, seed: int,
    progress: Any,
) -> RGMap:  # fmt: skip
    """From latent means of all levels, (levels, ..., n, d)."""
    # Pairs of levels of a configuration stay together in resamples.
    fine, coarse = (np.stack([means[pair[k]] for pair in pairs], axis=-2) for k in (0, 1))
    for name, values in (("fine", fine), ("coarse", coarse)):
        if not values.size or np.ptp(_rows(values), axis=0).max() == 0:
            raise ArgumentError(f"spins must have {name} latent variables that vary")
    last = means[-1]
    dimension = fine.shape[-1]

    def statistic(fine: Floats, coarse: Floats, last: Floats) -> Floats:
        spectrum = _spectrum(_least_squares(_rows(fine), _rows(coarse)).weight, _rows(last))
        return np.append(np.abs(spectrum.eigenvalues), spectrum.cosine)

    errors = bootstrap(
        statistic, fine, coarse, last, axis=means.ndim - 3, block=block, resamples=resamples,
        seed=seed, progress=progress,
    )  # fmt: skip
    x, y = _rows(fine), _rows(coarse)
    fit = _least_squares(x, y)
    spectrum = _spectrum(fit.weight, _rows(last))
    residuals = y - x @ fit.weight.T - fit.bias
    # Rows give the amplitudes of the eigenvectors in a deviation; W may have fewer than d of them.
    amplitudes = np.linalg.pinv(spectrum.vectors)
    variances = np.einsum("ij,jk,ik->i", amplitudes, covariance(x), amplitudes.conj()).real
    return RGMap(
        fit.weight,
        fit.bias,
        spectrum.eigenvalues,
        spectrum.cosine,
        Estimate(*(part[:dimension] for part in errors)),
        Estimate(*(part[dimension] for part in errors)),
        variances,
        float(1 - np.square(residuals).sum() / np.square(y - y.mean(0)).sum()),
        fit.rank,
        effective_rank(x),
        active_units(x),
    )


def _rows(values: Floats) -> Floats:
    return values.reshape(-1, values.shape[-1])


def _least_squares(x: Floats, y: Floats) -> _Fit:
    """Of all solutions, where x is constant in some direction, the one that maps it to zero."""
    solution, _, rank, _ = np.linalg.lstsq(x - x.mean(0), y - y.mean(0), rcond=_CONSTANT)
    return _Fit(solution.T, y.mean(0) - solution.T @ x.mean(0), int(rank))


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
