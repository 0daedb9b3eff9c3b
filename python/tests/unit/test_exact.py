"""Exact results against enumeration, against each other and against published constants."""

import math

import numpy as np
import pytest

from isingrg import ising

K_C = ising.K_CRITICAL
CATALAN = 0.915965594177219015

#: Couplings that might be temperatures are meant.
COLD = pytest.mark.filterwarnings("ignore:at K = .* frozen:UserWarning")


def enumerate_torus(L):
    """Energies of all 2^(L*L) configurations."""
    codes = np.arange(2 ** (L * L), dtype=np.uint32)[:, None]
    bits = (codes >> np.arange(L * L, dtype=np.uint32)) & 1
    s = (2 * bits.astype(np.int8) - 1).reshape(-1, L, L)
    return -(s * np.roll(s, 1, 1) + s * np.roll(s, 1, 2)).sum((1, 2), dtype=np.int64)


@pytest.fixture(scope="module", params=[2, 3, 4])
def enumeration(request):
    return request.param, enumerate_torus(request.param)


@COLD
@pytest.mark.parametrize("K", [0.01, 0.2, K_C, 0.7, 2.0])
def test_torus_agrees_with_enumeration(enumeration, K):
    L, energies = enumeration
    exponent = -K * energies
    weight = np.exp(exponent - exponent.max())
    Z = weight.sum()
    mean = (weight * energies).sum() / Z
    variance = (weight * (energies - mean) ** 2).sum() / Z
    assert ising.log_partition(L, K) == pytest.approx(exponent.max() + math.log(Z), rel=1e-13)
    assert ising.mean_energy(L, K) == pytest.approx(mean, rel=1e-11)
    assert ising.heat_capacity(L, K) == pytest.approx(K * K * variance, rel=1e-9, abs=1e-12)


def test_published_partition_function():
    assert ising.log_partition(16, K_C) == pytest.approx(238.64225663513287, rel=1e-12)


def test_energy_of_core_agrees_with_enumeration():
    L = 3
    codes = np.arange(2**9)[:, None] >> np.arange(9) & 1
    assert (ising.energy((2 * codes - 1).reshape(-1, L, L)) == enumerate_torus(L)).all()


def test_critical_point():
    assert K_C == math.log1p(math.sqrt(2)) / 2
    assert ising.free_energy_density(K_C) == pytest.approx(
        -math.log(2) / 2 - 2 * CATALAN / math.pi, rel=1e-14
    )
    assert ising.internal_energy_density(K_C) == pytest.approx(-math.sqrt(2), rel=1e-14)
    assert ising.specific_heat_density(K_C) == math.inf
    assert ising.spontaneous_magnetization(K_C) == 0.0


@pytest.mark.parametrize("K", [0.0, 5e-324, 1e-310, 1e-170, 1e-155, 1e-12, 9e-10, 1.1e-9, 1e-5])
def test_tiny_couplings(K):
    assert ising.internal_energy_density(K) == pytest.approx(-2 * K, rel=1e-9, abs=0)
    assert ising.internal_energy_density(-K) == -ising.internal_energy_density(K)
    assert ising.specific_heat_density(K) == pytest.approx(2 * K * K, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("K", [0.05, 0.3, 0.6, 1.5])
def test_bulk_is_the_limit_of_the_torus(K):
    L = 512
    assert -ising.log_partition(L, K) / L**2 == pytest.approx(
        ising.free_energy_density(K) - (math.log(2) / L**2 if K > K_C else 0), rel=1e-12
    )
    assert ising.mean_energy(L, K) / L**2 == pytest.approx(
        ising.internal_energy_density(K), rel=1e-11
    )
    assert ising.heat_capacity(L, K) / L**2 == pytest.approx(
        ising.specific_heat_density(K), rel=1e-9
    )


def test_energy_is_the_derivative_of_the_free_energy():
    K, h = np.array([0.1, 0.4, 0.5, 0.9]), 1e-4
    slope = (ising.free_energy_density(K + h) - ising.free_energy_density(K - h)) / (2 * h)
    assert ising.internal_energy_density(K) == pytest.approx(slope, rel=1e-6)


def test_spontaneous_magnetization_is_yangs():
    K = np.array([0.0, 0.3, 0.45, 0.6, 1.2])
    expected = np.where(K > K_C, np.abs(1 - np.sinh(2 * np.maximum(K, 0.1)) ** -4.0), 0) ** 0.125
    assert ising.spontaneous_magnetization(K) == pytest.approx(expected, rel=1e-12)


@COLD
def test_limits_and_symmetry():
    assert ising.log_partition(8, 0.0) == pytest.approx(64 * math.log(2), rel=1e-15)
    assert ising.log_partition(8, -0.3) == ising.log_partition(8, 0.3)
    assert ising.mean_energy(8, -0.3) == -ising.mean_energy(8, 0.3)
    tiny = np.array([1e-16, 1e-300, 5e-324, 0.0])
    assert np.array_equal(ising.internal_energy_density(tiny), -2 * tiny)
    assert np.array_equal(ising.internal_energy_density(-tiny), 2 * tiny)
    assert ising.log_partition(4096, 2.0) == pytest.approx(2 * 2 * 4096**2, rel=1e-6)
