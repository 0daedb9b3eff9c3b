"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any


def package(module: str, reason: str, extra: str | None = None) -> Any:
    """A module of a package that need not be installed.

    Raises
    ------
    ImportError
        If it is not there: the reason, and the extra of isingrg that has it, or without one the
        package. A package that is there and fails says itself why.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        wanted = module.partition(".")[0] if extra is None else f"'isingrg[{extra}]'"
        raise ImportError(f"{reason}: pip install {wanted}") from None
