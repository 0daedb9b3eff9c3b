"""Monte Carlo data with names: xarray, and through it netCDF and Zarr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.optional import package
from isingrg.ising import _couplings
from isingrg.ising._observables import energy, magnetization
from isingrg.ising._sampling import ALGORITHMS, MOST_SWEEPS, sampling_plan

if TYPE_CHECKING:
    import xarray

#: What the coordinates and variables are; "1" stands for a number without a unit, as in netCDF.
_DESCRIPTIONS = {
    "K": {"long_name": "coupling J/T", "units": "1"},
    "chain": {"long_name": "Markov chain"},
    "draw": {"long_name": "sample of the chain"},
    "i": {"long_name": "row", "units": "lattice spacings"},
    "j": {"long_name": "column", "units": "lattice spacings"},
    "spins": {"long_name": "spins +1 and -1", "units": "1"},
    "energy": {"long_name": "total energy -sum_<ij> s_i s_j", "units": "J"},
    "magnetization": {"long_name": "mean spin", "units": "1"},
}

#: Of what `sampling_plan` says.
_PLAN_DESCRIPTIONS = {
    "algorithm": {"long_name": "Monte Carlo algorithm"},
    "n_thermalize": {"long_name": "sweeps before the first sample"},
    "n_between": {"long_name": "sweeps between samples"},
}


@_couplings.of_square_lattice
def to_dataset(
    spins: ArrayLike,
    K: ArrayLike,
    *,
    algorithm: str | None = None,
    n_thermalize: int | None = None,
    n_between: int | None = None,
    seed: int | None = None,
) -> xarray.Dataset:
    """Configurations with their couplings, observables and origin as an xarray Dataset.

    Its methods ``.to_netcdf(path)`` and ``.to_zarr(path)`` write it. After reading it back, its
    ``.spins`` can be given wherever spins are asked for. Needs xarray, and for netCDF 4 h5netcdf
    and h5py: pip install 'isingrg[data]'.

    Parameters
    ----------
    spins : array_like, shape (n_chains, n_samples, L, L) or (n_K, n_chains, n_samples, L, L)
        +1 and -1, as `sample` returns them, L at least 2. int8 is not copied.
    K : float or array_like, shape (n_K,)
        Coupling J/T, finite; an array stands for the first axis of `spins`.
    algorithm, n_thermalize, n_between, seed : optional
        How `spins` were sampled: the keywords of `sample`. Those that are given become attributes
        of the dataset. With `algorithm`, "auto" too, what `sampling_plan` says of these spins
        becomes coordinates.

    Returns
    -------
    xarray.Dataset
        spins, int8, with the dimensions (K, chain, draw, i, j), and energy, total in units of J,
        and magnetization, mean spin, with the dimensions (K, chain, draw). A single coupling is a
        coordinate without a dimension. With `algorithm`, the coordinates algorithm, n_thermalize
        and n_between, with the dimension K, say what was done. Attributes: library,
        library_version, L, boundaries, and what is known of the sampling.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without xarray.

    Notes
    -----
    A netCDF 3 file, which xarray writes without h5netcdf and netCDF4, has no room for a seed, or
    sweeps, beyond 2**31 - 1.

    Examples
    --------
    >>> how = {"algorithm": "auto", "n_between": 10, "seed": 1}
    >>> K = [0.40, 0.44, 0.48]
    >>> data = to_dataset(sample(16, K, 200, n_chains=4, **how), K, **how)
    >>> data.algorithm.values.tolist()
    ['wolff', 'wolff', 'metropolis']
    >>> order = abs(data.magnetization).mean(["chain", "draw"])
    """
    package("xarray", "datasets need xarray", "data")
    import xarray

    couplings = _couplings.couplings(K)
    if couplings.ndim > 1:
        raise ArgumentError(f"K must be a number or a list of them, got {couplings.shape}")
    array = arguments.spins(spins)
    if array.ndim != couplings.ndim + 4 or array.shape[: couplings.ndim] != couplings.shape:
        leading = "".join(f"{length}, " for length in couplings.shape)
        raise ArgumentError(
            f"spins must have the shape ({leading}n_chains, n_samples, L, L) for K of the shape "
            f"{couplings.shape}, got {array.shape}"
        )
    per_sample = ("K", "chain", "draw")[1 - couplings.ndim :]
    origin = _origin(algorithm, n_thermalize, n_between, seed)
    attributes: dict[str, Any] = {
        "library": "isingrg",
        "library_version": _core.version(),
        "L": array.shape[-1],
        "boundaries": "periodic",
        **origin,
    }
    dataset = xarray.Dataset(
        {
            "spins": ((*per_sample, "i", "j"), array),
            "energy": (per_sample, energy(array)),
            "magnetization": (per_sample, magnetization(array)),
        },
        {"K": couplings if couplings.ndim else float(couplings)},
        attributes,
    )
    if algorithm is not None:
        sweeps = {name: origin.get(name) for name in ("n_thermalize", "n_between")}
        plan = sampling_plan(
            array.shape[-1], couplings, algorithm=algorithm, n_chains=array.shape[-4], **sweeps
        )
        for name, values in plan._asdict().items():
            dataset.coords[name] = ("K",)[: couplings.ndim], values, _PLAN_DESCRIPTIONS[name]
    for dimension in dataset.sizes.keys() - {"K"}:
        dataset[dimension] = range(dataset.sizes[dimension])
    for name, description in _DESCRIPTIONS.items():
        dataset[name].attrs = dict(description)
    return dataset


def _origin(algorithm: Any, n_thermalize: Any, n_between: Any, seed: Any) -> dict[str, Any]:
    """What is given of the keywords of `sample`, checked."""
    origin: dict[str, Any] = {}
    if algorithm is not None:
        origin["algorithm"] = arguments.choice("algorithm", algorithm, ALGORITHMS)
    for name, value, least in (("n_thermalize", n_thermalize, 0), ("n_between", n_between, 1)):
        if value is not None:
            origin[name] = arguments.integer(name, value, least, MOST_SWEEPS)
    if seed is not None:
        origin["seed"] = arguments.seed(seed)
    return origin
