"""Targets in model files."""

from __future__ import annotations

from typing import Any

from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg.gaussian import Gaussian
from isingrg.neuralrg.targets import DualIsing, Phi4, Target


def described(target: Target) -> dict[str, Any]:
    """A target as plain data, for a file."""
    return {"kind": target.kind} | target._description()


def of_file(stored: Any, given: Target | None) -> Target | None:
    """The target that a file describes; `given` is the user's, which a function needs."""
    if stored is None:
        if given is not None:
            raise ArgumentError("target must be left out: the file's is the dual Ising model")
        return None
    kind = stored["kind"]
    description = {name: value for name, value in stored.items() if name != "kind"}
    if given is not None:
        if described(given) != stored:
            raise ArgumentError(f"target must be that of the file, {stored}, got {given!r}")
        return given
    for known in (DualIsing, Phi4, Gaussian):
        if known.kind == kind:
            return known(**description)
    raise ArgumentError(
        f"its target is the function {description.get('name')!r}, which no file holds: give it as "
        "load(path, target=...)"
    )
