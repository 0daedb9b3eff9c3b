"""Divergence of linear flows from a Gaussian model, as notebook 03 has it, and dense matrices."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
pytest.importorskip("scipy", reason="pip install 'isingrg[notebooks]'")
sys.path.append(str(NOTEBOOKS))
gaussian_flows = importlib.import_module("gaussian_flows")

L = 4


def problem(structure, depth=None, length=3.0):
    layers = gaussian_flows.layers_of(L, structure, depth)
    return gaussian_flows.Problem(gaussian_flows.spectrum(L, length), layers)


def noisy(posed, seed=0):
    plain = posed.haar()
    return plain + 0.2 * np.random.default_rng(seed).normal(size=plain.shape)


def dense(posed, matrices):
    """A of x = A z, and the covariance of the target."""
    A = np.eye(L * L)
    for layer, matrix in zip(posed.layers[::-1], matrices[::-1], strict=True):
        A[layer.sites] = np.einsum("ij,bjk->bik", matrix, A[layer.sites])
    first = np.fft.ifft2(posed.spectrum).real
    i, j = np.divmod(np.arange(L * L), L)
    return A, first[(i[:, None] - i) % L, (j[:, None] - j) % L]


KINDS = [("mera", None), ("mera", 1), ("tree", None), ("tebd", 2)]


@pytest.mark.parametrize("structure, depth", KINDS)
def test_divergence_and_susceptibility(structure, depth):
    posed = problem(structure, depth)
    matrices = noisy(posed)
    A, covariance = dense(posed, matrices)
    inside = np.linalg.solve(covariance, A @ A.T)
    expected = (np.trace(inside) - L * L - np.linalg.slogdet(inside)[1]) / 2
    assert posed.divergence(matrices)[0] == pytest.approx(expected, rel=1e-10)
    ones = np.ones(L * L)
    share = (ones @ A @ A.T @ ones) / (ones @ covariance @ ones)
    assert posed.susceptibility(matrices) == pytest.approx(share, rel=1e-10)


@pytest.mark.parametrize("structure, depth", KINDS)
def test_gradient(structure, depth):
    posed = problem(structure, depth)
    matrices, h = noisy(posed), 1e-6
    gradient = posed.divergence(matrices)[1]
    for index in [(0, 1, 2), (len(matrices) - 1, 3, 0), (0, 2, 2)]:
        shift = np.zeros_like(matrices)
        shift[index] = h
        up, down = (posed.divergence(matrices + sign * shift)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-6)


def test_no_tree_is_below_the_bound():
    """Also not where the rest is joined by more variables than one."""
    posed = problem("tree", length=20.0)
    bound = gaussian_flows.bottleneck(posed.spectrum)
    least = posed.minimum(noisy(posed))[0]
    assert 0.1 < bound < least < 0.5
    assert gaussian_flows.bottleneck(1 / posed.spectrum) == pytest.approx(bound, rel=1e-8)
    whole = problem("mera", length=20.0)
    assert whole.minimum(noisy(whole))[0] < bound / 10


@pytest.mark.parametrize("structure, depth", [("mera", None), ("tree", None), ("tebd", 1)])
def test_recorded_minima(structure, depth):
    records = json.loads((NOTEBOOKS / "data" / "neuralrg_gaussian.json").read_text())
    key = {"length": "L", "L": L, "structure": structure, "depth": depth}
    recorded = next(record for record in records if key.items() <= record.items())
    posed = problem(structure, depth, length=L)
    assert posed.minimum(noisy(posed, 5))[0] == pytest.approx(recorded["divergence"], abs=1e-6)
