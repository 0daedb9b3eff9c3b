"""Series in the form of pyerrors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.optional import package
from isingrg.statistics._series import chains

if TYPE_CHECKING:
    import pyerrors


def to_obs(series: ArrayLike, *, ensemble: str = "chains") -> pyerrors.Obs:
    """A series as an observable of pyerrors, which carries its autocorrelation through any formula.

    Needs pyerrors: pip install 'isingrg[pyerrors]'. Observables of one ensemble are taken as
    measured on the same configurations, so that their correlations count.

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_chains, n_samples)
        Numbers of at most 1e100 in magnitude, 5 or more of each chain.
    ensemble : str
        Name of the ensemble, without "|"; several chains are its replicas, "chains|r0" and so on.

    Returns
    -------
    pyerrors.Obs
        Call its `gamma_method` for the error.

    Raises
    ------
    ArgumentError
        If a chain has fewer than 5 samples, or the name is not one.
    ImportError
        Without pyerrors.

    References
    ----------
    F. Joswig, S. Kuberski, J. T. Kuhlmann and J. Neuendorf, doi:10.1016/j.cpc.2023.108750.

    Examples
    --------
    >>> series = np.random.default_rng(1).normal(2, 1, (4, 500))
    >>> square = to_obs(series) ** 2
    >>> square.gamma_method()
    >>> bool(abs(square.value - 4) < 5 * square.dvalue)
    True
    """
    if not isinstance(ensemble, str):
        raise TypeError(f"ensemble must be a str, not {type(ensemble).__name__}")
    if not ensemble or "|" in ensemble:
        raise ArgumentError(f'ensemble must be a name without "|", got {ensemble!r}')
    array = arguments.moderate("series", chains(series))
    if array.shape[1] < 5:
        raise ArgumentError(f"series must have 5 samples or more of each chain, got {array.shape}")
    with warnings.catch_warnings():  # it imports a part of SciPy that will go
        warnings.simplefilter("ignore", DeprecationWarning)
        obs: Any = package("pyerrors", "observables need pyerrors", "pyerrors")
    names = [ensemble] if len(array) == 1 else [f"{ensemble}|r{k}" for k in range(len(array))]
    return obs.Obs(list(array), names)
