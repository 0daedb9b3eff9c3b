"""What a task computes: digests of its code, and of what that reads, by name.

The code of the user counts, without comments, docstrings and layout: the task, and the functions,
classes and constants that it reads from modules, from functions around it and from defaults. Of
isingrg the version counts. Python and other installed packages do not.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import site
import sys
import sysconfig
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from isingrg._ensemble import _source
from isingrg._shared.library import __version__

#: Digests by the names of what was digested.
Code = dict[str, str]

VERSION: Code = {"isingrg": __version__}


def code_of(task: Callable[..., Any]) -> Code:
    """Digests of the code of a function and of all that it reads."""
    reader = _Reader(_top(task.__module__))
    reader.read(getattr(task, "__qualname__", ""), task)
    return reader.found


class _Reader:
    def __init__(self, home: str) -> None:
        self._home = home
        self.found: Code = {}
        self._seen: set[int] = set()
        self._open: list[int] = []

    def read(self, name: str, value: Any) -> None:
        """Notes a value under a name if it counts, and what it reads in its turn."""
        value = _unwrapped(value)
        if isinstance(value, types.ModuleType):
            if _top(value.__name__) == "isingrg":
                self.found |= VERSION
        elif isinstance(value, (types.FunctionType, type)):
            if _top(value.__module__) == "isingrg":
                self.found |= VERSION
            elif id(value) not in self._seen and self._counts(value.__module__):
                self._seen.add(id(value))
                if isinstance(value, type):
                    self._read_class(value)
                else:
                    self._read_function(value)
        elif isinstance(value, types.MethodType):
            self.read(name, value.__func__)
            self.read(name, value.__self__)
        elif not isinstance(value, (types.BuiltinFunctionType, np.ufunc)):
            self._note(name, self._plain(value))

    def _is_followed(self, value: Any) -> bool:
        return isinstance(value, types.ModuleType) and self._counts(value.__name__)

    def _counts(self, module: str) -> bool:
        """Whether a module is the user's, or of the package that the task comes from."""
        return _top(module) == self._home or _is_own(module)

    def _note(self, name: str, text: str) -> None:
        # Things of one name, such as functions from one decorator, count together.
        together = self.found.get(name, "") + text
        self.found[name] = hashlib.sha256(together.encode()).hexdigest()

    def _read_function(self, function: types.FunctionType) -> None:
        name = f"{function.__module__}.{function.__qualname__}"
        self._note(name, _source.text(function))
        defaults = function.__defaults__, function.__kwdefaults__
        if any(defaults):
            self._note(f"the defaults of {name}", self._plain(defaults))
        code, scope = function.__code__, dict(function.__globals__)
        places = dict.fromkeys(scope, function.__module__) | dict.fromkeys(code.co_freevars, name)
        for variable, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            scope.pop(variable, None)
            with suppress(ValueError):  # it has no value yet
                scope[variable] = cell.cell_contents
        for first, *others in sorted(_source.names(function)):
            if first in scope:
                value = scope[first]
                while others and self._is_followed(value):
                    first = f"{first}.{others[0]}"
                    value = getattr(value, others.pop(0), None)
                self.read(f"{places[first.partition('.')[0]]}.{first}", value)

    def _read_class(self, kind: type) -> None:
        name = f"{kind.__module__}.{kind.__qualname__}"
        for attribute, value in vars(kind).items():
            if not attribute.startswith("__") or callable(value):
                self.read(f"{name}.{attribute}", value)
        for base in kind.__bases__:
            self.read("", base)

    def _plain(self, value: Any) -> str:
        """A text that tells values apart as far as they can be looked into; else their classes."""
        if id(value) in self._open:  # it holds itself
            return "..."
        self._open.append(id(value))
        try:
            return self._plain_text(_unwrapped(value))
        finally:
            self._open.pop()

    def _plain_text(self, value: Any) -> str:
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            digest = hashlib.sha256(value.tobytes()).hexdigest()
            return f"array {value.dtype.str} {value.shape} {digest}"
        if isinstance(value, (list, tuple)):
            return f"{type(value).__name__} {[self._plain(item) for item in value]}"
        if isinstance(value, (set, frozenset)):
            return f"{type(value).__name__} {sorted(map(self._plain, value))}"
        if isinstance(value, dict):
            return f"dict {sorted((self._plain(k), self._plain(v)) for k, v in value.items())}"
        if isinstance(value, functools.partial):
            return self._plain((value.func, value.args, value.keywords))
        if isinstance(value, (types.FunctionType, type)):
            self.read("", value)
            return value.__qualname__
        self.read("", type(value))
        if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            return self._plain({field.name: getattr(value, field.name) for field in fields})
        return type(value).__qualname__


def _unwrapped(value: Any) -> Any:
    """The function in a property, class method or cache."""
    if isinstance(value, property):
        return value.fget
    if isinstance(value, types.FunctionType | type):
        return value
    return getattr(value, "__wrapped__", value) if callable(value) else value


def _top(module: str) -> str:
    return module.partition(".")[0]


@functools.cache
def _is_own(module: str) -> bool:
    """Whether a module is the user's: neither of Python nor installed."""
    if module != "__main__" and _top(module) in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*paths, *site.getsitepackages(), site.getusersitepackages()]
    return not file.startswith(tuple(f"{folder}/" for folder in folders))
