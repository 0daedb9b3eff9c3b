"""What autoencoders say, and that they learn."""

import copy
import pickle

import numpy as np
import pytest

from isingrg import ising
from isingrg.graphvae import GraphVAE

SMALL = dict(L=8, levels=2, hidden=12, token=5, latent=3)


def data(n=40, L=8, K=(0.2, 0.44, 0.6), seed=1):
    return ising.sample(L, list(K), n, seed=seed).reshape(-1, L, L)


@pytest.fixture(scope="module")
def model():
    return GraphVAE(**SMALL).fit(data(), 3)


def test_defaults_are_the_published_model():
    model = GraphVAE()
    # Tokenizer; three levels; their heads; decoder.
    levels = (16 * 64 + 64) + 2 * (128 * 64 + 64) + 3 * (64 * 64 + 64)
    decoder = (4 * 64 + 64) + (64 * 64 + 64) + (64 * 256 + 256)
    expected = (2 * 16 + 16) + (16 * 16 + 16) + levels + 6 * (64 * 4 + 4) + decoder
    assert model.parameter_count == expected
    assert (model.L, model.levels, model.latent) == (16, 3, 4)
    assert repr(model) == "GraphVAE()  # untrained"
    assert repr(GraphVAE(L=8, levels=2)) == "GraphVAE(L=8, levels=2)  # untrained"


def test_encode_takes_any_shape_and_dtype(model):
    spins = data(8)
    levels = model.encode(spins)
    assert len(levels) == 2
    for mu, logvar in levels:
        assert mu.shape == logvar.shape == (24, 3)
    for values in (spins.astype(float), spins.astype(np.int64), spins.tolist()):
        for a, b in zip(levels, model.encode(values), strict=True):
            np.testing.assert_array_equal(a, b)
    nested = model.encode(spins.reshape(2, 3, 4, 8, 8))
    np.testing.assert_array_equal(nested[1][0], levels[1][0].reshape(2, 3, 4, 3))
    single = model.encode(spins[5])
    np.testing.assert_array_equal(single[0][1], levels[0][1][5])
    assert model.encode(spins[:0])[0][0].shape == (0, 3)


def test_encode_takes_other_sizes(model):
    """A periodic continuation has the same averages."""
    spins = data(4)
    for mu, other in zip(model.encode(spins), model.encode(np.tile(spins, (1, 2, 2))), strict=True):
        np.testing.assert_allclose(mu, other, rtol=0, atol=1e-13)
    assert model.encode(np.ones((4, 4)))[1][0].shape == (3,)
    assert model.encode(np.ones((2, 10, 10)))[1][0].shape == (2, 3)


def test_levels_are_invariant(model):
    """Level l under translations by 2**l sites, all under the eight point operations."""
    spins = data(4)
    here = model.encode(spins)
    images = [np.rot90(spins, k, (1, 2)) for k in range(4)]
    images += [image.transpose(0, 2, 1) for image in images]
    images += [np.roll(spins, shift, (1, 2)) for shift in [(2, 0), (4, 6)]]
    for image in images:
        for level, other in zip(here, model.encode(image), strict=True):
            np.testing.assert_allclose(level, other, rtol=0, atol=1e-13)
    shifted = model.encode(np.roll(spins, 1, 1))
    np.testing.assert_allclose(here[0], shifted[0], rtol=0, atol=1e-13)
    assert np.abs(here[1][0] - shifted[1][0]).max() > 1e-6


@pytest.mark.parametrize("likelihood", ["mse", "bernoulli"])
@pytest.mark.parametrize("decoder", ["mlp", "graph"])
def test_decode(likelihood, decoder):
    model = GraphVAE(**SMALL, likelihood=likelihood, decoder=decoder).fit(data(), 2)
    z = np.random.default_rng(0).normal(size=(2, 5, 3))
    spins = model.decode(z)
    assert spins.shape == (2, 5, 8, 8) and model.decode(z[0, 0]).shape == (8, 8)
    np.testing.assert_array_equal(spins[1, 3], model.decode(z[1, 3]))
    assert model.decode(z[:0]).shape == (0, 5, 8, 8)
    if likelihood == "bernoulli":
        assert np.abs(spins).max() < 1 and np.abs(model.decode(z * 1e4)).max() <= 1


def test_loss_is_what_its_parts_say(model):
    """All terms from `encode` and `decode`, whose noise averages out."""
    spins = np.tile(data(20, K=(0.44,)), (200, 1, 1))
    terms = model.loss(spins, seed=3)
    assert list(terms) == ["loss", "reconstruction", "kl", "rg"]
    (fine, _), (mu, logvar) = model.encode(spins[:20])
    kl = 0.5 * (mu**2 + np.exp(logvar) - logvar - 1).sum(1).mean()
    assert terms["kl"] == pytest.approx(kl, rel=1e-12)
    assert terms["rg"] == pytest.approx(((fine - mu) ** 2).sum(1).mean(), rel=1e-12)
    combined = terms["reconstruction"] + 0.1 * terms["kl"] + 0.5 * terms["rg"]
    assert terms["loss"] == pytest.approx(combined, rel=1e-12)
    noise = np.random.default_rng(1).normal(size=(200, *mu.shape))
    errors = ((model.decode(mu + np.exp(logvar / 2) * noise) - spins[:20]) ** 2).mean((2, 3))
    error = errors.mean(1).std() / np.sqrt(200)
    assert abs(terms["reconstruction"] - errors.mean()) < 6 * error
    assert terms == model.loss(spins, seed=3) and terms != model.loss(spins, seed=4)


def test_it_learns_the_magnetization():
    """The last level tells the phases and their sign, and the reconstruction profits."""
    spins = data(200, L=16, K=(0.3, 0.42, 0.5, 0.6))
    model = GraphVAE(hidden=24, beta=0.01).fit(spins, 25, 16, 3e-3)
    history = model.history
    # The mean is no help, but the magnetization of each configuration: errors 1 and 0.45 at best.
    assert history["reconstruction"][0] > 0.95 and 0.4 < history["reconstruction"][-1] < 0.6
    mu = model.encode(spins)[2][0]
    m = ising.magnetization(spins)
    design = np.column_stack([mu, np.ones(len(mu))])
    fitted = design @ np.linalg.lstsq(design, m, rcond=None)[0]
    assert np.corrcoef(fitted, m)[0, 1] > 0.95


def test_consistency_brings_levels_together():
    spins = data(100)

    def distance(lambda_rg):
        model = GraphVAE(**SMALL, lambda_rg=lambda_rg).fit(spins, 15)
        return model.loss(spins)["rg"]

    assert distance(3.0) < 0.5 * distance(0.0)


def test_models_travel(model):
    spins = data(3)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.encode(spins), model.encode(spins))
        assert repr(other) == repr(model) and other.step == model.step
    untrained = pickle.loads(pickle.dumps(GraphVAE(**SMALL)))
    assert repr(untrained) == repr(GraphVAE(**SMALL)) and untrained.step == 0
