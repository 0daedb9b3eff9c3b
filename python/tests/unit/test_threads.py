"""Models that several Python threads use at once; soak/threads.py does it at random."""

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from isingrg import ConvergenceError, IsingRGError, _core, graphvae, mlrg, neuralrg

sys.path.append(str(Path(__file__).parents[1] / "docs"))
sys.path.append(str(Path(__file__).parents[3] / "soak"))
from public import everything

from threads import ASKED, MAKE, TRAIN, answer

#: Methods that the campaign does not ask: they change the model, draw, or need a file.
OTHERS = {"fit", "fit_samples", "close", "load"}
KINDS = [mlrg.MLRG, neuralrg.NeuralRG, graphvae.GraphVAE]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def steps(model):
    return len(model.history["loss"])


def test_the_campaign_asks_every_method(kind):
    prefix = f"{kind.__module__.rpartition('.')[0]}.{kind.__name__}."
    public = {i.name.removeprefix(prefix) for i in everything() if i.name.startswith(prefix)}
    plots = {name for name in public if name.startswith("plot_")}
    assert public - plots - OTHERS == ASKED[kind].keys()


def pausing():
    """A progress that waits in its first report, and the events of its being there and going on."""
    reached, go = threading.Event(), threading.Event()

    def pause(done, total):
        reached.set()
        go.wait()

    return pause, reached, go


def in_thread(function):
    """A thread that runs it, and the list that gets its result or exception."""
    results = []

    def run():
        try:
            results.append(function())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_two_first_trainings_of_one_model(kind):
    model, straight = MAKE[kind](), TRAIN[kind](MAKE[kind](), 1)
    pause, reached, go = pausing()
    thread, _ = in_thread(lambda: TRAIN[kind](model, 1, progress=pause))
    reached.wait()
    try:
        with pytest.raises(IsingRGError, match="in use by another thread"):
            TRAIN[kind](model, 1)
    finally:
        go.set()
        thread.join()
    assert answer(ASKED[kind]["save"], model) == answer(ASKED[kind]["save"], straight)


@pytest.mark.parametrize("trained", [False, True])
def test_close_during_a_training(kind, trained):
    model = TRAIN[kind](MAKE[kind](), 1) if trained else MAKE[kind]()
    pause, reached, go = pausing()
    thread, results = in_thread(lambda: TRAIN[kind](model, 1, progress=pause))
    reached.wait()
    model.close()
    go.set()
    thread.join()
    assert isinstance(results[0], IsingRGError) and "closed" in str(results[0])
    with pytest.raises(IsingRGError, match="closed"):
        TRAIN[kind](model, 1)
    assert model.step >= 0 if kind is not graphvae.GraphVAE else model.epoch >= 0
    assert "closed" in repr(model)


def test_a_model_is_not_copied_partly_before_and_partly_after_a_step(kind):
    model = TRAIN[kind](MAKE[kind](), 1)
    before = steps(model)
    state = model._state

    def state_with_a_training_inside():
        metadata, arrays = state()
        TRAIN[kind](model, 1)
        return metadata, arrays

    model._state = state_with_a_training_inside
    with pytest.raises(IsingRGError, match="in use by another thread"):
        ASKED[kind]["save"](model)
    assert steps(model) > before


def test_trainings_of_many_that_meet_one():
    kind = mlrg.MLRG
    busy, free = TRAIN[kind](MAKE[kind](), 1), MAKE[kind]()
    pause, reached, go = pausing()
    thread, _ = in_thread(lambda: TRAIN[kind](busy, 1, progress=pause))
    reached.wait()
    try:
        errors = mlrg.fit_many([busy, free], [{"steps": 3}] * 2)
    finally:
        go.set()
        thread.join()
    assert "in use" in str(errors[0]) and errors[1] is None
    assert (busy.step, free.step) == (200, 3)
    assert np.isfinite(busy.fit(1).history["loss"]).all()


@pytest.mark.parametrize("name", ["critical_coupling", "flow", "fixed_points", "exponents"])
def test_an_answer_is_not_partly_of_the_model_before_a_training(name, monkeypatch):
    """What asks the core several times refuses to mix two states."""
    model = TRAIN[mlrg.MLRG](MAKE[mlrg.MLRG](), 1)

    def train_first(function):
        def trained(*arguments):
            monkeypatch.undo()
            TRAIN[mlrg.MLRG](model, 1)
            return function(*arguments)

        return trained

    monkeypatch.setattr(_core, "mlrg_velocity", train_first(_core.mlrg_velocity))
    monkeypatch.setattr(_core, "mlrg_flow", train_first(_core.mlrg_flow))
    with pytest.raises(IsingRGError, match="in use by another thread"):
        ASKED[mlrg.MLRG][name](model)
    assert model.step == 200


def test_an_error_of_two_states_is_none_of_either(monkeypatch):
    """What one question cannot answer of a model that was trained meanwhile is no answer."""
    model = TRAIN[mlrg.MLRG](MAKE[mlrg.MLRG](), 1)

    def fail(*arguments):
        monkeypatch.undo()
        TRAIN[mlrg.MLRG](model, 1)
        raise ConvergenceError("no fixed point")

    monkeypatch.setattr(_core, "mlrg_velocity", fail)
    monkeypatch.setattr(_core, "mlrg_flow", fail)
    with pytest.raises(IsingRGError, match="in use by another thread"):
        ASKED[mlrg.MLRG]["flow"](model)
