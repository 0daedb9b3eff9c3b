"""`isingrg reproduce`."""

from __future__ import annotations

import argparse
from typing import Any

from isingrg._methods import PAPERS
from isingrg._shared import arguments
from isingrg.cli import _notebook
from isingrg.cli._parsing import add_command, add_quiet, to_json


def add(commands: Any) -> None:
    reproduce = add_command(
        commands, "reproduce", _run,
        "execute the notebook of a paper; keep its figures, and ours, published and exact numbers",
    )  # fmt: skip
    reproduce.add_argument(
        "paper", choices=tuple(PAPERS),
        help="; ".join(f"{paper.name}: {paper.authors}" for paper in PAPERS.values()),
    )  # fmt: skip
    reproduce.add_argument("--full", action="store_true", help="all samples and points, minutes")
    reproduce.add_argument(
        "--train", action="store_true",
        help="train every model of the records again, hours; a second call goes on",
    )  # fmt: skip
    reproduce.add_argument("--output", metavar="FOLDER", help="by default reproduction-PAPER")
    reproduce.add_argument(
        "--dpi", type=float, default=200.0, metavar="N",
        help="dots per inch of the figures as PNG, 10 to 2400, by default 200",
    )  # fmt: skip
    add_quiet(reproduce)


def _run(options: argparse.Namespace) -> None:
    folder = options.output or f"reproduction-{options.paper}"
    dpi = arguments.finite("--dpi", options.dpi, 10.0, 2400.0)
    result = _notebook.run(
        options.paper, folder, options.full, options.train, not options.quiet, dpi
    )
    print(to_json(result.summary) if options.json else result.text())
