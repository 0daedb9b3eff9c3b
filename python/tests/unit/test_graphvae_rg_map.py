"""The linear map between levels against maps that are known."""

import numpy as np
import pytest

from isingrg import ArgumentError
from isingrg.graphvae import GraphVAE, RGMap, principal_components
from isingrg.graphvae._rg_map import rg_map

#: Real and separate eigenvalues, not normal.
VECTORS = np.array([[1, 0.4, 0, 0], [0, 1, -0.3, 0], [0.5, 0, 1, 0.2], [0, 0.1, 0, 1.0]])
VALUES = np.array([1.2, 0.8, -0.5, 0.2])
W = VECTORS @ np.diag(VALUES) @ np.linalg.inv(VECTORS)
B = np.array([0.3, -1, 0, 2])
SPREAD = np.array([2, 1, 0.7, 0.5])


def levels(n=400, noise=0.2, seed=0, weight=W, spread=SPREAD):
    """Latent means (2, n, d) of a level and of the next."""
    random = np.random.default_rng(seed)
    fine = random.normal(size=(n, len(weight))) * spread
    coarse = fine @ weight.T + B[: len(weight)] + noise * random.normal(size=fine.shape)
    return np.stack([fine, coarse])


def fitted(means, pairs=((0, 1),), block=1, resamples=100, seed=0):
    """Of levels (levels, ..., n, d) that have one latent variable each."""
    fine, coarse = (np.stack([means[pair[k]] for pair in pairs], axis=-2) for k in (0, 1))
    return rg_map(fine, coarse, means[-1][..., None, :], block, resamples, seed, False)


def test_an_exact_map():
    found = fitted(levels(noise=0))
    np.testing.assert_allclose(found.weight, W, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.bias, B, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.eigenvalues, VALUES, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.magnitudes.value, np.abs(VALUES), rtol=0, atol=1e-12)
    assert np.max(found.magnitudes.error) < 1e-12
    assert found.r_squared == pytest.approx(1, abs=1e-12)
    assert found.rank == 4 and found.active.all() and found.active_units.all()


def test_it_unpacks_as_documented():
    found = fitted(levels())
    weight, bias, eigenvalues, cosine = found
    assert isinstance(found, RGMap)
    assert weight is found.weight and bias is found.bias
    assert eigenvalues is found.eigenvalues and cosine == found.cosine_with_pc1


def test_the_cosine():
    """The cosine of the leading eigenvector with PC1 of the last level, bar the sign."""
    pytest.importorskip("sklearn")
    found = fitted(levels(n=5000))
    _, coarse = levels(n=5000)
    first = principal_components(coarse).directions[0]
    eigenvalues, vectors = np.linalg.eig(found.weight)
    leading = vectors[:, np.abs(eigenvalues).argmax()]
    assert found.cosine_with_pc1 == pytest.approx(abs(leading @ first), abs=1e-10)
    assert found.cosine.low < found.cosine_with_pc1 < found.cosine.high
    assert found.cosine.value == found.cosine_with_pc1


def test_a_rotation_has_a_complex_pair():
    angle = 0.7
    turn = 0.9 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = fitted(levels(weight=turn, noise=0, spread=np.array([1.0, 0.5])))
    expected = 0.9 * np.exp([1j * angle, -1j * angle])
    np.testing.assert_allclose(np.sort_complex(found.eigenvalues), np.sort_complex(expected))
    np.testing.assert_allclose(found.magnitudes.value, 0.9)
    # Both components of the eigenvector have the magnitude 1 / sqrt 2.
    assert found.cosine_with_pc1 == pytest.approx(np.sqrt(0.5))


def test_intervals_cover():
    """95 % each; 160 of them are below 88 % once in 10,000 draws of independent ones."""
    covered, errors, values = [], [], []
    for seed in range(40):
        found = fitted(levels(n=150, seed=seed), seed=seed)
        truth = np.abs(VALUES)
        covered.append((found.magnitudes.low < truth) & (truth < found.magnitudes.high))
        errors.append(found.magnitudes.error)
        values.append(found.magnitudes.value)
    assert 0.88 < np.mean(covered)
    np.testing.assert_allclose(np.mean(errors, 0), np.std(values, axis=0), rtol=0.4)


def test_wider_noise_has_wider_errors():
    narrow, wide = (fitted(levels(noise=noise)).magnitudes.error for noise in (0.1, 1.0))
    assert (wide > 4 * narrow).all()


def test_a_constant_unit_has_no_say():
    means = levels()
    means[0, :, 3] = 5.0
    found = fitted(means)
    assert found.rank == 3
    assert np.array_equal(found.active_units, [True, True, True, False])
    assert np.abs(found.weight[:, 3]).max() < 1e-12
    assert np.array_equal(found.active, [True, True, True, False])
    assert found.magnitudes.value[3] < 1e-12


@pytest.mark.parametrize(("size", "rank"), [(1e-4, 3), (1e-8, 2)])
def test_what_is_rounding_has_no_say(size, rank):
    """Directions below a millionth of the largest standard deviation count as constant."""
    means = levels(weight=np.diag([0.9, 0.5, 0.3]), noise=0, spread=np.array([1, 1, size]))
    found = fitted(means)
    assert found.rank == rank
    assert (abs(found.weight[2, 2] - 0.3) < 1e-6) == (rank == 3)


def test_an_offset_changes_the_bias_only():
    """Integers, so that the offset takes no digits: y = W (x - c) + b + c = W x + b'."""
    means = np.round(1000 * levels())
    plain, moved = fitted(means), fitted(means + 2.0**45)
    np.testing.assert_allclose(moved.weight, plain.weight, rtol=0, atol=1e-9)
    np.testing.assert_allclose(moved.magnitudes.error, plain.magnitudes.error, rtol=1e-6)
    assert moved.r_squared == pytest.approx(plain.r_squared, abs=1e-6)
    assert moved.effective_rank == pytest.approx(plain.effective_rank, rel=1e-9)


def test_the_explained_share_of_the_variance():
    """1 - (variance of the noise) / (variance of coarse variables), of each unit in turn."""
    means = levels(n=100_000, weight=np.diag([1.0, 0.5]), noise=0.5, spread=np.array([1.0, 2.0]))
    assert fitted(means, resamples=20).r_squared == pytest.approx(1 - 0.5 / 2.5, abs=0.005)


def test_active_magnitudes_are_those_within_the_populated_directions():
    """The map of x to y within the first unit, which couples to a collapsed one."""
    weight = np.array([[0.8, 5.0], [0.3, 0.2]])
    found = fitted(levels(weight=weight, noise=0, spread=np.array([1, 0.05])))
    np.testing.assert_allclose(found.active_magnitudes.value, [0.8], atol=0.05)
    assert np.array_equal(found.active_units, [True, False])


def test_a_collapsed_unit_is_told_from_the_others():
    """Its eigenvalue can be the largest, with a small error: only its variance tells."""
    weight = np.diag([0.8, 0.6, 1.5, 0.4])
    means = levels(weight=weight, noise=0, spread=np.array([1, 0.5, 1e-3, 0.3]))
    found = fitted(means)
    np.testing.assert_allclose(found.eigenvalues, [1.5, 0.8, 0.6, 0.4])
    assert np.array_equal(found.active, [False, True, True, True])
    np.testing.assert_allclose(found.active_magnitudes.value, [0.8, 0.6, 0.4], atol=1e-3)
    assert found.rank == 4 and found.effective_rank < 3


def test_a_collapsed_unit_whose_eigenvector_is_nearly_pc1():
    """The small unit drives the large one: both eigenvectors are within 2 degrees of it."""
    weight = np.array([[0.9, 15.0], [0.0, 1.3]])
    found = fitted(levels(weight=weight, noise=0, spread=np.array([1, 1e-3])))
    np.testing.assert_allclose(found.eigenvalues, [1.3, 0.9])
    assert found.cosine_with_pc1 > 0.999
    assert np.array_equal(found.active, [False, True])
    np.testing.assert_allclose(found.active_magnitudes.value, [0.9], atol=5e-3)


@pytest.mark.parametrize(
    ("vectors", "active"),
    [
        ([[-1.3, 1.1, 0.8], [-1.7, -0.9, -1.1], [0.1, -1.4, -3.2]], [True, True, False]),
        ([[-0.9, -0.3, 0.3], [-0.5, -0.8, 0.5], [1.1, 0.5, 0.3]], [True, True, False]),
    ],
)
def test_active_eigenvalues_are_told_by_unit_left_eigenvectors(vectors, active):
    """Rows of the inverse: of any length in the first case, and right ones in the second, others
    would be chosen. The variances of the observables are 0.97, 0.86, 0.50 and 0.97, 0.90, 0.56."""
    weight = vectors @ np.diag([0.9, 0.6, 0.3]) @ np.linalg.inv(vectors)
    found = fitted(levels(weight=weight, noise=0, spread=np.array([1, 1, 0.05])))
    np.testing.assert_allclose(found.eigenvalues, [0.9, 0.6, 0.3])
    assert np.array_equal(found.active, active)


def test_everything_has_collapsed():
    found = fitted(1e-3 * levels())
    assert not found.active.any() and not found.active_units.any()
    assert found.active_magnitudes.value.shape == found.active_magnitudes.low.shape == (0,)
    assert found.magnitudes.value.min() > 0.1


def test_all_directions_active_is_the_whole_map():
    found = fitted(levels())
    np.testing.assert_allclose(found.active_magnitudes.value, found.magnitudes.value)
    np.testing.assert_allclose(found.active_magnitudes.error, found.magnitudes.error)


def test_the_map_is_bootstrapped_as_asked():
    """Each of block, resamples and seed changes the errors, and nothing else."""
    plain = fitted(levels())
    for options in ({"block": 5}, {"resamples": 50}, {"seed": 1}):
        other = fitted(levels(), **options)
        np.testing.assert_array_equal(other.weight, plain.weight)
        assert (other.magnitudes.error != plain.magnitudes.error).all()


def test_pairs_of_levels_are_pooled():
    fine, middle = levels(noise=0)
    coarse = middle @ W.T + B
    found = fitted(np.stack([fine, middle, coarse]), pairs=((0, 1), (1, 2)))
    np.testing.assert_allclose(found.weight, W, rtol=0, atol=1e-12)
    # Levels that disagree: the pooled map is in between.
    other = np.stack([fine, middle, middle])
    assert fitted(other, pairs=((0, 1), (1, 2))).r_squared < 1 - 1e-3
    np.testing.assert_allclose(fitted(other, pairs=((1, 2),)).weight, np.eye(4), atol=1e-12)


def test_levels_that_lie_apart_are_not_active():
    fine, middle = 1e-3 * levels()
    found = fitted(np.stack([fine, middle + 5, 0.1 * middle - 3]), pairs=((0, 1), (1, 2)))
    assert not found.active_units.any() and not found.active.any()
    assert found.r_squared < 0.999 and found.effective_rank > 1.5


def test_of_a_model():
    """The method on spins is the function on their latent means."""
    spins = np.random.default_rng(0).choice([-1, 1], (3, 20, 8, 8))
    model = GraphVAE(L=8, levels=2, hidden=6, token=4, latent=3).fit(spins, 2)
    options = dict(block=4, resamples=50, seed=7)
    found = model.rg_map(spins, **options)
    means = np.stack([mu for mu, _ in model.encode(spins)])
    expected = fitted(means, **options)
    np.testing.assert_array_equal(found.weight, expected.weight)
    np.testing.assert_array_equal(found.magnitudes.error, expected.magnitudes.error)
    np.testing.assert_array_equal(model.rg_map(spins, (0, 1), **options).bias, found.bias)
    assert not np.array_equal(model.rg_map(spins[:2], **options).weight, found.weight)
    with pytest.raises(ArgumentError, match="fine latent variables that vary"):
        model.rg_map(np.ones((4, 8, 8)))


def test_all_neighbouring_levels_of_a_model():
    spins = np.random.default_rng(0).choice([-1, 1], (30, 16, 16))
    model = GraphVAE(L=16, levels=3, hidden=6, token=4, latent=2).fit(spins, 1)
    means = np.stack([mu for mu, _ in model.encode(spins)])
    for levels, pairs in ((None, ((0, 1), (1, 2))), ((0, 2), ((0, 2),)), ((1, 2), ((1, 2),))):
        found = model.rg_map(spins, levels, resamples=20)
        np.testing.assert_array_equal(found.weight, fitted(means, pairs).weight)
