"""The sampler of benchmarks/boundary_mps.py against enumeration and ln Z of open lattices."""

import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ising

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))
boundary_mps = pytest.importorskip("boundary_mps")


@pytest.mark.parametrize("K", [0.3, ising.K_CRITICAL, -0.6])
def test_kac_and_ward_count_the_open_lattice(K):
    pytest.importorskip("scipy")
    for L in (2, 3, 4):
        lattice = ising.Lattice.square(L, boundary="open")
        expected = lattice.exact(K).log_partition
        assert boundary_mps.open_log_partition(L, K) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("K", [0.3, ising.K_CRITICAL, -0.6])
def test_with_all_values_kept_every_sample_has_its_exact_probability(K):
    """ln q = ln p to rounding, and a chi-square over the 512 configurations of 3 x 3 within 4.5
    deviations."""
    lattice = ising.Lattice.square(3, boundary="open")
    spins, log_prob = boundary_mps.BoundarySampler(3, K, 8).sample(40_000, seed=1)
    log_p = -K * np.asarray(lattice.energy(spins)) - lattice.exact(K).log_partition
    np.testing.assert_allclose(log_prob, log_p, atol=1e-12)
    numbers = (spins.reshape(-1, 9) < 0) @ (1 << np.arange(9))
    every = (1 - 2 * ((np.arange(512)[:, None] >> np.arange(9)) & 1)).reshape(-1, 3, 3)
    p = np.exp(-K * np.asarray(lattice.energy(every)) - lattice.exact(K).log_partition)
    counts, expected = np.bincount(numbers, minlength=512), p * len(spins)
    rare = expected < 10
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    score = ((counts - expected) ** 2 / expected.clip(1)).sum()
    degrees = len(counts) - 1
    assert abs(score - degrees) < 4.5 * np.sqrt(2 * degrees) + 5


def test_what_is_cut_off_is_made_up_for_by_the_weights():
    """ln Z within 4.5 errors for a bond of 2, whose samples are not quite those of the target."""
    pytest.importorskip("scipy")
    K, n = ising.K_CRITICAL, 20_000
    spins, log_prob = boundary_mps.BoundarySampler(8, K, 2).sample(n, seed=2)
    lattice = ising.Lattice.square(8, boundary="open")
    exact = boundary_mps.open_log_partition(8, K)
    weights = np.exp(-K * np.asarray(lattice.energy(spins)) - log_prob - exact)
    error = weights.std() / np.sqrt(n)
    assert 1e-4 < error < 0.02 and abs(weights.mean() - 1) < 4.5 * error
