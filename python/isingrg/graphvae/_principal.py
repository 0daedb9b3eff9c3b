"""What varies in latent space: principal components, and how many directions there are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.history import Floats
from isingrg._shared.optional import package
from isingrg.statistics import _moments

#: A latent unit is active if its mean varies more than this over configurations (Burda et al.);
#: the prior has variance 1.
ACTIVE_VARIANCE = 0.01


class PrincipalComponents(NamedTuple):
    """Principal components of latent means, from `principal_components`."""

    #: Mean of the latent means, (d,).
    mean: Floats
    #: Orthonormal rows, PC1 first, (k, d) with k = min(n, d).
    directions: Floats
    #: Their shares of the variance, decreasing, (k,).
    explained: Floats
    #: Coordinates of the configurations, (..., k).
    projections: Floats

    def project(self, mu: ArrayLike) -> Floats:
        """Coordinates of other points of the same latent space.

        Parameters
        ----------
        mu : array_like, shape (..., d)

        Returns
        -------
        ndarray, shape (..., k)
        """
        array = arguments.moderate("mu", mu)
        if array.ndim < 1 or array.shape[-1] != len(self.mean):
            raise ArgumentError(
                f"mu must have the shape (..., {len(self.mean)}), got {array.shape}"
            )
        projections: Floats = (array - self.mean) @ self.directions.T
        return projections


def principal_components(
    mu: ArrayLike, *, reference: ArrayLike | None = None
) -> PrincipalComponents:
    """Principal components of latent means (Fig. 1).

    Needs scikit-learn: pip install 'isingrg[analysis]'.

    Parameters
    ----------
    mu : array_like, shape (..., d)
        Latent means of at least two configurations, such as those of the last level from
        `GraphVAE.encode`; they must not all be equal.
    reference : array_like, shape (...), optional
        One number of each configuration, such as -E or |m|: directions are turned so that
        projections do not decrease with it. Without one, the largest entry of each direction is
        positive, which says nothing about phases: two trainings can differ in the sign of PC1.

    Returns
    -------
    PrincipalComponents
        mean, directions, explained, projections; its method `project` takes further points.
    """
    array = _latent("mu", mu)
    rows = array.reshape(-1, array.shape[-1])
    if (rows.min(axis=0) == rows.max(axis=0)).all():
        raise ArgumentError("mu must vary: all configurations have the same latent variable")
    mean, deviations = _moments.centre(rows)
    with np.errstate(invalid="ignore", over="ignore"):
        decomposition = (
            package("sklearn.decomposition", "principal components need scikit-learn", "analysis")
            .PCA(svd_solver="full")
            .fit(deviations)
        )
    if not np.isfinite(decomposition.explained_variance_ratio_).all():
        raise ArgumentError("mu must have a variance within the range of float64")
    directions = decomposition.components_
    if reference is None:
        largest = np.abs(directions).argmax(1)
        slopes = directions[np.arange(len(directions)), largest]
    else:
        values = arguments.moderate("reference", reference)
        if values.shape != array.shape[:-1]:
            raise ArgumentError(
                f"reference must have the shape {array.shape[:-1]}, got {values.shape}"
            )
        slopes = directions @ deviations.T @ values.ravel()
    directions = directions * np.where(slopes < 0, -1.0, 1.0)[:, None]
    found = PrincipalComponents(
        mean, directions, decomposition.explained_variance_ratio_, np.empty(0)
    )
    return found._replace(projections=found.project(array))


def active_units(mu: ArrayLike) -> NDArray[np.bool_]:
    """Which latent units tell configurations apart: the variance of their mean is above 0.01.

    The other units have collapsed to the prior, and results about their directions are noise.

    Parameters
    ----------
    mu : array_like, shape (..., d)

    Returns
    -------
    ndarray of bool, shape (d,)

    References
    ----------
    Y. Burda, R. Grosse and R. Salakhutdinov, arXiv:1509.00519.
    """
    array = _latent("mu", mu)
    variances = np.diag(covariance(array.reshape(-1, array.shape[-1])))
    return np.asarray(variances > ACTIVE_VARIANCE)


def effective_rank(mu: ArrayLike) -> float:
    """How many directions share the variance of latent means: exp of the entropy of the shares.

    Parameters
    ----------
    mu : array_like, shape (..., d)

    Returns
    -------
    float
        1 (a line) to d (a ball); 0 if nothing varies.

    References
    ----------
    O. Roy and M. Vetterli, The effective rank (EUSIPCO 2007), here of the covariance.
    """
    array = _latent("mu", mu)
    shares = np.maximum(np.linalg.eigvalsh(covariance(array.reshape(-1, array.shape[-1]))), 0)
    shares = shares[shares > 0]
    shares /= shares.sum()
    return float(np.exp(-np.sum(shares * np.log(shares)))) if len(shares) else 0.0


def covariance(rows: Floats) -> Floats:
    """Covariance (d, d) of points (n, d)."""
    deviations = _moments.centre(rows).deviations
    matrix: Floats = deviations.T @ deviations / len(rows)
    return matrix


def _latent(name: str, value: Any) -> Floats:
    array = arguments.moderate(name, value)
    if array.ndim < 2 or not array.shape[-1] or array.size < 2 * array.shape[-1]:
        raise ArgumentError(
            f"{name} must have the shape (..., d) with at least two configurations, "
            f"got {array.shape}"
        )
    return array
