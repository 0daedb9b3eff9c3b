"""What the commands share: their parser, common options, and results as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import isingrg
from isingrg._shared import files


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Help that shows defaults where they say something, and the text does not say them already."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        says_it = action.help is not None and "by default" in action.help
        if says_it or action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """A command that calls run(options), with the options of all commands."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False,
        formatter_class=HelpFormatter,
    )  # fmt: skip
    command.add_argument(
        "--threads", type=int, metavar="N",
        help="threads to use, 1 to 1024, by default ISINGRG_NUM_THREADS or the processors at hand",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)
    return command


def add_quiet(command: argparse.ArgumentParser) -> None:
    command.add_argument("--quiet", action="store_true", help="show no progress")


def output_path(path: str, formats: Sequence[str]) -> str:
    """A path that can be written to, checked before the work whose result it is to take."""
    if path.rpartition(".")[2].lower() not in formats:
        endings = ", ".join("." + ending for ending in formats)
        raise isingrg.ArgumentError(f"--output must end in {endings}, got {path!r}")
    try:
        files.check_writable(path)
    except OSError as error:
        raise isingrg.ArgumentError(
            f"--output cannot be written to: {error.strerror or error}: {path!r}"
        ) from None
    return path


def to_json(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False)
