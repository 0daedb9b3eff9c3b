"""`isingrg --print-completion SHELL`: a script that completes commands, options and files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from isingrg._shared.optional import package

SHELLS = ("bash", "zsh", "fish", "tcsh")


class PrintCompletion(argparse.Action):
    """Prints the script for a shell, which needs shtab only now, and ends."""

    def __init__(self, option_strings: list[str], dest: str, **keywords: Any) -> None:
        keywords |= {"choices": SHELLS, "default": argparse.SUPPRESS}
        super().__init__(option_strings, dest, **keywords)

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, shell: Any, option: Any = None
    ) -> None:
        shtab = package("shtab", "completion needs shtab", "completion")
        for action in _actions(parser):
            if action.dest == "output":
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, shell))
        parser.exit(0)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The actions of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
