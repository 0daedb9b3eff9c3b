"""Flows whose density is averaged over a group of signed permutations."""

import copy
import pickle

import numpy as np
import pytest
from scipy.special import logsumexp

from isingrg import ArgumentError, IsingRGError
from isingrg.neuralrg import FunctionTarget, Gaussian, NeuralRG, Phi4

SMALL = {"layers": 4, "hidden": (6,)}


def square_group(L):
    """Rotations and mirrors of the torus, each with both signs."""
    sites = np.arange(L * L).reshape(L, L)
    turned = [np.rot90(image, k) for image in (sites, sites.T) for k in range(4)]
    return np.array(turned * 2), np.repeat([1, -1], 8)


def translations(L):
    sites = np.arange(L * L).reshape(L, L)
    return np.array([np.roll(sites, (i, j), (0, 1)) for i in range(L) for j in range(L)])


def images(group, x):
    """(g x)[i] = sign x[source], (elements, n, L, L)."""
    permutations, signs = group
    flat = x.reshape(len(x), -1)
    return np.array(
        [
            sign * flat[:, np.ravel(sources)].reshape(x.shape)
            for sources, sign in zip(permutations, signs, strict=True)
        ]
    )


def q0(model, x):
    z, logdet = model.encode(x)
    return logdet - (z**2).sum(axis=(1, 2)) / 2 - z[0].size * np.log(2 * np.pi) / 2


@pytest.fixture(scope="module")
def model():
    return NeuralRG(4, 0.3, symmetry=square_group(4), **SMALL).fit(20, 70, 5e-3, seed=1)


def test_the_density_is_the_mean_over_the_group(model):
    x = np.random.default_rng(1).normal(size=(40, 4, 4))
    turned = images(square_group(4), x)
    of_images = q0(model, turned.reshape(-1, 4, 4)).reshape(16, 40)
    expected = logsumexp(of_images, axis=0) - np.log(16)
    np.testing.assert_allclose(model.log_prob(x), expected, rtol=1e-11)
    np.testing.assert_allclose(model.log_prob(turned)[9], expected, rtol=1e-11)
    assert np.ptp(of_images, axis=0).min() > 1e-3  # the flow itself is not symmetric


def test_samples_come_with_this_density(model):
    x, log_prob = model.sample_with_log_prob(70, seed=3)
    np.testing.assert_allclose(log_prob, model.log_prob(x), rtol=1e-11)


def test_samples_are_images_of_what_latents_decode_to_each_as_likely_as_another():
    """Chi-square with 3 degrees of freedom below 24.3: fails by chance at 2e-5."""
    group = translations(2), np.ones(4, int)
    target = Gaussian(spectrum=np.ones((2, 2)))
    model = NeuralRG(2, target=target, symmetry=group, **SMALL).fit(1, 32, seed=4)
    plain = NeuralRG(2, target=target, symmetric=False, **SMALL).fit(1, 32, seed=4)
    # The first step is the same but for the gradient, which changes parameters by 1e-3.
    drawn = model.sample(4000, seed=5)
    distance = abs(images(group, drawn) - plain.sample(4000, seed=5)).max(axis=(2, 3))
    counts = np.bincount(distance.argmin(axis=0), minlength=4)
    assert distance.min(axis=0).max() < 0.2
    assert ((counts - 1000) ** 2 / 1000).sum() < 24.3


def test_importance_weights_give_the_exact_partition_function():
    """4.5 standard errors: 7e-6."""
    target = Gaussian(spectrum=np.array([[2.0, 1.0], [1.0, 0.5]]))
    group = translations(2), np.ones(4, int)
    model = NeuralRG(2, target=target, symmetry=group, **SMALL).fit(100, 64, 5e-3, seed=2)
    estimate = model.log_partition(8000)
    assert abs(estimate.value - target.log_partition) < 4.5 * estimate.error
    bound = model.free_energy(8000)
    assert bound.value > -target.log_partition - 4.5 * bound.error


def test_the_default_is_the_flip():
    group = np.tile(np.arange(16), (2, 1)), (1, -1)
    given = NeuralRG(4, 0.3, symmetry=group, **SMALL).fit(4, 70, seed=2)
    default = NeuralRG(4, 0.3, **SMALL).fit(4, 70, seed=2)
    assert np.array_equal(given.history["loss"], default.history["loss"])
    assert np.array_equal(given.sample(40), default.sample(40))
    x = default.sample(200)
    for of_samples in (given, default):
        of_samples.fit_samples(x, 3)
    assert np.array_equal(given.log_prob(x), default.log_prob(x))


def test_the_trivial_group_is_no_symmetry():
    trivial = NeuralRG(4, 0.3, symmetry=(np.arange(16)[None], [1]), **SMALL).fit(4, 70, seed=2)
    none = NeuralRG(4, 0.3, symmetric=False, **SMALL).fit(4, 70, seed=2)
    assert np.array_equal(trivial.history["loss"], none.history["loss"])
    assert np.array_equal(trivial.sample(40), none.sample(40))


def test_saved_and_copied(model, tmp_path):
    path = tmp_path / "flow.safetensors"
    model.save(path)
    copies = [NeuralRG.load(path), copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    x = model.sample(20)
    for other in copies:
        assert repr(other) == repr(model)
        assert np.array_equal(other.log_prob(x), model.log_prob(x))


def staggered(x):
    signs = (-1.0) ** np.indices((4, 4)).sum(0)
    return -((x - signs) ** 2).sum(axis=(1, 2)), -2 * (x - signs)


def test_a_group_that_permutes_and_changes_signs():
    """The density is invariant under translations by one site with a change of sign alone."""
    group = translations(4), (-1) ** np.indices((4, 4)).sum(0).ravel()
    target = FunctionTarget(staggered, 4)
    model = NeuralRG(4, target=target, symmetry=group, **SMALL).fit(150, 64, 1e-2)
    mean = model.sample(4000).mean(axis=0)
    np.testing.assert_allclose(mean, (-1.0) ** np.indices((4, 4)).sum(0), atol=0.2)
    with pytest.raises(ArgumentError, match="changes under element 1 of symmetry"):
        NeuralRG(4, target=target, symmetry=(translations(4), np.ones(16, int)))


def test_a_function_is_compared_once(tmp_path):
    calls = []

    def well(x):
        calls.append(len(x))
        return -(x**4).sum(axis=(1, 2)), -4 * x**3

    target = FunctionTarget(well, 4)
    model = NeuralRG(4, target=target, **SMALL)
    assert len(calls) == 5
    model.fit(1, 32).save(tmp_path / "flow.safetensors")
    before = len(calls)
    for _ in range(3):
        NeuralRG.load(tmp_path / "flow.safetensors", target=target)
    NeuralRG(4, target=target)
    assert len(calls) == before


SITES = np.arange(16)


@pytest.mark.parametrize(
    ("symmetry", "message"),
    [
        (3, r"pair \(permutations, signs\)"),
        ((SITES, [1]), "a row for each element"),
        ((SITES[None, :4], [1]), "must have 16 sites"),
        ((SITES[None], [1, 1]), "the signs of symmetry"),
        ((SITES[None], [0]), "signs of 1 or -1"),
        ((SITES[None], [2]), "signs of symmetry"),
        ((np.zeros((1, 16), int), [1]), "permutation of the sites"),
        ((SITES[None, ::-1], [1]), "begin with the identity"),
        ((np.tile(SITES, (2, 1)), [1, 1]), "repeat no element"),
        (([SITES, np.roll(SITES.reshape(4, 4), 1, 0).ravel()], [1, 1]), "must be a group"),
    ],
)
def test_bad_groups(symmetry, message):
    with pytest.raises((ArgumentError, IsingRGError), match=message):
        NeuralRG(4, target=Phi4(4, 1.0, 1.0), symmetry=symmetry)


def test_a_group_needs_a_symmetric_flow():
    with pytest.raises(ArgumentError, match="left out where symmetric is False"):
        NeuralRG(4, symmetric=False, symmetry=square_group(4))
