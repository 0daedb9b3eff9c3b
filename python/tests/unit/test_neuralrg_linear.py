"""Flows of linear bijectors: wavelets at first, and normal densities always."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import NonFiniteError
from isingrg.neuralrg import NeuralRG, haar

pytest.importorskip("safetensors.numpy")
sys.path.append(str(Path(__file__).parent))
from rewriting import parts, rewritten

STILL = {"steps": 1, "batch": 32, "lr": 1e-12, "weight_decay": 0.0}


def matrices(model):
    """A and b of x = A z + b, from the images of unit vectors."""
    L = model.L
    b = model.decode(np.zeros((L, L)))[0].ravel()
    A = model.decode(np.eye(L * L).reshape(-1, L, L))[0].reshape(L * L, L * L).T - b[:, None]
    return A, b


def gaussian(L, length):
    """Covariance of a free field of a correlation length, (L^2, L^2)."""
    waves = 4 * np.sin(np.pi * np.arange(L) / L) ** 2
    first = np.fft.ifft2(1 / (waves[:, None] + waves + length**-2)).real
    i, j = np.divmod(np.arange(L * L), L)
    return first[(i[:, None] - i) % L, (j[:, None] - j) % L]


def divergence(covariance, A):
    """From the normal distribution of a covariance to that of A z, in nat."""
    inverse = np.linalg.inv(A)
    whitened = inverse @ covariance @ inverse.T
    return (np.trace(whitened) - len(A) - np.linalg.slogdet(whitened)[1]) / 2


@pytest.mark.parametrize("structure", ["mera", "tree"])
@pytest.mark.parametrize("repeat", [1, 3])
def test_begins_as_the_haar_wavelets(structure, repeat):
    model = NeuralRG(8, structure=structure, repeat=repeat, bijector="linear").fit(**STILL)
    x = np.random.default_rng(0).normal(size=(3, 8, 8))
    z, logdet = model.encode(x)
    np.testing.assert_allclose(z, haar(x), rtol=0, atol=1e-9)
    np.testing.assert_allclose(logdet, 0, atol=1e-9)


def test_disentanglers_begin_as_they_are():
    model = NeuralRG(4, structure="tebd", bijector="linear").fit(**STILL)
    x = np.random.default_rng(1).normal(size=(2, 4, 4))
    np.testing.assert_allclose(model.encode(x)[0], x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("structure", ["mera", "tebd", "tree"])
def test_the_density_is_normal(structure):
    model = NeuralRG(4, 0.3, structure=structure, bijector="linear", symmetric=False)
    model.fit(150, 64, 1e-2, weight_decay=0, seed=1)
    x = model.sample(20, seed=2)
    A, b = matrices(model)
    z = np.linalg.solve(A, (x.reshape(20, -1) - b).T).T
    log_density = -(z**2).sum(1) / 2 - 8 * math.log(2 * math.pi) - np.linalg.slogdet(A)[1]
    np.testing.assert_allclose(model.log_prob(x), log_density, rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.encode(x)[0].reshape(20, -1), z, rtol=0, atol=1e-9)
    assert np.abs(A - np.eye(16)).max() > 0.1


def test_responses_do_not_vary():
    model = NeuralRG(4, 0.3, bijector="linear").fit(50, 64, 1e-2, seed=1)
    found = model.responses(x=np.random.default_rng(3).normal(size=(50, 4, 4)), sites=[(0, 1)])
    np.testing.assert_allclose(
        found.mean[0].ravel(), np.linalg.inv(matrices(model)[0])[1], atol=1e-9
    )
    np.testing.assert_allclose(found.deviation, 0, atol=1e-6)


def test_learns_a_gaussian_model():
    """Maximum likelihood comes near the best linear flow; an exact search finds 0.0021 nat."""
    covariance = gaussian(4, 4)
    x = (
        np.random.default_rng(4)
        .multivariate_normal(np.zeros(16), covariance, 40000)
        .reshape(-1, 4, 4)
    )
    model = NeuralRG(4, bijector="linear", symmetric=False).fit_samples(x, **STILL)
    start = divergence(covariance, matrices(model)[0])
    for k in range(6):
        model.fit_samples(x, 500, 256, 2e-2 / 3**k, weight_decay=0, seed=5)
    # 20 parameters in each of four layers: 0.001 nat is expected of 40,000 samples.
    assert 0 < divergence(covariance, matrices(model)[0]) < 0.02 < start / 100


def test_continues_from_a_file(tmp_path):
    path = tmp_path / "flow.safetensors"
    whole = NeuralRG(4, bijector="linear").fit(6, 40, 1e-2, seed=2)
    NeuralRG(4, bijector="linear").fit(4, 40, 1e-2, seed=2).save(path)
    resumed = NeuralRG.load(path).fit(2)
    x = np.random.default_rng(5).normal(size=(4, 4, 4))
    assert np.array_equal(resumed.log_prob(x), whole.log_prob(x))
    assert resumed.masks.shape == (4, 0, 2, 2)
    assert resumed.parameter_count == 80


def test_a_singular_matrix_is_told(tmp_path):
    path = tmp_path / "flow.safetensors"
    NeuralRG(4, bijector="linear").fit(1, 8).save(path)
    parameters = parts(path)[1]["parameters"].copy()
    parameters[0, :16] = 0
    rewritten(path, arrays=[("parameters", parameters)])
    model = NeuralRG.load(path)
    with pytest.raises(NonFiniteError):
        model.log_prob(np.ones((4, 4)))
    with pytest.raises(NonFiniteError):
        model.fit(1, 8)


@pytest.mark.parametrize(
    "name, value", [("layers", 3), ("hidden", (4,)), ("masks", [[3] * 10] * 8)]
)
def test_has_no_networks(name, value):
    with pytest.raises(ValueError, match=f"{name} must be left out with linear bijectors"):
        NeuralRG(16, bijector="linear", **{name: value})


def test_unknown_bijectors():
    with pytest.raises(ValueError, match="bijector"):
        NeuralRG(4, bijector="affine")
