"""TRG, bond-weighted TRG and HOTRG against exact free energies, dimensions and central charges."""

import math
import pickle
import warnings

import numpy as np
import pytest

import isingrg
from isingrg import ising, mlrg, tensorrg
from isingrg.tensorrg import BTRG, HOTRG, TRG, LoopTNR, hotrg

#: Tests choose sizes for speed.
pytestmark = pytest.mark.filterwarnings("ignore:chi = .* cuts a multiplet")

SCHEMES = [TRG, BTRG, HOTRG]
K_CRITICAL = ising.K_CRITICAL


def flow(scheme, network, steps):
    return scheme.flow(network, steps if scheme.growth == 2 else steps // 2)


@pytest.mark.parametrize("K", [0.2, 0.38, 0.5, 0.8])
@pytest.mark.parametrize("kind", SCHEMES)
def test_free_energy_and_degeneracy_of_both_phases(kind, K):
    state = flow(kind(16), tensorrg.ising_network(K), 40).states[-1]
    assert state.minus_log_partition == pytest.approx(ising.free_energy_density(K), rel=1e-6)
    assert state.degeneracy == pytest.approx(1 if K < K_CRITICAL else 2, abs=1e-6)


def test_free_energy_of_btrg_at_criticality():
    """To 1e-7 at chi = 24, a hundredth of the error of TRG."""
    network = tensorrg.ising_network(K_CRITICAL)
    exact = ising.free_energy_density(K_CRITICAL)
    found = BTRG(24).flow(network, 30).states[-1].minus_log_partition
    assert abs(found / exact - 1) < 1e-7
    errors = [
        abs(scheme.flow(network, 30).states[-1].minus_log_partition / exact - 1)
        for scheme in (TRG(8), TRG(16), BTRG(8), BTRG(16))
    ]
    assert errors[1] < 0.2 * errors[0]
    assert errors[3] < 0.2 * errors[2]
    assert errors[2] < 0.3 * errors[0]
    assert errors[3] < 0.3 * errors[1]


def triangular(K):
    """Houtappel's ln Z per site."""
    a = np.arange(400) * 2 * math.pi / 400
    wave = np.cos(a)[:, None] + np.cos(a) + np.cos(a[:, None] + a)
    c, s = math.cosh(2 * K), math.sinh(2 * K)
    return math.log(2) + np.log(c**3 + s**3 - s * wave).mean() / 2


def honeycomb(K):
    a = np.arange(400) * 2 * math.pi / 400
    wave = np.cos(a)[:, None] + np.cos(a) + np.cos(a[:, None] + a)
    c, s = math.cosh(2 * K), math.sinh(2 * K)
    return math.log(2) + np.log((1 + c**3 - s**2 * wave) / 2).mean() / 4


TRIANGULAR, HONEYCOMB = math.log(3) / 4, math.log(2 + math.sqrt(3)) / 2


@pytest.mark.parametrize("kind", SCHEMES)
@pytest.mark.parametrize(
    ("lattice", "exact", "critical"),
    [("triangular", triangular, TRIANGULAR), ("honeycomb", honeycomb, HONEYCOMB)],
)
def test_free_energy_of_other_lattices(kind, lattice, exact, critical):
    for K in (0.8 * critical, 1.3 * critical):
        state = flow(kind(12), tensorrg.ising_network(K, lattice), 36).states[-1]
        assert state.minus_log_partition == pytest.approx(-exact(K), rel=5e-5)
        assert state.degeneracy == pytest.approx(1 if K < critical else 2, abs=1e-4)


def critical_potts(q):
    """Baxter's ln Z per site at e^K = 1 + sqrt q, for q up to 4."""
    mu = math.acos(math.sqrt(q) / 2)
    x = (np.arange(200_000) + 0.5) * 2e-4
    # sinh((pi - mu) x) / sinh(pi x), which does not overflow
    ratio = np.exp(-mu * x) * np.expm1(-2 * (math.pi - mu) * x) / np.expm1(-2 * math.pi * x)
    return math.log(q) / 2 + 2 * (np.tanh(mu * x) / x * ratio).sum() * 2e-4


@pytest.mark.parametrize(("q", "tolerance"), [(2, 1e-6), (3, 3e-5)])
def test_free_energy_of_the_critical_potts_model(q, tolerance):
    if q == 2:  # the formula itself
        exact = -ising.free_energy_density(K_CRITICAL) + 2 * K_CRITICAL
        assert critical_potts(2) == pytest.approx(exact, rel=1e-8)
    network = tensorrg.potts_network(q, math.log(1 + math.sqrt(q)))
    state = BTRG(18).flow(network, 30).states[-1]
    assert -state.minus_log_partition == pytest.approx(critical_potts(q), rel=tolerance)


#: Network, dimensions of sector 1 and second of sector 0, central charge, tolerances.
CRITICAL = {
    "ising": (lambda: tensorrg.ising_network(K_CRITICAL), 1 / 8, 1, 1 / 2, (0.001, 0.02, 0.01)),
    "stretched": (
        lambda: tensorrg.ising_network(0.3, K_vertical=math.asinh(1 / math.sinh(0.6)) / 2),
        1 / 8, 1, 1 / 2, (0.001, 0.02, 0.01),
    ),
    "triangular": (
        lambda: tensorrg.ising_network(TRIANGULAR, "triangular"), 1 / 8, 1, 1 / 2,
        (0.001, 0.02, 0.01),
    ),
    "honeycomb": (
        lambda: tensorrg.ising_network(HONEYCOMB, "honeycomb"), 1 / 8, 1, 1 / 2,
        (0.001, 0.02, 0.01),
    ),
    "potts": (
        lambda: tensorrg.potts_network(3, math.log(1 + math.sqrt(3))), 2 / 15, 4 / 5, 4 / 5,
        (0.002, 0.02, 0.01),
    ),
    "clock": (lambda: tensorrg.clock_network(4, 2 * K_CRITICAL), 1 / 8, 1 / 4, 1, (0.02, 9, 0.05)),
}  # fmt: skip


@pytest.mark.parametrize("name", CRITICAL)
def test_conformal_data_at_criticality(name):
    make, sigma, epsilon, c, tolerance = CRITICAL[name]
    found = BTRG(27 if name == "potts" else 18).flow(make(), 10)
    assert found.dimension(1)[-1] == pytest.approx(sigma, abs=tolerance[0])
    assert found.dimension(0, 1)[-1] == pytest.approx(epsilon, abs=tolerance[1])
    assert found.central_charge[-1] == pytest.approx(c, abs=tolerance[2])
    assert found.central_charge.shape == (10,)
    if name in ("potts", "clock"):
        # Charges q and -q are degenerate, up to states of equal weight at the cut: rounding decides
        # which charge keeps one more.
        last = found.states[-1].spectrum.dimensions
        assert last[-1][0] == pytest.approx(last[1][0], rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "chi", "J"),
    [
        (HOTRG, 4, 0.770137890), (HOTRG, 6, 0.763848594), (HOTRG, 8, 0.764346895),
        (TRG, 4, 0.774703624), (TRG, 8, 0.761010698), (TRG, 16, 0.764062851),
    ],
)  # fmt: skip
def test_critical_couplings_of_an_independent_program(kind, chi, J):
    """Found there by bisection on the Lieb lattice."""
    sides = []
    for coupling in (J - 1e-7, J + 1e-7):
        if kind is HOTRG:  # edge spins summed
            network = tensorrg.ising_network(math.log(math.cosh(2 * coupling)) / 2)
        else:
            network = tensorrg.weights_network(mlrg.boltzmann_tensor(coupling))
        sides.append(kind(chi).flow(network, 22 if kind is HOTRG else 44).degeneracy[-1])
    assert sides[0] < 1.25
    assert sides[1] > 1.75


def test_what_learned_couplings_do_on_the_lattice():
    """A1+E without couplings of E is A1 beside free spins: critical at the coupling of Lieb."""
    degeneracies = []
    for J0 in (0.75, 0.78):
        weights = mlrg.boltzmann_tensor([J0, 0, 0, 0, 0], "A1+E")
        state = TRG(16).flow(tensorrg.weights_network(weights), 16).states[-1]
        degeneracies.append(state.degeneracy)
        alone = TRG(16).flow(tensorrg.weights_network(mlrg.boltzmann_tensor(J0)), 16).states[-1]
        # six free spins of the teacher's four corners and four edges: two bits per spin, in pairs
        free = 2 * 6 * math.log(2)
        assert state.log_partition / state.area == pytest.approx(
            alone.log_partition / alone.area + free, rel=1e-5
        )
    assert degeneracies[0] < 1.3
    assert degeneracies[1] > 1.7


def test_chi_that_cuts_a_multiplet_is_told():
    network = tensorrg.potts_network(3, 1.0)
    with pytest.warns(RuntimeWarning, match="cuts a multiplet.*chi = 1 or 3"):
        TRG(2).step(TRG(2).init(network))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TRG(3).step(TRG(3).init(network))


def test_sizes_beyond_memory_are_refused_before_they_are_made():
    network = tensorrg.ising_network(0.4)
    for scheme in (TRG(512), BTRG(512), HOTRG(512)):
        with pytest.raises(MemoryError, match="bytes"):
            scheme.init(network)


def test_bad_input():
    network = tensorrg.ising_network(0.4)
    for kind in (*SCHEMES, LoopTNR):
        with pytest.raises(isingrg.ArgumentError, match="chi"):
            kind(0)
        with pytest.raises(TypeError, match="chi"):
            kind(2.0)
        with pytest.raises(TypeError, match="network"):
            kind(4).init(network.tensor)
        with pytest.raises(isingrg.ArgumentError, match="steps"):
            kind(4).flow(network, -1)
        with pytest.raises(TypeError, match="state"):
            kind(4).follow(network)
        other = HOTRG if kind is not HOTRG else TRG
        with pytest.raises(isingrg.ArgumentError, match="state"):
            kind(4).step(other(4).init(network))
    with pytest.raises(isingrg.ArgumentError, match="k must"):
        BTRG(4, k=3.0)
    found = TRG(4).flow(network, 2)
    with pytest.raises(isingrg.ArgumentError, match="sector"):
        found.dimension(2)
    assert found.dimension(1, 99)[-1] == math.inf
    negative = tensorrg.Network(-np.ones((2, 2, 2, 2)))
    with pytest.raises(isingrg.NonFiniteError, match="not positive"):
        _ = TRG(2).init(negative).log_partition
    vanishing = np.zeros((2, 2, 2, 2))
    vanishing[0, 0, 0, 1] = 1
    for name in ("degeneracy", "spectrum"):
        with pytest.raises(isingrg.NonFiniteError, match="transfer matrix"):
            getattr(TRG(2).init(tensorrg.Network(vanishing)), name)
    with pytest.raises(isingrg.Interrupted):
        TRG(4).flow(network, 5, progress=lambda done, total: done < 2)


def test_flows_tell_all_and_can_be_pickled():
    told = []
    found = BTRG(4).flow(tensorrg.ising_network(0.4), 3, progress=lambda *done: told.append(done))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert found.area.tolist() == [1, 2, 4, 8]
    assert len(found.infos) == 3
    assert all(0 <= info.error < 1e-2 and info.chi <= 4 for info in found.infos)
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.minus_log_partition, found.minus_log_partition)


@pytest.mark.parametrize("turned", [False, True])
def test_hotrg_projects_for_the_better_of_both_ends(turned):
    """One end of the horizontal bond has a single state that matters: chi = 1 is exact."""
    random = np.random.default_rng(3)
    tensor = np.einsum("l,urd->lurd", random.random(3), random.random((2, 3, 2)))
    if turned:
        tensor = tensor.transpose(2, 1, 0, 3).copy()
    merged, charges, error = hotrg._stack(tensor, np.zeros(3, np.int64), 1, 1)
    assert charges.tolist() == [0]
    assert error < 1e-12
    ring = np.einsum("luld->ud", merged)
    expected = np.einsum("lulx,mxmd->ud", tensor, tensor)
    assert ring == pytest.approx(expected, rel=1e-12)
