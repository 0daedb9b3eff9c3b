"""`isingrg reference`."""

from __future__ import annotations

import argparse
from typing import Any

from isingrg import ising
from isingrg._shared import arguments
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json


def add(commands: Any) -> None:
    command = add_command(
        commands, "reference", _run,
        "write critical configurations and observables into a netCDF file",
    )  # fmt: skip
    command.add_argument(
        "--size", type=int, nargs="+", default=[16, 32, 64, 128], metavar="L",
        help="one or more, even, 4 to 1024, by default 16, 32, 64 and 128",
    )  # fmt: skip
    command.add_argument(
        "--samples",
        type=int,
        default=250,
        metavar="N",
        help="configurations of each of four chains",
    )
    command.add_argument(
        "--measurements", type=int, default=20_000, metavar="N",
        help="measurements of each of four longer chains",
    )  # fmt: skip
    command.add_argument("--seed", type=int, default=0, metavar="N", help="random seed")
    command.add_argument("--output", required=True, metavar="FILE", help="the file to write, .nc")
    add_quiet(command)


def _run(options: argparse.Namespace) -> None:
    output = output_path(options.output, ("nc",))
    ising.reference(
        output,
        sizes=[arguments.integer("--size", L, 4, 1024, even=True) for L in options.size],
        n_samples=arguments.integer("--samples", options.samples, 1, 2**20),
        n_measurements=arguments.integer("--measurements", options.measurements, 1000, 2**24),
        seed=arguments.seed(options.seed, "--seed"),
        progress=not options.quiet,
    )
    groups = [f"L{L}" for L in options.size]
    if options.json:
        print(to_json({"output": output, "groups": groups}))
    else:
        print(f"{output}: {', '.join(groups)}")
