"""A reference data set: critical configurations and observables of square tori."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg import _core
from isingrg._shared import arguments, files
from isingrg._shared.errors import ArgumentError
from isingrg._shared.optional import package
from isingrg.ising._couplings import K_CRITICAL
from isingrg.ising._dataset import to_dataset
from isingrg.ising._lattice import Lattice
from isingrg.ising._lattice_sampling import measure
from isingrg.ising._measurements import Measurements
from isingrg.ising._sampling import sample
from isingrg.ising._torus import heat_capacity, log_partition, mean_energy
from isingrg.statistics import Estimate

if TYPE_CHECKING:
    import xarray


def reference(
    path: files.Path, *, sizes: Sequence[int] = (16, 32, 64, 128), n_samples: int = 250,
    n_measurements: int = 20_000, seed: int = 0, progress: Any = False,
) -> None:  # fmt: skip
    """Write critical configurations and observables of square tori into a netCDF file.

    The file has a group for each L, "L16" and so on. Each holds configurations of four chains at
    `K_CRITICAL` with their energies and magnetizations, as from `to_dataset`, and means of four
    longer chains: the variables value, error and exact with the coordinate quantity. Both come from
    Swendsen-Wang's algorithm. What is finished of a run that is interrupted lies beside the file,
    and the next call with the same arguments goes on from there. The file itself is written whole
    or not at all. Needs xarray, h5netcdf and h5py: pip install 'isingrg[data]'.

    Parameters
    ----------
    path : str or path
        Of the file, which should end in ".nc".
    sizes : sequence of int
        Linear sizes L, different ones, even, 4 to 1024.
    n_samples : int
        Configurations of each chain, 1 to 2**20, 10 sweeps apart.
    n_measurements : int
        Measurements of each of the longer chains, 1000 to 2**24.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal numbers.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Raises
    ------
    OSError
        If the file cannot be written.
    ConvergenceError
        If the measurements are too few for an error.
    KeyboardInterrupt, Interrupted
        Within half a second when stopped; the file is as it was before.

    Notes
    -----
    Quantities are energy_density E/J per site, specific_heat, abs_magnetization <|m|>,
    susceptibility N <m^2>, binder_cumulant and correlation_length, as `Measurements` defines them.
    Exact, by Kaufman's sum, are the first two; the others are NaN there. The attribute
    log_partition is exact as well.

    Examples
    --------
    >>> reference("critical.nc", sizes=[8], n_samples=5, n_measurements=2000, seed=1)
    >>> import xarray
    >>> with xarray.open_dataset("critical.nc", group="L8") as eight:
    ...     print(dict(eight.sizes))
    {'chain': 4, 'draw': 5, 'i': 8, 'j': 8, 'quantity': 6}
    """
    for name in ("xarray", "h5netcdf", "h5py"):
        package(name, "a reference data set needs xarray, h5netcdf and h5py", "data")
    given = arguments.integers("sizes", sizes, 4, 1024)
    sides = given.reshape(-1).tolist()
    if given.ndim != 1 or not sides or len(set(sides)) != len(sides) or (given % 2).any():
        raise ArgumentError(f"sizes must be one or more different even numbers, got {sizes!r}")
    made: dict[str, Any] = {
        "n_samples": arguments.integer("n_samples", n_samples, 1, 2**20),
        "n_measurements": arguments.integer("n_measurements", n_measurements, 1000, 2**24),
        "seed": arguments.seed(seed),
    }
    files.check_writable(path)
    parts = [Path(f"{os.fspath(path)}.L{L}.part") for L in sides]
    for L, part in zip(sides, parts, strict=True):
        if not _is_made(part, L, made):
            files.replace_file(part, _content({None: _of_size(L, progress=progress, **made)}))
    files.replace_file(
        path, _content({f"L{L}": _read(p) for L, p in zip(sides, parts, strict=True)})
    )
    for part in parts:
        with suppress(OSError):
            part.unlink()


def _of_size(
    L: int, n_samples: int, n_measurements: int, seed: int, progress: Any
) -> xarray.Dataset:
    how: dict[str, Any] = {"algorithm": "swendsen-wang", "seed": seed}
    plan: dict[str, Any] = {"n_thermalize": 500, "n_between": 10}
    spins = sample(L, K_CRITICAL, n_samples, n_chains=4, **how, **plan, progress=progress)
    found = measure(
        Lattice.square(L), K_CRITICAL, n_measurements, n_chains=4, n_thermalize=500, improved=True,
        **how, progress=progress,
    )  # fmt: skip
    data = to_dataset(spins, K_CRITICAL, **how, **plan)
    quantities = _quantities(found)
    exact = {
        "energy_density": mean_energy(L, K_CRITICAL) / L**2,
        "specific_heat": heat_capacity(L, K_CRITICAL) / L**2,
    }
    data["quantity"] = list(quantities)
    data["value"] = "quantity", [float(each.value) for each in quantities.values()]
    data["error"] = "quantity", [float(each.error) for each in quantities.values()]
    data["exact"] = "quantity", [exact.get(name, np.nan) for name in quantities]
    data.attrs |= {
        "n_samples": n_samples, "n_measurements": n_measurements,
        "log_partition": log_partition(L, K_CRITICAL),
    }  # fmt: skip
    return data


def _quantities(found: Measurements) -> dict[str, Estimate]:
    sites = found.lattice.n_sites
    return {
        "energy_density": found.mean("energy").map(lambda value: value / sites),
        "specific_heat": found.specific_heat(),
        "abs_magnetization": found.mean("abs_magnetization"),
        "susceptibility": found.susceptibility(),
        "binder_cumulant": found.binder_cumulant(),
        "correlation_length": found.correlation_length(),
    }


def _is_made(part: Path, L: int, made: dict[str, Any]) -> bool:
    """Whether a part was made by the same call of the same version."""
    if not part.exists():
        return False
    try:
        attributes = _read(part).attrs
    except (OSError, ValueError, KeyError):  # it is damaged
        return False
    expected = made | {"L": L, "library_version": _core.version()}
    return all(attributes.get(name) == value for name, value in expected.items())


def _read(path: Path) -> xarray.Dataset:
    import xarray

    return xarray.load_dataset(path, engine="h5netcdf")


def _content(groups: dict[str | None, xarray.Dataset]) -> bytes:
    """What a netCDF file with these groups contains."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "data.nc")
        for group, data in groups.items():
            packed = {"spins": {"zlib": True}}
            mode: Any = "a" if file.exists() else "w"
            data.to_netcdf(file, mode=mode, group=group, engine="h5netcdf", encoding=packed)
        return file.read_bytes()
