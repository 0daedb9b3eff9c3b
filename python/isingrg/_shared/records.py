"""What the parts of the package that serve all methods have to know of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from isingrg._shared.model import NativeModel
from isingrg._shared.progress import Report

Settings = dict[str, Any]
Together = Callable[[Sequence[Settings], Report | None], list[dict[str, Any] | Exception]]


@dataclass(frozen=True)
class Paper:
    """A paper that a method implements."""

    #: As the command line names it.
    name: str
    authors: str
    #: The notebook that goes through it, without its ending.
    notebook: str
    #: Entry for BibTeX.
    citation: str


@dataclass(frozen=True)
class Method:
    """A method. Each has one of these in its folder, and a line in `isingrg._methods`."""

    #: As the core, files and the command line name it.
    name: str
    model: type[NativeModel]
    papers: tuple[Paper, ...]
    #: One member of an ensemble, in any process: trains a model and says what it found. Its
    #: docstring is part of that of `isingrg.ensemble`.
    member: Callable[..., dict[str, Any]]
    #: Settings that a member takes.
    keywords: frozenset[str]
    #: Several members at once in this process, with the same results; errors of single ones are
    #: returned. None if a single one keeps all cores busy.
    together: Together | None = None


def keywords_of(function: Callable[..., Any]) -> frozenset[str]:
    """Names of the settings that a constructor, or a method that trains, takes.

    What is done beside the training is none: an ensemble keeps its results in a store.
    """
    others = {"self", "model", "progress", "checkpoint", "callback", "every"}
    return frozenset(inspect.signature(function).parameters) - others


def part(settings: Settings, names: frozenset[str]) -> Settings:
    """The settings with these names."""
    return {name: value for name, value in settings.items() if name in names}
