"""`isingrg demo`."""

from __future__ import annotations

import argparse
from typing import Any

from isingrg._shared import arguments
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json


def add(commands: Any) -> None:
    demo = add_command(
        commands, "demo", _run,
        "Monte Carlo and learned flow beside the exact answers, and a picture of both",
    )  # fmt: skip
    demo.add_argument(
        "--output", default="demo.png", metavar="FILE", help="the picture: .png, .pdf or .svg"
    )
    demo.add_argument("--seed", type=int, default=0, metavar="N", help="first random seed")
    add_quiet(demo)


def _run(options: argparse.Namespace) -> None:
    from isingrg.cli import _demonstration

    output = output_path(options.output, _demonstration.FORMATS)
    seed = arguments.seed(options.seed, "--seed")
    result = _demonstration.run(output, seed, progress=not options.quiet)
    print(to_json(result.numbers()) if options.json else result.text())
