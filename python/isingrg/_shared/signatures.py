"""Signatures as `help` and notebooks show them: annotations as they are written, without quotes."""

from __future__ import annotations

import inspect
from types import FunctionType, ModuleType
from typing import Any


class _Annotation(str):
    """An annotation that is text, so that `ArrayLike` is no union of 300 characters.

    Python 3.14 shows such text without quotes by itself.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def without_quotes(module: ModuleType) -> None:
    """Shows the annotations of all that is public in a module, and in modules that it lists."""
    for value in (getattr(module, name) for name in module.__all__):
        if isinstance(value, ModuleType):
            without_quotes(value)
        elif isinstance(value, type):
            bases = [base for base in value.__mro__ if base.__module__.startswith("isingrg")]
            for member in (member for base in bases for member in vars(base).values()):
                _show(member)
        else:
            _show(value)


def _show(value: Any) -> None:
    value = getattr(value, "fget", getattr(value, "__func__", value))  # of properties, methods
    function = inspect.unwrap(value) if callable(value) else None
    if isinstance(function, FunctionType):
        for argument, annotation in function.__annotations__.items():
            text = getattr(annotation, "__forward_arg__", annotation)  # in tuples with names
            if isinstance(text, str):
                function.__annotations__[argument] = _Annotation(text)
