"""Autoencoders whose sites have latent variables of their own, readout="sites"."""

import numpy as np
import pytest

from isingrg import ArgumentError, ising
from isingrg.graphvae import GraphVAE, active_units

SMALL = dict(L=8, levels=2, hidden=12, token=5, latent=3, readout="sites")


def data(n=40, L=8, K=(0.2, 0.44, 0.6), seed=1):
    return ising.sample(L, list(K), n, seed=seed).reshape(-1, L, L)


@pytest.fixture(scope="module", params=["mlp", "graph"])
def model(request):
    return GraphVAE(**SMALL, decoder=request.param).fit(data(), 3)


def test_shapes(model):
    spins = data(4).reshape(3, 4, 8, 8)
    (fine, _), (mu, logvar) = model.encode(spins)
    assert fine.shape == (3, 4, 8, 8, 3) and mu.shape == logvar.shape == (3, 4, 4, 4, 3)
    assert [x.shape for x, _ in model.encode(data(2, L=12)[0])] == [(12, 12, 3), (6, 6, 3)]
    assert model.decode(mu).shape == (3, 4, 8, 8) and model.decode(mu[0, 0]).shape == (8, 8)
    assert model.decode(mu[:0]).shape == (0, 4, 8, 8)
    np.testing.assert_array_equal(model.decode(mu)[1, 2], model.decode(mu[1, 2]))
    with pytest.raises(
        ArgumentError, match=r"z must have the shape \(..., 4, 4, 3\), got \(5, 3\)"
    ):
        model.decode(np.zeros((5, 3)))
    assert model.readout == "sites" and GraphVAE().readout == "mean"


def test_maps_move_with_configurations(model):
    """Both halves commute with translations by blocks; the encoder with quarter turns, too."""
    spins = data(3)
    maps, moved = model.encode(spins), model.encode(np.roll(spins, (2, 4), (1, 2)))
    turned = model.encode(np.rot90(spins, axes=(1, 2)))
    for level, (mu, _) in enumerate(maps):
        shift = (2 >> level, 4 >> level)
        np.testing.assert_allclose(moved[level][0], np.roll(mu, shift, (1, 2)), rtol=0, atol=1e-13)
        expected = np.rot90(mu, axes=(1, 2))
        np.testing.assert_allclose(turned[level][0], expected, rtol=0, atol=1e-13)
    z = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
    moved = model.decode(np.roll(z, (1, 3), (1, 2)))
    np.testing.assert_allclose(moved, np.roll(model.decode(z), (2, 6), (1, 2)), rtol=0, atol=1e-13)
    assert np.abs(maps[1][0][:, 0, 0] - maps[1][0][:, 2, 1]).max() > 1e-6


def test_the_mean_of_a_map_is_what_the_mean_reads():
    """Both readouts apply the same two layers: of mean features, or at each site."""
    spins, keep = data(5), {}
    for readout in ("sites", "mean"):
        model = GraphVAE(**SMALL | {"readout": readout}).fit(data(), 1, lr=1e-12, seed=4)
        keep[readout] = model.encode(spins)
    for (mu, logvar), (one, other) in zip(keep["sites"], keep["mean"], strict=True):
        np.testing.assert_allclose(mu.mean((1, 2)), one, rtol=0, atol=1e-9)
        np.testing.assert_allclose(logvar.mean((1, 2)), other, rtol=0, atol=1e-9)


def test_loss_is_what_its_parts_say(model):
    """All terms from `encode` and `decode`, whose noise averages out; six errors of it."""
    spins = np.tile(data(20, K=(0.44,)), (200, 1, 1))
    terms = model.loss(spins, seed=3)
    (fine, _), (mu, logvar) = model.encode(spins[:20])
    kl = 0.5 * (mu**2 + np.exp(logvar) - logvar - 1).sum(-1).mean()
    assert terms["kl"] == pytest.approx(kl, rel=1e-12)
    blocks = fine.reshape(20, 4, 2, 4, 2, 3).mean((2, 4))
    assert terms["rg"] == pytest.approx(((blocks - mu) ** 2).sum(-1).mean(), rel=1e-12)
    assert terms["rg"] == pytest.approx((model.level_distances(spins[:20]) ** 2).mean(), rel=1e-12)
    noise = np.random.default_rng(1).normal(size=(200, *mu.shape))
    errors = ((model.decode(mu + np.exp(logvar / 2) * noise) - spins[:20]) ** 2).mean((2, 3))
    assert abs(terms["reconstruction"] - errors.mean()) < 6 * errors.mean(1).std() / np.sqrt(200)


def test_the_map_between_levels():
    """Least squares over all coarse sites, of pairs of levels that enter together."""
    model = GraphVAE(16, levels=3, hidden=8, token=4, latent=2, readout="sites")
    spins = data(30, L=16)
    model.fit(spins, 2)
    maps = [mu for mu, _ in model.encode(spins)]
    found = [model.rg_map(spins, pair, resamples=20) for pair in ((0, 1), (1, 2), (0, 2), None)]
    fine, coarse = [], []
    for k, (a, b) in enumerate([(0, 1), (1, 2), (0, 2)]):
        side, block = 16 >> b, 1 << (b - a)
        x = maps[a].reshape(-1, side, block, side, block, 2).mean((2, 4)).reshape(-1, 2)
        fine.append(np.column_stack([x, np.ones(len(x))]))
        coarse.append(maps[b].reshape(-1, 2))
        solution = np.linalg.lstsq(fine[k], coarse[k], rcond=None)[0]
        np.testing.assert_allclose(found[k].weight, solution[:2].T, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(found[k].bias, solution[2], rtol=1e-6, atol=1e-9)
    both = np.linalg.lstsq(np.concatenate(fine[:2]), np.concatenate(coarse[:2]), rcond=None)[0]
    np.testing.assert_allclose(found[3].weight, both[:2].T, rtol=1e-6, atol=1e-9)


def test_what_follows_configurations_takes_means_over_sites(model):
    spins = data(30)
    mu = [x.mean((-3, -2)) for x, _ in model.encode(spins)]
    np.testing.assert_array_equal(model.trajectories(spins, 0)[0], mu)
    basins = model.basins(spins, resamples=20)
    assert basins.centres.shape == (3, 2, 3)
    plus = [x.mean((0, 1)) for x, _ in model.encode(np.ones((8, 8), np.int8))]
    np.testing.assert_allclose(basins.centres[0], plus, rtol=0, atol=1e-14)


def test_it_learns_more_than_the_magnetization():
    """A map of block magnetizations says more than their mean: the error is below 1 - m^2."""
    spins = data(200, L=16, K=(0.3, 0.42, 0.5, 0.6))
    model = GraphVAE(hidden=24, readout="sites", beta=0.01).fit(spins, 12, 16, 3e-3)
    mu = model.encode(spins)[-1][0]
    m = spins.reshape(-1, 4, 4, 4, 4).mean((2, 4))
    assert model.history["reconstruction"][-1] < 1 - np.mean(ising.magnetization(spins) ** 2)
    assert active_units(mu).any()
    design = np.column_stack([mu.reshape(-1, 4), np.ones(m.size)])
    fitted = design @ np.linalg.lstsq(design, m.ravel(), rcond=None)[0]
    fitted = fitted.reshape(m.shape)
    within = [x - x.mean((1, 2), keepdims=True) for x in (fitted, m)]
    assert np.corrcoef(*(x.ravel() for x in within))[0, 1] > 0.5
