"""Potts, clock and Ashkin-Teller models by tensor renormalization, against exact exponents."""

import math

import numpy as np
import pytest

import isingrg
from isingrg import tensorrg
from isingrg.tensorrg import ashkin_teller_network

pytestmark = pytest.mark.filterwarnings("ignore:chi = .* cuts a multiplet")


def critical(K_four):
    """The self-dual coupling of the Ashkin-Teller model, and its exact Delta_epsilon."""
    K = math.asinh(math.exp(-2 * K_four)) / 2
    mu = math.acos((math.exp(4 * K_four) - 1) / 2)
    return K, math.pi / (2 * (math.pi - mu))


@pytest.mark.parametrize(("K_four", "tolerance"), [(-0.1, 2e-3), (0.0, 1e-3), (0.1, 4e-3)])
def test_exponents_vary_along_the_ashkin_teller_line(K_four, tolerance):
    """Delta_sigma = 1/8 and c = 1 everywhere; Delta_st = Delta_epsilon / 4 does vary."""
    K, epsilon = critical(K_four)
    flow = tensorrg.LoopTNR(12).flow(ashkin_teller_network(K, K_four), 7)
    assert flow.dimension(1)[3:].mean() == pytest.approx(1 / 8, abs=1e-3)
    assert flow.dimension(0, 1)[3:].mean() == pytest.approx(epsilon / 4, abs=tolerance)
    crossover = 1 / epsilon  # of s^2 - t^2: one over four times Delta_st
    assert flow.dimension(0, 2)[3:].mean() == pytest.approx(min(epsilon, crossover), abs=0.02)
    assert flow.central_charge[3:].mean() == pytest.approx(1, abs=0.012)


@pytest.mark.parametrize("lattice", ["square", "triangular", "honeycomb"])
def test_limits_of_the_ashkin_teller_model(lattice):
    """Two Ising models, and the Potts model of four states with 4 K: bonds shift ln Z by K."""
    scheme = tensorrg.TRG(16)
    bonds = {"square": 2, "triangular": 3, "honeycomb": 1.5}[lattice]

    def free_energy(network):
        return scheme.flow(network, 10).minus_log_partition[-1]

    two = free_energy(ashkin_teller_network(0.2, 0.0, lattice))
    assert two == pytest.approx(2 * free_energy(tensorrg.ising_network(0.2, lattice)), rel=1e-3)
    four = free_energy(ashkin_teller_network(0.1, 0.1, lattice))
    potts = free_energy(tensorrg.potts_network(4, 0.4, lattice))
    assert four == pytest.approx(potts + bonds * 0.1, rel=1e-3)


def test_charges_are_those_of_both_spins():
    network = ashkin_teller_network(0.3, 0.2)
    assert network.horizontal.tolist() == [0, 0, 1, 1]
    for phase, states in [((2.0, 0.0), 4), ((0.1, 2.0), 2), ((0.05, 0.05), 1)]:
        flow = tensorrg.TRG(12).flow(ashkin_teller_network(*phase), 12)
        assert flow.degeneracy[-1] == pytest.approx(states, abs=1e-4)


def test_bad_couplings():
    for wrong in [(np.nan, 0.1), (0.1, np.inf), (101, 0)]:
        with pytest.raises(isingrg.ArgumentError, match="K"):
            ashkin_teller_network(*wrong)
    with pytest.raises(isingrg.ArgumentError, match="lattice"):
        ashkin_teller_network(0.1, 0.1, "cubic")


def test_potts_model_of_three_states_on_the_square_lattice():
    """Delta_sigma = 2/15, Delta_epsilon = 4/5 and c = 4/5 at ln(1 + sqrt 3)."""
    flow = tensorrg.LoopTNR(9).flow(tensorrg.potts_network(3, math.log(1 + math.sqrt(3))), 8)
    assert flow.dimension(1)[3:].mean() == pytest.approx(2 / 15, abs=2e-3)
    even = flow.states[7].spectrum.dimensions[0]
    assert even[1] == pytest.approx(2 / 15, abs=4e-3)
    assert even[2] == pytest.approx(0.8, abs=0.03)
    assert flow.central_charge[3:].mean() == pytest.approx(0.8, abs=0.01)


def test_clock_model_of_four_states_is_two_ising_models():
    """exp(K cos) with K = 2 K_Ising, at whose critical coupling c = 1."""
    K = math.log(1 + math.sqrt(2))
    flow = tensorrg.LoopTNR(12).flow(tensorrg.clock_network(4, K), 7)
    assert flow.dimension(1)[3:].mean() == pytest.approx(1 / 8, abs=1e-3)
    assert flow.central_charge[3:].mean() == pytest.approx(1, abs=0.012)
