"""Warnings that point to the line of the user's program that they are about."""

from __future__ import annotations

import os
import sys
import warnings

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def warn(message: str, category: type[Warning]) -> None:
    """Warns at the innermost line outside the package."""
    level, frame = 2, sys._getframe(1)  # the first level is this function
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
