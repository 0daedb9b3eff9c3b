"""Learning rates that fall, losses that are mixed, and trainings that end by themselves."""

import numpy as np
import pytest

from isingrg import ArgumentError, TrainingRecord
from isingrg._shared import state
from isingrg.neuralrg import FunctionTarget, Gaussian, NeuralRG, Plateau

SMALL = {"layers": 4, "hidden": (6,)}


def made():
    return NeuralRG(4, 0.3, **SMALL)


def rates(**settings):
    found = []
    made().fit(**settings, callback=lambda record: found.append(record.learning_rate))
    return np.array(found)


def test_schedules():
    cosine = rates(steps=20, batch=4, lr=1e-2, schedule="cosine", final_lr=1e-3)
    waves = (1 + np.cos(np.pi * np.arange(20) / 20)) / 2
    np.testing.assert_allclose(cosine, 1e-3 + 9e-3 * waves, rtol=1e-12)
    steps = rates(steps=16, batch=4, lr=1e-2, schedule="step", final_lr=1e-3)
    np.testing.assert_allclose(steps, np.repeat(1e-2 * 10 ** (-np.arange(8) / 7), 2), rtol=1e-12)
    assert (rates(steps=5, batch=4, lr=1e-2) == 1e-2).all()
    beyond = rates(steps=5, batch=4, lr=1e-2, schedule="cosine", final_lr=1e-3, total_steps=2)
    np.testing.assert_allclose(beyond[2:], 1e-3, rtol=1e-12)


@pytest.mark.parametrize("schedule", ["cosine", "step"])
def test_the_core_takes_the_rates_that_callbacks_are_told(schedule):
    settings = {"lr": 2e-2, "schedule": schedule, "final_lr": 1e-3}
    model = made().fit(11, 40, **settings)
    by_hand = made()
    for rate in rates(steps=11, batch=40, **settings):
        by_hand.fit(1, 40, rate)
    np.testing.assert_allclose(model.history["loss"], by_hand.history["loss"], rtol=1e-6)
    np.testing.assert_allclose(model.sample(3), by_hand.sample(3), rtol=1e-6)
    constant = made().fit(11, 40, 2e-2)
    assert abs(model.sample(3) - constant.sample(3)).max() > 1e-4


def test_pieces_are_the_whole(tmp_path):
    whole = made().fit(12, 40, 1e-2, schedule="cosine")
    pieces = made().fit(5, 40, 1e-2, schedule="cosine", total_steps=12)
    pieces.save(tmp_path / "flow.safetensors")
    for model in (pieces, NeuralRG.load(tmp_path / "flow.safetensors")):
        model.fit(7)
        assert np.array_equal(model.history["loss"], whole.history["loss"])
        assert np.array_equal(model.sample(3), whole.sample(3))


# Both losses


def gradient(model):
    """After one step the first moment is the gradient times 0.1."""
    return state.read(model._ready())["adam.first_moment"]


def test_the_mixture_of_both_losses():
    x = np.random.default_rng(1).normal(size=(50, 4, 4))
    forward = made().fit_samples(x, 1, 70, seed=2, weight_decay=0.0)
    reverse = made().fit(1, 70, seed=2, weight_decay=0.0)
    mixed = made().fit_samples(x, 1, 70, reverse=0.3, seed=2, weight_decay=0.0)
    for read in (lambda m: m.history["loss"], gradient):
        expected = 0.7 * read(forward) + 0.3 * read(reverse)
        np.testing.assert_allclose(read(mixed), expected, rtol=1e-5, atol=1e-7)
    errors = [m.history["standard_error"][0] for m in (forward, reverse, mixed)]
    assert errors[2] == pytest.approx(np.hypot(0.7 * errors[0], 0.3 * errors[1]), rel=1e-6)
    assert mixed.history["likelihood"][0] == pytest.approx(0.7)
    assert abs(gradient(forward) - gradient(reverse)).max() > 0.01


def test_samples_show_both_signs_where_the_energy_alone_finds_one():
    """Two wells at +-2 in every number together: the energy alone keeps to one of them."""

    def wells(x):
        field = 4 * np.tanh(4 * x.mean(axis=(1, 2)))[:, None, None] * np.ones_like(x)
        mean = x.mean(axis=(1, 2))
        density = -(x**2).sum(axis=(1, 2)) + 16 * np.log(np.cosh(4 * mean))
        return density, -2 * x + field

    target = FunctionTarget(wells, 4)
    random = np.random.default_rng(0)
    x = random.choice([-2.0, 2.0], (2000, 1, 1)) + random.normal(size=(2000, 4, 4)) / np.sqrt(2)
    rarer = []
    for train in (
        lambda m: m.fit(300, 64, 1e-2, weight_decay=0.0),
        lambda m: m.fit_samples(x, 300, 64, 1e-2, reverse=0.1, weight_decay=0.0),
    ):
        model = train(NeuralRG(4, target=target, symmetric=False, **SMALL))
        share = (model.sample(2000).mean(axis=(1, 2)) > 0).mean()
        rarer.append(min(share, 1 - share))
    assert rarer[0] < 0.002 and rarer[1] > 0.01


def test_a_failing_target_ends_a_mixture():
    def failing(x):
        raise ZeroDivisionError("one over nothing")

    model = NeuralRG(4, target=FunctionTarget(failing, 4, check=False), **SMALL)
    x = np.random.default_rng(1).normal(size=(5, 4, 4))
    with pytest.raises(ZeroDivisionError):
        model.fit_samples(x, 2, 8, reverse=0.5)
    assert model.fit_samples(x, 2, 8).step == 2


# Energy and end


def test_the_latent_energy_of_a_perfect_flow_is_that_of_normal_numbers():
    target = Gaussian(spectrum=np.ones((4, 4)))
    model = NeuralRG(4, target=target, bijector="linear").fit(1, 8, 1e-12)
    z = np.random.default_rng(3).normal(size=(5, 4, 4))
    np.testing.assert_allclose(model.latent_energy(z), (z**2).sum(axis=(1, 2)) / 2, rtol=1e-9)
    assert model.latent_energy(z[0]) == pytest.approx(model.latent_energy(z)[0])


def test_the_latent_energy_is_minus_the_logarithm_of_the_weight():
    model = made().fit(5, 40)
    z = np.random.default_rng(3).normal(size=(5, 4, 4))
    x, logdet = model.decode(z)
    expected = -np.asarray(model.target.log_density(x)) - logdet
    np.testing.assert_allclose(model.latent_energy(z), expected, rtol=1e-12)


def test_a_training_ends_when_nothing_is_gained():
    model = made()
    plateau = Plateau(model, 400, patience=2)
    model.fit(10**6, 64, 5e-3, callback=plateau, every=20)
    sizes = plateau.effective_sample_sizes
    assert model.step == plateau.steps[-1] == 20 * len(sizes)
    assert max(sizes) == sizes[-3] and 1 / 400 < max(sizes) <= 1
    again = Plateau(model, 400)
    again(TrainingRecord(model.step, 0.0, 0.0, 0.0, {}))
    assert again.effective_sample_sizes == sizes[-1:]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.fit(1, schedule="linear"), ArgumentError, "schedule"),
        (lambda m: m.fit(1, final_lr=0), ArgumentError, "final_lr"),
        (lambda m: m.fit(1, total_steps=0), ArgumentError, "total_steps"),
        (lambda m: m.fit_samples(np.ones((2, 4, 4)) / 2, 1, reverse=1), ArgumentError, "reverse"),
        (lambda m: m.fit_samples(np.ones((2, 4, 4)) / 2, 1, reverse=-1), ArgumentError, "reverse"),
        (lambda m: Plateau(3), TypeError, "must be a NeuralRG"),
        (lambda m: Plateau(m, 1), ArgumentError, "n must"),
        (lambda m: Plateau(m, patience=0), ArgumentError, "patience"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(made())
