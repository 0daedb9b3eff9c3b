"""Everything that is a number or an array of them is accepted, in whatever form it comes."""

from fractions import Fraction

import numpy as np
import pytest

from isingrg import ArgumentError, ising
from isingrg._shared import arguments


class Metres(float):
    pass


@pytest.mark.parametrize(
    "K",
    [
        Metres(0.5),
        np.float64(0.5),
        np.float32(0.5),
        np.float16(0.5),
        np.longdouble(0.5),
        np.array(0.5),
        np.ma.array(0.5),
        Fraction(1, 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_single_coupling_gives_a_float(K):
    result = ising.log_partition(4, K)
    assert type(result) is float
    assert result == ising.log_partition(4, 0.5)


VALUES = [0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    "K",
    [
        VALUES,
        tuple(VALUES),
        np.array(VALUES, dtype=np.float32),
        np.array(VALUES, dtype=">f8"),
        np.array(VALUES[::-1])[::-1],
        np.array([VALUES, VALUES]).T[:, 0],
        np.frombuffer(np.array(VALUES).tobytes()),
        np.frombuffer(b"-" + np.array(VALUES).tobytes(), dtype=np.float64, offset=1),
        np.ma.array(VALUES, mask=False),
    ],
    ids=["list", "tuple", "float32", "big-endian", "reversed", "strided", "read-only",
         "unaligned", "masked-without-mask"],
)  # fmt: skip
def test_arrays_of_couplings_keep_their_shape(K):
    expected = [ising.log_partition(4, k) for k in VALUES]
    assert ising.log_partition(4, K).tolist() == expected


def test_shape_of_couplings_is_kept():
    K = np.linspace(0, 1, 6).reshape(2, 3, 1)
    assert ising.mean_energy(6, K).shape == (2, 3, 1)
    assert ising.free_energy_density(K).shape == (2, 3, 1)
    assert ising.heat_capacity(6, np.empty((0, 3))).shape == (0, 3)


def test_integers_of_numpy_are_integers():
    for L in (np.int8(4), np.uint64(4), np.array(4)):
        assert ising.sample(L, 0.3, np.int32(2), seed=np.uint64(2**64 - 1)).shape == (1, 2, 4, 4)


@pytest.fixture
def spins():
    return np.where(np.random.default_rng(1).random((3, 4, 4)) < 0.5, -1, 1)


@pytest.mark.parametrize("dtype", ["i1", "i2", "<i4", ">i4", "i8", "f2", "f4", ">f8", "g"])
def test_spins_of_any_signed_dtype(spins, dtype):
    assert ising.energy(spins.astype(dtype)).tolist() == ising.energy(spins).tolist()


def test_spins_as_lists_and_views(spins):
    expected = ising.energy(spins)
    assert ising.energy(spins.tolist()).tolist() == expected.tolist()
    small = spins.astype(np.int8)
    assert ising.energy(np.asfortranarray(small)).tolist() == expected.tolist()
    assert ising.energy(small[::-1]).tolist() == expected[::-1].tolist()
    small.flags.writeable = False
    assert ising.energy(small).tolist() == expected.tolist()
    assert ising.energy(np.ones((2, 2), dtype=np.uint8)) == -8.0


def test_int8_spins_and_float64_couplings_are_not_copied(spins):
    small = spins.astype(np.int8)
    assert np.shares_memory(arguments.spins(small), small)
    couplings = np.array(VALUES)
    assert arguments.reals("K", couplings) is couplings


def test_arguments_are_not_changed(spins):
    before = spins.copy()
    ising.energy(spins), ising.block_spin(spins)
    assert (spins == before).all()


@pytest.mark.parametrize(
    "given, nearest", [("wolf", "wolff"), ("Metropolis", "metropolis"), ("heatbath", "heat-bath")]
)
def test_nearest_name_is_suggested(given, nearest):
    with pytest.raises(ArgumentError, match=f"algorithm must be .*did you mean '{nearest}'"):
        ising.sample(4, 0.4, 1, algorithm=given)


def test_nothing_is_suggested_for_a_foreign_name():
    with pytest.raises(ArgumentError) as caught:
        ising.sample(4, 0.4, 1, algorithm="xyz")
    assert "did you mean" not in str(caught.value)


def test_impossible_sizes_are_refused_before_allocation():
    with pytest.raises(MemoryError, match=r"spins of shape .* would need 2\.68e\+14 bytes"):
        ising.sample(16384, 0.4, 10**6)
    with pytest.raises(MemoryError, match="would need"):
        ising.sample(16384, np.zeros(2**20), 2**53, n_chains=2**24)


@pytest.mark.parametrize("position", [0, 2**20 - 1, 2**20, 2**21 + 1])
def test_every_number_of_a_long_array_is_looked_at(position):
    values = np.zeros(2**21 + 2)
    values[position] = np.nan
    with pytest.raises(ArgumentError, match="K must be finite, got nan"):
        arguments.reals("K", values)


def test_ranges_hold_their_ends():
    assert arguments.integer("n", 1, 1, 3) == 1 and arguments.integer("n", 3, 1, 3) == 3
    assert arguments.finite("x", 1, 1, 3) == 1 and arguments.finite("x", 3, 1, 3) == 3
    assert arguments.reals("x", [1, 3], 1, 3).tolist() == [1, 3]
    assert arguments.integers("n", [1, 3], 1, 3).tolist() == [1, 3]
    for check in (arguments.integer, arguments.finite, arguments.reals, arguments.integers):
        for value in (0, 4):
            with pytest.raises(ArgumentError, match=rf"must be .*1 to 3, got {value}"):
                check("n", value, 1, 3)
