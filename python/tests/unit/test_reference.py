"""The reference data set: what is in the file, and that an interrupted run goes on."""

import numpy as np
import pytest

from isingrg import ArgumentError, Interrupted, ising

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

SMALL = {"sizes": (4, 6), "n_samples": 5, "n_measurements": 2000, "seed": 3}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "critical.nc"
    ising.reference(path, **SMALL)
    assert [each.name for each in path.parent.iterdir()] == ["critical.nc"]
    return path


def read(path, L):
    return xarray.load_dataset(path, group=f"L{L}", engine="h5netcdf")


@pytest.mark.parametrize("L", SMALL["sizes"])
def test_values_are_exact_within_their_errors(path, L):
    """Five errors; of L = 4 all quantities but the correlation length by enumeration."""
    data = read(path, L)
    difference = abs(data.value - data.exact) / data.error
    known = difference.sel(quantity=["energy_density", "specific_heat"])
    assert (known < 5).all() and np.isnan(difference).sum() == 4
    assert data.attrs["log_partition"] == ising.log_partition(L, ising.K_CRITICAL)
    if L == 4:
        exact = ising.Lattice.square(4).exact(ising.K_CRITICAL)
        square = exact.magnetization_squared
        for name, value in {
            "abs_magnetization": exact.abs_magnetization, "susceptibility": 16 * square,
            "binder_cumulant": 1 - exact.magnetization_fourth / (3 * square**2),
        }.items():  # fmt: skip
            one = data.sel(quantity=name)
            assert abs(one.value - value) < 5 * one.error


def test_configurations(path):
    for L in SMALL["sizes"]:
        data = read(path, L)
        assert data.spins.dtype == np.int8 and data.spins.shape == (4, 5, L, L)
        np.testing.assert_array_equal(data.energy, ising.energy(data.spins))
        assert data.attrs["seed"] == 3 and data.attrs["L"] == L


def test_an_interrupted_run_goes_on(path, tmp_path, monkeypatch):
    """The second size is made anew, and its damaged part is not taken."""
    other = tmp_path / "critical.nc"
    made = []
    whole = ising._reference._of_size

    def counted(L, **options):
        made.append(L)
        if made == [4, 6]:
            raise Interrupted
        return whole(L, **options)

    monkeypatch.setattr(ising._reference, "_of_size", counted)
    with pytest.raises(Interrupted):
        ising.reference(other, **SMALL)
    assert not other.exists() and len(list(tmp_path.iterdir())) == 1
    (tmp_path / "critical.nc.L6.part").write_bytes(b"damaged")
    ising.reference(other, **SMALL)
    assert made == [4, 6, 6]
    for L in SMALL["sizes"]:
        assert read(other, L).identical(read(path, L))
    assert [each.name for each in tmp_path.iterdir()] == ["critical.nc"]


def test_a_part_of_other_arguments_is_not_taken(path, tmp_path, monkeypatch):
    other = tmp_path / "critical.nc"
    monkeypatch.setattr(ising._reference.files, "replace_file", lambda *_: None)
    part = tmp_path / "critical.nc.L4.part"
    part.write_bytes(ising._reference._content({None: read(path, 4)}))
    made = {name: SMALL[name] for name in ("n_samples", "n_measurements", "seed")}
    assert ising._reference._is_made(part, 4, made)
    for name in made:
        assert not ising._reference._is_made(part, 4, made | {name: 9})
    assert not ising._reference._is_made(part, 6, made)
    assert not ising._reference._is_made(other, 4, made)


@pytest.mark.parametrize(
    "options",
    [
        {"sizes": ()}, {"sizes": (4, 4)}, {"sizes": (5,)}, {"sizes": (2,)}, {"sizes": (2048,)},
        {"sizes": 4}, {"n_samples": 0}, {"n_measurements": 10}, {"seed": -1},
    ],
)  # fmt: skip
def test_wrong_arguments(tmp_path, options):
    with pytest.raises((ArgumentError, TypeError), match=next(iter(options))):
        ising.reference(tmp_path / "a.nc", **SMALL | options)
    assert not list(tmp_path.iterdir())


def test_where_no_file_can_be(tmp_path):
    with pytest.raises(OSError, match="none"):
        ising.reference(tmp_path / "none" / "a.nc", **SMALL)
