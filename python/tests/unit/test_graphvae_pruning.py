"""Configurations from the prior, and models of the active units only."""

import numpy as np
import pytest

from isingrg import ArgumentError, ising
from isingrg.graphvae import GraphVAE, active_units

SMALL = dict(L=8, levels=2, hidden=12, token=5)


def data(n=60, K=(0.2, 0.44, 0.6), seed=1):
    return ising.sample(8, list(K), n, seed=seed).reshape(-1, 8, 8)


def trained(**settings):
    return GraphVAE(**SMALL | {"beta": 0.02} | settings).fit(data(), 20, 8, 3e-3)


@pytest.mark.parametrize("likelihood", ["mse", "bernoulli"])
def test_samples_have_the_moments_of_the_model(likelihood):
    """Mean spin and correlation of every pair of sites, from an integral over z.

    The largest of 64 + 2016 deviations exceeds 5 errors once in 800 draws.
    """
    model = trained(latent=1, likelihood=likelihood, beta=0.002)
    n, z = 20_000, np.linspace(-8, 8, 4001)
    x = np.clip(model.decode(z[:, None]), -1, 1).reshape(-1, 64)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    exact = (x * weights[:, None]).T @ x
    spins = model.sample(n, seed=3).reshape(n, 64).astype(float)
    deviation = np.abs(spins.mean(0) - weights @ x)
    assert (deviation < 5 * np.sqrt((1 - (weights @ x) ** 2) / n)).all()
    deviation = np.abs(spins.T @ spins / n - exact)[np.triu_indices(64, 1)]
    assert (deviation < 5 * np.sqrt((1 - exact[np.triu_indices(64, 1)] ** 2) / n)).all()
    assert np.ptp(x) > 0.25  # the model has learned something that z decides


@pytest.mark.parametrize("readout", ["mean", "sites"])
def test_samples_are_keyed_by_their_number(readout):
    model = trained(readout=readout, latent=2)
    spins, z = model.sample_with_z(50, seed=5)
    assert spins.dtype == np.int8 and spins.shape == (50, 8, 8)
    assert z.shape == ((50, 2) if readout == "mean" else (50, 4, 4, 2))
    np.testing.assert_array_equal(model.sample(50, seed=5), spins)
    np.testing.assert_array_equal(model.sample(7, seed=5), spins[:7])
    assert (model.sample(50, seed=6) != spins).mean() > 0.1
    # Given z, each spin has the mean that `decode` gives; the sum of 3200 within 5 errors.
    means = np.clip(model.decode(z), -1, 1)
    assert abs((spins - means).sum()) < 5 * np.sqrt((1 - means**2).sum())


@pytest.mark.parametrize("n", [0, -1, 2**33])
def test_impossible_numbers_of_samples(n):
    with pytest.raises(ArgumentError, match="n must be from 1 to"):
        trained(latent=1).sample(n)


@pytest.mark.parametrize("readout", ["mean", "sites"])
@pytest.mark.parametrize("decoder", ["mlp", "graph"])
def test_pruning(readout, decoder):
    """The units that stay say what they said, and decode as with the others at their means."""
    spins = data()
    model = trained(latent=4, readout=readout, decoder=decoder)
    kept = np.array([True, False, True, False])
    small = model.prune(spins, kept)
    assert small.latent == 2 and model.latent == 4 and small.epoch == small.step / 23 == 20
    for old, new in zip(model.encode(spins), small.encode(spins), strict=True):
        for a, b in zip(old, new, strict=True):
            np.testing.assert_allclose(b, a[..., kept], rtol=1e-12, atol=1e-13)
    mu = model.encode(spins)[-1][0]
    z = np.random.default_rng(0).normal(size=(5, *mu.shape[1:]))
    z[..., ~kept] = mu.reshape(-1, 4).mean(0)[~kept]
    np.testing.assert_allclose(small.decode(z[..., kept]), model.decode(z), rtol=1e-12, atol=1e-13)


def test_pruned_models_are_models(tmp_path):
    spins = data()
    small = trained(latent=4).prune(spins, [False, True, True, True])
    small.save(tmp_path / "model")
    loaded = GraphVAE.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.history["loss"], small.history["loss"])
    before = small.loss(spins)["loss"]
    assert small.fit(spins, 5).epoch == 25 and small.loss(spins)["loss"] < before + 0.02
    loaded.fit(spins, 5)
    np.testing.assert_array_equal(loaded.encode(spins), small.encode(spins))


def test_the_moments_of_pruned_models():
    """A unit that goes takes its moments along: the others are trained on as before.

    The pruned units do not reach the loss if their weights in the decoder and beta and lambda_rg
    are zero; a step then is the same with and without them but for the noise, which is off where
    the variance is tiny.
    """
    spins = data(8)
    model = trained(latent=3, beta=0.0, lambda_rg=0.0)
    metadata, arrays = model._snapshot()
    arrays["decoder.0.weight"][:, 1] = 0
    for level in (0, 1):
        arrays[f"level.{level}.log_variance.weight"][:] = 0
        arrays[f"level.{level}.log_variance.bias"][:] = -200
        arrays[f"level.{level}.mean.weight"][1] = 0
        arrays[f"level.{level}.mean.bias"][1] = 0
    model = GraphVAE._restored(metadata, arrays)
    small = model.prune(spins, [True, False, True])
    for trained_on in (model, small):
        trained_on.fit(spins, 1, 64)
    for old, new in zip(model.encode(spins), small.encode(spins), strict=True):
        np.testing.assert_allclose(new[0], old[0][..., [0, 2]], rtol=0, atol=1e-5)


def test_pruning_by_what_is_active():
    spins = data()
    metadata, arrays = trained(latent=4)._snapshot()
    arrays["level.1.mean.weight"][[0, 2]] = 0
    model = GraphVAE._restored(metadata, arrays)
    mu = model.encode(spins)[-1][0]
    assert active_units(mu).tolist() == [False, True, False, True]
    small = model.prune(spins)
    np.testing.assert_allclose(small.encode(spins)[-1][0], mu[:, [1, 3]], rtol=1e-12, atol=1e-13)
    with pytest.raises(
        ArgumentError, match="units must keep at least one: none is active on these"
    ):
        model.prune(np.ones((9, 8, 8), np.int8))
    with pytest.raises(ArgumentError, match=r"units must keep at least one$"):
        model.prune(spins, [False] * 4)
    with pytest.raises(ArgumentError, match=r"units must have the shape \(4,\), got \(3,\)"):
        model.prune(spins, [True] * 3)
    with pytest.raises(TypeError, match="units must hold True or False, not int64"):
        model.prune(spins, [0, 1, 2, 3])


def test_no_configurations_are_refused():
    with pytest.raises(ArgumentError, match="at least one configuration"):
        GraphVAE(L=8, latent=2, hidden=4, token=3, levels=2).fit(
            np.ones((4, 8, 8), np.int8), 1
        ).prune(np.ones((0, 8, 8), np.int8), [True, False])
