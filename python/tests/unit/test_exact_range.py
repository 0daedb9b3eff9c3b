"""Exact results over their whole range, against arithmetic of hundreds of digits."""

from decimal import Decimal as D
from decimal import getcontext, localcontext
from functools import cache

import numpy as np
import pytest

from isingrg import ising

#: Cold lattices are meant here.
pytestmark = pytest.mark.filterwarnings("ignore:at K = .* frozen:UserWarning")

K_C = ising.K_CRITICAL
#: Couplings of both phases, near K_c and far from it, and on both sides of 0.203 and 0.805, where
#: the torus changes its formula.
COUPLINGS = [1e-300, 1e-160, 1e-100, 1e-20, 1e-8, 1e-3, 0.1, 0.2, 0.2027, 0.2028, 0.3, 0.43, K_C]
COUPLINGS += [0.45, 0.6, 0.8, 0.8047, 0.8048, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 9.5, 10.0, 15.0, 20.0]
COUPLINGS += [40.0, 80.0, 88.0, 92.0, 93.0]
LEAST = 5e-324


def agree(found, exact):
    """To 1e-11, or within four units of the numbers below 2e-308, which have fewer digits."""
    assert type(found) is float
    assert abs(D(found) - exact) <= abs(exact) * D("1e-11") + 4 * D(LEAST), (found, float(exact))


@pytest.fixture(autouse=True)
def digits():
    with localcontext() as context:
        context.Emin, context.Emax = -(10**6), 10**6
        yield


@cache
def density_of_states(L):
    """The number of states of each energy, by a transfer matrix of polynomials in exp(-4K).

    A polynomial is one integer with 64 bits for each power, here of broken bonds: shifts multiply.
    """
    total = 0
    rows = range(2**L)
    for start in rows:
        vector = [0] * 2**L
        vector[start] = 1
        for _ in range(L):
            for site in range(L):  # new spins of a row, one after the other, below the old
                bit = 1 << site
                vector = [vector[row] + (vector[row ^ bit] << 64) for row in rows]
            for row in rows:
                vector[row] <<= 64 * (row ^ (row >> 1 | (row & 1) << (L - 1))).bit_count()
        total += vector[start]
    counts = {}
    for broken in range(2 * L * L + 1):
        if count := total >> 64 * broken & (2**64 - 1):
            counts[2 * broken - 2 * L * L] = count
    assert sum(counts.values()) == 2 ** (L * L)
    return counts


def enumeration(L, K):
    counts = density_of_states(L)
    lowest = min(counts)
    step = (-2 * K).exp()
    weights, power = {}, D(1)  # exp(-K (energy - lowest))
    for energy in range(lowest, 2 * L * L + 1, 2):
        if energy in counts:
            weights[energy] = counts[energy] * power
        power *= step
    Z = sum(weights.values())
    mean = sum(weight * energy for energy, weight in weights.items()) / Z
    variance = sum(weight * (energy - mean) ** 2 for energy, weight in weights.items()) / Z
    return Z.ln() - K * lowest, mean, K * K * variance


@pytest.mark.parametrize("L", [2, 3, 4, 5, 6])
def test_torus_counts_states(L):
    for K in COUPLINGS:
        getcontext().prec = 380 if K < 1e-100 else 180  # states of either sign cancel for small K
        log_partition, energy, heat = enumeration(L, D(K))
        agree(ising.log_partition(L, K), log_partition)
        agree(ising.mean_energy(L, K), energy)
        agree(ising.heat_capacity(L, K), heat)
        if L % 2 == 0:
            agree(ising.log_partition(L, -K), log_partition)
            agree(ising.mean_energy(L, -K), -energy)
            agree(ising.heat_capacity(L, -K), heat)


def sinh(x):
    return (x.exp() - (-x).exp()) / 2


def cosh(x):
    return (x.exp() + (-x).exp()) / 2


def means(a, b):
    """The arithmetic-geometric mean of 1 and b, and the sum of 2^(n-1) c_n^2 of a = c_0."""
    x, y, total, weight = D(1), b, a * a / 2, D(1)
    while x - y > D(10) ** (10 - getcontext().prec):
        total += weight * ((x - y) / 2) ** 2
        weight *= 2
        x, y = (x + y) / 2, (x * y).sqrt()
    return x, total


def pi():
    # Gauss and Legendre: the mean of 1 and 1 / sqrt 2.
    mean, total = means(D("0.5").sqrt(), D("0.5").sqrt())
    return 2 * mean**2 / (1 - 2 * total)


def kaufman(L, K):
    """ln Z by the four products of hyperbolic functions as Kaufman printed them."""
    turn = pi() / L
    term, cosine, n = D(1), D(0), 0
    while abs(term) > D(10) ** -getcontext().prec:
        cosine += term
        n += 2
        term *= -turn * turn / (n * (n - 1))
    cosines = [D(1), cosine]
    while len(cosines) < 2 * L:
        cosines.append(2 * cosine * cosines[-1] - cosines[-2])
    products = [D(1)] * 4
    for k in range(2 * L):
        x = cosh(2 * K) ** 2 / sinh(2 * K) - cosines[k]
        root = (sinh(2 * K) - 1) / sinh(2 * K) * cosh(2 * K) if k == 0 else (x * x - 1).sqrt()
        power = ((x + root).ln() * L / 2).exp()
        products[k % 2] *= power + 1 / power
        products[2 + k % 2] *= power - 1 / power
    return (sum(products) / 2).ln() + D(L * L) / 2 * (2 * sinh(2 * K)).ln()


@pytest.mark.parametrize("L", [10, 33])
def test_torus_is_kaufmans(L):
    getcontext().prec = 240
    for K in [1e-8, 0.1, 0.2028, 0.4, K_C, 0.5, 0.8047, 1.2, 3.0, 10.0, 20.0]:
        h = D("1e-60") * D(K)
        below, here, above = (kaufman(L, D(K) + step) for step in (-h, 0, h))
        agree(ising.log_partition(L, K), here)
        agree(ising.mean_energy(L, K), (below - above) / (2 * h))
        agree(ising.heat_capacity(L, K), D(K) ** 2 * (above - 2 * here + below) / h**2)


def set_precision(K):
    """Terms of order 1 cancel to K^2 or to exp(-8K)."""
    getcontext().prec = int(50 - 3 * min(np.log10(K), 0) + 4 * K)


def onsager(K):
    """Energy, specific heat and magnetization per site, as printed in textbooks."""
    coth = cosh(2 * K) / sinh(2 * K)
    kappa = 2 / coth**2 - 1
    mean, total = means(2 * sinh(2 * K) / cosh(2 * K) ** 2, abs(kappa))
    first = pi() / (2 * mean)
    energy = -coth * (1 + 2 / pi() * kappa * first)
    rest = first * total - (1 - 1 / coth**2) * (pi() / 2 + kappa * first)
    order = 1 - 1 / sinh(2 * K) ** 4
    order = order.sqrt().sqrt().sqrt() if order > 0 else D(0)
    return energy, 4 / pi() * (K * coth) ** 2 * rest, order


NEAR = [0.44, 0.4406867, 0.440686793, 0.4406867935097, 0.44068679350977, 0.4406867935097714]
NEAR += [0.4406867935097716, 0.440686793509775, 0.44068679351, 0.4406868, 0.441]


@pytest.mark.parametrize("K", [K for K in COUPLINGS + NEAR if K != K_C])
def test_bulk_is_onsagers(K):
    set_precision(K)
    energy, heat, order = onsager(D(K))
    agree(ising.internal_energy_density(K), energy)
    agree(ising.specific_heat_density(K), heat)
    agree(ising.spontaneous_magnetization(K), order)
    agree(ising.internal_energy_density(-K), -energy)
    agree(ising.specific_heat_density(-K), heat)


@pytest.mark.parametrize("L", [256, 4095, 4096])
@pytest.mark.parametrize("K", [1e-300, 1e-9, 0.1, 0.2028, 0.8047, 1.0, 4.0, 10.0, 20.0, 90.0, 94.5])
def test_large_torus_is_bulk(L, K):
    """What winds around these tori is smaller than exp(-250)."""
    set_precision(K)
    energy, heat, _ = onsager(D(K))
    agree(ising.mean_energy(L, K), L * L * energy)
    agree(ising.heat_capacity(L, K), L * L * heat)


def test_beyond_the_range_of_numbers():
    for L in [2, 3, 16, 4096]:
        assert ising.heat_capacity(L, 0.0) == 0 and ising.heat_capacity(L, 100.0) == 0
        assert ising.mean_energy(L, 0.0) == 0 and ising.mean_energy(L, 100.0) == -2 * L * L
        assert ising.heat_capacity(L, LEAST) == 0
        assert ising.mean_energy(L, LEAST) == (-4 if L == 2 else -2) * L * L * LEAST
    K = np.linspace(0, 100, 20001)
    for heat in (ising.heat_capacity(2, K), ising.heat_capacity(3, K), ising.heat_capacity(8, K)):
        peak = heat.argmax()
        assert np.all(np.diff(heat[: peak + 1]) > 0) and np.all(np.diff(heat[peak:]) <= 20 * LEAST)
        assert heat[-1] == 0
    heat = ising.specific_heat_density(K)
    assert np.all(np.diff(heat[K > 0.4407]) <= 0) and np.all(heat >= 0) and heat[-1] == 0


def test_values_that_cancelled():
    """Kaufman's and Onsager's formulas in double precision gave no right digit of these."""
    assert ising.heat_capacity(4, 7.0) == pytest.approx(2.399e-20, rel=1e-3)
    assert ising.heat_capacity(10, 10.0) == pytest.approx(1.155e-29, rel=1e-3)
    assert ising.heat_capacity(2, 20.0) == pytest.approx(5.00e-65, rel=2e-3)
    assert ising.specific_heat_density(9.5) == pytest.approx(5.7e-30, rel=1e-2)
    assert ising.specific_heat_density(10.0) == pytest.approx(1.155e-31, rel=1e-3)
