"""The dual target, the hierarchy, and what flows say about configurations."""

import copy
import itertools
import math
import pickle

import numpy as np
import pytest

import isingrg
from isingrg import ising, neuralrg
from isingrg.neuralrg import NeuralRG, log_density, log_partition_dual, sample_spins

SMALL = dict(layers=3, hidden=(5, 4))
STRUCTURES = ["mera", "tebd", "tree"]


def flow(L=4, K=0.3, steps=10, **options):
    """Trained just enough to be nonlinear."""
    return NeuralRG(L, K, **{**SMALL, **options}).fit(steps, 64, 0.02, seed=1)


@pytest.fixture(scope="module")
def model():
    return flow()


# The dual target


def test_exact_log_partition_at_the_critical_point():
    assert log_partition_dual(16, ising.K_CRITICAL) == pytest.approx(592.8757398575831, abs=1e-9)


def test_log_partition_takes_any_shape():
    K = np.array([[0.1, -0.2], [0.0, 5.0]])
    values = log_partition_dual(6, K)
    assert values.shape == (2, 2) and isinstance(log_partition_dual(6, 0.1), float)
    assert values[0, 1] == log_partition_dual(6, -0.2)
    # Free spins: one site is the integral of exp(-x^2 / 0.2) cosh x, with 0.1 = alpha.
    one = math.log(math.sqrt(0.2 * math.pi)) + 0.05
    assert values[1, 0] == pytest.approx(36 * one, abs=1e-10)


@pytest.mark.parametrize("L, K", [(2, 0.2), (6, 0.44), (8, -0.3)])
def test_log_density_is_that_of_the_dense_matrix(L, K):
    matrix = np.zeros((L * L, L * L))
    for i, j in itertools.product(range(L), repeat=2):
        for k, l in [(i, j + 1), (i, j - 1), (i + 1, j), (i - 1, j)]:  # noqa: E741
            matrix[i * L + j, k % L * L + l % L] += K
    alpha = 0.1 - np.linalg.eigvalsh(matrix)[0]
    inverse = np.linalg.inv(matrix + alpha * np.eye(L * L))
    x = np.random.default_rng(0).normal(0, 2, (3, 2, L * L))
    expected = np.log(np.cosh(x)).sum(-1) - np.einsum("...i,ij,...j", x, inverse, x) / 2
    values = log_density(x.reshape(3, 2, L, L), K)
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-10)
    assert log_density(x[0, 0].reshape(L, L), K) == values[0, 0]


def test_spins_given_the_dual_variables():
    x = np.array([-800.0, -0.7, 0.0, 0.7, 800.0]) * np.ones((40_000, 1))
    spins = sample_spins(x, seed=3)
    assert spins.dtype == np.int8 and set(np.unique(spins)) == {-1, 1}
    np.testing.assert_allclose(spins.mean(0), np.tanh(x[0]), rtol=0, atol=4 / math.sqrt(40_000))
    assert np.array_equal(sample_spins(x, seed=3), spins)
    assert not np.array_equal(sample_spins(x, seed=4), spins)
    assert sample_spins(np.zeros((0, 4, 4))).shape == (0, 4, 4)


# Hierarchy


def test_the_published_architecture():
    model = NeuralRG()
    assert (model.L, model.K, model.parameter_count) == (16, ising.K_CRITICAL, 50560)
    layers = model.hierarchy
    assert [layer.is_decimator for layer in layers] == [False, True] * 4
    assert [layer.scale for layer in layers] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [len(layer.sites) for layer in layers] == [64, 64, 16, 16, 4, 4, 1, 1]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_each_bijector_acts_on_the_sites_of_the_tables(structure):
    """A change of one latent variable moves exactly the sites that its light cone reaches."""
    model = flow(8, structure=structure, depth=2, symmetric=False)
    assert {layer.is_decimator for layer in model.hierarchy} == {
        "mera": {False, True}, "tebd": {False}, "tree": {True}
    }[structure]  # fmt: skip
    z = np.random.default_rng(2).normal(size=(8, 8))
    x, _ = model.decode(z)
    for site in [0, 9, 36]:
        moved = z.copy().reshape(-1)
        moved[site] += 0.5
        reached = {site}
        for layer in reversed(model.hierarchy):
            assert len(set(layer.sites.flat)) == layer.sites.size
            reached |= {
                int(k) for block in layer.sites if reached & set(block.tolist()) for k in block
            }
        changed = model.decode(moved.reshape(8, 8))[0] != x
        assert set(np.flatnonzero(changed).tolist()) <= reached
        assert changed.sum() > len(reached) / 2


def test_latent_scales():
    scales = NeuralRG(8, **SMALL).latent_scales
    assert scales.shape == (8, 8)
    assert np.bincount(scales.flat).tolist() == [48, 12, 3, 1]
    assert scales[0, 0] == 3 and scales[4, 4] == 2 and scales[2, 4] == 1 and scales[1, 4] == 0
    assert NeuralRG(8, **SMALL, depth=1).latent_scales.max() == 1
    assert not NeuralRG(8, **SMALL, structure="tebd").latent_scales.any()


# Configurations


@pytest.mark.parametrize("structure", STRUCTURES)
def test_encoding_undoes_decoding(structure):
    model = flow(8, structure=structure, repeat=2)
    z = np.random.default_rng(3).normal(size=(2, 50, 8, 8))
    x, outward = model.decode(z)
    back, inward = model.encode(x)
    assert outward.shape == inward.shape == (2, 50) and np.abs(outward).min() > 1e-3
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-11)
    np.testing.assert_allclose(outward, -inward, rtol=0, atol=1e-10)


def test_density_is_that_of_the_latent_variables(model):
    x = model.sample(40, seed=2)

    def plain(x):
        z, logdet = model.encode(x)
        return logdet - (z**2).sum((1, 2)) / 2 - 8 * math.log(2 * math.pi)

    expected = np.logaddexp(plain(x), plain(-x)) - math.log(2)
    np.testing.assert_allclose(model.log_prob(x), expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.log_prob(-x), model.log_prob(x), rtol=0, atol=1e-12)
    bare = flow(symmetric=False)
    z, logdet = bare.encode(x)
    expected = logdet - (z**2).sum((1, 2)) / 2 - 8 * math.log(2 * math.pi)
    np.testing.assert_allclose(bare.log_prob(x), expected, rtol=0, atol=1e-10)
    assert np.abs(bare.log_prob(x) - bare.log_prob(-x)).max() > 1e-3


@pytest.mark.parametrize("symmetric", [True, False])
def test_density_is_normalised(symmetric):
    """By the trapezoidal rule in the four dimensions of the smallest lattice."""
    model = flow(2, 0.1, symmetric=symmetric)
    points = np.linspace(-6, 6, 25)
    grid = np.stack(np.meshgrid(*[points] * 4, indexing="ij"), axis=-1).reshape(-1, 2, 2)
    total = np.exp(model.log_prob(grid)).sum() * 0.5**4
    assert total == pytest.approx(1, abs=2e-3)


def test_samples_are_those_of_the_density(model):
    """Weighted by pi / q, which is normalised only if samples and density belong together."""
    x = model.sample(4000, seed=7)
    normal = np.exp(-(x**2).sum((1, 2)) / 2 - 8 * math.log(2 * math.pi) - model.log_prob(x))
    error = normal.std() / math.sqrt(len(normal))
    assert abs(normal.mean() - 1) < 4 * error and error < 0.1


def test_samples_depend_on_the_seed_only(model):
    x = model.sample(100, seed=5)
    assert x.shape == (100, 4, 4) and x.dtype == np.float64
    before = isingrg.get_num_threads()
    try:
        for threads in (1, 3):
            isingrg.set_num_threads(threads)
            assert np.array_equal(model.sample(100, seed=5), x)
            assert np.array_equal(model.sample(33, seed=5), x[:33])
    finally:
        isingrg.set_num_threads(before)
    assert not np.array_equal(model.sample(100, seed=6), x)
    assert 20 < (x.mean((1, 2)) > 0).sum() < 80  # of both signs


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
def test_shapes(model, shape):
    x = np.full((*shape, 4, 4), 0.5, np.float32)
    for function in (model.encode, model.decode):
        image, logdet = function(x)
        assert image.shape == x.shape and np.shape(logdet) == shape
    for values in (model.log_prob(x), log_density(x, 0.3)):
        assert np.shape(values) == shape and (shape or isinstance(values, float))


def test_free_energy_and_partition_function(model):
    x = model.sample(500, seed=9)
    weights = log_density(x, model.K) - model.log_prob(x)
    mean, error = model.free_energy(500, seed=9)
    assert mean == pytest.approx(-weights.mean(), rel=1e-12)
    assert error == pytest.approx(weights.std(ddof=1) / math.sqrt(500), rel=1e-12)
    found = model.log_partition(500, seed=9)
    w = np.exp(weights - weights.max())
    assert found.estimate == pytest.approx(math.log(np.exp(weights).mean()), rel=1e-12)
    assert found.standard_error == pytest.approx(w.std(ddof=1) / w.mean() / math.sqrt(500))
    assert found.effective_sample_size == pytest.approx(w.sum() ** 2 / (w**2).sum())


# Models travel


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_complete(model, duplicate):
    twin = duplicate(model)
    x = model.sample(3)
    assert repr(twin) == repr(model)
    assert np.array_equal(twin.sample(3), x) and np.array_equal(twin.log_prob(x), model.log_prob(x))
    fresh = duplicate(NeuralRG(4, **SMALL))
    assert fresh.step == 0 and repr(fresh).endswith("# untrained")


def test_repr_names_every_argument():
    options = dict(
        L=8, K=0.25, layers=3, hidden=(5, 4), repeat=2, structure="tree", depth=1, symmetric=False
    )
    text = repr(NeuralRG(**options))
    made = eval(text, {"NeuralRG": NeuralRG})
    assert repr(made) == text and all(f"{k}={v!r}" in text for k, v in options.items())


def test_public_names():
    assert isingrg.neuralrg is neuralrg
    assert set(neuralrg.__all__) <= set(dir(neuralrg))
