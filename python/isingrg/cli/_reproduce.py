"""`isingrg reproduce`."""

import argparse
from typing import Any

from isingrg import _reproduce
from isingrg.cli._parsing import add_command, add_quiet, to_json


def add(commands: Any) -> None:
    reproduce = add_command(
        commands, "reproduce", _run,
        "execute the notebook of a paper; keep its figures, and ours, published and exact numbers",
    )  # fmt: skip
    reproduce.add_argument(
        "paper", choices=tuple(_reproduce.NOTEBOOKS),
        help="mlrg: Hou and You; flow: Shen; neuralrg: Li and Wang; graphvae: Meng",
    )  # fmt: skip
    reproduce.add_argument("--full", action="store_true", help="all samples and points, minutes")
    reproduce.add_argument(
        "--train", action="store_true",
        help="train every model of the records again, hours; a second call goes on",
    )  # fmt: skip
    reproduce.add_argument("--output", help="a folder, by default reproduction-PAPER")
    add_quiet(reproduce)


def _run(options: argparse.Namespace) -> None:
    folder = options.output or f"reproduction-{options.paper}"
    result = _reproduce.run(
        options.paper, folder, options.full, options.train, progress=not options.quiet
    )
    print(to_json(result.summary) if options.json else result.text())
