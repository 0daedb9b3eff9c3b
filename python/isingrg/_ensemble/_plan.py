"""Which members an ensemble has, and how they are laid out in the result."""

from __future__ import annotations

import difflib
import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.records import Settings

Array = NDArray[Any]
MOST_SEEDS = 10**7

_ABSENT = object()


@dataclass(frozen=True)
class Plan:
    """Members in the order of the dimensions, the last one fastest."""

    #: Keywords of each call of the task, with its seed if there are seeds.
    members: list[Settings]
    #: Lengths by name.
    dimensions: dict[str, int]
    #: By name: the dimension and the values along it.
    coordinates: dict[str, tuple[str, Array]]

    @classmethod
    def of(cls, settings: Any, seeds: Any) -> Plan:
        """Checked settings and seeds; see `isingrg.ensemble`."""
        if isinstance(settings, Mapping):
            plan = cls._grid(_named("settings", settings))
        elif isinstance(settings, Iterable) and not isinstance(settings, (str, bytes)):
            plan = cls._list(list(settings))
        else:
            raise TypeError(
                "settings must be a mapping of keywords or a list of such mappings, "
                f"not {type(settings).__name__}"
            )
        if "error" in plan.coordinates:
            raise ArgumentError("settings must not vary 'error', the name of a result")
        return plan if seeds is None else plan._with_seeds(_checked_seeds(seeds))

    @classmethod
    def _grid(cls, settings: Settings) -> Plan:
        axes = {name: _axis(name, v) for name, v in settings.items() if _is_axis(v)}
        for name, values in axes.items():
            if not values:
                raise ArgumentError(f"settings[{name!r}] must hold at least one value")
        points = itertools.product(*axes.values())
        return cls(
            [settings | dict(zip(axes, point, strict=True)) for point in points],
            {name: len(values) for name, values in axes.items()},
            {name: (name, _coordinate(values)) for name, values in axes.items()},
        )

    @classmethod
    def _list(cls, listed: list[Any]) -> Plan:
        if not listed:
            raise ArgumentError("settings must list at least one member")
        members = [_named(f"settings[{i}]", settings) for i, settings in enumerate(listed)]
        names = dict.fromkeys(itertools.chain.from_iterable(members))
        columns = {
            name: _coordinate([settings.get(name, _ABSENT) for settings in members])
            for name in names
        }
        return cls(
            members,
            {"member": len(members)},
            {name: ("member", c) for name, c in columns.items() if (c != c[0]).any()},
        )

    def _with_seeds(self, seeds: list[int]) -> Plan:
        if any("seed" in member for member in self.members):
            raise ArgumentError("settings must not hold 'seed' when seeds are given")
        return Plan(
            [member | {"seed": seed} for member in self.members for seed in seeds],
            self.dimensions | {"seed": len(seeds)},
            self.coordinates | {"seed": ("seed", _coordinate(seeds))},
        )

    def check_keywords(self, task: Callable[..., Any]) -> None:
        """A keyword that the task does not take, or one that it misses, ends nobody's night."""
        try:
            signature = inspect.signature(task)
        except (ValueError, TypeError):
            return  # some callables written in C cannot be asked
        for names in {tuple(member) for member in self.members}:
            try:
                signature.bind(**dict.fromkeys(names))
            except TypeError as error:
                raise ArgumentError(f"settings do not fit the task: {error}") from None

    def check_known(self, keywords: frozenset[str]) -> None:
        """An unknown setting of a method is answered with the nearest."""
        for name in dict.fromkeys(name for member in self.members for name in member):
            if name not in keywords:
                near = difflib.get_close_matches(name, keywords, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ArgumentError(f"settings must be keywords of the method, got {name!r}{hint}")


def _named(name: str, settings: Any) -> Settings:
    if not isinstance(settings, Mapping):
        raise TypeError(f"{name} must be a mapping of keywords, not {type(settings).__name__}")
    for key in settings:
        if not isinstance(key, str):
            raise TypeError(f"{name} must have strings as keys, got {arguments.given(key)}")
    return dict(settings)


def _is_axis(value: Any) -> bool:
    if isinstance(value, (list, range)):
        return True
    return hasattr(value, "__dlpack__") and getattr(value, "ndim", None) == 1


def _axis(name: str, value: Any) -> list[Any]:
    if isinstance(value, (list, range)):
        return list(value)
    array = arguments.unmasked(f"settings[{name!r}]", value)
    values: list[Any] = arguments.from_dlpack(f"settings[{name!r}]", array).tolist()
    return values


def _checked_seeds(seeds: Any) -> list[int]:
    if isinstance(seeds, (str, bytes, Mapping)) or not isinstance(seeds, Iterable):
        return list(range(arguments.integer("seeds", seeds, 1, MOST_SEEDS)))
    listed = [arguments.seed(seed, "seeds") for seed in seeds]
    if not listed:
        raise ArgumentError("seeds must hold at least one seed")
    if len(set(listed)) < len(listed):
        raise ArgumentError("seeds must be distinct")
    return listed


def _coordinate(values: Sequence[Any]) -> Array:
    """Numbers, truth values and strings as they are, anything else as it is written in Python.

    What is absent becomes NaN among numbers, and an empty string otherwise.
    """
    given = [value.item() if isinstance(value, np.generic) else value for value in values]
    present = [value for value in given if value is not _ABSENT]
    complete = len(present) == len(given)
    if complete and all(isinstance(value, bool) for value in given):
        return np.asarray(given)
    if all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        for dtype in (np.int64, np.uint64) if complete else ():
            with suppress(OverflowError):
                return np.asarray(given, dtype)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        with suppress(OverflowError):
            return np.asarray([math.nan if value is _ABSENT else float(value) for value in given])
    return np.asarray([_written(value) for value in given])


def _written(value: Any) -> str:
    if value is _ABSENT:
        return ""
    return value if isinstance(value, str) else repr(value)
