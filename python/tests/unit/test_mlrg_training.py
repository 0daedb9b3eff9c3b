"""Training: schedules, continuation, interruption, and what remains after each."""

import copy
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import IsingRGError, mlrg
from isingrg.mlrg import MLRG

sys.path.append(str(Path(__file__).parent))
from native_state import put

J = np.linspace(-1, 1, 17)
SMALL = {"hidden": (6, 5), "moderator": "flow"}


def equal(a, b):
    """Whether two models are in the same state, bit for bit."""
    (plain, arrays), (other_plain, other_arrays) = a._state(), b._state()
    assert plain["configuration"] == other_plain["configuration"]
    assert arrays.keys() == other_arrays.keys()
    return all(np.array_equal(arrays[n], other_arrays[n], equal_nan=True) for n in arrays)


def with_infinite_loss(model):
    return put(model, {"network.2.weight": 1e308, "network.1.weight": 1e3})


def test_history():
    model = MLRG(**SMALL).fit(50, 16, beta_max=8, record_from=20)
    history = model.history
    assert list(history) == ["step", "loss", "acceptance", "swap_rate", "beta", "fixed_point"]
    assert all(column.shape == (50,) for column in history.values())
    np.testing.assert_array_equal(history["step"], np.arange(1, 51))
    t = np.arange(50) / 50
    np.testing.assert_allclose(history["beta"], 8 / (1 + np.exp(-16 * (t - 0.25))), rtol=1e-12)
    assert np.isnan(history["fixed_point"][:20]).all()
    assert (history["loss"] > 0).all() and (history["acceptance"] > 0).all()
    assert np.isnan(history["swap_rate"]).all()
    history["loss"][:] = 0
    assert model.history["loss"].all()  # the caller's own copy


def test_fixed_points_are_recorded_from_the_guess(tmp_path):
    """Two zeros of one flow, J = 0 and the critical point, from guesses near them."""
    settings = {"moderator": "flow", "symmetric": True}
    for guess, found in ((0.02, 0.0), ((0.8,), 0.81)):
        model = MLRG(**settings).fit(1500, record_from=1499, record_guess=guess, seed=0)
        assert model.history["fixed_point"][-1] == pytest.approx(found, abs=0.05)
    model.save(tmp_path / "model")
    assert MLRG.load(tmp_path / "model")._training == model._training
    assert copy.copy(model)._training == model._training
    many = MLRG("A1+E", **SMALL).fit(
        2, 8, record_from=0, record_guess=[0.1, 0, 0, 0.1, 0.1], beta_max=1
    )
    assert many.proposals.shape == (8, 5) and model.proposals.shape == (32,)


def test_the_curl_of_a_flow():
    points = np.array([[0.3, 0.1, -0.2, 0.2, 0.4], [0, 0, 0, 0, 0.5]])
    flow = MLRG("A1+E", **SMALL).fit(1, 8)
    step = 1e-5
    slopes = [
        (flow.velocity(points + shift) - flow.velocity(points - shift)) / (2 * step)
        for shift in step * np.eye(5)
    ]
    jacobian = np.stack(slopes, axis=-1)
    curl = flow.curl(points)
    np.testing.assert_allclose(curl, (jacobian - jacobian.swapaxes(1, 2)) / 2, atol=1e-8)
    assert np.abs(curl).max() > 1e-3
    gradient = MLRG("A1+E", moderator="monotone", hidden=(6, 5)).fit(1, 8)
    assert np.abs(gradient.curl(points)).max() < 1e-14
    assert MLRG(**SMALL).fit(1, 8).curl([0.1, 0.2]).tolist() == [0, 0]


# Many models side by side

MANY = [
    {"steps": 9, "batch": 40, "seed": 1, "record_from": 4},
    {"steps": 5, "batch": 8, "seed": 2, "beta_max": 3.0, "total_steps": 11},
    {"steps": 7, "batch": 24, "seed": 3, "lr": 1e-4},
]


@pytest.mark.parametrize("models", ["A1", [1], [[MLRG()]], [None, MLRG()], 3])
def test_only_models_are_trained_together(models):
    with pytest.raises(TypeError, match=r"models must hold|not iterable"):
        mlrg.fit_many(models, [{}] * 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("divergence", ["kl", "cd"])
def test_many_models_train_as_each_alone(divergence, threads):
    def fresh():
        return [MLRG(divergence=divergence, **SMALL), MLRG(divergence=divergence), MLRG("A1+E")]

    alone = [model.fit(**settings) for model, settings in zip(fresh(), MANY, strict=True)]
    before = isingrg.get_num_threads()
    isingrg.set_num_threads(threads)
    try:
        together = fresh()
        seen = []

        def report(done, total):
            seen.append((total, threading.get_ident()))

        assert mlrg.fit_many(together, MANY, progress=report) == [None] * 3
        assert set(seen) == {(21, threading.get_ident())}
        assert mlrg.fit_many(together, [{"steps": 2}] * 3) == [None] * 3
    finally:
        isingrg.set_num_threads(before)
    assert all(equal(a.fit(2), b) for a, b in zip(alone, together, strict=True))


def test_one_of_many_may_fail():
    models = [MLRG(**SMALL), with_infinite_loss(MLRG(**SMALL).fit(5)), MLRG(**SMALL)]
    errors = mlrg.fit_many(models, [{"steps": 8}] * 3)
    assert errors[0] is None and errors[2] is None
    assert isinstance(errors[1], isingrg.NonFiniteError)
    assert "the model is at step 5" in errors[1].__notes__[0]
    assert [model.step for model in models] == [8, 5, 8]


def test_many_models_can_be_interrupted():
    models = [MLRG(**SMALL) for _ in range(3)]
    with pytest.raises(isingrg.Interrupted):
        mlrg.fit_many(models, [{"steps": 10**6}] * 3, progress=lambda done, total: done < 50)
    steps = [model.step if model._native else 0 for model in models]
    assert sum(steps) >= 50
    for model in models:
        if model.step:
            assert equal(model, MLRG(**SMALL).fit(model.step, total_steps=10**6))


def test_wrong_settings_of_many():
    models = [MLRG(**SMALL) for _ in range(4)]
    settings = [{"steps": 2}, {"lrr": 1}, {"batch": 0}, {"record_guess": [1, 2], "record_from": 0}]
    errors = mlrg.fit_many(models, settings)
    assert [type(error) for error in errors] == [
        type(None), TypeError, isingrg.ArgumentError, isingrg.ArgumentError
    ]  # fmt: skip
    assert [model._native is None for model in models] == [False, True, True, True]
    with pytest.raises(isingrg.ArgumentError, match="as many as the 4 models"):
        mlrg.fit_many(models, [{}])
    with pytest.raises(isingrg.ArgumentError, match="must all be different"):
        mlrg.fit_many(models[:1] * 2, [{}, {}])
    assert mlrg.fit_many([], []) == []


def test_replicas_and_ray():
    model = MLRG("A1+E", **SMALL).fit(6, 48, replicas=4, ray=1 / 3, proposal="norm", hmc_updates=2)
    history = model.history
    assert ((0 < history["swap_rate"]) & (history["swap_rate"] <= 1)).all()
    proposed = model._state()[1]["proposal.couplings"]
    assert (proposed[:32, 1:] != 0).all() and (proposed[32:, 1:] == 0).all()
    assert np.abs(proposed[32:, 0]).max() <= 2
    two = MLRG(**SMALL).fit(6, 8, replicas=2)  # the only pair has its turn in every second update
    assert np.isnan(two.history["swap_rate"][1::2]).all()
    assert np.isfinite(two.history["swap_rate"][::2]).all()
    alone = MLRG(**SMALL).fit(2, 8, ray=1.0)
    assert np.isnan(alone.history["acceptance"]).all()


def test_published_settings_of_larger_representations():
    model, fit = mlrg.published_settings("shen", "A1+E")
    assert model["hidden"] == (80,) * 6 and fit["batch"] == 1944
    assert fit["record_guess"] == (0.8, 0, 0, 0.8, 0.8)
    model, fit = mlrg.published_settings("hou-you", "A1+E")
    assert model["hidden"] == (12, 24, 6) and fit["proposal"] == "norm"
    for name in ("2A1+E", "A1+A1+E"):  # as its published networks
        assert mlrg.published_settings("hou-you", name)[0]["hidden"] == (24, 48, 12)
    MLRG("A1+E", **model, symmetric=True).fit(2, **{**fit, "batch": 8, "cd_samples": 64})
    assert mlrg.published_settings("hou-you")[0]["hidden"] == (6, 12, 8)


@pytest.mark.parametrize("transport", ["step", "ode"])
def test_a_symmetric_monotone_decreases_along_its_flow(transport):
    """Wherever it was trained, |J| up to the wall, but at the fixed points, where it is constant.

    v is odd to the last bit. The flow equation takes 32 couplings by common steps, so J and -J
    from different groups differ by its tolerance, 1e-7 of 1 + |J| in each step.
    """
    model = MLRG("A1", symmetric=True, transport=transport, hidden=(16,))
    model.fit(1500, 64, ray=0.5)
    J = np.linspace(0, 2, 201)
    flow = model.flow(J, 4)
    np.testing.assert_array_equal(model.velocity(-J), -model.velocity(J))
    np.testing.assert_array_equal(model.monotone(-J), model.monotone(J))
    np.testing.assert_allclose(model.flow(-J, 4), -flow, rtol=0, atol=1e-5)
    along = model.monotone(flow)
    moved = np.abs(np.diff(flow, axis=0)) > 1e-6
    assert (np.diff(along, axis=0)[moved] < 0).all()
    assert (np.diff(along, axis=0) < 1e-10).all()


def test_training_finds_the_exact_map():
    model = MLRG("A1").fit(seed=5)
    assert np.abs(model.flow(J, 1)[1] - mlrg.exact_map(J)).max() < 3e-3
    # The loss is the least there is, on average over the proposals of the step.
    proposed = model._state()[1]["proposal.couplings"][:, 0]
    least = np.mean(mlrg.minimum_kl(proposed)) * np.log(2)
    assert model.history["loss"][-1] == pytest.approx(least, rel=1e-3)


@pytest.mark.parametrize("divergence", ["kl", "cd"])
@pytest.mark.parametrize("transport", ["step", "ode"])
def test_pieces_are_the_whole(divergence, transport, tmp_path):
    pytest.importorskip("safetensors")
    settings = {
        "batch": 9, "seed": 11, "cd_samples": 32, "teacher_sweeps": 4, "record_from": 10,
        "replicas": 2, "ray": 0.1, "proposal": "norm",
    }  # fmt: skip

    def new():
        return MLRG("A1", divergence=divergence, transport=transport, **SMALL)

    straight = new().fit(60, **settings)
    first = new().fit(30, total_steps=60, **settings)
    first.save(tmp_path / "half")
    second = MLRG.load(tmp_path / "half").fit(30)
    assert equal(straight, second)
    assert equal(straight, first.fit())  # without a number: to the end of the schedules
    assert np.array_equal(straight.history["beta"], second.history["beta"])


def test_schedules_keep_their_length():
    model = MLRG(**SMALL).fit(20, total_steps=40, beta_max=8)
    with pytest.raises(isingrg.Interrupted):
        model.fit(progress=lambda done, total: False)
    model.fit()
    assert model.step == 40
    with pytest.raises(isingrg.ArgumentError, match="schedules of 40 steps are complete"):
        model.fit()
    model.fit(5)  # beyond the end the last values stay
    np.testing.assert_allclose(model.history["beta"][-5:], 8, rtol=1e-4)
    assert model.step == 45


def test_settings_stay_until_changed():
    a = MLRG(**SMALL).fit(10, 8, total_steps=30, seed=2, lr=1e-3, coupling_bound=1.0)
    b = MLRG(**SMALL).fit(10, 8, total_steps=30, seed=2, lr=1e-3, coupling_bound=1.0)
    a.fit(10)
    b.fit(10, 8, seed=2, lr=1e-3, coupling_bound=1.0)
    assert equal(a, b)
    assert not equal(a.fit(5), b.fit(5, lr=1e-2))


def test_lr_alone_keeps_its_ratio_to_the_last():
    default = mlrg.settings.DEFAULT_TRAININGS["star", "flow", "kl"]
    changed = default.changed(lr=default.lr / 10)
    assert changed.final_lr == pytest.approx(default.final_lr / 10)
    assert default.changed(lr=1e-3, final_lr=1e-3).final_lr == 1e-3


def test_seeds():
    a, b, c = (MLRG(**SMALL).fit(20, seed=seed) for seed in (1, 1, 2))
    assert equal(a, b)
    assert not equal(a, c)
    assert equal(MLRG(**SMALL).fit(20), MLRG(**SMALL).fit(20, seed=0))
    MLRG(**SMALL).fit(2, seed=2**64 - 1)


@pytest.mark.parametrize(
    "options", [{}, {"divergence": "cd"}, {"transport": "ode"}, {"moderator": "monotone"}]
)
def test_threads_do_not_change_a_bit(options):
    before = isingrg.get_num_threads()
    try:
        models = []
        for threads in (1, 2, 3):
            isingrg.set_num_threads(threads)
            models.append(MLRG(**SMALL | options).fit(25, 96, seed=7, cd_samples=64))
    finally:
        isingrg.set_num_threads(before)
    assert equal(models[0], models[1]) and equal(models[0], models[2])


def test_models_train_side_by_side():
    """Two Python threads, the pool of the core busy with one of them: still the same bits."""
    alone = [MLRG(**SMALL).fit(200, seed=seed) for seed in (1, 2)]
    together = [MLRG(**SMALL), MLRG(**SMALL)]
    threads = [
        threading.Thread(target=model.fit, args=(200,), kwargs={"seed": seed})
        for seed, model in enumerate(together, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(equal(a, b) for a, b in zip(alone, together, strict=True))


# Interruption


def interrupted_by(answer, error):
    def stop(done, total):
        return answer(done, total) if done > 100 else None

    model = MLRG("A1").fit(10, 32, total_steps=10**6)
    with pytest.raises(error) as caught:
        model.fit(10**6, progress=stop)
    return model, caught.value


def refuse(done, total):
    return False


def raise_error(done, total):
    raise ZeroDivisionError("mine")


def raise_interrupt(done, total):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "answer, error",
    [
        (refuse, isingrg.Interrupted),
        (raise_error, ZeroDivisionError),
        (raise_interrupt, KeyboardInterrupt),
    ],
)
def test_stopped_training_keeps_its_last_step(answer, error):
    model, raised = interrupted_by(answer, error)
    step = model.step
    assert 110 < step < 10**6
    assert f"the model is at step {step} of 1000000" in "".join(raised.__notes__)
    assert len(model.history["loss"]) == step
    straight = MLRG("A1").fit(step + 5, 32, total_steps=10**6)
    assert equal(straight, model.fit(5))


def test_ctrl_c_returns_within_half_a_second():
    model, sent = MLRG("A1"), []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        model.fit(10**7)
    assert time.monotonic() - sent[0] < 0.5
    assert model.step > 0
    assert f"step {model.step} " in "".join(caught.value.__notes__)
    model.fit(1)


def test_nothing_is_made_when_the_first_step_is_refused():
    model = MLRG(**SMALL)
    with pytest.raises(isingrg.Interrupted):
        model.fit(10, progress=lambda done, total: False)
    assert model.step in (0, 10)  # the end may come before the question


@pytest.mark.parametrize("moderator", ["flow", "monotone"])
@pytest.mark.parametrize("divergence", ["kl", "cd"])
def test_a_loss_that_is_not_finite(moderator, divergence):
    model = MLRG(hidden=(6, 5), moderator=moderator, divergence=divergence).fit(5, cd_samples=32)
    broken = with_infinite_loss(model)
    _, before = broken._state()
    with pytest.raises(isingrg.NonFiniteError, match="the model is at step 5") as caught:
        broken.fit(3)
    assert "0 steps of this call are done" in caught.value.__notes__[0]
    _, after = broken._state()
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)


def test_a_large_batch_of_contrastive_divergence_needs_little_memory():
    """The tables of 5A1 take 200 KiB, which a million couplings cannot have each for itself."""
    code = """
import resource
from isingrg.mlrg import MLRG
def fit(batch):
    MLRG("5A1", divergence="cd", hidden=(4,)).fit(1, batch, cd_samples=1, teacher_sweeps=1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small = fit(64)
print(fit(400) - small)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 20 * 1024


@pytest.mark.parametrize(
    "settings",
    [{"moderator": "flow"}, {"divergence": "cd"}, {"transport": "ode"}, {"layer_norm": True}],
)
def test_a_training_that_overflows_keeps_its_last_good_step(settings):
    trained = MLRG(hidden=(6, 5), **settings).fit(5, total_steps=8, cd_samples=32)
    # The next step is the last one with a finite loss.
    broken, twin = (put(copy.copy(trained), {"adam.first_moment": 1e100}) for _ in range(2))
    with pytest.raises(isingrg.NonFiniteError) as caught:
        broken.fit(3)
    (note,) = caught.value.__notes__
    assert "the model is at step 6 of 8; 1 steps of this call are done and kept" in note
    assert equal(broken, twin.fit(1))


def test_a_closed_or_busy_model():
    model = MLRG(**SMALL).fit(5)
    running, go = threading.Event(), threading.Event()

    def wait(done, total):
        running.set()
        go.wait()

    thread = threading.Thread(target=lambda: model.fit(20, progress=wait))
    thread.start()
    running.wait()
    try:
        with pytest.raises(IsingRGError, match="in use"):
            model.velocity(0.5)
    finally:
        go.set()
        thread.join()
    assert model.step == 25
