"""The kernels of the loop cost against a plain contraction, finite differences and closed forms."""

import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import _core

sys.path.append(str(Path(__file__).parent))
from plain_loop import cost, pair, random_loop, ring

#: Legs, even ones, bonds, even ones.
SHAPES = [
    (1, 1, 1, 1), (2, 1, 2, 1), (3, 2, 4, 1), (2, 1, 5, 2), (4, 0, 3, 3), (5, 3, 2, 0),
    (10, 5, 10, 5),
]  # fmt: skip


def evaluate(teacher, even_legs, student, even_bonds, mu=0.0):
    gradient = np.full_like(student, np.nan)
    value = _core.tensorrg_loop_cost(teacher, even_legs, student, even_bonds, mu, gradient)
    return value, gradient


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mu", [0.0, 0.3])
def test_cost_is_the_plain_contraction(shape, mu):
    _, even_legs, _, even_bonds = shape
    teacher, student, _ = random_loop(*shape)
    if not student.any():
        pytest.skip("no entry is permitted")
    student *= 0.3
    value, _ = evaluate(teacher, even_legs, student, even_bonds, mu)
    assert value == pytest.approx(cost(teacher, student, mu), rel=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradient_is_the_difference_quotient(shape):
    _, even_legs, _, even_bonds = shape
    teacher, student, permitted = random_loop(*shape, seed=1)
    student *= 0.3
    _, gradient = evaluate(teacher, even_legs, student, even_bonds, 0.2)
    assert not gradient[~permitted].any()
    places = np.argwhere(permitted)
    for place in places[:: max(1, len(places) // 12)]:
        shift = np.zeros_like(student)
        shift[tuple(place)] = 1e-5
        slope = (cost(teacher, student + shift, 0.2) - cost(teacher, student - shift, 0.2)) / 2e-5
        assert gradient[tuple(place)] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_hessian_is_the_difference_quotient_of_the_gradient():
    teacher, student, permitted = random_loop(3, 2, 3, 2)
    order = np.argsort(np.argwhere(permitted)[:, 0] >= 2, kind="stable")
    places = np.argwhere(permitted)[order]
    hessian = np.empty((len(places),) * 2)
    _core.tensorrg_loop_hessian(teacher, 2, student, 2, 0.1, hessian, None)
    assert np.array_equal(hessian, hessian.T)
    for row, place in zip(hessian, places, strict=True):
        shift = np.zeros_like(student)
        shift[tuple(place)] = 1e-4
        slopes = [evaluate(teacher, 2, student + s * shift, 2, 0.1)[1] for s in (1, -1)]
        expected = (slopes[0] - slopes[1])[tuple(places.T)] / 2e-4
        assert row == pytest.approx(expected, rel=1e-5, abs=1e-5 * np.abs(hessian).max())


def test_what_charges_forbid_is_ignored():
    teacher, student, permitted = random_loop(3, 2, 4, 1)
    spoilt = student + 7.0 * ~permitted
    odd = np.random.default_rng(3).normal(size=teacher.shape) * (teacher == 0)
    skew = np.random.default_rng(4).normal(size=teacher.shape)
    expected = evaluate(teacher, 2, student, 1)
    for given in (teacher + odd, teacher + skew - skew.transpose(3, 2, 1, 0)):
        value, gradient = evaluate(given, 2, spoilt, 1)
        assert value == pytest.approx(expected[0], rel=1e-12)
        assert gradient == pytest.approx(expected[1], rel=1e-9, abs=1e-12)


def rotation(charges_even, count, seed):
    """A random orthogonal matrix within each charge."""
    random = np.random.default_rng(seed)
    matrix = np.zeros((count, count))
    for part in (slice(0, charges_even), slice(charges_even, count)):
        size = len(range(count)[part])
        matrix[part, part] = np.linalg.qr(random.normal(size=(size, size)))[0]
    return matrix


@pytest.mark.parametrize("leg", [0, 1])
def test_turns_of_z_and_of_a_change_nothing(leg):
    teacher, student, _ = random_loop(4, 2, 4, 2)
    student *= 0.3
    turned = np.moveaxis(np.tensordot(rotation(2, 4, 5), student, (1, leg)), 0, leg)
    value, slope = evaluate(teacher, 2, student, 2, 0.1)
    assert (pair(turned) == pytest.approx(pair(student))) == (leg == 0)
    assert ring(turned) == pytest.approx(ring(student)) or leg == 0
    other, other_slope = evaluate(teacher, 2, np.ascontiguousarray(turned), 2, 0.1)
    assert other == pytest.approx(value, rel=1e-12)
    assert np.linalg.norm(other_slope) == pytest.approx(np.linalg.norm(slope), rel=1e-9)


def search(teacher, even_legs, start, even_bonds, mu=0.0, iterations=500, tolerance=1e-11):
    student, report = start.copy(), np.empty(_core.TENSORRG_REPORT)
    _core.tensorrg_loop_search(
        teacher, even_legs, student, even_bonds, mu, iterations, tolerance, report, None
    )
    return student, report


@pytest.mark.parametrize("scale", [1.0, 1e-60, 1e60])
def test_search_finds_the_students_of_a_teacher_that_has_one(scale):
    _, student, permitted = random_loop(2, 1, 2, 1, seed=8)
    teacher = np.ascontiguousarray(pair(student) * scale)
    noise = 0.05 * np.random.default_rng(0).normal(size=student.shape) * permitted
    found, report = search(teacher, 1, (student + noise) * scale**0.5, 1)
    assert report[_core.TENSORRG_DISTANCE] < 1e-13
    assert pair(found) == pytest.approx(teacher, rel=1e-5, abs=1e-6 * np.abs(teacher).max())


def test_search_ends_at_a_minimum_at_the_best_scale():
    teacher, start, permitted = random_loop(3, 2, 3, 2, seed=2)
    found, report = search(teacher, 2, start * 0.4, 2)
    value, gradient = evaluate(teacher, 2, found, 2)
    assert report[_core.TENSORRG_START_COST] == pytest.approx(cost(teacher, start * 0.4))
    assert report[_core.TENSORRG_DISTANCE] == pytest.approx(value, abs=1e-12)
    assert value == pytest.approx(cost(teacher, found), abs=1e-12)
    assert np.abs(gradient).max() * np.abs(found).max() < 1e-8
    noise = np.random.default_rng(1).normal(size=(200, *found.shape)) * permitted
    assert all(evaluate(teacher, 2, found + 1e-3 * n, 2)[0] > value for n in noise)
    for factor in (0.999, 1.001):
        assert evaluate(teacher, 2, factor * found, 2)[0] > value


@pytest.mark.parametrize("shape", [(2, 1, 2, 1), (12, 6, 10, 5)])
def test_equal_bits_on_one_and_two_threads(shape):
    teacher, start, _ = random_loop(*shape)
    threads = isingrg.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3):
            isingrg.set_num_threads(count)
            student, report = search(teacher, shape[1], start * 0.2, shape[3], 1e-5, 30)
            results.append(student.tobytes() + report.tobytes())
    finally:
        isingrg.set_num_threads(threads)
    assert len(set(results)) == 1


def test_search_can_be_stopped():
    teacher, start, _ = random_loop(12, 6, 12, 6)
    report = np.empty(_core.TENSORRG_REPORT)
    with pytest.raises(isingrg.Interrupted):
        _core.tensorrg_loop_search(
            teacher, 6, start, 6, 0.0, 10**6, 0.0, report, lambda done, total: False
        )
    hessian = np.empty((864, 864))
    with pytest.raises(isingrg.Interrupted):
        _core.tensorrg_loop_hessian(teacher, 6, start, 6, 0.0, hessian, lambda done, total: False)


GOOD = {
    "teacher": np.ones((2, 2, 2, 2)), "even_legs": 1, "student": np.ones((2, 2, 2)),
    "even_bonds": 1, "mu": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"teacher": np.ones((2, 2, 2))},
        {"teacher": np.ones((2, 2, 2, 3))},
        {"teacher": np.full((2, 2, 2, 2), np.nan)},
        {"teacher": np.ones((2, 2, 2, 2), np.float32)},
        {"even_legs": 3},
        {"even_legs": -1},
        {"student": np.ones((2, 3, 2))},
        {"student": np.full((2, 2, 2), np.inf)},
        {"even_bonds": 3},
        {"mu": -1.0},
        {"mu": np.nan},
        {"mu": "0"},
    ],
    ids=str,
)
def test_bad_input_is_refused(change):
    values = list((GOOD | change).values())
    name = next(iter(change))
    with pytest.raises((isingrg.ArgumentError, TypeError), match=name):
        _core.tensorrg_loop_cost(*values, np.empty((2, 2, 2)))
    with pytest.raises((isingrg.ArgumentError, TypeError), match=name):
        _core.tensorrg_loop_search(*values, 5, 0.0, np.empty(4), None)
    with pytest.raises((isingrg.ArgumentError, TypeError), match=name):
        _core.tensorrg_loop_hessian(*values, np.empty((4, 4)), None)


def test_other_arguments_are_checked_as_well():
    values = list(GOOD.values())
    for rest, name in [
        ((0, 0.0, np.empty(4)), "iterations"),
        ((5, -1.0, np.empty(4)), "tolerance"),
        ((5, 0.0, np.empty(3)), "report"),
    ]:
        with pytest.raises(isingrg.ArgumentError, match=name):
            _core.tensorrg_loop_search(*values, *rest, None)
    with pytest.raises(isingrg.ArgumentError, match="hessian"):
        _core.tensorrg_loop_hessian(*values, np.empty((5, 5)), None)
    with pytest.raises(isingrg.ArgumentError, match="gradient"):
        _core.tensorrg_loop_cost(*values, np.empty((2, 2, 1)))
    zero = [np.zeros((2, 2, 2, 2)), *values[1:]]
    with pytest.raises(isingrg.NonFiniteError, match="loop"):
        _core.tensorrg_loop_cost(*zero, np.empty((2, 2, 2)))
