"""Networks of lattice models against sums over all configurations of small tori."""

import itertools
import math

import numpy as np
import pytest

import isingrg
from isingrg import mlrg, tensorrg
from isingrg.tensorrg import BTRG, HOTRG, TRG, Network

#: Tests choose sizes for speed.
pytestmark = pytest.mark.filterwarnings("ignore:chi = .* cuts a multiplet")

BONDS = {  # of a site at the origin: kinds of both ends, displacement, direction
    "square": [(0, 0, (1, 0), "K"), (0, 0, (0, 1), "K_vertical")],
    "triangular": [(0, 0, (1, 0), "K"), (0, 0, (0, 1), "K"), (0, 0, (1, -1), "K")],
    "honeycomb": [(0, 1, (0, 0), "K"), (1, 0, (1, 0), "K"), (1, 0, (0, 1), "K")],
}


def enumerated(lattice, q, energy, site, couplings, L=2):
    """ln Z of the L x L torus of cells."""
    kinds = 2 if lattice == "honeycomb" else 1
    place = {s: i for i, s in enumerate(itertools.product(range(kinds), range(L), range(L)))}
    states = np.array(list(itertools.product(range(q), repeat=len(place))))
    logs = site(states).sum(1)
    for x, y in itertools.product(range(L), repeat=2):
        for first, second, (dx, dy), name in BONDS[lattice]:
            i, j = place[first, x, y], place[second, (x + dx) % L, (y + dy) % L]
            logs = logs + couplings[name] * energy((states[:, i] - states[:, j]) % q)
    return np.logaddexp.reduce(logs)


MODELS = {
    "ising": (2, lambda d: 1 - 2.0 * d),
    "potts": (3, lambda d: 1.0 * (d == 0)),
    "clock": (5, lambda d: np.cos(2 * math.pi * d / 5)),
    "clock4": (4, lambda d: np.cos(2 * math.pi * d / 4)),
}


def network(model, K, lattice="square", **others):
    q, _ = MODELS[model]
    if model == "ising":
        return tensorrg.ising_network(K, lattice, **others)
    make = tensorrg.potts_network if model == "potts" else tensorrg.clock_network
    return make(q, K, lattice, **others)


CASES = [
    *((m, lattice, {}) for m in ("ising", "potts", "clock4") for lattice in BONDS),
    ("clock", "square", {}),
    ("clock", "triangular", {}),
    *((m, lattice, {"field": 0.3}) for m in ("ising", "potts") for lattice in BONDS),
    ("ising", "square", {"K_vertical": -0.8}),
    ("ising", "square", {"K_vertical": 1.1, "field": -0.2}),
    ("potts", "square", {"K_vertical": 0.1}),
    ("clock4", "square", {"K_vertical": 0.0, "field": 0.7}),
]


@pytest.mark.parametrize("K", [0.4, -0.7])
@pytest.mark.parametrize(("model", "lattice", "others"), CASES)
def test_torus_of_two_by_two_cells(model, lattice, others, K):
    q, energy = MODELS[model]
    if q ** (8 if lattice == "honeycomb" else 4) > 70_000:
        pytest.skip("too many configurations")
    field = others.get("field", 0.0)
    couplings = {"K": K, "K_vertical": others.get("K_vertical", K)}
    expected = enumerated(lattice, q, energy, lambda s: field * energy(s), couplings)
    given = network(model, K, lattice, **others)
    assert given.modulus == (1 if field else q)
    for scheme, steps in ((HOTRG(64), 1), (TRG(64), 2), (BTRG(64), 2)):
        state = scheme.flow(given, steps).states[-1]
        assert state.log_partition == pytest.approx(expected, rel=1e-10)
        sites = 8 if lattice == "honeycomb" else 4
        assert state.minus_log_partition == pytest.approx(-expected / sites, rel=1e-10)


@pytest.mark.parametrize("K", [0.3, -0.3, 0.44, 90.0])
def test_torus_of_four_by_four_is_that_of_kaufman(K):
    state = HOTRG(16).flow(tensorrg.ising_network(K), 2).states[-1]
    expected = isingrg.ising.log_partition(4, K)
    assert state.log_partition == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("representation", ["A1", "A1+E", "B1+A1"])
def test_boltzmann_tensors_of_any_couplings(representation):
    random = np.random.default_rng(5)
    count = {"A1": 1, "A1+E": 5, "B1+A1": 4}[representation]
    J = random.normal(0, 0.4, () if count == 1 else count)
    weights = mlrg.boltzmann_tensor(J, representation)
    given = tensorrg.weights_network(weights)
    assert given.modulus == 2
    one = np.einsum("abab->", weights)
    two = np.einsum("abcd,cdab->", weights, weights)  # a torus sheared by one tensor
    state = TRG(64).init(given)
    assert state.log_partition == pytest.approx(math.log(one))
    assert TRG(64).step(state)[0].log_partition == pytest.approx(math.log(two))
    assert state.degeneracy == pytest.approx(mlrg.ground_state_degeneracy(J, representation))
    dimensions = mlrg.scaling_dimensions(J, representation, k=4, period=2)
    found = state.spectrum.lowest(4)[0]
    assert np.exp(-found) == pytest.approx(np.exp(-dimensions), abs=1e-4)


def test_weights_without_a_symmetry_have_no_charges():
    weights = np.random.default_rng(0).random((3, 3, 3, 3)) * 1e80
    given = tensorrg.weights_network(weights, sites=2)
    assert given.modulus == 1
    state = TRG(9).init(given)
    assert state.log_partition == pytest.approx(math.log(np.einsum("abab->", weights)))
    assert state.minus_log_partition == pytest.approx(-state.log_partition / 2)


def test_charges_agree_with_the_trivial_group():
    """Without charges the same tensors come out, up to the choice among equal singular values."""
    for K in (0.3, 0.5):
        given = tensorrg.ising_network(K)
        plain = Network(given.tensor, log_scale=given.log_scale)
        for scheme in (TRG(6), BTRG(6), HOTRG(6)):
            with_charges, without = (scheme.flow(n, 6) for n in (given, plain))
            assert with_charges.minus_log_partition == pytest.approx(
                without.minus_log_partition, rel=1e-9
            )
            lowest = [f.states[-1].spectrum.lowest(3)[0] for f in (with_charges, without)]
            assert lowest[0] == pytest.approx(lowest[1], rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: tensorrg.ising_network(np.nan), "K"),
        (lambda: tensorrg.ising_network(101), "K"),
        (lambda: tensorrg.ising_network(0.4, "cubic"), "lattice"),
        (lambda: tensorrg.ising_network(0.4, "honeycomb", K_vertical=0.3), "K_vertical"),
        (lambda: tensorrg.ising_network(0.4, field=np.inf), "field"),
        (lambda: tensorrg.potts_network(1, 0.4), "q"),
        (lambda: tensorrg.potts_network(33, 0.4), "q"),
        (lambda: tensorrg.clock_network(2.5, 0.4), "q"),
        (lambda: tensorrg.weights_network(np.ones((2, 2, 2))), "weights"),
        (lambda: tensorrg.weights_network(np.full((2, 2, 2, 2), np.nan)), "weights"),
        (lambda: tensorrg.weights_network(np.zeros((2, 2, 2, 2))), "weights"),
        (lambda: Network(np.ones((2, 3, 3, 2))), "tensor"),
        (lambda: Network(np.full((2, 2, 2, 2), np.inf)), "tensor"),
        (lambda: Network(np.zeros((2, 2, 2, 2))), "tensor"),
        (lambda: Network(np.ones((2, 2, 2, 2)), [0, 1], modulus=2), "charges"),
        (lambda: Network(np.ones((2, 2, 2, 2)), [0, 1, 1], modulus=2), "horizontal"),
        (lambda: Network(np.ones((2, 2, 2, 2)), aspect=-1j), "aspect"),
        (lambda: Network(np.ones((2, 2, 2, 2)), sites=0), "sites"),
        (lambda: Network(np.ones((2, 2, 2, 2)), modulus=0), "modulus"),
    ],
)
def test_bad_networks_are_refused(make, match):
    with pytest.raises((isingrg.ArgumentError, TypeError), match=match):
        make()


def test_the_shape_of_a_cell_does_not_know_signs():
    """One sublattice or every other row turned: the dimensions of both are those of K > 0."""
    vertical = math.asinh(1 / math.sinh(0.6)) / 2
    for K, K_vertical in ((-0.3, -vertical), (0.3, -vertical), (-0.3, vertical)):
        flow = tensorrg.BTRG(12).flow(tensorrg.ising_network(K, K_vertical=K_vertical), 6)
        assert flow.dimension(1)[6] == pytest.approx(0.125, abs=2e-3)


def test_a_network_keeps_its_own_tensor():
    tensor = np.ones((2, 2, 2, 2))
    network = tensorrg.Network(tensor)
    tensor[:] = np.nan
    assert np.isfinite(network.tensor).all()
    for aspect in (None, "x"):
        with pytest.raises(TypeError, match="aspect must be a complex number"):
            tensorrg.Network(np.ones((2, 2, 2, 2)), aspect=aspect)


@pytest.mark.parametrize("K", [-3.0, -20.0, -100.0])
def test_a_torus_of_one_tensor_whose_terms_cancel_has_no_partition_function(K):
    """2 exp(2 K) beside terms of exp(2 |K|)."""
    flow = TRG(4).flow(tensorrg.ising_network(K), 4)
    first = flow.states[0].log_partition
    if K > -5:
        assert first == pytest.approx(2 * K + math.log(2), rel=1e-9)
    else:
        assert math.isnan(first)
    # Two sublattices of the larger torus: the ferromagnet's.
    positive = TRG(4).flow(tensorrg.ising_network(-K), 4)
    assert flow.minus_log_partition[4] == pytest.approx(positive.minus_log_partition[4], rel=1e-9)
