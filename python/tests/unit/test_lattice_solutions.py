"""Exact solutions: tori of all boundaries, chains, infinite lattices, and critical points."""

from itertools import product

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, Interrupted, ising
from isingrg.ising import K_CRITICAL, Lattice, critical_point, torus_density_of_states

BOUNDARIES = list(product(["periodic", "antiperiodic"], repeat=2))


@pytest.mark.parametrize("boundary", BOUNDARIES, ids="-".join)
@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (4, 3), (2, 4), (3, 5)])
@pytest.mark.parametrize("J", [(1, 1), (1, 0.3), (-1, 0.5), (-0.7, -1), (0, 1)])
def test_tori_are_sums_over_all_configurations(boundary, shape, J):
    lattice = Lattice.square(shape, boundary=boundary, J=J)
    K = np.array([0.0, 0.2, K_CRITICAL, 0.8])
    np.testing.assert_allclose(
        lattice.log_partition(K), lattice.exact(K).log_partition, rtol=1e-11, atol=1e-11
    )


def test_large_tori_are_those_of_kaufman():
    for L, K in product((16, 33, 100), (0.2, K_CRITICAL, 0.6)):
        found = Lattice.square(L).log_partition(K)
        assert found == pytest.approx(ising.log_partition(L, K), rel=1e-12)
    assert Lattice.square(16).log_partition(K_CRITICAL) == pytest.approx(
        238.6422566351328700, rel=1e-13
    )


def test_the_interface_has_onsagers_tension():
    """ln Z of periodic less antiperiodic boundaries, L (2K + ln tanh K) and ln of a width."""
    K, length = 0.5, 16
    periodic = Lattice.square((24, length)).log_partition(K)
    turned = Lattice.square((24, length), boundary=("antiperiodic", "periodic")).log_partition(K)
    longer = [Lattice.square((24, 2 * length), boundary=(b, "periodic")).log_partition(K)
              for b in ("periodic", "antiperiodic")]  # fmt: skip
    tension = ((longer[0] - longer[1]) - (periodic - turned)) / length
    assert tension == pytest.approx(2 * K + np.log(np.tanh(K)), abs=np.log(2) / length)


def test_lost_differences_are_refused():
    lattice = Lattice.square(64, boundary=("antiperiodic", "periodic"))
    with pytest.raises(ConvergenceError, match="interface"):
        lattice.log_partition(1.0)


@pytest.mark.parametrize("boundary", ["periodic", "antiperiodic", "open"])
@pytest.mark.parametrize("length", [2, 5, 6])
def test_chains(boundary, length):
    chain = Lattice.chain(length, boundary=boundary, J=0.8)
    cases = [chain, chain.clock(2), chain.clock(4), chain.clock(6)]
    if boundary != "antiperiodic":
        cases += [chain.potts(2), chain.potts(5), chain.clock(3)]
    K = np.array([0.0, 0.5, -0.9])
    for lattice in cases:
        np.testing.assert_allclose(
            lattice.log_partition(K), lattice.exact(K).log_partition, atol=1e-11
        )


@pytest.mark.parametrize(
    "lattice",
    [
        Lattice.triangular(3), Lattice.square(4, boundary="open"), Lattice.square(4, J2=0.1),
        Lattice.square(4).potts(3), Lattice.square(4).spin_glass(), Lattice.graph(2, [(0, 1)]),
    ],
)  # fmt: skip
def test_lattices_without_a_solution(lattice):
    with pytest.raises(ArgumentError, match="no exact solution"):
        lattice.log_partition(0.3)


# Infinite lattices


@pytest.mark.parametrize("lattice", ["triangular", "honeycomb"])
def test_infinite_lattices(lattice):
    point = critical_point(lattice)
    energy = ising.internal_energy_density(point.K, lattice=lattice)
    assert energy == pytest.approx(point.energy, rel=1e-11)
    for K in (-1.5, -0.3, 0.1, point.K - 0.02, 0.7):
        h = 1e-4
        f = ising.free_energy_density(K + h * np.array([-2, -1, 1, 2]), lattice=lattice)
        slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
        assert ising.internal_energy_density(K, lattice=lattice) == pytest.approx(slope, abs=1e-8)
    for K in (-100.0, 100.0):
        assert np.isfinite(ising.free_energy_density(K, lattice=lattice))
    assert ising.free_energy_density(0.0, lattice=lattice) == pytest.approx(-np.log(2), rel=1e-14)


def test_infinite_lattices_are_limits_of_tori():
    """At weak coupling a torus differs by its shortest loops around, tanh(K)^5 or less of each."""
    torus = Lattice.triangular((5, 5)).exact(0.05).log_partition / 25
    assert -ising.free_energy_density(0.05, lattice="triangular") == pytest.approx(torus, abs=2e-6)
    torus = Lattice.honeycomb((3, 4)).exact(0.1).log_partition / 24
    assert -ising.free_energy_density(0.1, lattice="honeycomb") == pytest.approx(torus, abs=2e-6)


def test_the_cold_triangular_antiferromagnet_keeps_wanniers_entropy():
    """2 / pi times the integral of ln(2 cos w) from 0 to pi / 3; G. H. Wannier,
    doi:10.1103/PhysRev.79.357."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    entropy = 2 / np.pi * (weights @ np.log(2 * np.cos((nodes + 1) * np.pi / 6))) * np.pi / 6
    found = -ising.free_energy_density(-30.0, lattice="triangular") - 30
    assert found == pytest.approx(entropy, abs=1e-10)


def test_duality_and_star_triangle():
    """exp(-2 K*) = tanh K; cosh 2K of a star is (exp 4L + 1) / 2 of the triangle L."""
    K = 0.6
    L = np.log(2 * np.cosh(2 * K) - 1) / 4
    factor = 2 * np.cosh(3 * K) * np.exp(-3 * L)  # of a star that is summed
    star = -2 * ising.free_energy_density(K, lattice="honeycomb")
    assert star == pytest.approx(
        np.log(factor) - ising.free_energy_density(L, lattice="triangular")
    )


def test_critical_points():
    assert critical_point().K == K_CRITICAL
    for lattice in ("square", "triangular", "honeycomb"):
        one, two = critical_point(lattice), critical_point(lattice, 2)
        assert two.K == pytest.approx(2 * one.K, rel=1e-14) and one.is_exact
    assert critical_point("square", 2).energy == pytest.approx(-1 - 2**-0.5)
    assert (
        critical_point("square", 4).is_continuous and not critical_point("square", 5).is_continuous
    )
    assert critical_point("square", 3).K == pytest.approx(np.log(1 + 3**0.5))
    for q in (3, 4, 7):  # the lattices are dual: v v* = q
        pair = [np.expm1(critical_point(n, q).K) for n in ("triangular", "honeycomb")]
        assert np.prod(pair) == pytest.approx(q, rel=1e-12)
    cubic = critical_point("cubic")
    assert not cubic.is_exact and cubic.error > 0 and "Monte Carlo" in cubic.reference
    with pytest.raises(ArgumentError, match="Ising spins only"):
        critical_point("cubic", 3)


# Beale's integers


@pytest.mark.parametrize("L", [2, 3, 4])
def test_levels_of_the_torus_are_enumerated(L):
    found, counted = torus_density_of_states(L), Lattice.square(L).density_of_states()
    np.testing.assert_array_equal(found.energies, counted.energies)
    assert found.counts == counted.counts.sum(1).tolist()


@pytest.mark.parametrize("L", [5, 8, 12])
def test_levels_give_the_partition_function(L):
    found = torus_density_of_states(L)
    assert sum(found.counts) == 2 ** (L * L) and found.counts[0] == 2
    assert found.counts[1] == 2 * L * L  # one spin is turned
    logs = [float(np.log(c / 2 ** (L * L - 60)) if c.bit_length() > 900 else np.log(float(c)))
            for c in found.counts]  # fmt: skip
    for K in (0.3, 0.6):
        exponents = np.array(logs) - K * found.energies
        top = exponents.max()
        total = top + np.log(np.exp(exponents - top).sum())
        assert total == pytest.approx(ising.log_partition(L, K), rel=1e-12)


def test_beale_is_stopped_and_bounded():
    with pytest.raises(Interrupted):
        torus_density_of_states(8, progress=lambda done, total: False)
    with pytest.raises(ArgumentError, match="from 2 to 32"):
        torus_density_of_states(33)
