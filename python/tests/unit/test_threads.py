"""Models that several Python threads use at once; soak/threads.py does it at random."""

import inspect
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from isingrg import ConvergenceError, IsingRGError, _core, mlrg

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[1] / "docs"))
from public import everything

from small_models import MODELS, Small, answer

#: Methods that the campaign does not ask: they change the model, draw, or need a file, or
#: another moderator.
OTHERS = {"adopt", "fit", "fit_samples", "close", "load", "lyapunov_function"}


@pytest.fixture(params=MODELS.values(), ids=MODELS)
def small(request):
    return request.param


def train(small, model, **keywords):
    """So long that others can meet it."""
    return small.fit(model, small.second // 100, **keywords)


def trained(small):
    return train(small, small.make())


def steps(model):
    return len(model.history["loss"])


def test_the_table_asks_every_method(small):
    kind = small.kind
    prefix = f"{kind.__module__.rpartition('.')[0]}.{kind.__name__}."
    public = {i.name.removeprefix(prefix) for i in everything() if i.name.startswith(prefix)}
    plots = {name for name in public if name.startswith("plot_")}
    assert public - plots - OTHERS == small.questions.keys()


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


def test_two_first_trainings_of_one_model(small):
    model, straight = small.make(), trained(small)
    pause, reached, go = pausing()
    thread, _ = in_thread(lambda: train(small, model, progress=pause))
    reached.wait()
    try:
        with pytest.raises(IsingRGError, match="in use by another call"):
            train(small, model)
    finally:
        go.set()
        thread.join()
    assert answer(small.questions["save"], model) == answer(small.questions["save"], straight)


@pytest.mark.parametrize("make", [Small.make, trained])
def test_close_during_a_training(small, make):
    model = make(small)
    pause, reached, go = pausing()
    thread, results = in_thread(lambda: train(small, model, progress=pause))
    reached.wait()
    model.close()
    go.set()
    thread.join()
    assert isinstance(results[0], IsingRGError) and "closed" in str(results[0])
    with pytest.raises(IsingRGError, match="closed"):
        train(small, model)
    with pytest.raises(IsingRGError, match="closed"):
        steps(model)
    assert "closed" in repr(model)


def test_a_model_that_another_thread_closes_says_so(small, monkeypatch):
    """It is closed right after it was looked whether it is: no other error, and no new model."""
    known = {*inspect.signature(small.kind).parameters, "depth", "history", "epoch"}
    questions = {**small.questions, "fit": lambda model: small.fit(model, 1)}
    models = {name: (small.trained(1), small.make()) for name in questions.keys() - known}
    settle = small.kind._settle

    def closing(model):
        settle(model)
        model.close()

    monkeypatch.setattr(small.kind, "_settle", closing)
    for name, both in models.items():
        for model in both:
            with pytest.raises(IsingRGError, match="closed"):
                questions[name](model)


def test_a_model_is_not_copied_partly_before_and_partly_after_a_step(small):
    model = trained(small)
    before = steps(model)
    state = model._state

    def state_with_a_training_inside():
        metadata, arrays = state()
        train(small, model)
        return metadata, arrays

    model._state = state_with_a_training_inside
    with pytest.raises(IsingRGError, match="in use by another call"):
        small.questions["save"](model)
    assert steps(model) > before


def test_trainings_of_many_that_meet_one():
    small = MODELS["mlrg"]
    busy, free = trained(small), small.make()
    pause, reached, go = pausing()
    thread, _ = in_thread(lambda: train(small, busy, progress=pause))
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
    small = MODELS["mlrg"]
    model = trained(small)

    def train_first(function):
        def trained(*arguments):
            monkeypatch.undo()
            train(small, model)
            return function(*arguments)

        return trained

    monkeypatch.setattr(_core, "mlrg_velocity", train_first(_core.mlrg_velocity))
    monkeypatch.setattr(_core, "mlrg_flow", train_first(_core.mlrg_flow))
    with pytest.raises(IsingRGError, match="in use by another call"):
        small.questions[name](model)
    assert model.step == 200


def test_an_error_of_two_states_is_none_of_either(monkeypatch):
    """What one question cannot answer of a model that was trained meanwhile is no answer."""
    small = MODELS["mlrg"]
    model = trained(small)

    def fail(*arguments):
        monkeypatch.undo()
        train(small, model)
        raise ConvergenceError("no fixed point")

    monkeypatch.setattr(_core, "mlrg_velocity", fail)
    monkeypatch.setattr(_core, "mlrg_flow", fail)
    with pytest.raises(IsingRGError, match="in use by another call"):
        small.questions["flow"](model)
