"""Principal components, critical coupling, trajectories and basins."""

import sys

import numpy as np
import pytest

import isingrg
from isingrg import ising
from isingrg.graphvae import (
    GraphVAE,
    _critical,
    active_units,
    effective_rank,
    estimate_critical_coupling,
    principal_components,
    published_data,
    published_settings,
)
from isingrg.statistics import bootstrap

#: What a bootstrap tells.
PARTS = ("value", "error", "low", "high")

K = np.array(published_data(n_samples=1, L=4)[1])


@pytest.fixture(scope="module")
def model():
    spins = ising.sample(8, [0.2, 0.44, 0.7], 60, seed=1)[:, 0]
    return GraphVAE(L=8, levels=2, hidden=8, token=4, latent=2, beta=1e-3).fit(spins, 40, lr=3e-3)


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
    reference = 100 + sign * points @ turn[:, 0]
    found = principal_components(points, reference=reference)
    assert np.corrcoef(found.projections[:, 0], reference)[0, 1] > 0.99


def test_the_largest_entry_is_positive_without_a_reference():
    """Points lie on the line (1, -2); a third unit, which is constant, is no reason to refuse."""
    pytest.importorskip("sklearn")
    points = np.outer([-2.0, 0, 1, 3], [1, -2, 0]) + 5
    found = principal_components(points).directions[0]
    np.testing.assert_allclose(found, np.array([-1, 2, 0]) / np.sqrt(5), atol=1e-12)


def test_dimensions():
    axes = np.random.default_rng(5).normal(size=(500, 3)) * [1, 0.2, 0.05]
    assert np.array_equal(active_units(axes), [True, True, False])
    ball = np.random.default_rng(6).normal(size=(20000, 3))
    assert effective_rank(ball) == pytest.approx(3, abs=0.01)
    assert effective_rank(np.outer(np.arange(9), [1, 2, 3])) == pytest.approx(1)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, -1 / 3, 1e-300, 1e15, 1e17 / 3])
def test_constants_have_no_dimensions(value):
    """Whatever the rounding of their mean."""
    for shape in ((7, 3), (4, 30, 5)):
        assert effective_rank(np.full(shape, value)) == 0
        assert not active_units(np.full(shape, value)).any()


def test_the_threshold_of_active_units():
    """A variance of 0.01, divided by n."""
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    assert np.array_equal(active_units(np.outer(signs, [0.0999, 0.1001])), [False, True])


def test_the_effective_rank_is_exp_of_the_entropy():
    """Two orthogonal directions with the shares 0.9 and 0.1 of the variance, about any mean."""
    points = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    expected = np.exp(-0.9 * np.log(0.9) - 0.1 * np.log(0.1))
    assert effective_rank(points) == pytest.approx(expected, rel=1e-12)
    assert effective_rank(points + 1e12) == pytest.approx(expected, rel=1e-12)
    assert effective_rank(points * 1e-6) == pytest.approx(expected, rel=1e-12)


def test_an_offset_changes_no_direction():
    """Integers, so that the offset takes no digits."""
    pytest.importorskip("sklearn")
    points = np.random.default_rng(7).integers(-99, 99, (60, 3)) * [5, 2, 1]
    plain, moved = principal_components(points), principal_components(points + 2.0**50)
    np.testing.assert_allclose(moved.explained, plain.explained, rtol=1e-9)
    np.testing.assert_allclose(moved.directions, plain.directions, rtol=0, atol=1e-9)
    np.testing.assert_allclose(moved.projections, plain.projections, rtol=0, atol=0.5)


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


def test_an_offset_of_the_values_changes_nothing():
    """Integers, so that the offset takes no digits."""
    pytest.importorskip("scipy")
    values = np.round(1000 * tanh(50, 1))
    plain, moved = (estimate_critical_coupling(K, values + c, resamples=50) for c in (0.0, 2.0**40))
    assert moved == plain


@pytest.mark.parametrize("noise", [0.3, 1, 2])
def test_the_critical_coupling_is_that_of_the_smoothing_spline(noise):
    """The estimator written out with SciPy: generalised cross-validation, equal weights.

    Little noise asks for little smoothing, and much for much.
    """
    interpolate = pytest.importorskip("scipy.interpolate")
    for seed in range(6):
        means = tanh(20, seed, noise=noise).mean(axis=1)
        spline = interpolate.make_smoothing_spline(K, means)
        grid = np.linspace(K[0], K[-1], 4001)
        expected = grid[np.abs(spline.derivative()(grid)).argmax()]
        found = estimate_critical_coupling(K, np.repeat(means[:, None], 2, 1), resamples=20)
        assert found.value == pytest.approx(expected, abs=2e-3)


def test_the_critical_coupling_is_bootstrapped_as_asked():
    pytest.importorskip("scipy")
    values, options = tanh(30, 2), dict(block=3, resamples=30, seed=5)
    steepest = _critical._steepest(K)
    expected = bootstrap(lambda drawn: steepest(drawn.mean(1)), values, **options)
    found = estimate_critical_coupling(K, values, **options)
    for name in PARTS:
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


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


def test_basins_are_bootstrapped_as_asked(model):
    """Written out: distances to three centres, and resamples that all levels share."""
    spins = ising.sample(8, [0.4, 0.44, 0.5], 40, seed=6)[:, 0]
    options = dict(block=4, resamples=25, seed=8)
    found = model.basins(spins, **options)
    means = np.stack([mu for mu, _ in model.encode(spins)], axis=-2)  # (3, 40, levels, d)
    distances = np.linalg.norm(means[..., None, :, :] - found.centres, axis=-1)
    up, down, random = np.moveaxis(distances, 2, 0)
    for name, values in (
        ("distance", np.minimum(random, np.minimum(up, down))),
        ("ordered", (np.minimum(up, down) < random).astype(float)),
    ):
        expected = bootstrap(lambda drawn: drawn.mean(1).T, values, axis=1, **options)
        for part in PARTS:
            np.testing.assert_allclose(
                getattr(getattr(found, name), part), getattr(expected, part), rtol=1e-9
            )


def test_the_centres_of_basins(model):
    """Those of +1, of -1, and the mean of a thousand random configurations, up to 5 deviations."""
    found = model.basins(ising.sample(8, 0.4, 4, seed=1), resamples=20).centres
    ends = np.ones((2, 8, 8), int) * np.array([1, -1])[:, None, None]
    expected = np.stack([mu for mu, _ in model.encode(ends)], axis=1)
    np.testing.assert_allclose(found[:2], expected, atol=1e-12)
    random = np.random.default_rng(9).choice([-1, 1], (20_000, 8, 8))
    means = np.stack([mu for mu, _ in model.encode(random)])
    spread = means.std(axis=1) * np.sqrt(1 / 1000 + 1 / 20_000)
    assert (np.abs(found[2] - means.mean(axis=1)) < 5 * spread).all()


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
