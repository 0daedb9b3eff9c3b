"""The dual target, the hierarchy, and what flows say about configurations."""

import copy
import itertools
import math
import pickle

import numpy as np
import pytest

import isingrg
from isingrg import _core, ising
from isingrg._shared import importance
from isingrg.neuralrg import (
    NeuralRG,
    log_density,
    log_partition_dual,
    sample_fields,
    sample_spins,
)

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
        for k, l in [(i, j + 1), (i, j - 1), (i + 1, j), (i - 1, j)]:
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


def test_fields_given_the_spins():
    """<x x> = A + A <s s> A over all states of a 2 x 2 torus, with five standard errors."""
    K = 0.3
    spins = np.array(list(itertools.product([-1, 1], repeat=4)))
    A = 2 * K * np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]) + 1.3 * np.eye(4)
    weights = np.exp(np.einsum("si,ij,sj->s", spins, A, spins) / 2)
    chosen = np.random.default_rng(5).choice(16, 200_000, p=weights / weights.sum())
    x = sample_fields(spins[chosen].reshape(-1, 2, 2), K, seed=6).reshape(-1, 4)
    products = np.einsum("ni,nj->nij", x, x)
    order = (spins.T * weights) @ spins / weights.sum()
    errors = products.std(axis=0) / math.sqrt(len(x))
    assert np.abs((products.mean(axis=0) - A - A @ order @ A) / errors).max() < 5


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
def test_samples_know_their_density(symmetric):
    model = flow(symmetric=symmetric)
    x, density = model.sample_with_log_prob(70, seed=5)
    assert np.array_equal(x, model.sample(70, seed=5))
    np.testing.assert_allclose(density, model.log_prob(x), rtol=0, atol=1e-10)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_flow_scale_by_scale(structure):
    model = flow(8, structure=structure)
    x = model.sample(5)
    assert model.depth == 3
    z, total = model.encode(x)
    values, logdet = x, 0.0
    for n in range(model.depth):
        values, own = model.encode(values, scales=(n, n + 1))
        logdet = logdet + own
        finer = model.latent_scales < n + 1
        if structure != "tebd":  # what a scale has left behind stays
            assert np.array_equal(values[:, finer], z[:, finer])
    np.testing.assert_allclose(values, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(logdet, total, rtol=0, atol=1e-10)
    half, _ = model.decode(z, scales=(1, 3))
    np.testing.assert_allclose(half, model.encode(x, scales=(0, 1))[0], rtol=0, atol=1e-11)
    same, zero = model.encode(x, scales=(2, 2))
    assert np.array_equal(same, x) and not zero.any()


def test_frozen_coarse_variables():
    model = flow(8)
    x = model.sample(2)
    coarse = model.encode(x, scales=(0, 2))[0][:, ::4, ::4]
    samples = model.sample_given(coarse, 50, seed=3)
    assert samples.shape == (2, 50, 8, 8)
    again = model.encode(samples, scales=(0, 2))[0]
    np.testing.assert_allclose(
        again[..., ::4, ::4], np.broadcast_to(coarse[:, None], (2, 50, 2, 2)), rtol=0, atol=1e-11
    )
    noise = again[..., model.latent_scales < 2]
    assert abs(noise.mean()) < 5 / math.sqrt(noise.size)
    assert abs(noise.var() - 1) < 5 * math.sqrt(2 / noise.size)
    assert np.array_equal(model.sample_given(x[0], 1)[0], x[0])  # nothing left to draw
    assert not (model.sample_given(coarse, 50, seed=4) == samples).all(axis=(-1, -2)).any()


def test_responses_are_derivatives():
    model = flow(repeat=2)
    x = model.sample(37, seed=8)
    sites = [[0, 0], [2, 2], [1, 3]]
    answer = model.responses(x=x, sites=sites)
    assert answer.sites.tolist() == sites
    for (i, j), mean, deviation in zip(*answer, strict=True):
        for a, b in [(0, 0), (3, 1)]:
            shift = np.zeros((4, 4))
            shift[a, b] = 1e-5
            ends = [model.encode(x + sign * shift)[0][:, i, j] for sign in (1, -1)]
            slope = (ends[0] - ends[1]) / 2e-5
            assert mean[a, b] == pytest.approx(slope.mean(), abs=1e-8)
            assert deviation[a, b] == pytest.approx(slope.std(), abs=1e-7)


def test_which_latent_variables_respond():
    model = flow(8)
    assert model.responses(3).sites.tolist() == [[0, 0], [0, 4], [4, 0], [4, 4]]
    assert len(model.responses(3, scale=1).sites) == 12
    assert len(flow(8, depth=2).responses(3).sites) == 4  # those that no decimator took
    x = model.decode(np.random.default_rng(2).standard_normal((3, 8, 8)))[0]
    assert np.array_equal(model.responses(3, seed=2).mean, model.responses(x=x).mean)
    assert not np.array_equal(model.responses(3, seed=3).mean, model.responses(x=x).mean)


def test_masks():
    masks = np.zeros((3, 2, 2), bool)
    masks[:, 0, 0] = masks[1, 1, 1] = masks[2, :, 1] = True
    model = flow(masks=masks)
    assert model.masks.shape == (4, 3, 2, 2) and (model.masks == masks).all()
    # Site (0, 0) of a block is kept by all coupling layers: of a tree it never changes.
    tree = flow(structure="tree", masks=masks, symmetric=False)
    x = tree.sample(4)
    z, _ = tree.encode(x)
    assert (z[:, 0, 0] == x[:, 0, 0]).all() and (z[:, 1, 1] != x[:, 1, 1]).all()
    same = NeuralRG(4, 0.3, **SMALL, masks=model.masks).fit(10, 64, 0.02, seed=1)
    assert np.array_equal(same.sample(3), model.sample(3))
    assert np.array_equal(pickle.loads(pickle.dumps(model)).masks, model.masks)
    assert (flow().masks.sum((-1, -2)) == 2).all()


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


def test_half_of_the_samples_are_negated():
    """The share of -g(z) among 10**5 samples, at five standard errors of a half."""
    model = flow(2, 0.3)
    x, z = np.empty((2, 10**5, 2, 2))
    _core.neuralrg_sample(model._native, 4, x, z, None, None)
    signs = x / model.decode(z)[0]
    np.testing.assert_allclose(np.abs(signs), 1, rtol=0, atol=1e-12)
    assert (signs == signs[:, :1, :1]).all()
    assert abs((signs[:, 0, 0] < 0).mean() - 0.5) < 5 / math.sqrt(4 * 10**5)


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


@pytest.mark.filterwarnings("ignore:.* samples have an effective sample size")
def test_free_energy_and_partition_function(model):
    x = model.sample(500, seed=9)
    weights = log_density(x, model.K) - model.log_prob(x)
    mean, error = model.free_energy(500, seed=9)
    assert mean == pytest.approx(-weights.mean(), rel=1e-12)
    assert error == pytest.approx(weights.std(ddof=1) / math.sqrt(500), rel=1e-12)
    found = model.log_partition(500, seed=9)
    w = np.exp(weights - weights.max())
    assert found.value == pytest.approx(math.log(np.exp(weights).mean()), rel=1e-12)
    assert found.error == pytest.approx(w.std(ddof=1) / w.mean() / math.sqrt(500))
    assert found.effective_sample_size == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_an_offset_changes_no_standard_error():
    """Integers, so that the offset takes no digits."""
    values = np.random.default_rng(1).integers(-9, 9, 60).astype(float)
    mean, error = importance.mean_and_error(values + 1e15)
    assert mean - 1e15 == pytest.approx(values.mean(), abs=0.07)
    assert error == pytest.approx(values.std(ddof=1) / math.sqrt(60), rel=1e-12)


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
