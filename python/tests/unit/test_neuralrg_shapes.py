"""Flows on rectangles and rings, with blocks of 4 x 4, and with neighbours as conditioners."""

import numpy as np
import pytest

from isingrg import ArgumentError
from isingrg.ising import Lattice
from isingrg.neuralrg import DualIsing, FunctionTarget, Gaussian, NeuralRG, Phi4

SMALL = {"layers": 4, "hidden": (6,)}


def well(x):
    axes = tuple(range(1, x.ndim))
    return -((x**2 - 1) ** 2).sum(axis=axes), -4 * x * (x**2 - 1)


def spectrum(shape):
    waves = [2 - 2 * np.cos(2 * np.pi * np.arange(side) / side) for side in shape]
    return 1 / (1 + sum(np.meshgrid(*waves, indexing="ij")))


SHAPES = [(8, 4), (2, 8), (16,)]
TARGETS = {
    "dual": lambda shape: DualIsing(shape, 0.3),
    "phi4": lambda shape: Phi4(shape, -1.0, 2.0),
    "spectrum": lambda shape: Gaussian(spectrum=spectrum(shape)),
    "covariance": lambda shape: Gaussian(covariance=np.eye(np.prod(shape)) + 0.1, L=shape),
    "function": lambda shape: FunctionTarget(well, shape),
}
VARIANTS = [
    {"conditioner": "neighbours"},
    {"block": 4},
    {"block": 4, "conditioner": "neighbours", "structure": "tree"},
    {"masks": "alternating", "structure": "tebd"},
    {"bijector": "linear", "block": 4},
]


def flow(L, **settings):
    linear = settings.get("bijector") == "linear"
    return NeuralRG(L, **({} if linear else SMALL), **settings)


# Targets


@pytest.mark.parametrize("shape", SHAPES)
def test_the_action_of_a_field(shape):
    x = np.random.default_rng(1).normal(size=(3, *shape))
    axes = tuple(range(1, x.ndim))
    bonds = sum((x - np.roll(x, 1, axis)) ** 2 for axis in axes)
    action = (bonds - 1.0 * x**2 + 2.0 * x**4).sum(axis=axes)
    np.testing.assert_allclose(Phi4(shape, -1.0, 2.0).log_density(x), -action, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_spectrum_of_a_gaussian_and_its_covariance(shape):
    impulse = np.zeros(shape)
    impulse.flat[0] = 1
    row = np.fft.ifftn(np.fft.fftn(impulse) * spectrum(shape)).real
    axes = tuple(range(len(shape)))
    matrix = np.array([np.roll(row, shift, axes).ravel() for shift in np.ndindex(*shape)])
    by_matrix, by_waves = Gaussian(covariance=matrix, L=shape), Gaussian(spectrum=spectrum(shape))
    x = by_waves.sample(5)
    assert x.shape == (5, *shape)
    np.testing.assert_allclose(by_matrix.log_density(x), by_waves.log_density(x), rtol=1e-9)
    assert by_matrix.log_partition == pytest.approx(by_waves.log_partition)


@pytest.mark.parametrize("shape", [(2, 4), (8,)])
def test_the_dual_against_enumeration(shape):
    lattice = Lattice.square(shape) if len(shape) == 2 else Lattice.chain(*shape)
    n = lattice.n_sites
    matrix = np.zeros((n, n))
    for i, j in lattice.bonds:
        matrix[i, j] += 0.3
        matrix[j, i] += 0.3
    dense = DualIsing(shape, bonds=matrix)
    target = DualIsing(shape, 0.3)
    x = np.random.default_rng(2).normal(size=(4, *shape))
    np.testing.assert_allclose(target.log_density(x), dense.log_density(x), rtol=1e-11)
    spins = 1 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    ising = np.logaddexp.reduce(np.einsum("ni,ni->n", spins @ matrix, spins) / 2)
    assert target.log_partition == pytest.approx(ising + dense.log_partition_of_fields, rel=1e-11)
    fields = target.sample_fields(np.sign(x).astype(np.int8), seed=1)
    np.testing.assert_allclose(fields, dense.sample_fields(np.sign(x).astype(np.int8), seed=1).real)


def test_waves_without_energy_are_no_error_of_rounding():
    """For m^2 = -4, as in Gerdes et al., many eigenvalues of the quadratic form are zero."""
    assert NeuralRG(16, target=Phi4(16, -4.0, 6.975), **SMALL).fit(1, 32).step == 1


# Flows


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TARGETS)
def test_everything_works_on_every_shape(shape, name, tmp_path):
    target = TARGETS[name](shape)
    model = flow(shape, target=target).fit(8, 70, 3e-3)
    assert model.L == target.L == shape
    x, log_prob = model.sample_with_log_prob(40)
    assert x.shape == (40, *shape)
    np.testing.assert_allclose(model.log_prob(x), log_prob, rtol=1e-10)
    z, logdet = model.encode(x[0])
    back, inverse = model.decode(z)
    np.testing.assert_allclose(back, x[0], atol=1e-10)
    assert logdet == pytest.approx(-inverse)
    weights = np.asarray(target.log_density(x)) - log_prob
    assert model.free_energy(40).value == pytest.approx(-weights.mean())
    for chains in (model.hmc(3, 4, step_size=0.05), model.metropolis(3, 4)):
        assert chains.x.shape == (3, 4, *shape) and chains.L == shape
        for observable in (chains.magnetization, chains.structure_factor, chains.energy_density):
            assert observable().shape == (3, 4)
    model.hmc(3, 2, start=chains.x[:, -1])
    found = model.responses(20)
    assert found.mean.shape == (len(found.sites), *shape)
    assert model.latent_scales.shape == shape
    coarse = np.zeros([side // min(side, 2) for side in shape])
    assert model.sample_given(coarse, 3).shape == (3, *shape)
    model.fit_samples(x, 2)
    model.save(tmp_path / "flow.safetensors")
    given = target if name == "function" else None
    other = NeuralRG.load(tmp_path / "flow.safetensors", target=given)
    assert np.array_equal(other.sample(4), model.sample(4))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("L", [8, (8, 4), (16,)], ids=str)
def test_every_variant_is_a_normalised_density(variant, L):
    """ln Z of a Gaussian from importance weights: 4.5 standard errors, 7e-6 each."""
    shape = (L, L) if isinstance(L, int) else L
    target = Gaussian(spectrum=spectrum(shape))
    model = flow(L, target=target, **variant).fit(200, 128, 5e-3)
    estimate = model.log_partition(4000)
    assert abs(estimate.value - target.log_partition) < 4.5 * estimate.error
    x = model.sample(20)
    np.testing.assert_allclose(model.decode(model.encode(x)[0])[0], x, atol=1e-9)
    deepest = model.depth
    halfway, _ = model.encode(x, scales=(0, 1))
    np.testing.assert_allclose(model.encode(halfway, scales=(1, deepest))[0], model.encode(x)[0])


def test_a_ring_is_learned_by_linear_bijectors():
    target = Gaussian(spectrum=spectrum((8,)))
    model = NeuralRG((8,), target=target, bijector="linear", repeat=2)
    model.fit(1000, 256, 1e-2, weight_decay=0.0).fit(1000, lr=1e-3)
    estimate = model.log_partition(20000)
    assert abs(estimate.value - target.log_partition) < 3e-3
    assert estimate.effective_sample_size > 0.98 * 20000


def test_equal_sides_are_a_square():
    assert NeuralRG((4, 4)).L == DualIsing((4, 4), 0.3).L == 4
    assert NeuralRG(np.array([4, 8])).L == (4, 8)
    a, b = (NeuralRG(L, 0.3, **SMALL).fit(2, 32) for L in (4, (4, 4)))
    assert np.array_equal(a.sample(3), b.sample(3))


def test_blocks_and_masks():
    model = NeuralRG((8, 4), block=4, masks="alternating", **SMALL)
    assert [layer.sites.shape for layer in model.hierarchy] == [(2, 16)] * 2 + [(1, 2)] * 2
    model.fit(1, 32)
    first, last = model.masks[0], model.masks[-1]
    assert first.shape == (4, 4, 4) and last.shape == (4, 2, 1)
    assert (first[0] == (np.indices((4, 4)).sum(0) % 2 == 0)).all()
    assert (first[1] != first[0]).all() and (first[2] == first[0]).all()
    given = np.zeros((4, 4, 4), bool)
    given[:, 0] = True
    assert (NeuralRG(16, block=4, masks=given, **SMALL).fit(1, 32).masks == given).all()
    random = NeuralRG(16, block=4, **SMALL).fit(1, 32).masks
    assert (random.sum(axis=(2, 3)) == 8).all() and len(np.unique(random, axis=1)) > 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NeuralRG((8, 6)), "power of two"),
        (lambda: NeuralRG((8, 128)), r"L\[1\]"),
        (lambda: NeuralRG((2, 2, 2)), "of a ring"),
        (lambda: NeuralRG((8192,)), r"L\[0\]"),
        (lambda: NeuralRG(8, block=3), "2 or 4"),
        (lambda: NeuralRG(16, block=4, depth=3), "depth"),
        (lambda: NeuralRG(8, conditioner="both"), "conditioner"),
        (lambda: NeuralRG(8, bijector="linear", conditioner="neighbours"), "left out"),
        (lambda: NeuralRG(8, masks="random"), "masks"),
        (lambda: NeuralRG((8, 4), target=Phi4(8, 1, 1)), "L must be that of target"),
        (lambda: DualIsing((8,), (0.1, 0.2)), "one number on a ring"),
        (lambda: Gaussian(covariance=np.eye(8), L=(2, 2)), "shape"),
        (lambda: Gaussian(covariance=np.eye(8)), "L must be given"),
        (lambda: Gaussian(spectrum=np.ones((2, 4)), L=(2, 4)), "left out"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
