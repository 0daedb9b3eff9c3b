"""How ensembles run in this process: failures, the store, progress, stopping, methods."""

import json
import threading
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, Interrupted, ensemble, neuralrg
from isingrg._ensemble import _pools, _store, _together
from isingrg._ensemble._ledger import Ledger
from isingrg._ensemble._work import Outcome

pytest.importorskip("xarray")


def text(**settings):
    """What the task was called with."""
    return repr(settings)


def called(settings, **options):
    return ensemble(text, settings, **options)


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
    store = _store.Store.of_task(tmp_path, square, [{"x": 5}, {"x": 6}])
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
    called({"x": range(3)}, progress=True)
    assert capsys.readouterr().err.startswith("ensemble: 3 of 3 members in ")


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
    monkeypatch.setattr(_together, "TOGETHER", 2)
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


@pytest.mark.filterwarnings("ignore:.* samples have an effective sample size")
def test_flows():
    settings = {"L": 4, "K": 0.3, "layers": 2, "hidden": (4,), "steps": 20, "batch": 64}
    settings |= {"samples": 200, "depth": [1, 2, 3]}
    table = ensemble("neuralrg", settings, seeds=2)
    assert (table.error[:2] == "").all() and table.error[2, 0].item().startswith("ArgumentError")
    model = neuralrg.NeuralRG(4, 0.3, layers=2, hidden=(4,), depth=2).fit(20, 64, seed=1)
    one = table.sel(depth=2, seed=1)
    bound, error = model.free_energy(200)
    assert (one.minus_log_partition, one.minus_log_partition_error) == (bound, error)
    found = model.log_partition(200)
    assert (one.log_partition, one.log_partition_error) == (found.value, found.error)
    assert one.effective_sample_size == found.effective_sample_size
    assert table.minus_log_partition[1, 0] > -neuralrg.log_partition_dual(4, 0.3)


# Parts


def test_one_failure_among_several_at_once_is_forgiven():
    failing = iter([True, False])

    def together(members, report):
        return [
            ValueError(f"member {m['i']}") if m["i"] == 2 or (m["i"] == 1 and next(failing)) else m
            for m in members
        ]

    ledger = Ledger(3, None)
    _together.run_together(together, [{"i": i} for i in range(3)], ledger, None)
    assert [outcome.error for outcome in ledger.outcomes] == ["", "", "ValueError: member 2"]


def test_progress_does_not_go_back():
    """A part of a chunk counts before its members are kept, and no more if the chunk is lost."""
    told, ledger = [], Ledger(4, None)
    tell = ledger.reporter(lambda done, total: told.append((done, total)))
    for others in (0, 2, 1, 0):
        tell(others)
    ledger.keep(0, Outcome({}))
    tell(0)
    tell(3)
    assert told == [(0, 4), (2, 4), (2, 4), (2, 4), (2, 4), (4, 4)]


def test_a_pool_that_breaks_with_several_members_is_replaced_once():
    with ProcessPoolExecutor(1) as first:
        pool = _pools.Pool(first)
        assert pool.renew(first, BrokenExecutor())
        second = pool.executor
        assert pool.renew(first, BrokenExecutor()) and pool.executor is second
        pool.close(wait=True)


@pytest.mark.parametrize("worked", [False, True])
def test_pools_that_break_without_any_result_are_too_many(worked, monkeypatch):
    monkeypatch.setattr(_pools, "_MOST_BREAKS", 3)
    with ProcessPoolExecutor(1) as first:
        pool, broken = _pools.Pool(first), 0
        pool.worked = worked
        try:
            while broken < 5:
                pool.renew(pool.executor, BrokenExecutor())
                broken += 1
        except BrokenExecutor as error:
            assert "3 pools of processes broke" in error.__notes__[0]
        pool.close(wait=True)
    assert broken == (5 if worked else 2)


def test_threads_of_this_process_stay_as_they_are():
    before = isingrg.get_num_threads()
    try:
        isingrg.set_num_threads(7)
        with ThreadPoolExecutor(2) as pool:
            ensemble(text, {"a": [1, 2]}, executor=pool, threads=1)
        assert isingrg.get_num_threads() == 7
    finally:
        isingrg.set_num_threads(before)


def test_members_are_found_whatever_the_order_of_their_settings(tmp_path, flaky):
    def task(times, other):
        return flaky(times)

    task.__qualname__ = "task"
    for order in (("times", "other"), ("other", "times")):
        values = {"times": 0, "other": "x"}
        ensemble(task, [{name: values[name] for name in order}], store=tmp_path)
    assert flaky.calls == [0]


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path):
    called([{"a": 1}], store=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    file.unlink()
    file.mkdir()
    with pytest.raises(IsADirectoryError):
        called([{"a": 1}], store=tmp_path)
