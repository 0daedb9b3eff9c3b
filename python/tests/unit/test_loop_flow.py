"""The convergent student of MLRG against the numbers of an independent program."""

import math
import pickle

import numpy as np
import pytest

import isingrg
from isingrg import ising, mlrg, tensorrg
from isingrg.mlrg import LIEB_CRITICAL_COUPLING, critical_coupling, loop_couplings, tensor_flow
from isingrg.tensorrg import LoopTNR, loop_fixed_point

#: chi = 2 without mu: J*, fixed point (J_a, J_b, K), distance, eigenvalues, dimensions.
CRITICAL = 0.7662487636
FIXED = (0.54419175684, 0.67256238472, 0.23345406973)
EXACT_STEP = {"mu": 0.0, "tolerance": 1e-14}


@pytest.mark.parametrize(
    ("J", "image", "distance"),
    [
        ((0.5, 0.5, 0), (0.15616904398, 0.48910981918, 0.15657291115), 5.45376215731e-4),
        ((1, 1, 0), (0.77646817313, 1.09853574677, 0.25172949033), None),
        (0.7642854597, (0.50350299769, 0.75624893588, 0.2081790451), 0.00621024265333),
    ],
)
def test_map_of_three_couplings(J, image, distance):
    flow = tensor_flow(J, 2, 1, **EXACT_STEP)
    assert loop_couplings(flow.states[1].student) == pytest.approx(image, abs=2e-10)
    if distance is not None:
        assert flow.infos[0].error == pytest.approx(distance, abs=1e-13)


def test_fixed_point_of_three_couplings():
    scheme = LoopTNR(2, **EXACT_STEP)
    found = loop_fixed_point(scheme, scheme.follow(mlrg.teacher_state(CRITICAL), 12).states[-1])
    assert loop_couplings(found.state.student) == pytest.approx(FIXED, abs=1e-10)
    assert found.distance == pytest.approx(0.00197060352295, abs=1e-13)
    assert found.eigenvalues[0] == pytest.approx(1.42750520658, abs=1e-8)
    pair = -0.3087149079 + 0.4462614356j
    assert sorted(found.eigenvalues[1:], key=np.imag) == pytest.approx(
        [pair.conjugate(), pair], abs=1e-8
    )
    assert found.exponents == pytest.approx([1.0269920152, -1.7638850232, -1.7638850232], abs=1e-7)
    odd, even = found.state.spectrum.dimensions[1], found.state.spectrum.dimensions[0]
    assert (odd[0], even[1], odd[1]) == pytest.approx(
        (0.1224297329, 1.0357058041, 1.0590362983), abs=1e-9
    )


def test_critical_coupling_of_chi_2():
    found = critical_coupling(2, step=20, width=1e-12, mu=0.0, tolerance=1e-13)
    assert found.J == pytest.approx(CRITICAL, abs=2e-10)
    assert found.uncertainty <= 5e-13


def test_flow_of_chi_4():
    flow = tensor_flow(LIEB_CRITICAL_COUPLING, 4, 5, mu=0.0)
    odd = flow.dimension(1)
    assert odd[:3] == pytest.approx((0.1198286520, 0.1289223279, 0.1234994962), abs=1e-10)
    assert odd[3:5] == pytest.approx((0.124898, 0.125478), abs=1e-6)
    errors = [info.error for info in flow.infos]
    assert errors[:2] == [0, 0]
    assert errors[2:] == pytest.approx((2.54729e-4, 8.661e-6, 4.2433e-5), rel=2e-4)
    assert critical_coupling(4, mu=0.0).J == pytest.approx(0.764488197, abs=1e-8)


@pytest.mark.parametrize(
    ("chi", "J", "bound"), [(2, 0.7662512, 2.1e-3), (4, 0.7644882, 2.1e-4), (6, 0.7642797, 1e-5)]
)
def test_blind_bisection(chi, J, bound):
    """Nothing but the phases of flows, and as near to the exact coupling as chi allows."""
    found = critical_coupling(chi, method="bisection")
    assert found.J == pytest.approx(J, abs=2e-6)
    assert abs(found.J - LIEB_CRITICAL_COUPLING) < bound
    assert found.uncertainty <= 1e-7
    assert found.flows == 22


@pytest.mark.parametrize("J", [LIEB_CRITICAL_COUPLING - 1e-5, LIEB_CRITICAL_COUPLING + 1e-5])
def test_phases_of_chi_8(J):
    """J* is within 1e-5 of the exact coupling: the phases on both sides are the exact ones."""
    state, scheme = mlrg.teacher_state(J), LoopTNR(8)
    for _ in range(40):
        state, _ = scheme.step(state)
        lowest = state.spectrum.dimensions[1][0]
        if not 0.05 < lowest < 0.3:
            break
    assert (lowest <= 0.05) == (J > LIEB_CRITICAL_COUPLING)


@pytest.mark.parametrize(
    ("chi", "J", "bound"),
    [(2, 0.7662512, 2.6e-3), (4, 0.7644882, 5e-4), (6, 0.7642800, 1e-4), (8, 0.7642905, 1e-4)],
)
def test_lowest_dimension_at_the_bisected_coupling(chi, J, bound):
    plateau = tensor_flow(J, chi, 12).dimension(1)[-8:]
    assert abs(plateau.mean() - 1 / 8) < bound


@pytest.mark.parametrize(("chi", "expected", "tolerance"), [(4, -1.6e-6, 5e-8), (6, 0, 1.3e-7)])
def test_free_energy_at_the_critical_coupling_without_mu(chi, expected, tolerance):
    flow = tensor_flow(LIEB_CRITICAL_COUPLING, chi, 20, mu=0.0, iterations=300)
    exact = lieb_free_energy(LIEB_CRITICAL_COUPLING)
    assert flow.minus_log_partition[-1] / exact - 1 == pytest.approx(expected, abs=tolerance)


def test_exponents():
    found = mlrg.loop_exponents(4, mu=0.0)
    assert found.delta_sigma.value == pytest.approx(0.12457, abs=1e-4)
    assert found.delta_epsilon.value == pytest.approx(1.0038, abs=2e-3)
    assert found.central_charge.value == pytest.approx(0.4988, abs=2e-3)
    assert found.thermal_exponent.value == pytest.approx(1.00117, abs=1e-4)
    assert found.thermal_from_differences.value == pytest.approx(1.001, abs=2e-3)
    assert found.thermal_exponent.error < 3e-3
    only = mlrg.loop_exponents(2, CRITICAL, linearise=False)
    assert only.fixed_point is None
    assert only.thermal_exponent is only.thermal_from_differences
    assert only.thermal_exponent.value == pytest.approx(1.027, abs=1e-3)


@pytest.mark.parametrize("J", [0.5, 0.75])
def test_exponents_are_of_critical_flows(J):
    with pytest.raises(isingrg.ConvergenceError, match="critical point"):
        mlrg.loop_exponents(2, J=J)


def lieb_free_energy(J):
    """-ln Z per site with the edge spins summed: two edges and one vertex, three sites."""
    K = math.log(math.cosh(2 * J)) / 2
    return (ising.free_energy_density(K) - 2 * math.log(2 * math.sqrt(math.cosh(2 * J)))) / 3


@pytest.mark.parametrize("J", [0.6, LIEB_CRITICAL_COUPLING, 0.9])
def test_free_energy_of_the_lieb_lattice(J):
    flow = tensor_flow(J, 6, 20)
    assert flow.minus_log_partition[-1] == pytest.approx(lieb_free_energy(J), rel=2e-6)


def test_bare_teacher_is_that_of_a1():
    state = mlrg.teacher_state(0.7)
    weights = tensorrg.weights_network(mlrg.boltzmann_tensor(0.7))
    other = LoopTNR(4).init(weights)
    assert state.letters == pytest.approx(other.letters, abs=1e-14)
    assert state.log_scale == pytest.approx(other.log_scale, rel=1e-12)


def test_couplings_and_students_are_inverse():
    for J in ((0.5, 0.7, 0.2), (0.1, 0.0, -0.4), (2.0, 1.0, 0.0)):
        assert loop_couplings(mlrg.loop_student(J)) == pytest.approx(J, abs=1e-12)
    assert loop_couplings(mlrg.loop_student(0.6)) == pytest.approx((0.6, 0.6, 0), abs=1e-14)
    signs = loop_couplings(-mlrg.loop_student((-0.5, -0.7, 0.2)))
    assert signs == pytest.approx((0.5, 0.7, 0.2))
    assert loop_couplings(mlrg.loop_student((-0.5, 0.7, 0.2))) == pytest.approx((0.5, 0.7, -0.2))
    with pytest.raises(isingrg.ConvergenceError, match="signs"):
        loop_couplings(np.arange(8.0).reshape(2, 2, 2) - 3)


def test_results_can_be_pickled():
    found = critical_coupling(2, width=1e-3, method="bisection")
    assert pickle.loads(pickle.dumps(found)).J == found.J


def test_bad_input():
    for wrong, match in [
        (dict(J=np.nan, chi=2), "J"), (dict(J=[0.1, 0.2], chi=2), "J"), (dict(J=11, chi=2), "J"),
        (dict(J=0.7, chi=0), "chi"), (dict(J=0.7, chi=2, steps=-1), "steps"),
        (dict(J=0.7, chi=2, mu=-1), "mu"), (dict(J=0.7, chi=2, iterations=0), "iterations"),
    ]:  # fmt: skip
        with pytest.raises(isingrg.ArgumentError, match=match):
            tensor_flow(**wrong)
    for wrong, match in [
        (dict(method="newton"), "method"), (dict(low=-1), "low"), (dict(high=0.6), "high"),
        (dict(width=0), "width"), (dict(step=1), "step"),
    ]:  # fmt: skip
        with pytest.raises(isingrg.ArgumentError, match=match):
            critical_coupling(2, **wrong)
    with pytest.raises(isingrg.ConvergenceError, match="both sides"):
        critical_coupling(2, low=0.80)
    with pytest.raises(isingrg.Interrupted):
        critical_coupling(2, progress=lambda done, total: done < 3)
    with pytest.raises(isingrg.ArgumentError, match="student"):
        loop_couplings(np.ones((2, 2)))
    with pytest.raises(isingrg.ArgumentError, match="step"):
        mlrg.loop_exponents(2, 0.7, step=5)
    with pytest.raises(isingrg.ConvergenceError, match="no odd state"):
        mlrg.loop_exponents(1, 0.7)
    with pytest.raises(isingrg.ConvergenceError, match="both sides"):
        critical_coupling(1)
    with pytest.raises(isingrg.NonFiniteError, match="follow fewer steps"):
        tensor_flow(0.5, 2, 1100)
