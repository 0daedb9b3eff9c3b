"""Divergences and their minima, against sums written out in NumPy."""

import itertools
import math

import numpy as np
import pytest

import isingrg
from isingrg import _core, mlrg
from isingrg.mlrg.symmetry import coupling_matrix, coupling_vector, gauge_transformations

CORNERS = np.array(list(itertools.product([1, -1], repeat=4)))


def by_hand(J_teacher, J_student):
    """The divergence of A1 over the 16 states of the corners."""

    def log_probability(fields):
        weights = np.logaddexp(fields, -fields).sum(axis=0)
        return weights - np.logaddexp.reduce(weights)

    teacher = [J_teacher * (CORNERS[:, k] + CORNERS[:, k - 1]) for k in range(4)]
    p = log_probability(np.array(teacher))
    q = log_probability(J_student * CORNERS.sum(axis=1)[None])
    return float(np.exp(p) @ (p - q))


def test_divergence_of_a1():
    teacher, student = np.array([[0.3], [0.9]]), np.array([0.2, -0.5, 1.5])
    values, slopes = mlrg.divergence(teacher, student, gradient=True)
    assert values.shape == slopes.shape == (2, 3)
    expected = [[by_hand(t, s) for s in student] for t in teacher[:, 0]]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)
    h = 1e-5
    above, below = mlrg.divergence(teacher, student + h), mlrg.divergence(teacher, student - h)
    differences = (above - below) / (2 * h)
    np.testing.assert_allclose(slopes, differences, rtol=0, atol=1e-8)
    assert isinstance(mlrg.divergence(0.5, 0.4), float)
    assert mlrg.divergence(np.empty((0, 5)), np.zeros(5), "A1+E").shape == (0,)


@pytest.mark.parametrize("frame", ["published", "consistent"])
def test_divergence_is_gauge_invariant(frame):
    rng = np.random.default_rng(3)
    count = len(mlrg.symmetry.coupling_components("2A1+E", frame))
    teacher, student = rng.normal(0, 0.5, (2, count))
    matrix = coupling_matrix(student, "2A1+E", frame=frame)
    copies = [
        coupling_vector(matrix @ D, "2A1+E", frame=frame) for D in gauge_transformations("2A1+E")
    ]
    values = mlrg.divergence(teacher, copies, "2A1+E", frame=frame)
    np.testing.assert_allclose(values, values[0], rtol=1e-13)


def test_hessian_is_the_derivative_of_the_gradient():
    rng = np.random.default_rng(4)
    teacher, student, direction = rng.normal(0, 0.5, (3, 9, 5))
    values, products, ahead, behind = np.empty(9), *np.empty((3, 9, 5))
    _core.mlrg_divergence_hessian("A1+E", 1, teacher, student, direction, values, products, None)
    h = 1e-5
    _core.mlrg_divergence("A1+E", 1, teacher, student + h * direction, values, ahead, None)
    _core.mlrg_divergence("A1+E", 1, teacher, student - h * direction, values, behind, None)
    np.testing.assert_allclose(products, (ahead - behind) / (2 * h), rtol=0, atol=1e-8)


def test_exact_minimum():
    J = [[0.75, 0, 0, 0, 0], [0.5, 0.2, -0.1, 0.1, 0.3]]
    found = mlrg.exact_minimum(J, "A1+E", starts=6, seed=2)
    assert found.J.shape == (2, 5)
    np.testing.assert_allclose(found.J[0], [1.028660, 0.675952, 0, 0, 0], rtol=0, atol=1e-6)
    assert found.kl[0] / math.log(2) == pytest.approx(mlrg.minimum_kl(0.75, "A1+E"), rel=1e-9)
    assert (found.multiplicity == 1).all() and found.multiplicity.dtype == np.int64
    assert (found.agreement == 1).all()
    assert (found.gradient_norm < 1e-13).all()
    values, slopes = mlrg.divergence(J, found.J, "A1+E", gradient=True)
    np.testing.assert_allclose(values, found.kl, rtol=0, atol=1e-13)
    assert np.abs(slopes).max() < 1e-13
    np.testing.assert_array_equal(mlrg.exact_map(J[1], "A1+E"), mlrg.exact_map(J, "A1+E")[1])

    single = mlrg.exact_minimum(0.6)
    assert isinstance(single.J, float) and isinstance(single.multiplicity, int)
    assert mlrg.exact_minimum([]).multiplicity.shape == (0,)


def test_critical_fixed_point_of_five_couplings():
    """That of the exact map in the published frame: one unstable direction, far off the lattice."""
    J, h = np.array([0.562844, 0.474773, 0.279278, 0.292040, -0.129502]), 1e-5
    shifts = h * np.concatenate([np.zeros((1, 5)), np.eye(5), -np.eye(5)])
    images = mlrg.exact_map(J + shifts, "A1+E")
    slopes = (images[1:6] - images[6:]).T / (2 * h)
    point = J - np.linalg.solve(slopes - np.eye(5), images[0] - J)
    np.testing.assert_allclose(point, J, rtol=0, atol=1e-6)
    moduli = np.sort(np.abs(np.linalg.eigvals(slopes)))
    assert moduli[-1] == pytest.approx(1.20719, abs=5e-5) and moduli[-2] < 1
    assert mlrg.scaling_dimensions(point, "A1+E")[1] == pytest.approx(0.51741, abs=1e-5)
    assert mlrg.divergence(point, images[0], "A1+E") == pytest.approx(0.180675, abs=1e-5)


@pytest.mark.parametrize("frame", ["published", "consistent"])
def test_exact_map_follows_the_gauge_of_the_teacher(frame):
    """Where the map has a fixed point J, D J D^-1 is one as well; so for any J and its image."""
    J = np.array([0.6, 0.3, -0.2, 0.25, 0.1])
    matrix = coupling_matrix(J, "A1+E", frame=frame)
    image = coupling_matrix(mlrg.exact_map(J, "A1+E", frame=frame), "A1+E", frame=frame)
    for D in gauge_transformations("A1+E"):
        turned = coupling_vector(D @ matrix @ D.T, "A1+E", frame=frame)
        found = mlrg.exact_map(turned, "A1+E", frame=frame)
        expected = coupling_vector(D @ image @ D.T, "A1+E", frame=frame)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


def test_larger_hidden_spins_are_nearer():
    J = np.linspace(0.1, 1.5, 8)
    values = [mlrg.minimum_kl(J, name) for name in ("A1", "A1+E", "2A1+E", "3A1+E")]
    for less, more in itertools.pairwise(values):
        assert (more <= less * (1 + 1e-9) + 1e-12).all()


def test_progress_counts_searches():
    seen = []
    mlrg.exact_map(np.linspace(0.1, 1, 10), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (80, 80)
    with pytest.raises(isingrg.Interrupted):
        mlrg.exact_map(np.zeros(17), "3A1+E", progress=lambda done, total: False)
