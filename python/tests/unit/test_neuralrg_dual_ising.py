"""The dual of Ising models with two couplings and with any bonds, against enumeration."""

import numpy as np
import pytest

from isingrg import ArgumentError
from isingrg.ising import Lattice
from isingrg.neuralrg import DualIsing, NeuralRG, log_density, sample_fields

SMALL = {"layers": 4, "hidden": (6,)}
PAIR = DualIsing(4, (0.2, 0.5))


def matrix_of(couplings, L=4):
    lattice = Lattice.square(L, J=couplings)
    matrix = np.zeros((L * L, L * L))
    for (i, j), strength in zip(lattice.bonds, lattice.strengths, strict=True):
        matrix[i, j] += strength
        matrix[j, i] += strength
    return matrix


def glass(seed=0):
    values = np.random.default_rng(seed).normal(size=(16, 16)) / 10
    matrix = np.triu(values, 1)
    return matrix + matrix.T


def enumerated(bonds):
    """All 2**16 configurations and ln of their weights."""
    spins = 1 - 2.0 * (np.arange(2**16)[:, None] >> np.arange(16) & 1)
    return spins, np.einsum("ni,ni->n", spins @ bonds, spins) / 2


def test_two_couplings_are_the_bonds_of_a_rectangular_lattice():
    dense = DualIsing(bonds=matrix_of((0.2, 0.5)))
    x = np.random.default_rng(1).normal(size=(5, 4, 4))
    np.testing.assert_allclose(PAIR.log_density(x), dense.log_density(x), rtol=1e-12)
    assert dense.log_partition_of_fields == pytest.approx(PAIR.log_partition_of_fields, rel=1e-12)
    means = np.tanh(x)
    np.testing.assert_allclose(PAIR._energy_of_means(means), dense._energy_of_means(means))
    spins = np.sign(x).astype(np.int8)
    found = dense.sample_fields(np.tile(spins[0], (20000, 1, 1)), seed=1).mean(axis=0)
    # A mean of 20,000 has a standard error of at most sqrt(largest eigenvalue / 20000).
    error = np.sqrt((2 * 2 * 0.7 + 0.1) / 20000)
    assert (
        abs(found - PAIR.sample_fields(np.tile(spins[0], (20000, 1, 1))).mean(0)).max() < 7 * error
    )


def test_equal_couplings_are_one():
    x = np.random.default_rng(2).normal(size=(5, 4, 4))
    np.testing.assert_allclose(DualIsing(4, (0.3, 0.3)).log_density(x), log_density(x, 0.3))
    assert DualIsing(4, (0.3, 0.3)).log_partition == pytest.approx(DualIsing(4, 0.3).log_partition)
    spins = np.sign(x).astype(np.int8)
    np.testing.assert_array_equal(
        DualIsing(4, 0.3).sample_fields(spins, seed=3), sample_fields(spins, 0.3, seed=3)
    )


@pytest.mark.parametrize("bonds", [matrix_of((0.2, 0.5)), glass()], ids=["pair", "glass"])
def test_the_density_against_enumeration(bonds):
    """The joint density of spins and fields, summed over spins, is pi; Z follows."""
    target = DualIsing(bonds=bonds)
    spins, logarithms = enumerated(bonds)
    covariance = bonds + (0.1 - np.linalg.eigvalsh(bonds)[0]) * np.eye(16)
    x = np.random.default_rng(3).normal(size=(3, 16))
    for row, found in zip(x, target.log_density(x.reshape(3, 4, 4)), strict=True):
        # ln sum_s exp(x s) over independent spins is sum ln 2 cosh x
        gauss = -row @ np.linalg.solve(covariance, row) / 2
        sums = np.logaddexp.reduce(spins @ row)
        assert found == pytest.approx(gauss + sums - 16 * np.log(2), rel=1e-10)
    # Z = integral of pi: E over N(0, A) of prod cosh x = sum_s exp(s A s / 2) / 2^16.
    exact = np.logaddexp.reduce(np.einsum("ni,ni->n", spins @ covariance, spins) / 2)
    exact += np.linalg.slogdet(2 * np.pi * covariance)[1] / 2 - 16 * np.log(2)
    ising = np.logaddexp.reduce(logarithms)
    assert ising + target.log_partition_of_fields == pytest.approx(exact, rel=1e-12)


def test_the_exact_partition_function_of_two_couplings():
    ising = np.logaddexp.reduce(enumerated(matrix_of((0.2, 0.5)))[1])
    assert PAIR.log_partition == pytest.approx(ising + PAIR.log_partition_of_fields, rel=1e-12)
    assert DualIsing(bonds=glass()).log_partition is None


@pytest.mark.parametrize("target", [PAIR, DualIsing(bonds=glass() / 3)], ids=["pair", "glass"])
def test_flows_and_chains(target):
    """ln Z of the spins by weights, and their energy by Monte Carlo: 4.5 and 5 errors, 1e-5."""
    bonds = matrix_of((0.2, 0.5)) if target is PAIR else glass() / 3
    logarithms = enumerated(bonds)[1]
    model = NeuralRG(4, target=target, layers=6).fit(400, 128, 5e-3)
    estimate = model.log_partition(8000)
    assert abs(estimate.ising.value - np.logaddexp.reduce(logarithms)) < 4.5 * estimate.error
    weights = np.exp(logarithms - logarithms.max())
    energy = -(weights @ logarithms) / weights.sum() / 16
    chains = model.hmc(200, 60, warmup=40, adapt=True, seed=2)
    means = chains.energy_density().mean(axis=1)
    assert abs(means.mean() - energy) < 5 * means.std(ddof=1) / np.sqrt(200)
    drawn = chains.spins(1).reshape(-1, 16)
    direct = -np.einsum("ni,ni->n", drawn @ bonds, drawn).mean() / 32
    assert direct == pytest.approx(energy, abs=0.03)


def test_saved(tmp_path):
    for target in (PAIR, DualIsing(bonds=glass())):
        model = NeuralRG(4, target=target, **SMALL).fit(2, 32)
        model.save(tmp_path / "flow.safetensors")
        other = NeuralRG.load(tmp_path / "flow.safetensors")
        x = model.sample(4)
        assert repr(other.target) == repr(target)
        assert np.array_equal(other.target.log_density(x), target.log_density(x))
        with pytest.raises(Exception, match="must be that of the file"):
            NeuralRG.load(tmp_path / "flow.safetensors", target=DualIsing(bonds=glass(5)))
    assert model.hmc(1, 2).magnetization().shape == (1, 2)
    with pytest.raises(ArgumentError, match="has no coupling K"):
        print(model.K)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DualIsing(4), "give L and K, or bonds"),
        (lambda: DualIsing(4, 0.3, bonds=glass()), "left out where bonds"),
        (lambda: DualIsing(4, (0.3, 0.3, 0.3)), "one for each axis"),
        (lambda: DualIsing(4, (0.3, 1000)), "100"),
        (lambda: DualIsing(bonds=np.eye(16)), "zero on the diagonal"),
        (lambda: DualIsing(bonds=np.triu(glass())), "symmetric"),
        (lambda: DualIsing(bonds=1000 * glass()), "at most 100"),
        (lambda: DualIsing(bonds=np.ones((3, 3))), "shape"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
