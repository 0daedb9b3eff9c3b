"""Finished members in a folder: one file each, plain arrays and JSON. Nothing is executed."""

from __future__ import annotations

import functools
import hashlib
import inspect
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isingrg._ensemble._code import Code, code_of
from isingrg._ensemble._work import Outcome
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, IsingRGError
from isingrg._shared.files import Path, check_writable, open_file, replace_file
from isingrg._shared.library import __version__
from isingrg._shared.records import Settings
from isingrg._shared.warn import warn

#: Arrays of a file: what was computed, by which version and code, and the values under a prefix.
_MEMBER, _VERSION, _CODE, _VALUE = "member", "version", "code", "values/"

#: Names of files: the member, and the code but in those of earlier versions.
_NAME = re.compile(r"([0-9a-f]{32})(-[0-9a-f]{16})?\.npz")

#: Most names of changed code that a warning has.
_SHOWN = 3


class Store:
    """The folder, and what its files are called for the members of one ensemble."""

    def __init__(self, folder: Path, task: str, code: Code, members: Sequence[Settings]) -> None:
        # First of all, so that settings that cannot be written leave no folder behind.
        self._texts = [_described(task, settings) for settings in members]
        self._code = json.dumps(code, sort_keys=True)
        self._folder = os.fspath(folder)
        os.makedirs(self._folder, exist_ok=True)
        check_writable(os.path.join(self._folder, "member.npz"))
        #: Files by member.
        self._names: dict[str, list[str]] = {}
        for name in sorted(os.listdir(self._folder)):
            if match := _NAME.fullmatch(name):
                self._names.setdefault(match[1], []).append(name)
        #: A file of each member that only other code has computed.
        self._superseded: list[str] = []

    @classmethod
    def of_task(cls, folder: Path, task: Callable[..., Any], members: Sequence[Settings]) -> Store:
        """A partial is its function, with what it fixes among the settings."""
        if isinstance(task, functools.partial):
            return cls.of_task(folder, task.func, [_bound(task) | member for member in members])
        return cls(folder, task_name(task), code_of(task), members)

    def path(self, index: int) -> str:
        """A name that is the same for the same task, code, settings and seed."""
        return os.path.join(self._folder, f"{self._member(index)}-{_digest(self._code)[:16]}.npz")

    def _member(self, index: int) -> str:
        return _digest(self._texts[index])[:32]

    def read(self, index: int) -> Outcome | None:
        """A member that was finished before; a damaged one is not, and a warning says so."""
        path = self.path(index)
        try:
            with open_file(path) as file, np.load(file, allow_pickle=False) as arrays:
                return self._outcome(index, arrays)
        except FileNotFoundError:
            self._superseded += self._names.get(self._member(index), [])[-1:]
            return None
        except OSError:
            raise
        except Exception as error:  # zipfile and NumPy have many for a file that makes no sense
            warn(f"{path!r} is damaged ({error}); its member is computed again", RuntimeWarning)
            return None

    def _outcome(self, index: int, arrays: Any) -> Outcome:
        if (str(arrays[_MEMBER]), str(arrays[_CODE])) != (self._texts[index], self._code):
            raise IsingRGError("it holds another member")
        names = [name for name in arrays if name.startswith(_VALUE)]
        return Outcome({name.removeprefix(_VALUE): arrays[name] for name in names})

    def warn_of_other_code(self) -> None:
        """Says how many members are computed again because of a change of the code, and which."""
        if not self._superseded:
            return
        warn(
            f"{len(self._superseded)} of {len(self._texts)} members in {self._folder!r} were "
            f"computed by other code ({self._difference(self._superseded[0])}) and are computed "
            "again; the earlier results stay in the folder",
            RuntimeWarning,
        )

    def _difference(self, name: str) -> str:
        """What differs between the code of a file and that of now."""
        try:
            path = os.path.join(self._folder, name)
            with open_file(path) as file, np.load(file, allow_pickle=False) as arrays:
                if _CODE not in arrays:
                    return f"isingrg {arrays[_VERSION]} did not record which"
                old, new = json.loads(str(arrays[_CODE])), json.loads(self._code)
        except Exception:  # damaged
            return "unknown"
        changed = [f"{key} changed" for key in old.keys() & new.keys() if old[key] != new[key]]
        changed += [f"{key} is new" for key in new.keys() - old.keys()]
        changed += [f"{key} is gone" for key in old.keys() - new.keys()]
        shown = ", ".join(sorted(changed)[:_SHOWN])
        return shown + f" and {len(changed) - _SHOWN} more" * (len(changed) > _SHOWN)

    def write(self, index: int, outcome: Outcome) -> None:
        """Puts a finished member into the folder, whole or not at all."""
        content = io.BytesIO()
        arrays: dict[str, Any] = {_MEMBER: self._texts[index], _VERSION: __version__}
        arrays |= {_CODE: self._code}
        arrays |= {_VALUE + name: array for name, array in outcome.values.items()}
        np.savez(content, **arrays)
        replace_file(self.path(index), content.getvalue())


def task_name(task: Callable[..., Any]) -> str:
    """A function's name with its module."""
    name = getattr(task, "__qualname__", None)
    owner = getattr(task, "__self__", None)  # of a method; a module of functions written in C
    owned = owner is not None and not inspect.ismodule(owner)
    if not isinstance(name, str) or "<lambda>" in name or owned:
        raise ArgumentError(
            "task must be a function with a name, or a functools.partial of one, when a store is "
            "given, by which its members are found again: write it with def, and pass what it "
            f"needs as settings; got {arguments.given(task)}"
        )
    return f"{task.__module__}.{name}"


def _bound(task: functools.partial[Any]) -> Settings:
    """What a partial fixes, by the names of the arguments."""
    try:
        signature = inspect.signature(task.func)
    except (ValueError, TypeError):  # some callables written in C cannot be asked
        return {"args": task.args, **task.keywords} if task.args else dict(task.keywords)
    bound = signature.bind_partial(*task.args, **task.keywords).arguments
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            bound |= bound.pop(name, {})
    return bound


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _described(task: str, settings: Settings) -> str:
    plain = {name: _plain(name, value) for name, value in settings.items()}
    return json.dumps({"task": task, "settings": plain}, sort_keys=True)


def _plain(name: str, value: Any) -> Any:
    """The same in the types of JSON; arrays and tuples as lists."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(name, item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(name, item) for key, item in value.items()}
    raise ArgumentError(
        f"the setting {name!r} must be a number, a string, None, or lists and mappings of those "
        f"when a store is given, not {type(value).__name__}"
    )
