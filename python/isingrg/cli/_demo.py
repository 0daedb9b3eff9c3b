"""`isingrg demo`."""

import argparse
from typing import Any

from isingrg import _arguments
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json


def add(commands: Any) -> None:
    demo = add_command(
        commands, "demo", _run,
        "Monte Carlo and learned flow beside the exact answers, and a picture of both",
    )  # fmt: skip
    demo.add_argument("--output", default="demo.png", help="the picture: .png, .pdf or .svg")
    demo.add_argument("--seed", type=int, default=0, help="first random seed")
    add_quiet(demo)


def _run(options: argparse.Namespace) -> None:
    from isingrg import demo

    output = output_path(options.output, demo.FORMATS)
    seed = _arguments.seed(options.seed, "--seed")
    result = demo.run(output, seed, progress=not options.quiet)
    print(to_json(result.numbers()) if options.json else result.text())
