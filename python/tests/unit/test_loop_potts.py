"""Loop students of spins with q states: an independent program, enumeration, and known limits."""

import itertools
import math

import numpy as np
import pytest

import isingrg
from isingrg import mlrg, tensorrg
from isingrg.mlrg import _loop_group, _loop_search, _loop_tensors
from isingrg.mlrg._loop_group import loop_group

#: q: J*, (J_a, J_b, K, L), exponents, Delta_sigma, Delta_epsilon, by squares.
ORACLES = {
    3: (1.72320589791, (0.72033140909, 1.01602899167, -0.03096342839, 1.12277108798),
        (1.2183930, -0.963), 0.1320155916, 0.8610),
    4: (1.86603008877, (0.57578555837, 0.92316456687, -0.35098273209, 1.82337104956),
        (1.3965453, -0.697), 0.1344148857, 0.7060),
    5: (1.98086407880, (0.19022880376, 0.64875005327, -1.20467098421, 3.35086442682),
        (1.6234747, -0.371), 0.1282509706, 0.529),
}  # fmt: skip

GROUPS = ["S2", "S3", "S4", "Z3-chiral", "Z4", "Z2xZ2", ((1, 2, 3, 0), (3, 2, 1, 0))]


def exact_critical(q):
    """Decorated bonds: (e^2J + q - 1) / (2 e^J + q - 2) = 1 + sqrt q."""
    K = 1 + math.sqrt(q)
    return math.log(K + math.sqrt(K**2 - (q - 1 - K * (q - 2))))


def random_couplings(internal, n, seed, scale=0.5):
    return np.random.default_rng(seed).normal(
        0, scale, (n, len(mlrg.loop_terms(internal=internal)))
    )


@pytest.mark.parametrize(("q", "width"), [(3, 1e-11), (4, 1e-5), (5, 1e-3)])
def test_potts_models(q, width):
    critical, point, exponents, sigma, epsilon = ORACLES[q]
    found = mlrg.loop_map_fixed_point(internal=f"S{q}", width=width)
    assert found.critical_coupling == pytest.approx(critical, abs=max(2e-11, width))
    assert found.J == pytest.approx(point, abs=2e-10)
    assert found.exponents[0] == pytest.approx(exponents[0], abs=1e-7)
    assert found.exponents[1] == pytest.approx(exponents[1], abs=5e-4)
    assert found.dimensions[1:q] == pytest.approx([sigma] * (q - 1), abs=1e-9)
    assert found.dimensions[q] == pytest.approx(epsilon, abs=5e-4)
    assert abs(found.critical_coupling - exact_critical(q)) < 1.4e-3


def test_maps_of_three_states():
    found = mlrg.loop_map([[1.0, 1, 0, 0], [1.5, 1.5, 0, 0]], internal="S3")
    assert found.J[0] == pytest.approx(
        (0.21361291599, 1.02039215113, 0.35523323712, -0.0828332813), abs=1e-9
    )
    assert found.J[1] == pytest.approx(
        (0.86981748506, 1.4899615873, 0.48747983587, -0.10650192321), abs=1e-9
    )
    assert found.distance == pytest.approx((6.16426243885e-05, 0.00631573381385), rel=1e-10)


@pytest.mark.parametrize("objective", ["l2", "kl"])
def test_two_states_are_ising_spins(objective):
    """J_Potts = 2 J_Ising on each bond."""
    J = np.random.default_rng(0).uniform(0.2, 0.8, (3, 3))
    ising, potts = (
        mlrg.loop_map(scale * J, objective=objective, internal=internal)
        for scale, internal in ((1, "Z2"), (2, "S2"))
    )
    assert potts.J == pytest.approx(2 * ising.J, abs=1e-9)
    assert potts.distance == pytest.approx(ising.distance, rel=1e-12)
    one = mlrg.loop_distance(J, J[::-1], objective=objective)
    two = mlrg.loop_distance(2 * J, 2 * J[::-1], objective=objective, internal="S2")
    assert two.distance == pytest.approx(one.distance, rel=1e-12)
    assert two.gradient == pytest.approx(one.gradient / 2, rel=1e-10, abs=1e-14)


def translated(J, internal, other, scale=1.0):
    """The couplings of the same ln S up to a constant, of another group."""
    one, two = loop_group(internal), loop_group(other)
    logs = scale * np.tensordot(J, one.terms, 1).ravel()
    basis = np.vstack([two.terms.reshape(len(two.names), -1), np.ones(len(logs))]).T
    solution, rest = np.linalg.lstsq(basis, logs)[:2]
    assert not len(rest) or rest[0] < 1e-20
    return solution[:-1]


@pytest.mark.parametrize("objective", ["l2", "kl"])
@pytest.mark.parametrize(("internal", "other"), [("S4", "Z2xZ2"), ("S4", "Z4"), ("S3", "Z3")])
def test_larger_groups_within_smaller_ones(internal, other, objective):
    """The Ashkin-Teller model with equal couplings is a Potts model, and so is its student."""
    J = [1.6, 1.6, 0, 0]
    wide = translated(J, internal, other)
    kernels = loop_group(other).symmetry.n_kernels
    bare = {"Z2xZ2": 0.25, "Z4": (0.5, 0.25), "Z3": 2 / 3}[other]
    assert wide[:kernels] == pytest.approx(1.6 * np.ones(kernels) * bare)
    assert wide[2 * kernels :] == pytest.approx(0, abs=1e-12)
    small, large = (
        mlrg.loop_map(x, objective=objective, internal=g) for x, g in ((J, internal), (wide, other))
    )
    assert large.distance == pytest.approx(small.distance, rel=1e-8)
    assert large.J == pytest.approx(translated(small.J, internal, other), abs=2e-6)


def test_two_ising_models_at_each_site():
    """Without a coupling of their products, the student of least divergence is a product."""
    names = mlrg.loop_terms(internal="Z2xZ2")
    places = [[names.index(f"{spin}({pair})") for pair in ("z,a", "z,b", "a,b")] for spin in "st"]
    J = np.zeros(15)
    J[places[0]], J[places[1]] = (0.6, 0.6, 0), (0.5, 0.5, 0)
    found = mlrg.loop_map(J, objective="kl", internal="Z2xZ2")
    single = mlrg.loop_map([[0.6, 0.6, 0], [0.5, 0.5, 0]], objective="kl")
    assert found.distance == pytest.approx(single.distance.sum(), rel=1e-9)
    for place, expected in zip(places, single.J, strict=True):
        assert found.J[place] == pytest.approx(expected, abs=1e-7)
    rest = np.delete(found.J, np.ravel(places))
    assert rest == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("internal", GROUPS, ids=str)
def test_teacher_and_student_are_invariant(internal):
    """Couplings span all functions of z, a, b that the group leaves alone, and only these."""
    group = loop_group(internal)
    q = group.symmetry.q
    for g in map(list, group.symmetry.generators):
        assert np.array_equal(group.terms[np.ix_(range(len(group.names)), g, g, g)], group.terms)
        S = np.exp(np.tensordot(random_couplings(internal, 1, 0)[0], group.terms, 1))
        for T in (_loop_tensors.ring(S), _loop_tensors.pair(S)):
            assert T[np.ix_(g, g, g, g)] == pytest.approx(T, rel=1e-12)
            assert T.transpose(3, 2, 1, 0) == pytest.approx(T, rel=1e-12)
    triples = list(itertools.product(range(q), repeat=3))
    orbit = {t: t for t in triples}
    for _ in range(q**2):
        for t, g in itertools.product(triples, group.symmetry.generators):
            image = tuple(g[s] for s in t)
            orbit[t] = orbit[image] = min(orbit[t], orbit[image])
    assert len(group.names) + 1 == len(set(orbit.values()))
    basis = np.vstack([np.ones(q**3), group.terms.reshape(len(group.names), -1)])
    assert np.linalg.matrix_rank(basis) == len(basis)


@pytest.mark.parametrize("objective", ["l2", "kl"])
@pytest.mark.parametrize("internal", GROUPS, ids=str)
def test_distance_is_that_of_all_states(internal, objective):
    """One state of each orbit, against one contraction of all q^8."""
    teacher, student = random_couplings(internal, 2, 1)
    terms = loop_group(internal).terms
    weights = []
    for J, tensor in ((teacher, _loop_tensors.ring), (student, _loop_tensors.pair)):
        T = tensor(np.exp(np.tensordot(J, terms, 1)))
        weights.append(np.einsum("abcd,eBCd,afgD,eFGD->bcBCfgFG", *[T] * 4, optimize=True).ravel())
    p, q = weights
    expected = 1 - (p @ q) ** 2 / (p @ p) / (q @ q)
    if objective == "kl":
        p, q = p / p.sum(), q / q.sum()
        expected = p @ np.log(p / q)
    found = mlrg.loop_distance(teacher, student, objective=objective, internal=internal)
    assert found.distance == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("objective", ["l2", "kl"])
@pytest.mark.parametrize("internal", ["S3", "S5", "Z3-chiral", "Z2xZ2"])
def test_gradient_is_that_of_differences(internal, objective):
    teacher, student = random_couplings(internal, 2, 2)
    count, h = len(student), 1e-3

    def distances(shift):
        moved = student + shift * np.eye(count)
        return mlrg.loop_distance(
            np.tile(teacher, (count, 1)), moved, objective=objective, internal=internal
        ).distance

    slope = (8 * (distances(h) - distances(-h)) - (distances(2 * h) - distances(-2 * h))) / 12 / h
    found = mlrg.loop_distance(teacher, student, objective=objective, internal=internal)
    np.testing.assert_allclose(found.gradient, slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("objective", ["l2", "kl"])
def test_both_starts_of_a_search_lead_to_one_student(objective):
    group, free = loop_group("S3"), np.eye(4)
    for J in np.random.default_rng(3).uniform([0.5, 0.5, 0, 0], [1.5, 1.5, 0.5, 1], (6, 4)):
        p = _loop_search.loop_weights(group, _loop_tensors.ring(_loop_search._students(group, J)))
        found = [_loop_search._search(group, p, x, objective, free) for x in (J, group.start(J))]
        assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)


def test_tensors_of_as_many_states_are_the_same_student():
    flow = mlrg.tensor_flow(1.6, 3, 1, mu=0.0, tolerance=1e-14, internal="S3")
    exact = mlrg.loop_map([1.6, 1.6, 0, 0], internal="S3")
    assert flow.infos[0].error == pytest.approx(exact.distance, rel=1e-6)
    found = mlrg.critical_coupling(
        3, method="bisection", internal="S3", low=1.7, high=1.75, width=1e-7, mu=0.0,
        tolerance=1e-13,
    )  # fmt: skip
    assert found.J == pytest.approx(ORACLES[3][0], abs=2e-7)


def test_three_states_with_larger_tensors():
    """J* - J_c = 2.3e-4, 0.1334, 0.819, 0.798 and 1.177 by an independent program."""
    exact = exact_critical(3)
    below, above = (
        mlrg.tensor_flow(exact + shift, 9, 12, internal="S3").dimension(1)[[10, 12]]
        for shift in (2.2e-4, 2.5e-4)
    )
    assert below[1] > below[0] and above[1] < above[0]
    exponents = mlrg.loop_exponents(9, exact + 2.36e-4, internal="S3", difference=1e-5)
    assert exponents.delta_sigma.value == pytest.approx(2 / 15, abs=5e-4)
    assert exponents.delta_epsilon.value == pytest.approx(0.819, abs=5e-3)
    assert exponents.central_charge.value == pytest.approx(0.798, abs=5e-3)
    assert exponents.thermal_exponent.value == pytest.approx(1.18, abs=0.04)
    assert exponents.fixed_point is None


def test_free_energy_of_the_lieb_lattice_of_potts_spins():
    """The edge spins summed: a bond of the square lattice, ln(2 e^J + q - 2) of each."""
    J, q = 1.5, 3
    edge = math.log(2 * math.exp(J) + q - 2)
    K = math.log((math.exp(2 * J) + q - 1) / (2 * math.exp(J) + q - 2))
    square = tensorrg.LoopTNR(9).flow(tensorrg.potts_network(q, K), 16).minus_log_partition[-1]
    flow = mlrg.tensor_flow(J, 9, 16, internal="S3", iterations=600)
    assert 3 * flow.minus_log_partition[-1] == pytest.approx(square - 2 * edge, rel=1e-6)


@pytest.mark.parametrize("internal", ["S3", "S4", "Z3-chiral", "Z2xZ2"])
def test_states_of_charges(internal):
    symmetry = loop_group(internal).symmetry
    states, charges = _loop_group.charge_states(symmetry)
    assert states.T @ states == pytest.approx(np.eye(symmetry.q))
    swap = _loop_group.involution(symmetry)
    assert (swap is None) == (internal == "Z3-chiral")
    if swap is not None:
        assert states[list(swap)] == pytest.approx(states * (1 - 2 * charges))
    S = mlrg.loop_student(random_couplings(internal, 1, 4)[0], internal=internal)
    odd = np.add.outer(np.add.outer(charges, charges), charges) % 2 == 1
    assert np.abs(S[odd]).max(initial=0) < 1e-13 * np.abs(S).max()


def test_bad_input():
    for call in (mlrg.loop_map, mlrg.tensor_flow):
        with pytest.raises(isingrg.ArgumentError, match="internal"):
            call([0.5] * 4, **({"chi": 4} if call is mlrg.tensor_flow else {}), internal="S11")
        with pytest.raises(isingrg.ArgumentError, match="at most 6 states"):
            call([0.5] * 4, **({"chi": 4} if call is mlrg.tensor_flow else {}), internal="S7")
    with pytest.raises(isingrg.ArgumentError, match=r"\(\.\.\., 4\)"):
        mlrg.loop_map([0.5, 0.5, 0], internal="S3")
    with pytest.raises(isingrg.ArgumentError, match="couplings can be chosen"):
        mlrg.loop_map([0.5, 0.5, 0, 0], internal="S3", couplings="J")
    for direction in ([1.0], [0.0, 0, 0], [np.nan, 1, 1]):
        with pytest.raises(isingrg.ArgumentError, match="direction"):
            mlrg.loop_map_fixed_point(internal="Z2xZ2", direction=direction)
    with pytest.raises(isingrg.ConvergenceError, match="not ordered"):
        mlrg.loop_map_fixed_point(internal="S3", direction=[-1.0])
    with pytest.raises(isingrg.ArgumentError, match="representation must be 'A1'"):
        mlrg.loop_distance([0.5] * 4, [0.5] * 4, "2A1", internal="S3")
    with pytest.raises(isingrg.ArgumentError, match="all permutations"):
        mlrg.loop_exponents(4, 1.0, internal="Z4")
    with pytest.raises(isingrg.ArgumentError, match="linearise"):
        mlrg.loop_exponents(3, 1.7, internal="S3", linearise=True)
    with pytest.raises(isingrg.Interrupted):
        mlrg.loop_distance(
            np.ones((5, 4)), np.ones((5, 4)), internal="S3",
            progress=lambda done, total: done < 2,
        )  # fmt: skip
