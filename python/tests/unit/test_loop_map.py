"""The exact map of three couplings against an independent program and the tensor kernels."""

import itertools

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg.mlrg import loop_couplings, loop_map, loop_map_fixed_point, tensor_flow


@pytest.mark.parametrize(
    ("objective", "critical", "point", "distance", "leading"),
    [
        ("l2", 0.7662487636, (0.54419175684, 0.67256238472, 0.23345406973), 0.00197060352295,
         1.42750520658),
        ("kl", 0.7808667794, (0.54331884757, 0.68008147793, 0.24558180812), 0.00222794741,
         1.42972482),
    ],
)  # fmt: skip
def test_fixed_points(objective, critical, point, distance, leading):
    found = loop_map_fixed_point(objective)
    assert found.critical_coupling == pytest.approx(critical, abs=2e-10)
    assert found.J == pytest.approx(point, abs=1e-10)
    assert found.distance == pytest.approx(distance, abs=1e-11)
    assert found.eigenvalues[0] == pytest.approx(leading, abs=1e-8)
    if objective == "l2":
        assert found.exponents == pytest.approx(
            (1.0269920152, -1.7638850232, -1.7638850232), abs=1e-7
        )


@pytest.mark.parametrize(
    ("couplings", "critical", "thermal"), [("J", 0.674028, 0.4717), ("J_a, J_b", 0.749744, 0.9217)]
)
def test_fewer_couplings_make_the_student_worse(couplings, critical, thermal):
    """An independent program has J* and y_t, from flows of ten steps."""
    found = loop_map_fixed_point("kl", couplings=couplings, width=1e-6)
    assert found.critical_coupling == pytest.approx(critical, abs=1e-5)
    assert found.exponents[0] == pytest.approx(thermal, abs=5e-3)
    assert found.eigenvalues.shape == (len(couplings.split()),)
    assert found.J[2] == 0
    image = loop_map(found.J, objective="kl", couplings=couplings)
    assert image.J == pytest.approx(found.J, abs=1e-9)
    assert image.distance > loop_map(found.J, objective="kl").distance


@pytest.mark.parametrize(
    "J", [(0.5, 0.5, 0), (1, 1, 0), (0.3, 0.9, -0.2), (0.5, 0.4, 0.5), (1.5, 1.5, 0)]
)
def test_squared_distances_are_those_of_the_tensor_kernels(J):
    flow = tensor_flow(J, 2, 1, mu=0.0, tolerance=1e-14)
    found = loop_map(J)
    assert found.J == pytest.approx(loop_couplings(flow.states[1].student), abs=1e-8)
    assert found.distance == pytest.approx(flow.infos[0].error, rel=1e-7, abs=1e-14)


SPINS = np.array(list(itertools.product([1, -1], repeat=8)))


def log_loop(log_pair):
    """ln of the weights of b1 c1 ... b4 c4 around a plaquette, the inner spins enumerated."""
    b, c = SPINS[:, ::2], SPINS[:, 1::2]
    terms = []
    for a1, d1, a2, d2 in itertools.product([1, -1], repeat=4):
        corners = ((a1, d1), (a2, d1), (a2, d2), (a1, d2))
        terms.append(sum(log_pair(a, b[:, k], c[:, k], d) for k, (a, d) in enumerate(corners)))
    return np.logaddexp.reduce(terms)


def student_loop(J):
    a_, b_, k_ = J

    def pair(a, b, c, d):
        weights = [a_ * z * (a + d) + b_ * z * (b + c) + k_ * (a * b + d * c) for z in (1, -1)]
        return np.logaddexp(*weights)

    return log_loop(pair)


def teacher_loop(J):
    j_a, j_b, k_ = J

    def ring(*z):
        terms = []
        for a, b, a2, b2 in itertools.product([1, -1], repeat=4):
            corners = ((a, b), (a2, b), (a2, b2), (a, b2))
            terms.append(
                sum(
                    j_a * s * x + j_b * s * y + k_ * x * y
                    for s, (x, y) in zip(z, corners, strict=True)
                )
            )
        return np.logaddexp.reduce(terms)

    return log_loop(ring)


@pytest.mark.parametrize("J", [(0.7, 0.7, 0.0), (0.54, 0.67, 0.23)])
@pytest.mark.parametrize("objective", ["l2", "kl"])
def test_minimum_of_the_plain_distance(J, objective):
    teacher = teacher_loop(J)

    def distance(couplings):
        student = student_loop(couplings)
        if objective == "kl":
            p, q = (x - np.logaddexp.reduce(x) for x in (teacher, student))
            return np.exp(p) @ (p - q)
        p, q = np.exp(teacher), np.exp(student)
        return 1 - (p @ q) ** 2 / (p @ p) / (q @ q)

    found = loop_map(J, objective=objective)
    assert found.distance == pytest.approx(distance(found.J), rel=1e-9)
    for k, sign in itertools.product(range(3), (1, -1)):
        assert distance(found.J + 1e-3 * sign * np.eye(3)[k]) > found.distance


def test_shapes_and_gauge():
    J = np.random.default_rng(0).uniform(0.2, 0.8, (2, 3, 3))
    found = loop_map(J, objective="kl")
    assert found.J.shape == (2, 3, 3)
    assert found.distance.shape == (2, 3)
    assert (found.J[..., :2] >= 0).all()
    assert loop_map(J[1, 2], objective="kl").J == pytest.approx(found.J[1, 2], abs=1e-14)
    turned = loop_map(J * [1, -1, -1], objective="kl")
    assert turned.J == pytest.approx(found.J, abs=1e-8)
    nothing = loop_map([0, 0, 0])
    assert not nothing.J.any()
    assert 0 <= nothing.distance < 1e-30
    assert loop_map(np.empty((0, 3))).J.shape == (0, 3)


@pytest.mark.parametrize("objective", ["l2", "kl"])
def test_signs_of_the_teacher_are_free(objective):
    """J_a = -J_b is no stationary start of the search: the signs of z and b change nothing."""
    for J in ([0.5, 0.5, 0.0], [0.5, 0.5, -0.3], [0.4, 0.7, 0.1]):
        found = loop_map(J, objective=objective)
        for signs in ([1, -1, -1], [-1, 1, -1], [-1, -1, 1]):
            turned = loop_map(np.multiply(J, signs), objective=objective)
            assert turned.J == pytest.approx(found.J, abs=1e-9)
            assert turned.distance == pytest.approx(found.distance, rel=1e-6)


def test_bad_input():
    for J in (0.5, [0.5, 0.5], [np.nan, 0, 0], [11, 0, 0]):
        with pytest.raises(isingrg.ArgumentError, match="J must"):
            loop_map(J)
    with pytest.raises(isingrg.ArgumentError, match="objective"):
        loop_map([0.5, 0.5, 0], objective="cd")
    with pytest.raises(isingrg.ArgumentError, match="couplings"):
        loop_map([0.5, 0.5, 0], couplings="K")
    with pytest.raises(isingrg.ArgumentError, match="width"):
        mlrg.loop_map_fixed_point("l2", width=0)
    for call in (mlrg.loop_map_fixed_point, lambda **x: loop_map(np.full((5, 3), 0.3), **x)):
        with pytest.raises(isingrg.Interrupted):
            call(progress=lambda done, total: done < 2)
