"""Finished members in a folder: one file each, plain arrays and JSON. Nothing is executed."""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isingrg._ensemble._work import Outcome
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, IsingRGError
from isingrg._shared.files import Path, check_writable, open_file, replace_file
from isingrg._shared.library import __version__
from isingrg._shared.records import Settings
from isingrg._shared.warn import warn

#: Arrays of a file: what was computed and by which version, and the values under a prefix.
_MEMBER, _VERSION, _VALUE = "member", "version", "values/"


class Store:
    """The folder, and what its files are called for the members of one ensemble."""

    def __init__(self, folder: Path, task: str, members: Sequence[Settings]) -> None:
        # First of all, so that settings that cannot be written leave no folder behind.
        self._texts = [_described(task, settings) for settings in members]
        self._folder = os.fspath(folder)
        os.makedirs(self._folder, exist_ok=True)
        check_writable(os.path.join(self._folder, "member.npz"))

    def path(self, index: int) -> str:
        """A name that is the same for the same task, settings and seed."""
        digest = hashlib.sha256(self._texts[index].encode()).hexdigest()
        return os.path.join(self._folder, f"{digest[:32]}.npz")

    def read(self, index: int) -> Outcome | None:
        """A member that was finished before; a damaged one is not, and a warning says so."""
        path = self.path(index)
        try:
            with open_file(path) as file, np.load(file, allow_pickle=False) as arrays:
                return self._outcome(index, arrays)
        except FileNotFoundError:
            return None
        except OSError:
            raise
        except Exception as error:  # zipfile and NumPy have many for a file that makes no sense
            warn(f"{path!r} is damaged ({error}); its member is computed again", RuntimeWarning)
            return None

    def _outcome(self, index: int, arrays: Any) -> Outcome:
        if str(arrays[_MEMBER]) != self._texts[index]:
            raise IsingRGError("it holds another member")
        names = [name for name in arrays if name.startswith(_VALUE)]
        return Outcome({name.removeprefix(_VALUE): arrays[name] for name in names})

    def write(self, index: int, outcome: Outcome) -> None:
        """Puts a finished member into the folder, whole or not at all."""
        content = io.BytesIO()
        arrays: dict[str, Any] = {_MEMBER: self._texts[index], _VERSION: __version__}
        arrays |= {_VALUE + name: array for name, array in outcome.values.items()}
        np.savez(content, **arrays)
        replace_file(self.path(index), content.getvalue())


def task_name(task: Callable[..., Any]) -> str:
    """A function's name with its module, which has to stand for what it does."""
    name = getattr(task, "__qualname__", None)
    owner = getattr(task, "__self__", None)  # of a method; a module of functions written in C
    owned = owner is not None and not inspect.ismodule(owner)
    if not isinstance(name, str) or "<lambda>" in name or owned:
        raise ArgumentError(
            "task must be a function with a name when a store is given, by which its members "
            f"are found again, got {arguments.given(task)}"
        )
    return f"{task.__module__}.{name}"


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
