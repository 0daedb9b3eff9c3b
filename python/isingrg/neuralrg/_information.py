"""Mutual information between variables, estimated from samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.optional import package
from isingrg._shared.progress import reporting, tell
from isingrg.neuralrg._samples import Floats, refuse_spins


def mutual_information(
    samples: ArrayLike,
    *,
    sites: ArrayLike | None = None,
    n_neighbors: int = 3,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Any = False,
) -> Floats:
    """Mutual information of each pair of continuous variables, by Kraskov's estimator.

    As in Fig. 4 (b) and (c) of Li & Wang: once of latent variables, from `NeuralRG.encode`, and
    once of physical ones. Needs scikit-learn: pip install 'isingrg[analysis]'.

    Parameters
    ----------
    samples : array_like, shape (n, V) or (n, L, L)
        Independent samples of V continuous variables, or of those on the L**2 sites i L + j, at
        most 1e100 in magnitude; n larger than `n_neighbors`. Spins themselves are discrete, have
        no such estimate, and are refused.
    sites : array_like of int, shape (S,), optional
        The variables to compare, 0 to V - 1 without repetition; all by default. The time grows as
        S**2: all 32,640 pairs of L = 16 take minutes.
    n_neighbors : int
        Neighbours of each sample whose distance is measured, 1 to 1000; more of them have less
        variance and more bias.
    seed : int
        0 to 2**64 - 1, of the noise of 1e-10 of each scale that separates equal numbers.
    n_jobs : int, optional
        Processes, at least 1, or -1 for one on each core; one by default. The result does not
        depend on it.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) pairs and stops by returning False.

    Returns
    -------
    ndarray, shape (V, V) or (S, S)
        In nats, symmetric, NaN on the diagonal. The standard error is about 1 / sqrt(n);
        negative estimates are replaced by 0, so that independent variables have a small positive
        mean.

    References
    ----------
    A. Kraskov, H. Stoegbauer and P. Grassberger, doi:10.1103/PhysRevE.69.066138.
    """
    n_neighbors = arguments.integer("n_neighbors", n_neighbors, 1, 1000)
    variables = _variables(samples, sites, n_neighbors)
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(arguments.seed(seed))))
    if n_jobs is not None:
        n_jobs = arguments.integer("n_jobs", n_jobs, -1, 2**20)
        if n_jobs == 0:
            raise ArgumentError("n_jobs must be at least 1, or -1, got 0")
    estimate = package(
        "sklearn.feature_selection", "mutual information needs scikit-learn", "analysis"
    ).mutual_info_regression
    count = variables.shape[1]
    result = np.full((count, count), np.nan)
    with reporting(progress, "mutual information", "pairs") as report:
        for k in range(1, count):
            tell(report, k * (k - 1) // 2, count * (count - 1) // 2)
            result[k, :k] = result[:k, k] = estimate(
                variables[:, :k],
                variables[:, k],
                n_neighbors=n_neighbors,
                random_state=random,
                n_jobs=n_jobs,
            )
        tell(report, count * (count - 1) // 2, count * (count - 1) // 2)
    return result


def _variables(samples: Any, sites: Any, n_neighbors: int) -> Floats:
    """The chosen columns, (n, S)."""
    array = arguments.moderate("samples", samples)
    if array.ndim not in (2, 3) or 0 in array.shape[1:] or len(array) <= n_neighbors:
        raise ArgumentError(
            "samples must have the shape (n, V) or (n, L, L) with n larger than n_neighbors = "
            f"{n_neighbors}, got {array.shape}"
        )
    refuse_spins("samples", array)
    array = array.reshape(len(array), -1)
    if sites is None:
        return array
    chosen = arguments.reals("sites", sites, 0, array.shape[1] - 1)
    if chosen.ndim != 1 or not chosen.size or (chosen % 1).any():
        raise ArgumentError("sites must be a list of at least one integer")
    if len(np.unique(chosen)) < len(chosen):
        raise ArgumentError("sites must not repeat a variable")
    return array[:, chosen.astype(np.intp)]
