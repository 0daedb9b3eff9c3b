"""What an ensemble consists of: settings, the layout of the result, wrong arguments."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from isingrg import ArgumentError, ensemble

pytest.importorskip("xarray")


def text(**settings):
    """What the task was called with."""
    return repr(settings)


def square(x):
    return x**2


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


# Wrong arguments


@pytest.mark.parametrize(
    "error, message, arguments, options",
    [
        (ArgumentError,
         r"task must be one of 'mlrg', 'neuralrg', 'graphvae', 'multilevel', got 'mrlg'; did you "
         r"mean 'mlrg'",
         ("mrlg", {}), {}),
        (TypeError, r"task must be one of 'mlrg', 'neuralrg', 'graphvae', 'multilevel', not int",
         (3, {}), {}),
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
        (ArgumentError, r"settings must be keywords .*'step'; did you mean 'steps'",
         ("neuralrg", {"steps": 3, "step": 1}), {}),
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


@pytest.mark.parametrize(
    "result, expected",
    [
        (np.ma.masked, np.nan),
        (np.ma.masked_array([1, 2], [False, True]), [1, np.nan]),
        (np.ma.masked_array([1, 2], False), [1, 2]),
        ([np.ma.masked_array([1.5, 2], [False, True])] * 2, [[1.5, np.nan]] * 2),
        (np.ma.masked_array([1j, 2], [False, True]), [1j, np.nan]),
        (np.ma.masked_array(["a", "b"], [False, True]), ["a", ""]),
        ({"value": np.ma.masked}, np.nan),
    ],
)
def test_masked_results_are_missing(result, expected):
    """It is not the number under the mask, which of `masked` itself is 0."""
    value = ensemble(lambda: result, {}).value.values
    np.testing.assert_array_equal(value, np.array(expected))
    assert value.dtype.kind != "O"
