"""The loop flow against exact results and against what does not matter to it."""

import math

import numpy as np
import pytest

import isingrg
from isingrg import ising, mlrg, tensorrg
from isingrg.tensorrg import BTRG, LoopTNR, Network, _split, loop_fixed_point
from isingrg.tensorrg._square import mirror_images
from isingrg.tensorrg.loop import mirror_state, ring

K_CRITICAL = ising.K_CRITICAL


@pytest.mark.parametrize("K", [0.3, 0.36, 0.52, 0.7])
def test_free_energy_and_degeneracy_of_both_phases(K):
    state = LoopTNR(6).flow(tensorrg.ising_network(K), 30).states[-1]
    assert state.minus_log_partition == pytest.approx(ising.free_energy_density(K), rel=2e-6)
    assert state.degeneracy == pytest.approx(1 if K < K_CRITICAL else 2, abs=1e-3)


def test_the_network_itself_is_exact():
    """Two times two tensors, until something is left out: after one step 16 of 4 x 4, turned."""
    K = 0.35
    state = LoopTNR(4).init(tensorrg.ising_network(K))
    assert 4 * state.log_partition == pytest.approx(ising.log_partition(2, K))
    coarse, info = LoopTNR(2).step(state)
    assert info.error == 0
    # The mirror lattice of a uniform one is the uniform one: TRG doubles the same cell.
    uniform, _ = BTRG(16).step(BTRG(16).init(tensorrg.ising_network(K)))
    two_by_two = np.einsum("aubv,bwax,cvdu,dxcw->", *(uniform.tensor,) * 4, optimize=True)
    assert 4 * coarse.log_partition == pytest.approx(math.log(two_by_two) + 4 * uniform.log_scale)


def test_dimensions_at_chi_12():
    """What the tests of TNRKit.jl ask of a loop-optimised scheme."""
    found = LoopTNR(12, mu=1e-6).flow(tensorrg.ising_network(K_CRITICAL), 12)
    assert found.dimension(1)[-3:] == pytest.approx(1 / 8, abs=5e-4)
    assert found.dimension(0, 1)[-3:] == pytest.approx(1, abs=5e-4)
    assert found.central_charge[-3:] == pytest.approx(1 / 2, abs=5e-4)


@pytest.mark.parametrize("q", [3, 4])
def test_potts_models(q):
    network = tensorrg.potts_network(q, math.log(1 + math.sqrt(q)))
    found = LoopTNR(9 if q == 3 else 8, iterations=300).flow(network, 6)
    sigma = 2 / 15 if q == 3 else 1 / 8
    assert found.dimension(1)[-1] == pytest.approx(sigma, abs=0.005 if q == 3 else 0.02)
    assert found.central_charge[-1] == pytest.approx(4 / 5 if q == 3 else 1, abs=0.04)


@pytest.mark.parametrize(("chi", "good"), [(3, "2 or 4"), (5, "4 or 6"), (7, "6 or 8")])
def test_chi_that_splits_a_pair_is_told(chi, good):
    with pytest.warns(RuntimeWarning, match=f"chi = {chi} splits a pair.*; chi = {good} does not"):
        mlrg.tensor_flow(0.764, chi, 3, iterations=5)


def test_pairs_are_not_missed_where_there_are_none():
    """Of three states of a Potts spin two are even and one is odd; a field leaves no charges."""
    for network in (tensorrg.potts_network(3, 1.0), tensorrg.ising_network(0.44, field=0.1)):
        LoopTNR(3, iterations=5).flow(network, 4)
    mlrg.tensor_flow(0.764, 4, 4, iterations=5)


def states(chi=4, steps=4):
    return LoopTNR(chi).flow(tensorrg.ising_network(0.43), steps).states


def test_tensors_are_symmetric_and_charged():
    for state in states():
        letters = state.letters
        images = mirror_images(letters)
        for name in ("T[b, a, d, c]", "T[d, c, b, a]"):
            assert letters == pytest.approx(images[name], abs=1e-13)
        charge = sum(np.ix_(*(state.horizontal,) * 4))
        assert np.abs(letters[charge % 2 == 1]).max() < 1e-15
        if state.student is not None:
            assert ring(state.student) / np.abs(ring(state.student)).max() == pytest.approx(letters)


def turn(charges, seed):
    random = np.random.default_rng(seed)
    matrix = np.zeros((len(charges),) * 2)
    for charge in (0, 1):
        i = np.flatnonzero(charges == charge)
        matrix[np.ix_(i, i)] = np.linalg.qr(random.normal(size=(len(i),) * 2))[0]
    return matrix


@pytest.mark.parametrize("leg", [0, 1])
def test_choices_of_gauge_do_not_matter(leg):
    """Turns of the legs of a tensor, and of z and a of its student, within charges."""
    scheme = LoopTNR(4, mu=1e-4, tolerance=1e-13)
    state = states()[-1]
    matrix = turn(state.horizontal, 3)
    student = np.moveaxis(np.tensordot(matrix, state.student, (1, leg)), 0, leg)
    unit = np.abs(ring(state.student)).max()
    turned = mirror_state(
        ring(student) / unit, state.horizontal, state.log_scale, state.area, state.sites
    )
    here = mirror_state(state.letters, state.horizontal, state.log_scale, state.area, state.sites)
    assert turned.log_partition == pytest.approx(here.log_partition, rel=1e-12)
    for _ in range(2):
        turned, info = scheme.step(turned)
        here, other = scheme.step(here)
        assert info.error == pytest.approx(other.error, rel=1e-6, abs=1e-13)
        assert turned.log_partition == pytest.approx(here.log_partition, rel=1e-10)
        for found, expected in zip(
            turned.spectrum.dimensions, here.spectrum.dimensions, strict=True
        ):
            assert found[:4] == pytest.approx(expected[:4], rel=1e-5, abs=1e-9)


def test_a_student_is_turned_to_its_reference():
    state = states()[-1]
    reference = state.student
    turned = np.tensordot(turn(state.horizontal, 1), reference, 1)
    turned = np.einsum("xa,zab->zxb", turn(state.horizontal, 2), turned)
    found = _split.turned_to(turned, state.horizontal, reference)
    assert found == pytest.approx(reference, abs=1e-10)


def test_start_is_exact_where_it_can_be():
    charges = np.array([0, 0, 1])
    random = np.random.default_rng(0)
    student = random.normal(size=(4, 3, 3))
    of_z = np.array([0, 0, 1, 1])
    student *= (of_z[:, None, None] + charges[:, None] + charges) % 2 == 0
    letters = np.einsum("zab,zdc->abcd", student, student)
    start, found, exact = _split.start(letters, charges, 4)
    assert exact
    assert found.tolist() == of_z.tolist()
    assert np.einsum("zab,zdc->abcd", start, start) == pytest.approx(letters)
    start, found, exact = _split.start(letters, charges, 3)
    assert not exact
    assert start.shape == (3, 3, 3)


def test_equal_bits_on_one_and_two_threads():
    threads = isingrg.get_num_threads()
    results = []
    try:
        for count in (1, 2):
            isingrg.set_num_threads(count)
            state = LoopTNR(10, iterations=20).flow(tensorrg.ising_network(0.44), 5).states[-1]
            results.append(state.student.tobytes())
    finally:
        isingrg.set_num_threads(threads)
    assert results[0] == results[1]


def test_fixed_point_of_chi_4():
    """One relevant direction, y = 1.0012; then -2.238 twice, -2.278, -3.462."""
    scheme = LoopTNR(4, mu=0, tolerance=1e-13)
    found = loop_fixed_point(scheme, scheme.follow(mlrg.teacher_state(0.764488197), 10).states[-1])
    assert found.residual < 1e-10
    assert found.distance == pytest.approx(3.27235544e-5, rel=1e-6)
    assert np.abs(found.eigenvalues[0]) == pytest.approx(1.414785, abs=1e-5)
    assert found.exponents[:6] == pytest.approx(
        [1.00117, -2.23823, -2.23823, -2.27823, -3.46222, -3.46222], abs=1e-3
    )
    after, info = scheme.step(found.state)
    assert info.error == pytest.approx(found.distance, rel=1e-6)
    assert after.spectrum.dimensions[1][:3] == pytest.approx(
        found.state.spectrum.dimensions[1][:3], rel=1e-8
    )


def test_linearised_step_is_the_difference_quotient():
    scheme = LoopTNR(2, mu=1e-3, tolerance=1e-14)
    flow = scheme.follow(mlrg.teacher_state(0.7663), 10)
    found = loop_fixed_point(scheme, flow.states[-1])
    student = found.state.student
    entries = np.flatnonzero(student)
    even = np.array([0, 1])

    def image(s):
        letters = ring(s)
        start = _split.scaled_to(s, letters)
        # The minimum itself, with its own scale: exactly quadratic in that of S.
        new, _ = scheme._optimise(letters, even, start, even)
        return new.reshape(-1)[entries]

    quotients = np.empty((4, 4))
    for i, place in enumerate(entries):
        shift = np.zeros(8)
        shift[place] = 1e-4
        shift = shift.reshape(2, 2, 2)
        quotients[:, i] = (image(student + shift) - image(student - shift)) / 2e-4
    values = np.linalg.eigvals(quotients / np.linalg.norm(image(student)))
    values = values[np.argsort(-np.abs(values))]
    assert values[0] == pytest.approx(2, rel=1e-5)
    assert np.abs(values[1:]) == pytest.approx(np.abs(found.eigenvalues), rel=1e-4)


@pytest.mark.parametrize(
    "network",
    [
        lambda: tensorrg.ising_network(0.4, K_vertical=0.3),
        lambda: tensorrg.ising_network(0.4, "triangular"),
        lambda: tensorrg.ising_network(0.4, "honeycomb"),
        lambda: tensorrg.ising_network(-0.4),
        lambda: tensorrg.weights_network(np.random.default_rng(0).random((2, 2, 2, 2))),
        lambda: tensorrg.weights_network(mlrg.boltzmann_tensor([0.5, 0.3, 0.2, 0.1, 0], "A1+E")),
        lambda: Network(np.ones((2, 3, 2, 3))),
    ],
)
def test_networks_without_the_symmetry_of_a_square_are_refused(network):
    with pytest.raises(isingrg.ArgumentError, match="network must"):
        LoopTNR(4).init(network())


def test_a_field_is_no_obstacle():
    given = tensorrg.ising_network(0.3, field=0.1)
    found = LoopTNR(6).flow(given, 20).states[-1].minus_log_partition
    expected = BTRG(12).flow(given, 20).states[-1].minus_log_partition
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("ignore:chi = .* cuts a multiplet")
def test_bad_input():
    network = tensorrg.ising_network(0.4)
    for wrong, match in [
        ({"chi": 65}, "chi"), ({"mu": -1}, "mu"), ({"iterations": 0}, "iterations"),
        ({"tolerance": 2}, "tolerance"), ({"warm": 0}, "warm"),
    ]:  # fmt: skip
        with pytest.raises(isingrg.ArgumentError, match=match):
            LoopTNR(**({"chi": 4} | wrong))
    with pytest.raises(isingrg.ArgumentError, match="64 states"):
        LoopTNR(4).init(Network(np.ones((65, 1, 65, 1))))
    scheme = LoopTNR(4)
    flow = scheme.flow(network, 4)
    with pytest.raises(TypeError, match="scheme"):
        loop_fixed_point(BTRG(4), flow.states[-1])
    for state in (flow.states[0], LoopTNR(6).flow(network, 4).states[-1], network):
        with pytest.raises(isingrg.ArgumentError, match="state"):
            loop_fixed_point(scheme, state)
    with pytest.raises(isingrg.ConvergenceError, match="within 1 steps"):
        loop_fixed_point(scheme, flow.states[3], steps=1)


def decorated(q, J):
    """Tensor of the Potts model on the Lieb lattice, the edge spins summed."""
    bonds = np.linalg.matrix_power(np.expm1(J) * np.eye(q) + 1, 2)
    return np.einsum("ab,bc,cd,da->abcd", *(bonds,) * 4)


@pytest.mark.parametrize(
    ("q", "chi", "J"),
    [
        (3, 3, 1.72320589791), (3, 9, 1.7218631764329 + 2.3e-4), (4, 4, 1.86603008877),
        (5, 5, 1.98086407880),
    ],
)  # fmt: skip
def test_critical_couplings_of_potts_models_by_phases(q, chi, J):
    """J* of an independent program, between flows that go to different phases."""
    width = 1e-4 if chi == 9 else 2e-6

    def network(coupling):
        return tensorrg.weights_network(decorated(q, coupling))

    found = tensorrg.critical_coupling(network, LoopTNR(chi, mu=0), J - 0.01, J + 0.01, width=width)
    assert found.value == pytest.approx(J, abs=width)


@pytest.mark.parametrize(
    ("q", "J", "y", "sigma", "epsilon", "distance"),
    [
        (3, 1.72320589791, 1.2183930, 0.1320155916, 0.8610, None),
        (4, 1.86603008877, 1.3965453, 0.1344148857, 0.7060, None),
        (5, 1.98086407880, 1.6234747, 0.1282509706, 0.529, 0.00688814814135),
    ],
)
def test_potts_models_on_the_lieb_lattice(q, J, y, sigma, epsilon, distance):
    """With q states and couplings of an independent program, which imposes the symmetry.

    Here no charges are used: the magnetic directions are among the exponents as well.
    """
    scheme = LoopTNR(q, mu=0, tolerance=1e-13)
    state = scheme.flow(tensorrg.weights_network(decorated(q, J)), 12).states[-1]
    found = loop_fixed_point(scheme, state)
    levels = np.sort(np.concatenate(found.state.spectrum.dimensions))
    assert levels[1:q] == pytest.approx([sigma] * (q - 1), abs=1e-8)
    assert levels[q] == pytest.approx(epsilon, abs=5e-4)
    assert np.abs(found.exponents - y).min() < 1e-6
    if distance is not None:
        assert found.distance == pytest.approx(distance, rel=1e-9)
