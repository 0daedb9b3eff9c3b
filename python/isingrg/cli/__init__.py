"""The command line: `isingrg demo | critical-point | sample | reference | reproduce | info`.

Results go to standard output, as tables or with --json as one JSON document; progress and errors go
to standard error. Exit codes: 0, 1 for a failure, 2 for a wrong argument, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

import isingrg
from isingrg._shared import arguments
from isingrg.cli import _critical_point, _demo, _info, _reference, _reproduce, _sample
from isingrg.cli._completion import PrintCompletion
from isingrg.cli._parsing import Parser


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; user errors end in one line, not a traceback."""
    try:
        options = parser().parse_args(words)
        if options.threads is not None:
            isingrg.set_num_threads(arguments.integer("--threads", options.threads, 1, 1024))
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            options.run(options)
        sys.stdout.flush()
    except SystemExit as end:  # argparse: --help, or a wrong argument
        return int(end.code or 0)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has gone; so has the reason to write
        return 1
    except (isingrg.ArgumentError, TypeError) as error:
        return _failed(error, 2)
    except (isingrg.IsingRGError, OSError, MemoryError, ImportError) as error:
        return _failed(error, 1)
    return 0


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"isingrg: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _failed(reason: object, code: int) -> int:
    print(f"isingrg: {' '.join(str(reason).split())}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    root = Parser(prog="isingrg", description=(isingrg.__doc__ or "").partition("\n")[0])
    root.add_argument("--version", action="version", version=f"isingrg {isingrg.__version__}")
    root.add_argument(
        "--print-completion", action=PrintCompletion, help="print completions for a shell and exit"
    )
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (_demo, _critical_point, _sample, _reference, _reproduce, _info):
        command.add(commands)
    return root
