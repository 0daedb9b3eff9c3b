"""Data and settings of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg.ising import sample
from isingrg.statistics._bootstrap import Floats

_COUPLINGS = (
    *(0.1, 0.15, 0.2, 0.25, 0.3),
    *(0.32, 0.34, 0.36, 0.38, 0.4),
    *(0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47, 0.48),
    *(0.5, 0.52, 0.54, 0.56, 0.58, 0.6),
    *(0.65, 0.7),
)


def published_data(
    seed: int = 0, *, L: int = 16, n_samples: int = 200, progress: Any = False
) -> tuple[NDArray[np.int8], Floats]:
    """Configurations as in the paper: one Metropolis chain at each of 26 couplings.

    500 sweeps to thermalise and 10 between samples. At and above the critical coupling that is
    fewer than a chain needs to change its sign: single couplings then have a magnetization of one
    sign, and near it the autocorrelation time is about 5 samples of |m| and 20 of m.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    L : int
        Linear size, as for `isingrg.ising.sample`.
    n_samples : int
        Configurations of each coupling, at least 1.
    progress : bool or callable
        As for `isingrg.ising.sample`.

    Returns
    -------
    spins : ndarray of int8, shape (26, n_samples, L, L)
    K : ndarray, shape (26,)
        0.1 to 0.7, closest around the critical coupling.
    """
    couplings = np.array(_COUPLINGS)
    spins = sample(
        L,
        couplings,
        n_samples,
        algorithm="metropolis",
        n_thermalize=500,
        n_between=10,
        seed=seed,
        progress=progress,
    )
    return spins[:, 0], couplings


def published_settings() -> tuple[dict[str, Any], dict[str, Any]]:
    """Keywords of `GraphVAE` and of its `fit` as in the paper.

    Returns
    -------
    model, fit : dict
        ``GraphVAE(**model).fit(spins, **fit)`` is the published experiment on the spins of
        `published_data`.
    """
    model = {
        "L": 16,
        "latent": 4,
        "hidden": 64,
        "token": 16,
        "levels": 3,
        "likelihood": "mse",
        "beta": 0.1,
        "lambda_rg": 0.5,
    }
    return model, {"epochs": 60, "batch": 32, "lr": 1e-3}
