"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any


def package(module: str, reason: str, extra: str) -> Any:
    """A module of a package that need not be installed.

    Raises
    ------
    ImportError
        If it is not there: the reason, and the extra of isingrg that has it. A package that is
        there and fails says itself why.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise ImportError(f"{reason}: pip install 'isingrg[{extra}]'") from None
