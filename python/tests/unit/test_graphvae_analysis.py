"""Bootstrap, principal components, critical coupling, trajectories and basins."""

import sys

import numpy as np
import pytest

import isingrg
from isingrg import ising
from isingrg.graphvae import (
    GraphVAE,
    active_units,
    bootstrap,
    correlation,
    effective_rank,
    estimate_critical_coupling,
    principal_components,
    published_data,
    published_settings,
)

K = np.array(published_data(n_samples=1, L=4)[1])


@pytest.fixture(scope="module")
def model():
    spins = ising.sample(8, [0.2, 0.44, 0.7], 60, seed=1)[:, 0]
    return GraphVAE(L=8, levels=2, hidden=8, token=4, latent=2, beta=1e-3).fit(spins, 40, lr=3e-3)


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-160, 1.0, 1e160, 1e308])
def test_a_correlation_does_not_depend_on_the_scale(scale):
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 40))
    tolerance = 1e-3 if scale < 1e-300 else 1e-9  # fewer digits there
    found = correlation(a * scale, b, resamples=20).value
    assert found == pytest.approx(np.corrcoef(a, b)[0, 1], rel=tolerance)


# Bootstrap


def test_the_error_of_a_mean():
    values = np.random.default_rng(0).normal(3, 2, 1000)
    found = bootstrap(np.mean, values)
    error = values.std() / np.sqrt(1000)
    assert found.value == values.mean()
    assert found.error == pytest.approx(error, rel=0.1)
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.2 * error)
    assert bootstrap(np.mean, values) == found != bootstrap(np.mean, values, seed=1)


def test_couplings_are_kept_apart():
    """What differs between chains only has no error."""
    values = np.repeat(np.arange(5.0)[:, None], 30, axis=1)
    assert bootstrap(np.mean, values).error == 0
    assert bootstrap(np.mean, values.ravel()).error > 0.05


def test_blocks_see_the_correlation_of_a_chain():
    """Of an autoregressive one: tau = (1 + r) / (1 - r) = 9."""
    random = np.random.default_rng(1)
    chain = np.zeros(20000)
    for k, noise in enumerate(random.normal(size=len(chain) - 1)):
        chain[k + 1] = 0.8 * chain[k] + noise
    independent, blocked = (bootstrap(np.mean, chain, block=b, resamples=400) for b in (1, 200))
    assert blocked.error / independent.error == pytest.approx(3, rel=0.15)


def test_arrays_are_resampled_together():
    values = np.random.default_rng(2).normal(size=(4, 50))
    vectors = np.stack([values, -values], axis=-1)
    found = bootstrap(lambda a, b: (a[..., None] * [1, -1] - b).max((0, 1)), values, vectors)
    assert found.value.shape == (2,) and (found.error == 0).all()


def test_correlation():
    random = np.random.default_rng(3)
    a = random.normal(size=(5, 400))
    b = 0.6 * a + 0.8 * random.normal(size=a.shape)
    found = correlation(a, b)
    assert found.value == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-12)
    # Fisher: (1 - r**2) / sqrt(n).
    assert found.error == pytest.approx((1 - 0.6**2) / np.sqrt(2000), rel=0.15)
    assert found.low < 0.6 < found.high
    assert correlation(a, -2 * a).value == pytest.approx(-1)


# Principal components


def ellipsoid(n=2000):
    random = np.random.default_rng(4)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    return random.normal(size=(n, 3)) * [3, 1, 0.2] @ turn.T + [1, 2, 3], turn


def test_principal_components():
    pytest.importorskip("sklearn")
    points, turn = ellipsoid()
    found = principal_components(points.reshape(20, 100, 3))
    np.testing.assert_allclose(np.abs(found.directions @ turn), np.eye(3), atol=0.06)
    np.testing.assert_allclose(found.explained, np.array([9, 1, 0.04]) / 10.04, atol=0.02)
    largest = np.abs(found.directions).argmax(1)
    assert (found.directions[range(3), largest] > 0).all()
    assert found.projections.shape == (20, 100, 3)
    products = np.einsum("abi,abj->ij", found.projections, found.projections)
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-8)
    np.testing.assert_allclose(found.project(points[:5]), found.projections[0, :5], atol=1e-12)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_reference_orients(sign):
    pytest.importorskip("sklearn")
    points, turn = ellipsoid()
    reference = sign * points @ turn[:, 0]
    found = principal_components(points, reference=reference)
    assert np.corrcoef(found.projections[:, 0], reference)[0, 1] > 0.99


def test_dimensions():
    axes = np.random.default_rng(5).normal(size=(500, 3)) * [1, 0.2, 0.05]
    assert np.array_equal(active_units(axes), [True, True, False])
    ball = np.random.default_rng(6).normal(size=(20000, 3))
    assert effective_rank(ball) == pytest.approx(3, abs=0.01)
    assert effective_rank(np.outer(np.arange(9), [1, 2, 3])) == pytest.approx(1)
    assert effective_rank(np.ones((9, 3))) == 0


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[analysis\]'"):
        principal_components(np.eye(3))


# Critical coupling


def tanh(n, seed, center=0.43, noise=0.3):
    random = np.random.default_rng(seed)
    return np.tanh((K - center) / 0.05)[:, None] + noise * random.normal(size=(len(K), n))


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_steepest_change_of_a_tanh(sign):
    pytest.importorskip("scipy")
    inside, deviations, errors = 0, [], []
    for seed in range(12):
        found = estimate_critical_coupling(K, sign * tanh(100, seed), resamples=100)
        inside += found.low <= 0.43 <= found.high
        deviations.append(found.value - 0.43)
        errors.append(found.error)
    # 95 % each: fewer than 8 of 12 once in 6000 draws.
    assert inside >= 8
    assert abs(np.mean(deviations)) < 0.004 and 1e-4 < np.mean(errors) < 0.01


def test_the_steepest_change_of_the_energy():
    """Exact: the maximum of the heat capacity over K**2. The curve is not symmetric."""
    pytest.importorskip("scipy")
    fine = np.linspace(0.38, 0.48, 201)
    slopes = [ising.heat_capacity(16, k) / k**2 for k in fine]
    energies = np.array([ising.mean_energy(16, k) for k in K])
    found = estimate_critical_coupling(K, np.repeat(energies[:, None], 2, 1), resamples=20)
    assert found.value == pytest.approx(fine[np.argmax(slopes)], abs=0.004)
    assert found.error < 1e-12


def test_no_steepest_change():
    pytest.importorskip("scipy")
    with pytest.raises(isingrg.ConvergenceError, match="no steepest change"):
        estimate_critical_coupling(K, np.exp(8 * K)[:, None] * np.ones(3))


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.interpolate", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[analysis\]'"):
        estimate_critical_coupling(K, tanh(2, 0))


# Models


def test_trajectories(model):
    spins = ising.sample(32, 0.44, 5, seed=2)
    found = model.trajectories(spins)
    assert found.shape == (4, 2, 1, 5, 2)  # 32, 16, 8 and 4 sites
    blocked = spins
    for step in range(4):
        np.testing.assert_array_equal(found[step], [mu for mu, _ in model.encode(blocked)])
        blocked = ising.block_spin(blocked)
    np.testing.assert_array_equal(model.trajectories(spins, 1), found[:2])
    assert model.trajectories(spins[0, 0, :10, :10]).shape == (1, 2, 2)


def test_level_distances(model):
    spins = ising.sample(8, 0.4, 30, seed=3)
    distances = model.level_distances(spins)
    assert distances.shape == (1, 1, 30)
    assert np.mean(distances**2) == pytest.approx(model.loss(spins)["rg"], rel=1e-12)


def test_basins(model):
    """Fixed points are in their basins, and order grows with the coupling."""
    random = np.random.default_rng(4).choice([-1, 1], (40, 8, 8))
    up = np.ones((40, 8, 8), int)
    spins = np.stack([random, ising.sample(8, 0.7, 40, seed=5)[0], up, -up])
    found = model.basins(spins, resamples=50)
    assert found.centres.shape == (3, 2, 2) and found.separation.shape == (2,)
    assert found.ordered.value.shape == found.distance.value.shape == (2, 4)
    assert (found.separation > 0).all()
    np.testing.assert_array_equal(found.ordered.value[:, 2:], 1)
    assert found.distance.value[:, 2:].max() < 1e-12
    assert (found.ordered.value[-1, 0] < 0.3) and (found.ordered.value[-1, 1] > 0.9)
    centres = found.centres
    expected = np.linalg.norm(centres[:2] - centres[2], axis=-1).min(0)
    np.testing.assert_allclose(found.separation, expected)


# The paper


def test_published_data():
    spins, couplings = published_data(3, n_samples=4)
    assert spins.shape == (26, 4, 16, 16) and spins.dtype == np.int8
    assert couplings.shape == (26,) and (np.diff(couplings) > 0).all()
    assert (couplings[0], couplings[17], couplings[-1]) == (0.1, 0.48, 0.7)
    expected = ising.sample(
        16, couplings, 4, algorithm="metropolis", n_thermalize=500, n_between=10, seed=3
    )
    np.testing.assert_array_equal(spins, expected[:, 0])
    assert published_data(n_samples=2, L=32)[0].shape == (26, 2, 32, 32)


def test_published_settings():
    model, fit = published_settings()
    assert repr(GraphVAE(**model)) == repr(GraphVAE())
    assert fit == {"epochs": 60, "batch": 32, "lr": 1e-3}
