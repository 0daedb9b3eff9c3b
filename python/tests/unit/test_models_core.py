"""What the extension and the core promise of every model, for a model of each method."""

import datetime
import gc
import itertools
import math
import re
import sys
import traceback
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, Interrupted, IsingRGError, _core

sys.path.append(str(Path(__file__).parent))
from native_models import METHODS, check_progress, refused, state

CONFIG = [(name, field) for name, method in METHODS.items() for field in method.config]
TRAINING = [(name, field) for name, method in METHODS.items() for field in method.training]
CALLS = [(name, function) for name, method in METHODS.items() for function in method.calls]
WITH_PROGRESS = [
    (name, function)
    for name, function in CALLS
    if METHODS[name].calls[function] and METHODS[name].calls[function][-1] is None
]
#: Functions that take a model of any method, and other arguments for them.
OF_ANY = {
    "model_destroy": (),
    "model_step": (),
    "model_rows_done": (),
    "model_parameter_count": (),
    "model_array_count": (),
    "model_array_info": (0,),
    "model_read_array": (0, np.zeros((1, 1))),
    "model_write_array": (0, np.zeros((1, 1))),
}


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


def core(function):
    return getattr(_core, function)


# Good calls


@pytest.mark.parametrize("name", METHODS)
def test_the_table_has_every_function_that_takes_a_model(name):
    taking = {
        function
        for function in dir(_core)
        if function.startswith(f"{name}_") and raises_of_model(function)
    }
    assert taking - set(METHODS[name].calls) <= {f"{name}_fit", f"{name}_fit_samples"}
    assert set(METHODS[name].calls) < taking


def raises_of_model(function):
    """Whether its first argument has to be a model."""
    for count in range(1, 14):
        try:
            getattr(_core, function)(*[None] * count)
        except TypeError as error:
            if "takes" not in str(error):
                return str(error).startswith("model must come from")
    return False


def test_good_calls_succeed(method):
    model = method.create()
    for function in method.calls:
        method.call(function, model)()
    assert method.fit(model)() == (1, None)
    assert _core.model_rows_done(model) == 1
    assert _core.model_step(model) == (2 if method.rows == "epochs" else 1)
    sizes = {name: array.size for name, array in state(model).items()}
    trained = sizes.get("adam.first_moment") or sum(
        size for name, size in sizes.items() if name.endswith(".couplings")
    )
    assert _core.model_parameter_count(model) == trained


# What is no model of the method


@pytest.mark.parametrize("wrong", [None, _core, datetime.datetime_CAPI, object()], ids=type)
def test_what_is_no_model_is_refused(method, wrong):
    for function, arguments in OF_ANY.items():
        refused(TypeError, "model must come from", core(function), wrong, *arguments)
    pattern = f"model must come from {method.name}_create"
    for function in method.calls:
        refused(TypeError, pattern, method.call(function, wrong))
    if wrong is not None:
        refused(TypeError, pattern, method.fit(wrong))


@pytest.mark.parametrize("name, other", [*itertools.permutations(METHODS, 2)])
def test_models_of_other_methods_are_refused(name, other):
    model, pattern = METHODS[other].create(), f"model must come from {name}_create"
    for function in METHODS[name].calls:
        refused(TypeError, pattern, METHODS[name].call(function, model))
    refused(TypeError, pattern, METHODS[name].fit(model))
    assert METHODS[other].fit(model)() == (1, None)


def test_closed_models_are_refused(method):
    model = method.closed()
    for function, arguments in OF_ANY.items():
        refused(IsingRGError, r".*closed", core(function), model, *arguments)
    for function in method.calls:
        refused(IsingRGError, r".*closed", method.call(function, model))
    done, error = method.fit(model)()
    assert done == 0 and type(error) is IsingRGError and "closed" in str(error)


def test_a_model_in_training_is_busy(method):
    model, answers = method.create(), []
    calls = [partial(_core.model_step, model), partial(_core.model_array_count, model)]
    calls += [partial(_core.model_write_array, model, 0, state(model)[next(iter(state(model)))])]
    calls += [method.call(function, model) for function in method.calls]

    def meanwhile(done, total):
        for call in calls:
            with pytest.raises(IsingRGError) as caught:
                call()
            answers.append(str(caught.value))
        answers.append(str(method.fit(model)()[1]))
        return False

    method.fit_long(model, progress=meanwhile)()
    assert len(answers) == len(calls) + 1
    assert all("in use" in answer for answer in answers)
    assert method.fit(model)() == (1, None)


# Records


@pytest.mark.parametrize("name, field", CONFIG)
def test_a_configuration_has_every_field(name, field):
    record = dict(METHODS[name].config)
    del record[field]
    refused(TypeError, f"the field {field} is missing", core(f"{name}_create"), record)
    with pytest.raises((TypeError, ArgumentError), match=f"{field} must"):
        METHODS[name].create(**{field: object()})


@pytest.mark.parametrize("name, field", TRAINING)
def test_a_training_has_every_field(name, field):
    record = dict(METHODS[name].training)
    del record[field]
    refused(TypeError, f"the field {field} is missing", METHODS[name].fit(training=record))
    refused(TypeError, f"{field} must", METHODS[name].fit(**{field: object()}))


def test_records_have_no_other_fields(method):
    refused(TypeError, r"config must have \d+ fields, got \d+", method.new(other=1))
    refused(TypeError, r"training must have \d+ fields, got \d+", method.fit(other=1))
    refused(TypeError, "config must be a dict", core(f"{method.name}_create"), tuple(method.config))
    refused(TypeError, "training must be a dict", method.fit(training=[]))


# Training


def test_histories_have_a_row_for_each(method):
    shape = rf"history must have the shape \(2, {method.columns}\)"
    refused(ArgumentError, shape, method.fit(**{method.rows: 2}))
    done, error = method.fit(history=np.zeros((0, method.columns)), **{method.rows: 0})()
    assert done == 0 and type(error) is ArgumentError
    assert re.match(f"{method.rows} must be from 1", str(error))


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(method, wrong):
    refused(ArgumentError, "learning_rate must be finite", method.fit(learning_rate=wrong))


@pytest.mark.parametrize("wrong", [1.0, True, "4", None])
def test_whole_numbers_are_integers(method, wrong):
    refused(TypeError, "batch must be an integer", method.fit(batch=wrong))


def test_settings_are_checked_again_in_the_core(method):
    most = method.largest_batch
    for changed, pattern in (
        ({"batch": 0}, f"batch must be from 1 to {most}, not 0"),
        ({"batch": most + 1}, f"batch must be from 1 to {most}, not {most + 1}"),
        ({"learning_rate": 0.0}, "learning_rate must be from 1e-12"),
        *(
            ({name: -1.0}, f"{name} must be from")
            for name in ("weight_decay", "damping")
            if name in method.training
        ),
    ):
        done, error = method.fit(**changed)()
        assert done == 0 and type(error) is ArgumentError
        assert re.match(pattern, str(error)), str(error)


def test_training_hands_over_what_stopped_it(method):
    error = LookupError("mine")

    def stop(done, total):
        raise error

    done, caught = method.fit_long(progress=stop)()
    assert caught is error and done < 10**5
    assert "stop" in [frame.name for frame in traceback.extract_tb(caught.__traceback__)]
    done, caught = method.fit_long(progress=lambda done, total: False)()
    assert type(caught) is Interrupted and done < 10**5


def test_answers_of_progress_are_let_go(method):
    """Each of them, also what is no False and so means nothing."""
    answer = object()
    before = sys.getrefcount(answer)
    history = np.zeros((50, method.columns))
    method.fit(history=history, progress=lambda *_: answer, **{method.rows: 50})()
    assert sys.getrefcount(answer) == before


def test_errors_of_trainings_are_let_go(method):
    error = ValueError("mine")

    def fail(done, total):
        raise error

    for _ in range(3):
        assert method.fit_long(progress=fail)()[1] is error
    error.__traceback__ = None
    assert sys.getrefcount(error) <= 3  # here, in the cell of the function, and in the call


# Progress of evaluation


@pytest.mark.parametrize("name, function", WITH_PROGRESS)
def test_evaluation_can_be_stopped(name, function):
    *arguments, _ = METHODS[name].calls[function]
    check_progress(partial(core(function), METHODS[name].create(), *arguments))


# State


def test_a_model_with_the_state_of_another_continues_as_that_one(method):
    one, other = method.create(), method.create()
    method.fit(one)()
    values = state(one)
    network = next(iter(values))
    assert values[network].any() and not np.array_equal(values[network], state(other)[network])
    for index, array in enumerate(values.values()):
        _core.model_write_array(other, index, array)
    for model in (one, other):
        method.fit(model, seed=5)()
    ends = state(one), state(other)
    assert len(values) == _core.model_array_count(other)
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in values)
    assert not np.array_equal(ends[0][network], values[network])


def test_indices_hold_their_ends(method):
    model, values = method.create(), np.zeros((1, 1))
    count = _core.model_array_count(model)
    _core.model_array_info(model, count - 1)
    pattern = f"index must be from 0 to {count - 1}, not {count}"
    refused(ArgumentError, pattern, _core.model_array_info, model, count)
    refused(ArgumentError, pattern, _core.model_read_array, model, count, values)
    refused(ArgumentError, pattern, _core.model_write_array, model, count, values)
    refused(ArgumentError, "index must be from 0", _core.model_array_info, model, -1)
    refused(ArgumentError, "index must be from 0", _core.model_array_info, model, 2**31)


#: What an array with this name must not hold, and what is said.
IMPOSSIBLE = {
    "adam.second_moment": ([-1.0], "must not be negative"),
    "step": ([-1.0, 0.5, 2.0**51], "must be a whole number"),
    "started": ([-1.0, 0.5, 2.0**51], "must be a whole number"),
    "epoch": ([-1.0, 0.5, 2.0**51], "must be a whole number"),
    "masks": ([7.0], "must be the model's"),
}


def test_arrays_of_the_state_are_checked(method):
    model = method.create()
    method.fit(model)()
    before = state(model)
    for index, (name, values) in enumerate(before.items()):
        rows, columns = values.shape
        shape = rf"values must have the shape \({rows}, {columns}\)"
        for extents in ((rows, columns + 1), (rows + 1, columns), (9, 9, 9)):
            read = partial(_core.model_read_array, model, index)
            refused(ArgumentError, shape, read, np.zeros(extents))
        write = partial(_core.model_write_array, model, index)
        write(values)
        wide, long = np.zeros((rows, columns + 1)), np.zeros((rows + 1, columns))
        refused(ArgumentError, "values must have the shape", write, wide)
        if name != "proposal.couplings":  # whose rows are free
            refused(ArgumentError, f'array "{name}" has {values.size} values', write, long)
        for wrong in (math.nan, math.inf):
            filled = np.full(values.shape, wrong)
            refused(ArgumentError, f'array "{name}" must be finite', write, filled)
        numbers, message = IMPOSSIBLE.get(name, ([], ""))
        for wrong in numbers:
            filled = np.full(values.shape, wrong)
            refused(ArgumentError, f'array "{name}" {message}', write, filled)
    after = state(model)
    assert all(np.array_equal(after[name], before[name]) for name in before)


# Memory


def test_models_free_their_memory(method):
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4

    def growth():
        gc.collect()
        before = resident()
        for _ in range(40):
            method.create(**method.large)  # some megabytes
        gc.collect()
        return resident() - before

    growth()
    assert min(growth() for _ in range(3)) < 20_000
