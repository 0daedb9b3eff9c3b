"""Targets in model files."""

from __future__ import annotations

from typing import Any

import numpy as np

from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg._samples import Floats
from isingrg.neuralrg.dual_ising import DualIsing
from isingrg.neuralrg.gaussian import Gaussian
from isingrg.neuralrg.targets import Phi4, Target

#: Of the names of a target's arrays in a file.
_PREFIX = "target."


def described(target: Target) -> tuple[dict[str, Any], dict[str, Floats]]:
    """A target as plain data, and named arrays, for a file."""
    plain: dict[str, Any] = {"kind": target.kind}
    arrays: dict[str, Floats] = {}
    for name, value in target._description().items():
        if isinstance(value, np.ndarray):
            arrays[_PREFIX + name] = value
        else:
            plain[name] = list(value) if isinstance(value, tuple) else value
    return plain, arrays


def of_file(stored: Any, arrays: dict[str, Floats], given: Target | None) -> Target | None:
    """The target that a file describes, whose arrays are taken out of those of the file.

    `given` is the user's, which a function needs.
    """
    if stored is None:
        if given is not None:
            raise ArgumentError("target must be left out: the file's is the dual Ising model")
        return None
    own = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_PREFIX)}
    kind = stored["kind"]
    description = {name: value for name, value in stored.items() if name != "kind"}
    description |= {name.removeprefix(_PREFIX): value for name, value in own.items()}
    if kind == "function" and given is None:
        raise ArgumentError(
            f"its target is the function {description.get('name')!r}, which no file holds: give it "
            "as load(path, target=...)"
        )
    if given is not None and kind == given.kind == "function":
        if described(given)[0] != stored:
            raise ArgumentError(f"target must be that of the file, {stored}, got {given!r}")
        return given
    for known in (DualIsing, Phi4, Gaussian):
        if known.kind == kind:
            target = known(**description)
            if given is not None and not _equal(target, given):
                raise ArgumentError(f"target must be that of the file, {target!r}, got {given!r}")
            return target
    raise ArgumentError(f"its target is of an unknown kind, {kind!r}")


def _equal(target: Target, other: Target) -> bool:
    (plain, arrays), (others, other_arrays) = described(target), described(other)
    return (
        plain == others
        and arrays.keys() == other_arrays.keys()
        and all(np.array_equal(values, other_arrays[name]) for name, values in arrays.items())
    )
