"""The Boltzmann weight tensor, rings of it, and the critical Ising model that A1 can be."""

import itertools
import math
import sys

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg.mlrg import _transfer, symmetry
from isingrg.mlrg._space import space
from isingrg.mlrg.tensor import degeneracies

CRITICAL = mlrg.LIEB_CRITICAL_COUPLING


def couplings(representation, frame, count=2):
    pairs = symmetry.coupling_components(representation, frame)
    return np.random.default_rng(5).normal(0, 0.7, (count, len(pairs)))


@pytest.mark.parametrize("frame", ["published", "consistent"])
def test_boltzmann_tensor_of_two_corners_by_hand(frame):
    """Eq. 22 for A1: the student sums one hidden spin, the teacher four."""
    J, signs = 0.7, (1, -1)
    for index in itertools.product(range(2), repeat=4):
        x = [signs[i] for i in index]
        student = mlrg.boltzmann_tensor(J, machine="student", frame=frame)[index]
        teacher = mlrg.boltzmann_tensor(J, frame=frame)[index]
        assert student == pytest.approx(2 * math.cosh(J * sum(x)), rel=1e-13)
        expected = math.prod(2 * math.cosh(J * (x[k] + x[k - 1])) for k in range(4))
        assert teacher == pytest.approx(expected, rel=1e-13)


def test_boltzmann_tensor_shapes_and_limits(monkeypatch):
    assert mlrg.boltzmann_tensor(np.zeros((3, 2))).shape == (3, 2, 2, 2, 2, 2)
    assert mlrg.boltzmann_tensor(np.zeros((3, 5)), "A1+E").shape == (3, 8, 8, 8, 8)
    assert mlrg.boltzmann_tensor(np.zeros((0, 5)), "A1+E").shape == (0, 8, 8, 8, 8)
    # In several chunks it is the same as alone.
    monkeypatch.setattr(_transfer, "_CHUNK", 2 * 8**4)
    J = np.random.default_rng(0).normal(0, 0.5, (5, 5))
    log = mlrg.boltzmann_tensor(J, "A1+E", log=True)
    np.testing.assert_array_equal(log[-1], mlrg.boltzmann_tensor(J[-1], "A1+E", log=True))
    with pytest.raises(MemoryError, match="bytes"):
        mlrg.boltzmann_tensor(np.broadcast_to(0.1, (10**7, 5)), "A1+E")
    with pytest.raises(isingrg.NonFiniteError, match="log=True"):
        mlrg.boltzmann_tensor(1e3)
    assert np.isfinite(mlrg.boltzmann_tensor(1e3, log=True)).all()
    with pytest.raises(isingrg.ArgumentError, match="machine"):
        mlrg.boltzmann_tensor(0.5, machine="pupil")


@pytest.mark.parametrize("frame", ["published", "consistent"])
@pytest.mark.parametrize("representation", ["A1", "A1+E", "A1+A2+B1", "B2+E", "2A1"])
@pytest.mark.parametrize("machine", ["teacher", "student"])
def test_transfer_matrix_is_the_closed_tensor(representation, frame, machine):
    J = couplings(representation, frame)
    tensors = mlrg.boltzmann_tensor(J, representation, machine=machine, frame=frame)
    tensors = tensors.reshape(len(J), *tensors.shape[-4:])
    matrices, scales = _transfer.transfer_matrices(J, space(representation, frame), machine)
    expected = np.einsum("nacbc->nab", tensors)
    np.testing.assert_allclose(
        matrices * np.exp(scales)[:, None, None], expected, rtol=1e-11, atol=1e-12 * expected.max()
    )
    Z = np.einsum("naa->n", expected) ** 2 / np.einsum("nab,nba->n", expected, expected)
    np.testing.assert_allclose(
        degeneracies(J, space(representation, frame), machine), Z, rtol=1e-10
    )


# Rings


def test_rings_of_any_tensor_are_contractions():
    T = np.random.default_rng(1).random((3, 3, 3, 3))
    two = np.einsum("acbd,edfc->aebf", T, T).reshape(9, 9)
    three = np.einsum("acbd,edfg,hgic->aehbfi", T, T, T).reshape(27, 27)
    np.testing.assert_allclose(_transfer._dense(T, 2), two, rtol=1e-13)
    np.testing.assert_allclose(_transfer._dense(T, 3), three, rtol=1e-13)
    np.testing.assert_allclose(_transfer._dense(T, 1), np.einsum("acbc->ab", T), rtol=1e-13)


@pytest.mark.parametrize("period", [1, 2, 3])
def test_rings_have_the_partition_function_of_a_torus(period):
    """A1 is an Ising model with J_eff = ln cosh(2 J) / 2; all states of n x 2 tensors, summed."""
    J, rows = 0.6, 2
    J_eff = 0.5 * math.log(math.cosh(2 * J))
    spins = period * rows
    states = np.array(list(itertools.product([1, -1], repeat=2 * spins)))
    vertical = states[:, :spins].reshape(-1, rows, period)  # at the top of each tensor
    horizontal = states[:, spins:].reshape(-1, rows, period)  # at the left of it
    bottom, right = np.roll(vertical, -1, axis=1), np.roll(horizontal, -1, axis=2)
    bonds = (vertical + bottom) * (horizontal + right)
    # Each edge spin, summed, gives 2 sqrt(cosh 2 J) exp(J_eff x x').
    constant = 4 * spins * math.log(2 * math.sqrt(math.cosh(2 * J)))
    expected = np.log(np.exp(J_eff * bonds.sum(axis=(1, 2))).sum()) + constant
    moduli, scales = _transfer.leading_eigenvalues(
        np.array([[J]]), space("A1", "published"), 2**20, period, "teacher"
    )
    # M of A1 is symmetric, so even powers do not ask for signs.
    found = np.log((moduli[0] ** rows).sum()) + rows * scales[0]
    assert found == pytest.approx(expected, rel=1e-13)


def test_lattice_critical_point_is_the_ising_conformal_field_theory():
    """Spin 1/8, energy 1, descendant 1 + 1/8, c = 1/2, with corrections that fall as period^-2."""
    periods = np.array([3, 4, 5, 6, 7, 8, 10, 12])
    found = np.array([mlrg.scaling_dimensions(CRITICAL, period=n)[:4] for n in periods])
    errors = np.abs(found[:, 1:] - [1 / 8, 1, 9 / 8])
    powers = -np.diff(np.log(errors), axis=0) / np.diff(np.log(periods))[:, None]
    assert np.abs(powers[-1] - 2).max() < 0.05
    assert (np.diff(errors, axis=0) < 0).all()
    assert errors[-1].max() < 0.012 and errors[-1, 0] < 2e-4
    # Without the leading correction.
    weights = periods[-2:] ** 2
    limits = (weights[1] * found[-1] - weights[0] * found[-2]) / (weights[1] - weights[0])
    np.testing.assert_allclose(limits, [0, 1 / 8, 1, 9 / 8], atol=1e-3)
    charges = [mlrg.central_charge(CRITICAL, period=n) for n in (2, 4, 8)]
    assert np.abs(charges[-1] - 0.5) < 0.005
    assert (np.diff(np.abs(np.array(charges) - 0.5)) < 0).all()


def test_rings_in_pieces_are_rings_of_single_tensors(monkeypatch):
    T = np.random.default_rng(2).random((2, 2, 2, 2))
    v = np.random.default_rng(3).random((3, 2**7))
    pieces = _transfer.blocks(T, 7)
    assert len(pieces) == 2
    monkeypatch.setattr(_transfer, "_WIDE", 2)
    single = _transfer.blocks(T, 7)
    assert len(single) == 7
    np.testing.assert_allclose(
        _transfer.add_row(pieces, v), _transfer.add_row(single, v), rtol=1e-12
    )


def test_free_components_do_not_change_rings():
    """Components that do not couple are a factor of the tensor: one more eigenvalue 0."""
    alone = mlrg.scaling_dimensions(0.7, k=3, period=2)
    beside = mlrg.scaling_dimensions([0.7, 0, 0, 0, 0], "A1+E", k=3, period=2)
    np.testing.assert_allclose(beside, alone, rtol=1e-9)


@pytest.mark.parametrize("J", [CRITICAL, 0.2, 1.5])
def test_leading_eigenvalues_without_the_matrix(monkeypatch, J):
    pytest.importorskip("scipy")
    rows = np.array([[J, 0.1, -0.1, 0.3, 0.2]])
    arguments = (space("A1+E", "published"), 4, 3, "teacher")
    iterated, _ = _transfer.leading_eigenvalues(rows, *arguments)
    monkeypatch.setattr(_transfer, "DENSE", 2**9)
    dense, _ = _transfer.leading_eigenvalues(rows, *arguments)
    np.testing.assert_allclose(iterated, dense, rtol=1e-10)


def test_free_and_frozen_spins_in_long_rings():
    assert mlrg.scaling_dimensions(0.0, period=9).tolist() == [0, math.inf, math.inf, math.inf]
    frozen = mlrg.scaling_dimensions(50.0, period=9)
    assert frozen[1] == pytest.approx(0, abs=1e-12) and frozen[2] == math.inf


def test_long_rings_need_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    assert mlrg.scaling_dimensions(CRITICAL, period=5).shape == (4,)
    with pytest.raises(isingrg.IsingRGError, match=r"pip install 'isingrg\[analysis\]'"):
        mlrg.scaling_dimensions(CRITICAL, period=13)


def test_bad_rings():
    for period in (0, 21):
        with pytest.raises(isingrg.ArgumentError, match="period"):
            mlrg.scaling_dimensions(0.5, period=period)
    with pytest.raises(isingrg.ArgumentError, match="period must leave at most"):
        mlrg.scaling_dimensions(np.zeros(5), "A1+E", period=7)
    with pytest.raises(isingrg.ArgumentError, match="k must be at most"):
        mlrg.scaling_dimensions(0.5, k=2000, period=13)
    with pytest.raises(TypeError, match="period"):
        mlrg.central_charge(0.5, period=1.5)


# Phases


@pytest.mark.parametrize("representation", ["A1+E", "2A1+E"])
@pytest.mark.parametrize("machine", ["teacher", "student"])
def test_paramagnet_and_ferromagnet(representation, machine):
    J = np.zeros((2, len(symmetry.coupling_components(representation))))
    J[1, 0] = 4
    found = mlrg.ground_state_degeneracy(J, representation, machine=machine)
    np.testing.assert_allclose(found, [1, 2], atol=1e-3)


@pytest.mark.parametrize("function", [mlrg.ground_state_degeneracy, mlrg.scaling_dimensions])
def test_couplings_beyond_the_range_of_their_sums(function):
    with pytest.raises(isingrg.ArgumentError, match="J must be finite, at most"):
        function(1e308)
    assert np.isfinite(function(50.0)).all()
