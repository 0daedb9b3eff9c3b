"""Measurements in the forms of other packages: the numbers are those that were measured."""

import numpy as np
import pytest

from isingrg import ArgumentError, statistics
from isingrg.ising import Chain, Lattice


@pytest.fixture(scope="module")
def measured():
    chain = Chain(Lattice.square(6), [0.3, 0.4], h=[0, 0.1], algorithm="metropolis", seed=1)
    return chain.advance(50).measure(60, distances=2, shells=3)


def test_dataset(measured):
    pytest.importorskip("xarray")
    data = measured.to_dataset()
    assert set(data.data_vars) == set(measured.names)
    for name in measured.names:
        np.testing.assert_array_equal(data[name], measured[name])
    assert data.structure_factor.dims == ("chain", "draw", "momentum")
    assert data.K.values.tolist() == [0.3, 0.4] and data.field.values.tolist() == [0, 0.1]
    assert data.shell_correlation.sel(shell=1).equals(data.correlation.sel(distance=1)) or (
        np.allclose(data.shell_correlation.sel(shell=1), data.correlation.sel(distance=1))
    )
    np.testing.assert_array_equal(data.momenta, measured.momenta)
    assert data.attrs["n_sites"] == 36


def test_dataset_becomes_a_file(measured, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    measured.to_dataset().to_netcdf(tmp_path / "a.nc")
    with xarray.open_dataset(tmp_path / "a.nc") as read:
        np.testing.assert_array_equal(read.energy, measured["energy"])


def test_inference_data(measured):
    pytest.importorskip("arviz")
    posterior = measured.inference_data()["posterior"]
    for name in measured.names:
        np.testing.assert_array_equal(posterior[name], measured[name])
    assert posterior["structure_factor"].dims == ("chain", "draw", "momentum")


def test_observables_of_pyerrors():
    """Its error of a function of means agrees with ours, within the precision of both."""
    pytest.importorskip("pyerrors")
    chain = Chain(Lattice.square(8), 0.4, n_chains=2, algorithm="wolff", seed=3)
    found = chain.advance(100).measure(4000, momenta=())
    square, fourth = (
        statistics.to_obs(found[f"magnetization_{name}"]) for name in ("squared", "fourth")
    )
    binder = 1 - fourth / (3 * square**2)
    binder.gamma_method()
    expected = found.binder_cumulant()
    assert sorted(binder.names) == ["chains|r0", "chains|r1"]
    assert binder.value == pytest.approx(expected.value, abs=0.3 * expected.error)
    assert binder.dvalue == pytest.approx(expected.error, rel=0.25)


@pytest.mark.parametrize(
    "series, ensemble, error, words",
    [
        (np.ones((3, 4)), "a", ArgumentError, "5 samples"),
        (np.ones(9), "a|b", ArgumentError, "without"),
        (np.ones(9), "", ArgumentError, "without"),
        (np.ones(9), 3, TypeError, "ensemble"),
        ([1, np.nan, 2, 3, 4], "a", ArgumentError, "series"),
        ([1e300, 2, 3, 4, 5], "a", ArgumentError, "series"),
        (np.ones((2, 2, 9)), "a", ArgumentError, "series"),
    ],
)
def test_wrong_observables_are_refused(series, ensemble, error, words):
    with pytest.raises(error, match=words):
        statistics.to_obs(series, ensemble=ensemble)
