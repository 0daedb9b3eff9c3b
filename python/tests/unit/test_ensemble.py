"""Ensembles in this process: settings, layout of the result, failures, the store, progress."""

import json
import sys
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, Interrupted, ensemble
from isingrg._ensemble import _methods, _store

xarray = pytest.importorskip("xarray")


def text(**settings):
    """What the task was called with."""
    return repr(settings)


def called(settings, **options):
    return ensemble(text, settings, **options)


# Settings


def test_grid_has_a_dimension_for_each_axis_and_then_the_seed():
    table = called({"b": [1, 2], "a": range(3), "c": (0.5, 1), "d": "ab"}, seeds=2)
    assert table.value.dims == ("b", "a", "seed")
    assert table.value.shape == (2, 3, 2)
    for b in (1, 2):
        for a in range(3):
            for seed in (0, 1):
                expected = text(b=b, a=a, c=(0.5, 1), d="ab", seed=seed)
                assert table.value.sel(a=a, b=b, seed=seed) == expected
    assert set(table.coords) == {"a", "b", "seed"}


@pytest.mark.parametrize("value", [(1, 2), "ab", np.eye(2), np.array(1.0), {"x": 1}, {1, 2}, None])
def test_constants(value):
    assert ensemble(lambda x: x is value, {"x": value}).value.item()


def test_an_empty_grid_is_one_member():
    table = called({})
    assert table.value.shape == () and table.value == "{}"
    assert called({}, seeds=[5, 3]).seed.values.tolist() == [5, 3]


def test_arrays_are_axes_of_plain_numbers():
    assert called({"x": np.array([0.5, 2])}).value.values.tolist() == ["{'x': 0.5}", "{'x': 2.0}"]


@pytest.mark.parametrize(
    "values, kind, expected",
    [
        ([1, 2], "i", [1, 2]),
        ([1, 2.5], "f", [1.0, 2.5]),
        ([2**64 - 1, 0], "u", [2**64 - 1, 0]),
        ([True, False], "b", [True, False]),
        (["x", "yz"], "U", ["x", "yz"]),
        ([(8,), (8, 4)], "U", ["(8,)", "(8, 4)"]),
        ([None, "x", 3], "U", ["None", "x", "3"]),
        ([True, 2], "U", ["True", "2"]),
        ([10**30, 1], "f", [1e30, 1.0]),
        ([10**400, 1], "U", [str(10**400), "1"]),
    ],
)
def test_coordinates_of_axes(values, kind, expected):
    x = called({"x": values}).x.values
    assert x.dtype.kind == kind and x.tolist() == expected


def test_list_of_members():
    table = called(
        [{"a": 1, "b": [1, 2], "c": 0}, {"a": 2, "b": [3], "c": 0, "d": 1}, {"a": 2, "e": "x"}],
        seeds=[7],
    )
    assert table.value.dims == ("member", "seed")
    assert table.value[0, 0] == text(a=1, b=[1, 2], c=0, seed=7)
    assert table.a.dims == ("member",)
    assert table.a.values.tolist() == [1, 2, 2]
    assert table.b.values.tolist() == ["[1, 2]", "[3]", ""]
    np.testing.assert_array_equal(table.c, [0, 0, np.nan])
    np.testing.assert_array_equal(table.d, [np.nan, 1, np.nan])
    assert table.e.values.tolist() == ["", "", "x"]
    assert set(called([{"a": 1, "b": 2}, {"a": 1, "b": 3}]).coords) == {"b"}


# Values


def test_values_by_name():
    def task(n):
        return {"number": n, "array": np.arange(6.0).reshape(2, 3), "text": "x" * n, "ok": n > 1}

    table = ensemble(task, {"n": [1, 3]})
    assert table.number.dtype == np.int64 and table.ok.dtype == bool
    assert table.array.dims == ("n", "array_0", "array_1")
    np.testing.assert_array_equal(table.array[1], np.arange(6.0).reshape(2, 3))
    assert table.text.values.tolist() == ["x", "xxx"]
    assert table.error.values.tolist() == ["", ""]


def test_shorter_arrays_are_filled_up():
    values = {1: 5, 2: [6, 7], 3: np.array([[1.5], [2.5], [3.5]])}
    table = ensemble(lambda n: values[n], {"n": list(values)})
    nan = np.nan
    expected = [[[5], [nan], [nan]], [[6], [7], [nan]], [[1.5], [2.5], [3.5]]]
    np.testing.assert_array_equal(table.value, expected)


def test_missing_values():
    def task(n):
        if n == 0:
            return {}
        single = np.float32(n)
        return {"integer": n, "truth": True, "complex": 1j * n, "text": "a", "single": single}

    table = ensemble(task, {"n": [0, 1]})
    for name, expected in {"integer": 1.0, "truth": 1.0, "complex": 1j, "single": 1.0}.items():
        assert table[name].dtype == (np.complex128 if name == "complex" else np.float64)
        assert np.isnan(table[name][0]) and table[name][1] == expected
    assert table.text.values.tolist() == ["", "a"]


def test_numbers_beside_strings_are_written_out():
    table = ensemble(lambda x: x, [{"x": "abc"}, {"x": 0.1}, {"x": -(2**40)}])
    assert table.value.values.tolist() == ["abc", "0.1", str(-(2**40))]


def test_names_that_are_taken():
    def task(J, seed):
        return {"J": 2 * J, "seed": 1, "error": 0.1, "x": [1, 2], "x_0": 3}

    table = ensemble(task, {"J": [1, 2]}, seeds=1)
    assert table.J_.values.tolist() == [[2], [4]] and table.J.values.tolist() == [1, 2]
    assert table.error_.item(0) == 0.1 and table.error.item(0) == ""
    assert table.seed_.item(0) == 1
    assert table.x.dims == ("J", "seed", "x_0_") and table.x_0.dims == ("J", "seed")


def test_without_xarray(monkeypatch):
    options = dict(settings={"a": [1, 2], "b": ["x", "y"]}, seeds=3)
    dataset = called(**options)
    monkeypatch.setitem(sys.modules, "xarray", None)
    plain = called(**options)
    assert type(plain) is dict and plain.keys() == {"a", "b", "seed", "value", "error"}
    for name, array in plain.items():
        assert type(array) is np.ndarray
        np.testing.assert_array_equal(array, dataset[name])


# Failures


@pytest.fixture
def flaky():
    """A task that raises as often as its setting says, and counts its calls."""
    calls = []

    def task(times, kind=ValueError):
        calls.append(times)
        if calls.count(times) <= times:
            raise kind(f"call {calls.count(times)}")
        return times

    task.calls = calls
    return task


@pytest.mark.parametrize("threads", [0, 2])
def test_one_failure_is_forgiven_and_two_are_recorded(flaky, threads):
    settings = {"times": [0, 1, 2]}
    if threads:
        with ThreadPoolExecutor(threads) as pool:
            table = ensemble(flaky, settings, executor=pool)
    else:
        table = ensemble(flaky, settings)
        assert flaky.calls == [0, 1, 2, 1, 2]  # again after the others
    np.testing.assert_array_equal(table.value, [0, 1, np.nan])
    assert table.error.values.tolist() == ["", "", "ValueError: call 2"]
    assert sorted(flaky.calls) == [0, 1, 1, 2, 2]


def test_all_fail(flaky):
    table = ensemble(flaky, {"times": [8, 9]})
    assert list(table.data_vars) == ["error"]
    assert table.error.values.tolist() == ["ValueError: call 2"] * 2


def test_leaving_the_interpreter_is_a_failure(flaky):
    assert ensemble(flaky, {"times": [2], "kind": SystemExit}).error.item() == "SystemExit: call 2"


@pytest.mark.parametrize(
    "result", [None, object(), {1: 2}, {"x": None}, b"bytes", {"x": [[1], [1, 2]]}]
)
def test_other_results_are_failures(result):
    assert ensemble(lambda: result, {}).error.item().startswith(("TypeError: ", "ValueError: "))


class Lossy(Executor):
    """Loses each call once, or every call of a member whose number is given."""

    def __init__(self, always=None, error=OSError):
        self.always, self.error, self.lost = always, error, []

    def submit(self, call, job, token):
        future, member = Future(), job.settings["x"]
        if member == self.always or member not in self.lost:
            self.lost.append(member)
            future.set_exception(self.error("lost"))
        else:
            future.set_result(call(job, token))
        return future


@pytest.mark.parametrize("error", [OSError, BrokenExecutor])
def test_lost_members_of_any_executor_are_tried_again(error):
    table = called({"x": [0, 1, 2]}, executor=Lossy(always=1, error=error))
    assert table.value.values.tolist() == ["{'x': 0}", "", "{'x': 2}"]
    assert table.error.values.tolist() == ["", f"{error.__name__}: lost", ""]


def test_an_executor_that_is_shut_down():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        called({}, executor=pool)


# Store


def square(x, seed=0):
    SQUARED.append((x, seed))
    if x < 0:
        raise ValueError("negative")
    return {"y": x**2, "path": np.arange(x), "text": "é"}


SQUARED = []


@pytest.fixture
def squared():
    SQUARED.clear()
    return SQUARED


def test_only_what_is_missing_is_computed(tmp_path, squared):
    store = tmp_path / "new" / "store"
    first = ensemble(square, {"x": [1, 2, -1]}, seeds=2, store=store)
    assert len(squared) == 4 + 2 * 2
    squared.clear()
    assert ensemble(square, {"x": [1, 2, -1]}, seeds=2, store=store).identical(first)
    assert squared == [(-1, 0), (-1, 1)] * 2
    squared.clear()
    grown = ensemble(square, {"x": np.array([3, 2])}, seeds=[1, 5], store=str(store))
    assert squared == [(3, 1), (3, 5), (2, 5)]
    assert grown.identical(ensemble(square, {"x": [3, 2]}, seeds=[1, 5]))


def test_failures_are_forgotten(tmp_path, flaky):
    for expected in ("ValueError: call 2", "ValueError: call 4", ""):
        table = ensemble(flaky, {"times": [4]}, store=tmp_path)
        assert table.error.item() == expected
    assert table.value.item() == 4


def test_files_can_be_read_by_others(tmp_path, squared):
    ensemble(square, {"x": 2}, seeds=[2**64 - 1], store=tmp_path)
    (path,) = tmp_path.iterdir()
    with np.load(path, allow_pickle=False) as arrays:
        assert json.loads(str(arrays["member"])) == {
            "task": f"{__name__}.square", "settings": {"x": 2, "seed": 2**64 - 1}
        }  # fmt: skip
        assert str(arrays["version"]) == isingrg.__version__
        assert arrays["values/y"] == 4
        np.testing.assert_array_equal(arrays["values/path"], [0, 1])


def test_settings_tell_members_apart(tmp_path):
    values = [1, 1.5, True, "1", None, (1, 2), [1, "2"], {"a": (1,)}, np.float32(0.25), np.eye(2)]
    called([{"x": value} for value in values], store=tmp_path)
    assert len(list(tmp_path.iterdir())) == len(values)
    again = called([{"x": np.int64(1)}, {"x": [1, 2]}, {"x": 0.25}], store=tmp_path)
    assert again.value.values.tolist() == [text(x=1), text(x=(1, 2)), text(x=np.float32(0.25))]


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "changed", "plain"])
def test_damaged_files_are_computed_again(tmp_path, squared, damage):
    ensemble(square, {"x": [5, 6]}, store=tmp_path)
    store = _store.Store(tmp_path, _store.task_name(square), [{"x": 5}, {"x": 6}])
    path, other = store.path(0), store.path(1)
    content = bytearray(Path(path).read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = b""
    elif damage == "other":
        content = Path(other).read_bytes()
    elif damage == "changed":
        content[content.index("é".encode("utf-32-le"))] ^= 1
    else:
        np.save(tmp_path / "plain.npy", np.ones(3))
        content = (tmp_path / "plain.npy").read_bytes()
    Path(path).write_bytes(content)
    squared.clear()
    with pytest.warns(RuntimeWarning, match=f"'{path}' is damaged .* computed again"):
        table = ensemble(square, {"x": [5, 6]}, store=tmp_path)
    assert squared == [(5, 0)] and table.y.values.tolist() == [25, 36]
    ensemble(square, {"x": [5, 6]}, store=tmp_path)  # without a warning
    assert squared == [(5, 0)]


@pytest.mark.parametrize(
    "task, settings, message",
    [
        (square, {"x": 1j}, "'x' must be .* not complex"),
        (square, {"x": {1: 2}}, "'x' must be .* not dict"),
        (square, {"x": (1, object())}, "'x' must be .* not object"),
        (lambda x: x, {"x": 1}, "task must be a function with a name"),
        ([].copy, {}, "task must be a function with a name"),
    ],
)
def test_what_cannot_be_stored(tmp_path, squared, task, settings, message):
    with pytest.raises(ArgumentError, match=message):
        ensemble(task, settings, store=tmp_path / "store")
    assert not (tmp_path / "store").exists() and not squared


def test_folders_that_cannot_be_written(tmp_path, squared, monkeypatch):
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(OSError):
            ensemble(square, {"x": 1}, store=store)
    with pytest.raises(TypeError):
        ensemble(square, {"x": 1}, store=3.5)
    assert not squared

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_store, "replace_file", full)
    with pytest.raises(OSError, match="No space left"):
        ensemble(square, {"x": [1, 2, 3]}, store=tmp_path)
    assert squared == [(1, 0)]


# Progress and stopping


@pytest.mark.parametrize("threads", [0, 2])
def test_progress_counts_members(flaky, threads):
    calls = []
    pool = ThreadPoolExecutor(threads) if threads else None
    ensemble(flaky, {"times": range(4)}, executor=pool, progress=lambda *call: calls.append(call))
    done, total = zip(*calls, strict=True)
    assert set(total) == {4}
    assert sorted(done) == list(done)
    assert done[0] == 0 and done[-1] == 4
    if pool:
        pool.shutdown()


def test_bar(capsys):
    pytest.importorskip("tqdm")
    called({"x": range(3)}, progress=True)
    output = capsys.readouterr().err
    assert "ensemble" in output and "3/3" in output


def test_returning_false_stops(tmp_path, squared):
    with pytest.raises(Interrupted, match="2 of 9 members are done"):
        ensemble(square, {"x": range(9)}, store=tmp_path, progress=lambda done, total: done < 2)
    assert len(squared) == 2
    calls = []
    ensemble(square, {"x": range(9)}, store=tmp_path, progress=lambda *call: calls.append(call))
    assert len(squared) == 9 and calls[0] == (2, 9)


def test_stopping_awaits_what_has_begun_and_cancels_the_rest(tmp_path):
    begun, stopped, ended = threading.Event(), threading.Event(), []

    def task(x):
        begun.set()
        stopped.wait(10)
        ended.append(x)
        return x

    def progress(done, total):
        if begun.is_set():
            stopped.set()
            return False

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(Interrupted):
            ensemble(task, {"x": range(9)}, executor=pool, store=tmp_path, progress=progress)
        assert ended == [0]
    assert ended == [0] and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("threads", [0, 1])
def test_control_c_keeps_what_is_finished(tmp_path, threads):
    def task(x):
        if x == 3:
            raise KeyboardInterrupt
        return x

    pool = ThreadPoolExecutor(threads) if threads else None
    with pytest.raises(KeyboardInterrupt):
        ensemble(task, {"x": range(9)}, store=tmp_path, executor=pool)
    if pool:
        pool.shutdown()
    assert 3 <= len(list(tmp_path.iterdir())) < 9


def test_errors_of_the_callable_come_out_unchanged():
    error = LookupError("mine")

    def fail(done, total):
        raise error

    with pytest.raises(LookupError) as caught:
        called({"x": range(3)}, progress=fail)
    assert caught.value is error


# Methods

SMALL = {"hidden": (4,), "steps": 3, "batch": 4}


def test_method_with_failures():
    table = ensemble("mlrg", SMALL | {"lr": [0.01, -1.0], "record_from": 1}, seeds=2)
    assert table.recorded.shape == (2, 2, 2)
    assert np.isfinite(table.loss[0]).all() and np.isnan(table.loss[1]).all()
    assert (table.error[0] == "").all()
    assert all(str(text).startswith("ArgumentError: lr must be") for text in table.error[1].values)
    assert "recorded" not in ensemble("mlrg", SMALL)


def test_method_in_chunks(monkeypatch, tmp_path):
    whole = ensemble("mlrg", SMALL, seeds=5)
    monkeypatch.setattr(_methods, "TOGETHER", 2)
    calls = []
    with pytest.raises(Interrupted):
        ensemble("mlrg", SMALL, seeds=5, store=tmp_path, progress=lambda done, total: done < 2)
    assert len(list(tmp_path.iterdir())) == 2
    table = ensemble("mlrg", SMALL, seeds=5, store=tmp_path, progress=lambda *c: calls.append(c))
    assert table.identical(whole)
    assert calls[0] == (2, 5) and calls[-1] == (5, 5)
    assert sorted(calls) == calls


def test_several_couplings():
    table = ensemble("mlrg", SMALL | {"representation": ["A1", "A1+E"], "steps": 2})
    assert table.fixed_point.shape == (2, 5)
    assert np.isnan(table.fixed_point[0, 1:]).all()
    assert (table.error == "").all()


# Wrong arguments


@pytest.mark.parametrize(
    "error, message, arguments, options",
    [
        (ArgumentError, r"task must be one of 'mlrg', got 'mrlg'; did you mean", ("mrlg", {}), {}),
        (TypeError, r"task must be one of 'mlrg', not int", (3, {}), {}),
        (TypeError, r"settings must be a mapping .* not int", (text, 3), {}),
        (TypeError, r"settings must be a mapping .* not str", (text, "ab"), {}),
        (TypeError, r"settings\[1\] must be a mapping of keywords, not int", (text, [{}, 3]), {}),
        (TypeError, r"settings must have strings as keys, got 1", (text, {1: 2}), {}),
        (ArgumentError, r"settings must list at least one member", (text, []), {}),
        (ArgumentError, r"settings\['x'\] must hold at least one value", (text, {"x": []}), {}),
        (ArgumentError, r"settings must not vary 'error'", (text, {"error": [1]}), {}),
        (ArgumentError, r"settings must not hold 'seed'", (text, {"seed": 1}), {"seeds": 2}),
        (ArgumentError, r"settings do not fit the task: .*unexpected.*'z'",
         (square, {"x": 1, "z": 1}), {}),
        (ArgumentError, r"settings do not fit the task: missing.*'x'", (square, {}), {}),
        (ArgumentError, r"settings must be keywords .*'step'; did you mean 'steps'",
         ("mlrg", {"step": 1}), {}),
        (ArgumentError, r"settings must be keywords .*'progress'", ("mlrg", {"progress": 1}), {}),
        (TypeError, r"seeds must be an integer, not float", (text, {}), {"seeds": 2.0}),
        (TypeError, r"seeds must be an integer, not str", (text, {}), {"seeds": "12"}),
        (ArgumentError, r"seeds must be from 1 to", (text, {}), {"seeds": 0}),
        (ArgumentError, r"seeds must be from 0 to 2\*\*64 - 1", (text, {}), {"seeds": [-1]}),
        (ArgumentError, r"seeds must be distinct", (text, {}), {"seeds": [1, 2, 1]}),
        (ArgumentError, r"seeds must hold at least one", (text, {}), {"seeds": []}),
        (TypeError, r"executor must be an executor", (text, {}), {"executor": 2}),
        (TypeError, r"executor must be an executor", (text, {}), {"executor": ThreadPoolExecutor}),
        (ArgumentError, r"threads must be from 1 to 1024", (text, {}), {"threads": 0}),
        (TypeError, r"progress must be True, False", (text, {}), {"progress": 3}),
    ],
)  # fmt: skip
def test_wrong_arguments(error, message, arguments, options):
    with pytest.raises(error, match=message):
        ensemble(*arguments, **options)
