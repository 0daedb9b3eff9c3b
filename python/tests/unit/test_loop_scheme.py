"""The loop student by itself: its couplings, and its distance to teachers with exact gradients."""

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg.mlrg import _loop_tensors

OBJECTIVES = ["kl", "l2"]
REPRESENTATIONS = ["A1", "2A1"]


def random_couplings(representation, n, seed, scale=0.4):
    count = len(mlrg.loop_terms(representation))
    return np.random.default_rng(seed).normal(0, scale, (n, count))


def loop_weights(tensor):
    """Weights of the eight open legs of four tensors around a plaquette, by one contraction."""
    weights = np.einsum("abcd,eBCd,afgD,eFGD->bcBCfgFG", *[tensor] * 4, optimize=True)
    return weights.reshape(-1)


def enumerated(J, representation, student):
    """Weights of the states around the loop, and nothing else in common with the core."""
    n = {"A1": 2, "2A1": 4}[representation]
    spins = mlrg.symmetry.spin_states(n // 2)  # all +1 first
    parts = {"z": spins, "a": spins, "b": spins}
    logs = np.zeros((n, n, n))
    for coupling, name in zip(J, mlrg.loop_terms(representation), strict=True):
        factors = {leg: np.ones(n) for leg in "zab"}
        for factor in name.split():
            component = int(factor[1:] or 1) - 1
            factors[factor[0]] = factors[factor[0]] * parts[factor[0]][:, component]
        logs += coupling * np.einsum("z,a,b->zab", factors["z"], factors["a"], factors["b"])
    S = np.exp(logs)
    if student:
        return loop_weights(np.einsum("zab,zdc->abcd", S, S))
    return loop_weights(np.einsum("iab,jeb,kef,laf->ijkl", S, S, S, S, optimize=True))


def test_couplings_have_names():
    assert mlrg.loop_terms("A1") == ("z a", "z b", "a b")
    two = mlrg.loop_terms("2A1")
    assert len(two) == len(set(two)) == 31
    assert two[:5] == ("z1 z2", "z1 a1", "z1 a2", "z1 b1", "z1 b2")
    assert two[-1] == "z1 z2 a1 a2 b1 b2"
    assert all(len(name.split()) % 2 == 0 for name in two)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("representation", REPRESENTATIONS)
def test_distance_is_that_of_all_states(representation, objective):
    teachers, students = (random_couplings(representation, 3, seed) for seed in (0, 1))
    found = mlrg.loop_distance(teachers, students, representation, objective=objective)
    for value, teacher, student in zip(found.distance, teachers, students, strict=True):
        p = enumerated(teacher, representation, student=False)
        q = enumerated(student, representation, student=True)
        expected = 1 - (p @ q) ** 2 / (p @ p) / (q @ q)
        if objective == "kl":
            p, q = p / p.sum(), q / q.sum()
            expected = p @ np.log(p / q)
        assert value == pytest.approx(expected, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("representation", REPRESENTATIONS)
def test_gradient_is_that_of_differences(representation, objective):
    """To fourth order in the shift, in each of the couplings, at 9 pairs: more than eight lanes."""
    teachers, students = (random_couplings(representation, 9, seed) for seed in (2, 3))
    found = mlrg.loop_distance(teachers, students, representation, objective=objective)
    shift = 1e-3
    for c in range(students.shape[1]):

        def change(h, c=c):
            ends = [
                mlrg.loop_distance(
                    teachers, students + sign * h * np.eye(students.shape[1])[c],
                    representation, objective=objective,
                ).distance for sign in (1, -1)
            ]  # fmt: skip
            return ends[0] - ends[1]

        slope = (8 * change(shift) - change(2 * shift)) / (12 * shift)
        np.testing.assert_allclose(found.gradient[:, c], slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradient_vanishes_at_the_exact_map(objective):
    teachers = [[0.5, 0.5, 0], [1, 1, 0], [0.54, 0.67, 0.23]]
    exact = mlrg.loop_map(teachers, objective=objective)
    found = mlrg.loop_distance(teachers, exact.J, objective=objective)
    np.testing.assert_allclose(found.gradient, 0, atol=1e-12)
    np.testing.assert_allclose(found.distance, exact.distance, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("representation", REPRESENTATIONS)
def test_copies_of_a_student_are_equal(representation, objective):
    """Names of the states of z, and of a, which is summed around the loop."""
    teacher, student = (random_couplings(representation, 1, seed) for seed in (4, 5))
    scheme = mlrg.MLRG(representation, scheme="loop")._configuration.rules
    products = scheme._signs()
    n = 2**scheme.spins
    logs = (student @ products).reshape(n, n, n)
    value = mlrg.loop_distance(teacher, student, representation, objective=objective).distance[0]
    # For 2A1 a rename that is no change of signs: + + and - - change places.
    names = {"A1": [1, 0], "2A1": [3, 1, 2, 0]}[representation]
    for moved in (logs[names], logs[:, names]):
        copy = (moved.reshape(-1) @ products.T / n**3)[None]
        found = mlrg.loop_distance(teacher, copy, representation, objective=objective)
        assert found.distance[0] == pytest.approx(value, rel=1e-10)
        assert not np.allclose(copy, student)


def test_bare_teacher_is_that_of_the_star():
    """Both ways to the same tensor: the star's core, and S = exp(J z (a + b))."""
    scheme = mlrg.MLRG(scheme="loop")._configuration.rules
    S = _loop_tensors.students(scheme.bare(np.array([0.7])), scheme._signs())[0]
    ring = np.einsum("iab,jeb,kef,laf->ijkl", S, S, S, S)
    star = mlrg.boltzmann_tensor(0.7)
    np.testing.assert_allclose(ring / ring.max(), star / star.max(), rtol=1e-12)


def test_strong_couplings_stay_finite():
    """The largest that are permitted, with a student that is far from its teacher."""
    for objective in OBJECTIVES:
        found = mlrg.loop_distance(np.full(3, 10.0), [-10.0, 10.0, 10.0], objective=objective)
        assert np.isfinite(found.distance) and np.isfinite(found.gradient).all()
        assert found.distance > 0.5


def test_threads_make_no_difference():
    threads = isingrg.get_num_threads()
    teachers, students = (random_couplings("A1", 1000, seed) for seed in (6, 7))
    try:
        results = []
        for number in (1, 2):
            isingrg.set_num_threads(number)
            results.append(mlrg.loop_distance(teachers, students))
        np.testing.assert_array_equal(results[0].distance, results[1].distance)
        np.testing.assert_array_equal(results[0].gradient, results[1].gradient)
    finally:
        isingrg.set_num_threads(threads)


@pytest.mark.parametrize("arguments, message", [
    (([0.1, 0.1], [0.1, 0.1]), "must have the shape"),
    (([0.1] * 3, [[0.1] * 3]), "must have the same shape"),
    (([11.0, 0, 0], [0.1] * 3), "from -10 to 10"),
    (([0.1] * 5, [0.1] * 5, "A1+E"), "must be \"A1\" or \"2A1\""),
    (([0.1] * 3, [0.1] * 3, "A1", "cd"), "objective"),
])  # fmt: skip
def test_bad_input(arguments, message):
    teacher, student, *rest = arguments
    keywords = dict(zip(("representation", "objective"), rest, strict=False))
    with pytest.raises(ValueError, match=message):
        mlrg.loop_distance(teacher, student, **keywords)
