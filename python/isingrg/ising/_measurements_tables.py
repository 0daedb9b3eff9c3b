"""What chains measured, in the form of xarray and of ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isingrg import _core
from isingrg._shared.optional import package

if TYPE_CHECKING:
    import xarray

    from isingrg.ising._measurements import Measurements

#: The third axis of observables that have one.
_AXES = {
    "structure_factor": "momentum", "improved_structure_factor": "momentum",
    "correlation": "distance", "shell_correlation": "shell",
}  # fmt: skip


def to_dataset(self: Measurements) -> xarray.Dataset:
    """The observables as an xarray Dataset.

    Needs xarray, and for netCDF 4 h5netcdf and h5py: pip install 'isingrg[data]'.

    Returns
    -------
    xarray.Dataset
        Each observable with the dimensions (chain, draw), and momentum, distance or shell where it
        has several numbers; draws are measurements, or bins. The coordinates are K and field of the
        chains, and what momenta, distances and shells are. Attributes: library, library_version,
        lattice, n_sites and n_measurements.

    Raises
    ------
    ImportError
        Without xarray.
    """
    package("xarray", "datasets need xarray", "data")
    import xarray

    coordinates: dict[str, Any] = {
        "K": ("chain", self.K, {"long_name": "coupling J/T", "units": "1"}),
        "field": ("chain", self.field, {"long_name": "field H/T", "units": "1"}),
    }
    if len(self.momenta):
        turns = {"long_name": "wave vector along each axis", "units": "2 pi / L"}
        coordinates["momenta"] = ("momentum", "axis"), self.momenta, turns
    for name, distances, unit in (
        ("distance", self.distances, "cells"),
        ("shell", self.shell_distances, "distances of neighbours"),
    ):
        if len(distances):
            coordinates[name] = name, distances, {"units": unit}
    attributes = {
        "library": "isingrg", "library_version": _core.version(), "lattice": repr(self.lattice),
        "n_sites": self.lattice.n_sites, "n_measurements": self.n_measurements,
    }  # fmt: skip
    variables = {
        name: (("chain", "draw", *([_AXES[name]] if name in _AXES else [])), values)
        for name, values in self.observables.items()
    }
    return xarray.Dataset(variables, coordinates, attributes)


def inference_data(self: Measurements) -> Any:
    """The observables in the form of ArviZ, which must be installed: pip install 'isingrg[chains]'.

    Returns
    -------
    arviz.InferenceData, or xarray.DataTree from ArviZ 1.0 on
        posterior: every observable, with the dimensions (chain, draw), and those of `to_dataset`
        where it has several numbers. Its attributes name the lattice and the version of isingrg.

    Raises
    ------
    ImportError
        Without ArviZ.
    """
    arviz = package("arviz", "inference data needs ArviZ", "chains")
    groups = {"posterior": dict(self.observables)}
    dimensions = {name: [axis] for name, axis in _AXES.items() if name in self.observables}
    attributes = {
        "inference_library": "isingrg", "inference_library_version": _core.version(),
        "lattice": repr(self.lattice),
    }  # fmt: skip
    if arviz.__version__.startswith("0."):
        return arviz.from_dict(**groups, dims=dimensions, attrs=attributes)
    return arviz.from_dict(groups, dims=dimensions, attrs={"/": attributes})
