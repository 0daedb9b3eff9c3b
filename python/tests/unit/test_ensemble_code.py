"""What a store takes for the same function: its code, and what that reads."""

import functools
import importlib
import json
import math
import sys
import warnings

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, ensemble
from isingrg._ensemble._code import code_of

pytest.importorskip("xarray")

HELPERS = """
FACTOR = 3.0

def shift(x):
    return x + 1

class Line:
    slope = 2

    def value(self, x):
        return self.slope * x
"""

TASKS = '''
import math
import numpy as np
import isingrg
import project_helpers
from project_helpers import Line, shift

LIMITS = {"low": 0, "high": [1, 2]}
TABLE = np.arange(4.0)
CALLS = []
UNUSED = 1

def inner(x):
    return shift(x) + LIMITS["low"]

def task(x, power=2):
    """What it does."""
    CALLS.append(x)
    # A comment.
    UNUSED = inner(x) ** power
    return UNUSED + Line().value(x) + TABLE[0] + project_helpers.FACTOR * math.sqrt(x)
'''


class Project:
    """Two modules of a user, written and imported anew."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {"project_helpers": HELPERS, "project_tasks": TASKS}

    def change(self, old, new):
        assert sum(text.count(old) for text in self.files.values()) == 1
        self.files = {name: text.replace(old, new) for name, text in self.files.items()}
        return self.imported()

    def imported(self):
        for name, text in self.files.items():
            (self.folder / f"{name}.py").write_text(text)
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module("project_tasks")


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Project(folder)
    for name in ("project_helpers", "project_tasks"):
        sys.modules.pop(name, None)


def run(module, store, x=(1, 4)):
    """The values, how many members were computed, and what was said."""
    module.CALLS.clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        table = ensemble(module.task, {"x": list(x)}, store=store)
    return (
        table.value.values.tolist(),
        len(module.CALLS),
        [str(warning.message) for warning in said],
    )


SUBSTANTIAL = {
    "the function": ("** power", "** (power + 1)", "project_tasks.task changed"),
    "a default": ("power=2", "power=3", "project_tasks.task changed"),
    "a function that it calls": ("shift(x) + L", "2 * shift(x) + L", "project_tasks.inner changed"),
    "a function of another module": ("x + 1", "x + 2", "project_helpers.shift changed"),
    "a constant": ('"low": 0', '"low": 1', "project_tasks.LIMITS changed"),
    "an array": ("arange(4.0)", "arange(1.0, 5.0)", "project_tasks.TABLE changed"),
    "a constant of another module": (
        "FACTOR = 3.0",
        "FACTOR = 4.0",
        "project_helpers.FACTOR changed",
    ),
    "an attribute of a class": ("slope = 2", "slope = 5", "project_helpers.Line.slope changed"),
    "a method": ("self.slope * x", "self.slope + x", "project_helpers.Line.value changed"),
}


@pytest.mark.parametrize("what", SUBSTANTIAL)
def test_a_change_of_the_code_is_computed_again_and_said(project, tmp_path, what):
    old, new, message = SUBSTANTIAL[what]
    store = tmp_path / "runs"
    first, count, said = run(project.imported(), store)
    assert (count, said) == (2, [])
    assert run(project.imported(), store) == (first, 0, [])
    module = project.change(old, new)
    changed, count, said = run(module, store, x=(1, 4, 9))
    assert count == 3 and changed[:2] != first
    assert changed == ensemble(module.task, {"x": [1, 4, 9]}).value.values.tolist()
    assert len(said) == 1 and message in said[0]
    assert said[0].startswith(f"2 of 3 members in {str(store)!r} were computed by other code")
    # Both results are there, so that neither way back nor forth costs anything.
    assert run(project.change(new, old), store) == (first, 0, [])
    assert run(project.change(old, new), store, x=(1, 4, 9)) == (changed, 0, [])


@pytest.mark.parametrize(
    "old, new",
    [
        ("# A comment.", "# Another one,\n    # of two lines."),
        ('"""What it does."""', '"""What it does, said better."""'),
        ('    """What it does."""\n', ""),
        (
            "return UNUSED + Line().value(x) + TABLE[0] + project_helpers.FACTOR * math.sqrt(x)",
            "return (\n  UNUSED + Line().value(x) + TABLE[0]"
            " + project_helpers . FACTOR * math.sqrt(x)\n)",
        ),
        ("UNUSED = 1\n", "UNUSED = 2\nOTHER = 3\n"),
        ("CALLS = []", "CALLS = [7]"),
    ],
)
def test_what_changes_no_result_changes_nothing(project, tmp_path, old, new):
    first = run(project.imported(), tmp_path / "runs")[0]
    assert run(project.change(old, new), tmp_path / "runs")[:2] == (first, 0)


def test_a_file_that_was_edited_but_not_imported_again(project, tmp_path):
    """The function computes as before, whatever its file says now."""
    module = project.imported()
    first = run(module, tmp_path / "runs")[0]
    path = project.folder / "project_tasks.py"
    path.write_text(TASKS.replace("** power", "** 3"))
    again, count, said = run(module, tmp_path / "runs")
    assert again == first and count == 2 and "project_tasks.task changed" in said[0]
    assert run(project.change("** power", "** 3"), tmp_path / "runs")[0] != first


def test_members_of_an_earlier_version(project, tmp_path):
    """Their files say nothing of the code, so that they are not trusted, and not touched."""
    module = project.imported()
    first = run(module, tmp_path)[0]
    for path in list(tmp_path.glob("*.npz")):
        with np.load(path) as arrays:
            np.savez(
                tmp_path / f"{path.name[:32]}.npz", **{n: arrays[n] for n in arrays if n != "code"}
            )
        path.unlink()
    old = {path: path.read_bytes() for path in tmp_path.glob("*.npz")}
    again, count, said = run(module, tmp_path)
    assert (again, count, len(said), len(old)) == (first, 2, 1, 2)
    assert "(isingrg 0.1.0 did not record which)" in said[0]
    assert all(path.read_bytes() == content for path, content in old.items())
    assert run(module, tmp_path) == (first, 0, [])


def test_versions_of_isingrg_count_where_it_is_used(tmp_path, monkeypatch):
    def energy(K):
        return isingrg.ising.mean_energy(8, K)

    def without(K):
        return math.sqrt(K) + np.sqrt(K)

    version = {"isingrg": isingrg.__version__}
    assert version.items() <= code_of(energy).items()
    assert "isingrg" not in code_of(without)
    assert code_of(isingrg.ising.mean_energy) == version
    settings = {"steps": 2, "batch": 4}
    ensemble("mlrg", settings, store=tmp_path)
    (path,) = tmp_path.glob("*.npz")
    with np.load(path) as arrays:
        assert json.loads(str(arrays["code"])) == version


def test_partials_are_their_function_with_settings(project, tmp_path):
    module = project.imported()
    ensemble(functools.partial(module.task, power=3), {"x": [1, 4]}, store=tmp_path)
    assert len(module.CALLS) == 2
    ensemble(module.task, {"x": [1, 4], "power": 3}, store=tmp_path)
    ensemble(
        functools.partial(functools.partial(module.task, 4), power=7), {"power": 3}, store=tmp_path
    )
    assert len(module.CALLS) == 2
    ensemble(functools.partial(module.task, power=2), {"x": 4}, store=tmp_path)
    assert len(module.CALLS) == 3
    with pytest.raises(ArgumentError, match="setting 'power' must be a number"):
        ensemble(functools.partial(module.task, power=1j), {"x": 4}, store=tmp_path)


def closure(value):
    def inner(x):
        return np.sum(x * value)

    return inner


def test_what_functions_close_over(tmp_path):
    codes = [
        code_of(closure(v)) for v in (1, 1.0, np.ones(2), np.ones(3), [1, (2, {3})], [1, (2, {4})])
    ]
    assert all(one != other for i, one in enumerate(codes) for other in codes[:i])
    assert code_of(closure([1, {"a": {3, 1, 2}}])) == code_of(closure([1, {"a": {2, 3, 1}}]))
    circle = []
    circle.append(circle)
    assert code_of(closure(circle)) == code_of(closure(circle))


def test_functions_without_a_source():
    """Typed at a prompt or made by exec: their bytecode counts."""
    made = {}
    for name, text in {"a": "x + Z", "b": "x + Z", "c": "x - Z", "d": "x + Z"}.items():
        scope = {"Z": 5 if name != "d" else 6, "__name__": "__main__"}
        exec(f"def task(x): return {text}", scope)
        made[name] = code_of(scope["task"])
    assert made["a"] == made["b"]
    assert made["c"].keys() == made["a"].keys() and made["c"] != made["a"]
    assert {k for k in made["a"] if made["a"][k] != made["d"][k]} == {"__main__.Z"}
    assert code_of(math.hypot) == {}


class Callable:
    def __call__(self, x):
        return x

    def method(self, x):
        return x


@pytest.mark.parametrize(
    "task", [lambda x: x, Callable(), Callable().method, functools.partial(lambda x: x)]
)
def test_tasks_without_a_name_are_refused(tmp_path, task):
    with pytest.raises(ArgumentError, match=r"a name, or a functools.partial of one.* with def"):
        ensemble(task, {"x": 1}, store=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    assert ensemble(task, {"x": 1}).value == 1


def test_decorators_and_caches_count_with_what_they_wrap():
    def twice(function):
        @functools.wraps(function)
        def wrapper(x):
            return 2 * function(x)

        return wrapper

    def plain(x):
        return x

    decorated, cached = twice(plain), functools.lru_cache(plain)
    names = code_of(decorated)
    assert sum("plain" in name for name in names) >= 1
    assert code_of(cached) == code_of(plain) != names

    def plain(x):
        return x + 1

    assert code_of(twice(plain)) != names
