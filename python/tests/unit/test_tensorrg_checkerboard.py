"""The loop flow of any network against exact results, other schemes and plain contractions."""

import itertools
import math

import numpy as np
import pytest

import isingrg
from isingrg import ising, mlrg, tensorrg
from isingrg.tensorrg import TRG, CheckerboardLoopTNR, Network, _ring_of_eight

ising_network = tensorrg.ising_network


@pytest.mark.parametrize(
    "network",
    [
        lambda: ising_network(0.35, K_vertical=-0.6),
        lambda: ising_network(0.3, "triangular"),
        lambda: ising_network(-0.3, field=0.2),
        lambda: tensorrg.potts_network(3, 0.5),
        lambda: tensorrg.weights_network(np.random.default_rng(0).random((2, 2, 2, 2))),
        lambda: Network(np.random.default_rng(1).random((2, 3, 2, 3))),
    ],
)
def test_nothing_is_lost_while_all_states_fit(network):
    """The torus of A and B is what one step of TRG makes of one tensor."""
    given = network()
    found = CheckerboardLoopTNR(64).flow(given, 1)
    expected = TRG(36).flow(given, 2)
    for state, other in zip(found.states, expected.states[1:], strict=True):
        assert 2 * state.log_partition == pytest.approx(other.log_partition, rel=1e-12)
    assert found.infos[0].error == 0


def onsager(K, K_vertical):
    """ln Z per site."""
    a = (np.arange(400) + 0.5) * 2 * math.pi / 400
    wave = math.sinh(2 * K) * np.cos(a)[:, None] + math.sinh(2 * K_vertical) * np.cos(a)
    logs = np.log(math.cosh(2 * K) * math.cosh(2 * K_vertical) - wave)
    return math.log(2) + logs.mean() / 2


def on_other_lattices(K, lattice):
    """ln Z per site of the triangular (Houtappel) and the honeycomb lattice."""
    a = np.arange(400) * 2 * math.pi / 400
    wave = np.cos(a)[:, None] + np.cos(a) + np.cos(a[:, None] + a)
    c, s = math.cosh(2 * K), math.sinh(2 * K)
    if lattice == "triangular":
        return math.log(2) + np.log(c**3 + s**3 - s * wave).mean() / 2
    return math.log(2) + np.log((1 + c**3 - s**2 * wave) / 2).mean() / 4


@pytest.mark.parametrize(
    ("network", "exact", "degeneracy"),
    [
        (lambda: ising_network(0.2, K_vertical=0.5), onsager(0.2, 0.5), 1),
        (lambda: ising_network(-0.3, K_vertical=0.8), onsager(0.3, 0.8), 2),
        (lambda: ising_network(-0.6), onsager(0.6, 0.6), 2),
        (lambda: ising_network(0.35, "triangular"), on_other_lattices(0.35, "triangular"), 2),
        (lambda: ising_network(0.5, "honeycomb"), on_other_lattices(0.5, "honeycomb"), 1),
    ],
)
def test_exact_free_energies_of_both_phases(network, exact, degeneracy):
    state = CheckerboardLoopTNR(8).flow(network(), 18).states[-1]
    # A finite torus of an ordered phase has ln 2 more.
    excess = math.log(degeneracy) / (state.area * 2 * state.sites)
    assert -state.minus_log_partition - excess == pytest.approx(exact, rel=5e-6)
    assert state.degeneracy == pytest.approx(degeneracy, abs=1e-4)


STRETCHED = math.asinh(1 / math.sinh(0.6)) / 2


@pytest.mark.parametrize(
    "network",
    [
        lambda: ising_network(ising.K_CRITICAL),
        lambda: ising_network(0.3, K_vertical=STRETCHED),
        lambda: ising_network(math.log(3) / 4, "triangular"),
        lambda: ising_network(math.log(2 + math.sqrt(3)) / 2, "honeycomb"),
    ],
    ids=["square", "stretched", "triangular", "honeycomb"],
)
def test_conformal_data_at_criticality(network):
    found = CheckerboardLoopTNR(8).flow(network(), 10)
    assert found.dimension(1)[-3:] == pytest.approx(1 / 8, abs=1e-3)
    assert found.dimension(0, 1)[-3:] == pytest.approx(1, abs=0.02)
    charges = found.central_charge[-4:]  # NaN where the shapes of two cells say nothing
    assert charges[np.isfinite(charges)] == pytest.approx(1 / 2, abs=5e-3)
    assert np.isfinite(charges).sum() >= 2


@pytest.mark.parametrize(
    ("network", "exact"),
    [
        (lambda K: ising_network(K, "triangular"), math.log(3) / 4),
        (lambda K: ising_network(-0.3, K_vertical=-K), STRETCHED),
    ],
    ids=["triangular", "antiferromagnetic"],
)
def test_critical_couplings_by_phases(network, exact):
    scheme = CheckerboardLoopTNR(6)
    low, high = 0.98 * exact, 1.03 * exact
    found = tensorrg.critical_coupling(network, scheme, low, high, width=1e-3)
    assert found.value == pytest.approx(exact, abs=1e-3)
    assert found.uncertainty <= 5e-4
    assert found.flows == 2 + math.ceil(math.log2((high - low) / 1e-3))


def test_bad_input_of_the_search():
    scheme = CheckerboardLoopTNR(4)
    for wrong, match in [
        ((0.4, scheme, 0.1, 0.5), "network_of"), ((ising_network, 4, 0.1, 0.5), "scheme"),
        ((lambda K: K, scheme, 0.1, 0.5), "network"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=match):
            tensorrg.critical_coupling(*wrong)
    with pytest.raises(isingrg.ArgumentError, match="high"):
        tensorrg.critical_coupling(ising_network, scheme, 0.5, 0.4)
    with pytest.raises(isingrg.ArgumentError, match="width"):
        tensorrg.critical_coupling(ising_network, scheme, 0.4, 0.5, width=0)
    with pytest.raises(isingrg.ConvergenceError, match="different phases"):
        tensorrg.critical_coupling(ising_network, scheme, 0.1, 0.2)


def test_antiferromagnet_in_a_field_is_that_of_other_schemes():
    given = ising_network(-0.5, field=0.3)
    found = CheckerboardLoopTNR(8).flow(given, 16).states[-1]
    expected = tensorrg.BTRG(16).flow(given, 18).states[-1]
    assert found.minus_log_partition == pytest.approx(expected.minus_log_partition, rel=1e-5)
    assert found.degeneracy == pytest.approx(2, abs=1e-3)


def test_couplings_of_several_components():
    """A1+E without couplings of E is A1 beside free spins, two bits for each pair of spins."""
    for J0, count in ((0.7, 1), (0.83, 2)):
        weights = mlrg.boltzmann_tensor([J0, 0, 0, 0, 0], "A1+E")
        flow = mlrg.tensor_flow(tensorrg.weights_network(weights), 8, 14)
        alone = mlrg.tensor_flow(J0, 8, 18).states[-1]
        state = flow.states[-1]
        free = -6 * alone.minus_log_partition + 12 * math.log(2)
        excess = math.log(count) * (1 / (2 * state.area) - 1 / (4 * alone.area))
        assert state.log_partition / state.area == pytest.approx(free + excess, rel=2e-6)
        assert state.degeneracy == pytest.approx(count, abs=1e-3)
    weights = mlrg.boltzmann_tensor([0.6, 0.35, 0.2, 0.1, 0.0], "A1+E")
    given = tensorrg.weights_network(weights)
    state = mlrg.tensor_flow(given, 8, 12).states[-1]
    other = TRG(16).flow(given, 14).states[-1]
    assert state.minus_log_partition == pytest.approx(other.minus_log_partition, rel=1e-4)


def test_the_flow_of_a_network_takes_the_scheme_that_fits():
    square = mlrg.tensor_flow(ising_network(0.4), 4, 2)
    assert isinstance(square.states[-1], tensorrg.MirrorState)
    oblique = mlrg.tensor_flow(ising_network(0.3, "triangular"), 4, 2)
    assert isinstance(oblique.states[-1], tensorrg.CheckerboardState)
    bare = mlrg.tensor_flow(tensorrg.weights_network(mlrg.boltzmann_tensor(0.7)), 4, 4)
    assert bare.dimension(1) == pytest.approx(mlrg.tensor_flow(0.7, 4, 4).dimension(1), abs=1e-7)


def random_loop():
    random = np.random.default_rng(4)
    charges = [np.array([0, 1, 1]), np.array([0, 1]), np.array([1, 0, 0]), np.array([0, 1])]
    outer = [np.array([0, 1])] * 8
    tensors = []
    for k in range(4):
        after = charges[(k + 1) % 4]
        total = sum(np.ix_(charges[k], outer[0], outer[0], after))
        tensors.append(random.normal(size=total.shape) * (total % 2 == 0))
    return _ring_of_eight.Loop(tensors, charges, outer, 2)


def plain(teachers, halves):
    """1 - <T|S>^2 / (<T|T> <S|S>), every state of the eight outer legs enumerated."""
    rows = []
    for legs in itertools.product((0, 1), repeat=8):
        four = [t[:, legs[2 * k], legs[2 * k + 1]] for k, t in enumerate(teachers)]
        eight = [half[:, leg] for half, leg in zip(halves, legs, strict=True)]
        rows.append([np.trace(np.linalg.multi_dot(x)) for x in (four, eight)])
    t, s = np.array(rows).T
    return 1 - (t @ s) ** 2 / (t @ t) / (s @ s)


def test_halves_lower_the_plain_distance():
    loop = random_loop()
    exact, _, info = _ring_of_eight.split(loop, 64, 1e-12, 60, 0.0)
    assert info.error == 0
    assert plain(loop.tensors, exact) == pytest.approx(0, abs=1e-13)
    errors = []
    for sweeps in (0, 1, 200):
        halves, bonds, info = _ring_of_eight.split(loop, 3, 1e-12, sweeps, 0.0)
        assert plain(loop.tensors, halves) == pytest.approx(info.error, abs=1e-12)
        assert all(half.shape[-1] <= 3 for half in halves[::2])
        assert len(bonds) == 4
        errors.append(info.error)
    assert errors[0] > errors[1] > errors[2] > 1e-6
    # A minimum: no change of one half lowers it, to first order.
    for half in halves:
        for place in np.argwhere(half)[::3]:
            slopes = []
            for shift in (1e-4, -1e-4):
                kept = half[tuple(place)]
                half[tuple(place)] = kept + shift
                slopes.append(plain(loop.tensors, halves))
                half[tuple(place)] = kept
            assert slopes[0] - slopes[1] == pytest.approx(0, abs=2e-4 * 1e-2 * errors[2])


@pytest.mark.parametrize("chi", [2, 4])
def test_chi_that_cuts_a_multiplet_is_told(chi):
    network = tensorrg.potts_network(3, math.log(1 + math.sqrt(3)))
    with pytest.warns(RuntimeWarning, match=f"chi = {chi} cuts a multiplet.*here chi = "):
        CheckerboardLoopTNR(chi, sweeps=1).flow(network, 3)


def test_bad_input():
    for wrong, match in [
        ({"chi": 65}, "chi"), ({"mu": 0.0}, "mu"), ({"sweeps": -1}, "sweeps"),
        ({"tolerance": 2}, "tolerance"),
    ]:  # fmt: skip
        with pytest.raises(isingrg.ArgumentError, match=match):
            CheckerboardLoopTNR(**({"chi": 4} | wrong))
    with pytest.raises(isingrg.ArgumentError, match="CheckerboardState"):
        CheckerboardLoopTNR(4).step(TRG(4).init(ising_network(0.4)))
    with pytest.raises(MemoryError, match="bytes"):
        CheckerboardLoopTNR(4).init(Network(np.ones((2, 300, 2, 300))))
