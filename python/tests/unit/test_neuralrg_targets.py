"""Targets of the flow beside the dual Ising model: Gaussians, fields, and functions of the user."""

import copy
import math
import pickle
import re
import threading
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, Interrupted, IsingRGError, NonFiniteError, neuralrg
from isingrg.neuralrg import DualIsing, FunctionTarget, Gaussian, NeuralRG, Phi4

SMALL = {"layers": 4, "hidden": (6,)}


def spectrum(L, mass2=1.0):
    waves = 2 - 2 * np.cos(2 * np.pi * np.arange(L) / L)
    return 1 / (mass2 + waves[:, None] + waves)


def covariance(L, seed=0):
    root = np.random.default_rng(seed).normal(size=(L**2, L**2))
    return root @ root.T / L**2 + np.eye(L**2)


def double_well(x):
    return -((x**2 - 1) ** 2).sum(axis=(1, 2)), -4 * x * (x**2 - 1)


TARGETS = {
    "dual": DualIsing(4, 0.3),
    "phi4": Phi4(4, -1.0, 2.0),
    "spectrum": Gaussian(spectrum=spectrum(4)),
    "covariance": Gaussian(covariance=covariance(4)),
    "function": FunctionTarget(double_well, 4, name="double well"),
}


@pytest.fixture(params=TARGETS)
def target(request):
    return TARGETS[request.param]


# Densities


def test_the_action_of_a_field():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 4))
    bonds = sum((x - np.roll(x, 1, axis)) ** 2 for axis in (2, 3))
    action = (bonds - 1.0 * x**2 + 2.0 * x**4).sum(axis=(2, 3))
    np.testing.assert_allclose(TARGETS["phi4"].log_density(x), -action, rtol=1e-12)


def test_gaussians_are_those_of_their_covariance():
    x = np.random.default_rng(2).normal(size=(5, 4, 4))
    flat = x.reshape(5, 16)
    matrix = covariance(4)
    exponent = -(flat * np.linalg.solve(matrix, flat.T).T).sum(axis=1) / 2
    found = TARGETS["covariance"]
    np.testing.assert_allclose(found.log_density(x), exponent, rtol=1e-10)
    determinant = np.linalg.slogdet(2 * np.pi * matrix)[1]
    assert found.log_partition == pytest.approx(determinant / 2, rel=1e-12)
    # The same Gaussian from its spectrum and from its covariance.
    waves = TARGETS["spectrum"]
    impulse = np.zeros((4, 4))
    impulse[0, 0] = 1
    row = np.fft.ifft2(np.fft.fft2(impulse) * spectrum(4)).real
    same = np.array([np.roll(row, (i, j), (0, 1)).ravel() for i in range(4) for j in range(4)])
    dense = Gaussian(covariance=same)
    assert dense.log_partition == pytest.approx(waves.log_partition, rel=1e-12)
    np.testing.assert_allclose(dense.log_density(x), waves.log_density(x), rtol=1e-10)


@pytest.mark.parametrize("name", ["spectrum", "covariance"])
def test_samples_of_a_gaussian(name):
    """-2 ln pi of a sample is chi-square with 16 degrees of freedom: 4.5 errors, 7e-6."""
    target = TARGETS[name]
    exponents = -2 * target.log_density(target.sample(20000, seed=3))
    assert abs(exponents.mean() - 16) < 4.5 * math.sqrt(32 / 20000)
    np.testing.assert_allclose(target.sample(3, seed=3), target.sample(20000, seed=3)[:3])


def test_the_default_is_the_dual_ising_model():
    model = NeuralRG(4, 0.3)
    assert isinstance(model.target, DualIsing) and model.target.K == model.K == 0.3
    x = np.random.default_rng(4).normal(size=(4, 4))
    assert model.target.log_density(x) == neuralrg.log_density(x, 0.3)
    assert model.target.log_partition == neuralrg.log_partition_dual(4, 0.3)
    explicit = NeuralRG(4, target=DualIsing(4, 0.3), **SMALL).fit(3, 32, seed=1)
    implicit = NeuralRG(4, 0.3, **SMALL).fit(3, 32, seed=1)
    assert np.array_equal(explicit.sample(3), implicit.sample(3)) and explicit.K == 0.3


# Flows


@pytest.mark.parametrize("threads", [1, 2])
def test_everything_works_for_every_target(target, threads):
    before = isingrg.get_num_threads()
    isingrg.set_num_threads(threads)
    try:
        model = NeuralRG(4, target=target, **SMALL).fit(10, 70, 1e-3, seed=2)
        x, log_prob = model.sample_with_log_prob(40)
        assert np.isfinite(model.free_energy(40).value) and np.isfinite(log_prob).all()
        weights = np.asarray(target.log_density(x)) - log_prob
        assert model.free_energy(40).value == pytest.approx(-weights.mean())
        for space in ("latent", "physical"):
            chains = model.hmc(3, 4, space=space, step_size=0.05, leapfrog=3)
            assert chains.target is target and chains.acceptance.mean() > 0.5
            np.testing.assert_allclose(chains._log_density(), target.log_density(chains.x))
        assert model.metropolis(3, 4).x.shape == (3, 4, 4, 4)
        assert np.isfinite(model.responses(20).mean).all()
        np.testing.assert_allclose(model.decode(model.encode(x)[0])[0], x, atol=1e-9)
        loss = np.array(model.history["loss"])
    finally:
        isingrg.set_num_threads(before)
    again = NeuralRG(4, target=target, **SMALL).fit(10, 70, 1e-3, seed=2)
    assert np.array_equal(again.history["loss"], loss)


def test_observables_are_those_of_the_field():
    chains = NeuralRG(4, target=TARGETS["phi4"], **SMALL).fit(1, 32).hmc(2, 3)
    mean = chains.x.mean(axis=(2, 3))
    np.testing.assert_allclose(chains.magnetization(), mean)
    np.testing.assert_allclose(chains.structure_factor(), mean**2)
    density = TARGETS["phi4"].log_density(chains.x)
    np.testing.assert_allclose(chains.energy_density(), -np.asarray(density) / 16)
    for ask in (chains.spins, lambda: chains.K):
        with pytest.raises(ArgumentError, match="dual Ising"):
            ask()


def test_a_gaussian_is_learned_by_linear_bijectors():
    """Each by itself: ln Z to 1e-3 with its error, an effective sample size of 0.99."""
    target = Gaussian(spectrum=spectrum(4, mass2=2.0))
    model = NeuralRG(4, target=target, bijector="linear", repeat=2)
    model.fit(1500, 256, 1e-2, weight_decay=0.0).fit(1500, lr=1e-3)
    estimate = model.log_partition(20000)
    assert abs(estimate.value - target.log_partition) < 1e-3
    assert estimate.effective_sample_size > 0.99 * 20000
    assert estimate.ising is None


def test_a_function_is_the_target_that_it_computes():
    def field(x):
        neighbours = sum(np.roll(x, step, axis) for step in (1, -1) for axis in (1, 2))
        force = 2 * (3 * x - neighbours)
        return -(x * force / 2 + 2 * x**4).sum(axis=(1, 2)), -force - 8 * x**3

    mine = NeuralRG(4, target=FunctionTarget(field, 4), **SMALL).fit(20, 64)
    built = NeuralRG(4, target=TARGETS["phi4"], **SMALL).fit(20, 64)
    np.testing.assert_allclose(mine.history["loss"], built.history["loss"], rtol=1e-5)


# Functions of the user


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_automatic_differentiation(library):
    pytest.importorskip(library)
    if library == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    of_library = FunctionTarget(lambda x: -((x**2 - 1) ** 2).sum((1, 2)), 4, autodiff=library)
    by_hand = NeuralRG(4, target=TARGETS["function"], **SMALL).fit(5, 64)
    model = NeuralRG(4, target=of_library, **SMALL).fit(5, 64)
    np.testing.assert_allclose(model.history["loss"], by_hand.history["loss"], rtol=1e-6)


def test_the_page_on_pytorch():
    pytest.importorskip("torch")
    page = Path(__file__).parents[3] / "docs/how-to/own-density.md"
    names = {}
    exec(re.search(r"```python\n(from isingrg.*?)```", page.read_text(), re.S)[1], names)
    assert names["flow"].step == 20


def turning_bad(after, answer):
    """A function that answers as it should for so many calls."""
    calls = []

    def function(x):
        calls.append(threading.get_ident())
        return answer(x) if len(calls) > after else double_well(x)

    return function


def raising(x):
    raise ZeroDivisionError("one over nothing")


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (raising, ZeroDivisionError, "one over nothing"),
        (lambda x: double_well(x)[0], TypeError, r"must return \(ln pi, gradient\)"),
        (lambda x: (np.zeros(3), x), ArgumentError, "ln pi of the target must have the shape"),
        (lambda x: (np.zeros(len(x)), x[:, 0]), ArgumentError, "gradient of the target must have"),
        (lambda x: (np.full(len(x), np.nan), x), NonFiniteError, "the loss became nan"),
        (lambda x: (np.zeros(len(x)), np.inf * x), NonFiniteError, "the loss became"),
        (lambda x: ("a", "b"), TypeError, "ln pi of the target"),
    ],
)
def test_a_function_that_fails_leaves_the_model_at_its_last_step(answer, error, message):
    # 5 calls check it, 2 calls make a step of 64.
    target = FunctionTarget(turning_bad(5 + 2 * 3, answer), 4)
    model = NeuralRG(4, target=target, **SMALL)
    with pytest.raises(error, match=message) as caught:
        model.fit(10, 64, seed=2)
    assert model.step == 3
    of_target = any("of the target" in note for note in caught.value.__notes__)
    assert of_target == (error is NonFiniteError)
    good = NeuralRG(4, target=TARGETS["function"], **SMALL).fit(3, 64, seed=2)
    assert np.array_equal(model.sample(4), good.sample(4))
    if error is not NonFiniteError:  # which rejects an update
        with pytest.raises(error):
            model.hmc(2, 3)


def test_ctrl_c_inside_the_function():
    def interrupted(x):
        raise KeyboardInterrupt

    target = FunctionTarget(turning_bad(9, interrupted), 4)
    model = NeuralRG(4, target=target, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        model.fit(10, 64)
    assert model.step == 2


def test_a_progress_that_stops_is_no_failure_of_the_function():
    model = NeuralRG(4, target=TARGETS["function"], **SMALL)
    with pytest.raises(Interrupted):
        model.fit(10**5, 64, progress=lambda done, total: done < 3)


def test_the_function_keeps_what_it_was_given():
    kept = []

    def function(x):
        kept.append((x, x.copy()))
        return double_well(x)

    NeuralRG(4, target=FunctionTarget(function, 4), **SMALL).fit(5, 64)
    assert all(np.array_equal(x, copied) for x, copied in kept)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (lambda x: (double_well(x)[0], 1.01 * double_well(x)[1]), {}, "gradient of the target is"),
        (turning_bad(1, lambda x: (double_well(x)[0] + 1, double_well(x)[1])), {}, "another ln pi"),
        (lambda x: (-((x - 1) ** 2).sum((1, 2)), -2 * (x - 1)), {}, "symmetric=False"),
    ],
)
def test_what_the_check_finds(function, options, message):
    with pytest.raises(ArgumentError, match=message):
        NeuralRG(4, target=FunctionTarget(function, 4), **options)
    NeuralRG(4, target=FunctionTarget(function, 4, check=False), **options)


def test_a_density_that_is_not_even():
    target = FunctionTarget(lambda x: (-((x - 1) ** 2).sum((1, 2)), -2 * (x - 1)), 4)
    model = NeuralRG(4, target=target, symmetric=False, **SMALL).fit(300, 64, 5e-3)
    assert model.sample(2000).mean() == pytest.approx(1, abs=0.2)


# Keeping


def test_saved_and_copied(target, tmp_path):
    model = NeuralRG(4, target=target, **SMALL).fit(3, 32)
    path = tmp_path / "flow.safetensors"
    model.save(path)
    given = target if isinstance(target, FunctionTarget) else None
    copies = [NeuralRG.load(path, target=given), copy.deepcopy(model)]
    copies.append(pickle.loads(pickle.dumps(model)))
    model.fit(2)
    for other in copies:
        assert repr(other.target) == repr(target)
        assert np.array_equal(other.fit(2).history["loss"], model.history["loss"])


def test_a_function_is_not_in_the_file(tmp_path):
    path = tmp_path / "flow.safetensors"
    NeuralRG(4, target=TARGETS["function"], **SMALL).fit(1, 32).save(path)
    with pytest.raises(IsingRGError, match=r"'double well'.* load\(path, target=...\)"):
        NeuralRG.load(path)
    with pytest.raises(IsingRGError, match="must be that of the file"):
        NeuralRG.load(path, target=FunctionTarget(double_well, 4, name="other"))


# Bad input


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Phi4(5, 1, 1), ArgumentError, "L must be even"),
        (lambda: Phi4(4, math.nan, 1), ArgumentError, "mass2"),
        (lambda: Phi4(4, 1, 0), ArgumentError, "coupling must be positive"),
        (Gaussian, ArgumentError, "either spectrum or covariance"),
        (lambda: Gaussian(spectrum=np.ones((4, 5))), ArgumentError, "shape"),
        (lambda: Gaussian(spectrum=-np.ones((4, 4))), ArgumentError, "positive"),
        (lambda: Gaussian(spectrum=np.arange(1, 17).reshape(4, 4)), ArgumentError, "L - k"),
        (lambda: Gaussian(covariance=np.ones((16, 16))), ArgumentError, "positive"),
        (lambda: Gaussian(covariance=np.triu(np.ones((16, 16)))), ArgumentError, "symmetric"),
        (lambda: Gaussian(covariance=np.eye(15)), ArgumentError, "shape"),
        (lambda: Gaussian(covariance=3), ArgumentError, "shape"),
        (lambda: FunctionTarget(3, 4), TypeError, "callable"),
        (lambda: FunctionTarget(double_well, 4, autodiff="flax"), ArgumentError, "autodiff"),
        (lambda: FunctionTarget(double_well, 4, name=3), TypeError, "name"),
        (lambda: NeuralRG(4, target=double_well), TypeError, "target must be a target"),
        (lambda: NeuralRG(8, target=TARGETS["phi4"]), ArgumentError, "L must be that of target"),
        (lambda: NeuralRG(4, 0.3, target=TARGETS["phi4"]), ArgumentError, "K must be left out"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
