"""Monte Carlo data as xarray datasets, in files and back."""

import sys

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, ising
from isingrg.graphvae import GraphVAE

xarray = pytest.importorskip("xarray")

K = [0.3, 0.44, 0.6]
ORIGIN = {"algorithm": "swendsen-wang", "n_thermalize": 20, "n_between": 2, "seed": 3}


@pytest.fixture(scope="module")
def spins():
    return ising.sample(8, K, 5, n_chains=2, **ORIGIN)


@pytest.fixture(scope="module")
def dataset(spins):
    return ising.to_dataset(spins, K, **ORIGIN)


def test_everything_has_a_name(dataset, spins):
    assert dict(dataset.sizes) == {"K": 3, "chain": 2, "draw": 5, "i": 8, "j": 8}
    assert dataset.spins.dims == ("K", "chain", "draw", "i", "j")
    assert dataset.K.values.tolist() == K
    assert dataset.j.values.tolist() == list(range(8))
    assert np.shares_memory(dataset.spins.values, spins)
    assert np.array_equal(dataset.energy.sel(K=0.44), ising.energy(spins[1]))
    assert np.array_equal(dataset.magnetization.isel(chain=1), ising.magnetization(spins[:, 1]))
    assert all(dataset[name].attrs["long_name"] for name in dataset.variables)
    assert dataset.energy.attrs["units"] == "J"


def test_attributes_tell_the_origin(dataset, spins):
    common = {
        "library": "isingrg", "library_version": isingrg.__version__, "L": 8,
        "boundaries": "periodic",
    }  # fmt: skip
    assert dataset.attrs == common | ORIGIN
    assert ising.to_dataset(spins, K).attrs == common


def test_a_single_coupling_is_a_coordinate_without_a_dimension(spins):
    dataset = ising.to_dataset(spins[1], 0.44)
    assert dataset.spins.dims == ("chain", "draw", "i", "j")
    assert dataset.K.dims == () and dataset.K == 0.44
    assert dataset.energy.dims == ("chain", "draw")


def written(dataset, kind, folder):
    """The dataset after a journey through a file."""
    path = folder / f"data.{kind}"
    if kind == "zarr":
        pytest.importorskip("zarr")
        dataset.to_zarr(path, consolidated=False)  # zarr 3 warns of what it cannot specify
        return xarray.load_dataset(path, engine="zarr", consolidated=False)
    pytest.importorskip({"h5netcdf": "h5py"}.get(kind, kind))
    dataset.to_netcdf(path, engine=kind)
    return xarray.load_dataset(path, engine=kind)


@pytest.mark.parametrize("kind", ["scipy", "h5netcdf", "zarr"])
def test_files_keep_everything(kind, dataset, tmp_path):
    read = written(dataset, kind, tmp_path)
    assert read.identical(dataset)
    assert read.spins.dtype == np.int8
    assert read.attrs == dataset.attrs


@pytest.mark.parametrize("kind", ["h5netcdf", "zarr"])
def test_files_keep_the_largest_seed(kind, spins, tmp_path):
    dataset = ising.to_dataset(spins, K, seed=2**64 - 1)
    assert written(dataset, kind, tmp_path).attrs["seed"] == 2**64 - 1


def test_spins_of_a_file_train_the_same_model(dataset, spins, tmp_path):
    read = written(dataset, "scipy", tmp_path)
    settings = dict(latent=2, hidden=4, token=4, levels=2)
    expected = GraphVAE(8, **settings).fit(spins, 2, 8).history["loss"]
    assert np.array_equal(GraphVAE(8, **settings).fit(read.spins, 2, 8).history["loss"], expected)
    assert np.array_equal(ising.energy(read.spins), ising.energy(spins))


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"K": [0.3, 0.4]}, ArgumentError, r"spins must have the shape \(2, n_chains"),
        ({"K": 0.3}, ArgumentError, r"spins must have the shape \(n_chains, n_samples, L, L\)"),
        ({"K": [[0.3, 0.4, 0.5]]}, ArgumentError, r"K must be a number or a list .* \(1, 3\)"),
        ({"K": [0.3, 0.4, np.inf]}, ArgumentError, "K must be finite"),
        ({"spins": np.zeros((3, 2, 5, 8, 8), np.int8)}, ArgumentError, "spins must be"),
        ({"algorithm": "wolf"}, ArgumentError, "algorithm must be .*did you mean 'wolff'"),
        ({"n_between": 0}, ArgumentError, "n_between must be from 1"),
        ({"n_thermalize": 1.5}, TypeError, "n_thermalize must be an integer"),
        ({"seed": -1}, ArgumentError, "seed must be from 0"),
    ],
)
def test_bad_input(change, error, message, spins):
    with pytest.raises(error, match=message):
        ising.to_dataset(**{"spins": spins, "K": K} | change)


def test_without_xarray(monkeypatch, spins):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[data\]'"):
        ising.to_dataset(spins, K)


def test_coordinates_tell_what_was_done(spins):
    """The keywords are attributes; the algorithm and sweeps of each coupling are coordinates."""
    spins = ising.sample(16, K, 2, seed=3)
    dataset = ising.to_dataset(spins, K, algorithm="auto", n_between=None, seed=3)
    assert dataset.attrs["algorithm"] == "auto" and "n_between" not in dataset.attrs
    for name, values in ising.sampling_plan(16, K)._asdict().items():
        assert dataset[name].dims == ("K",) and dataset[name].values.tolist() == values.tolist()
    assert dataset.algorithm.sel(K=0.44) == "wolff" and dataset.algorithm.sel(K=0.6) == "metropolis"
    one = ising.to_dataset(spins[1], K[1], algorithm="auto", n_between=7)
    assert one.algorithm.dims == () and (one.algorithm, one.n_between) == ("wolff", 7)
    many = ising.to_dataset(ising.sample(16, K[1], 1, n_chains=64), K[1], algorithm="auto")
    assert many.algorithm == ising.sampling_plan(16, K[1], n_chains=64).algorithm
    assert "algorithm" not in ising.to_dataset(spins, K, n_between=7).coords
