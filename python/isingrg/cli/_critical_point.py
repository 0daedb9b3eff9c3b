"""`isingrg critical-point`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from isingrg._shared import arguments, files
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.cli import _tables
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json
from isingrg.mlrg import _survey
from isingrg.mlrg._configuration import (
    DIVERGENCES,
    MODERATORS,
    SCHEMES,
    TRANSPORTS,
    Configuration,
)
from isingrg.mlrg._published import PAPERS, published_settings
from isingrg.mlrg._space import space
from isingrg.mlrg.internal import internal_symmetry

_MOST_MODELS = 1000

#: Settings of a model that are options: their values, and what they are.
_MODEL_OPTIONS: dict[str, tuple[Iterable[str], str]] = {
    "scheme": (SCHEMES, "star of the papers or loop of four students"),
    "moderator": (MODERATORS, "what is learned"),
    "divergence": (DIVERGENCES, "exact, sampled (stars) or squared distance (loops)"),
    "transport": (TRANSPORTS, "from J to J'"),
}
_USUAL: dict[str, Any] = {name: getattr(Configuration(), name) for name in _MODEL_OPTIONS}


def add(commands: Any) -> None:
    point = add_command(
        commands, "critical-point", _run,
        "train models and print their critical couplings beside the exact RG map and the paper",
    )  # fmt: skip
    point.add_argument(
        "--representation", default="A1", metavar="SUM",
        help="representation of every spin: a sum of A1, A2, B1, B2 and E such as 2A1+E",
    )  # fmt: skip
    point.add_argument(
        "--internal", default="Z2", metavar="GROUP",
        help="group that permutes the states of a spin: Z2 (Ising), S3 to S10 (Potts), Z3 to Z8 "
        "(clocks), Z2xZ2 (Ashkin-Teller), or permutations such as (1,2,0)(1,0,2)",
    )  # fmt: skip
    for name, (choices, text) in _MODEL_OPTIONS.items():
        text = f"{text}, by default {_USUAL[name]}"
        point.add_argument(f"--{name}", choices=choices, help=text)
    point.add_argument(
        "--published", choices=PAPERS,
        help=f"train as this paper did, which sets {', '.join(f'--{o}' for o in _MODEL_OPTIONS)}",
    )  # fmt: skip
    point.add_argument(
        "--steps", type=int, metavar="N",
        help="optimiser steps of each model, by default 5000, or what suits the other options",
    )  # fmt: skip
    point.add_argument("--models", type=int, default=5, metavar="N", help="how many models")
    point.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the first model")
    point.add_argument("--output", metavar="FILE", help="for the JSON as well, .json")
    add_quiet(point)


def _run(options: argparse.Namespace) -> None:
    output = None if options.output is None else output_path(options.output, ("json",))
    internal = internal_symmetry(options.internal).setting
    _ = space(options.representation, "published", internal).count
    seed = arguments.seed(options.seed, "--seed")
    count = arguments.integer("--models", options.models, 1, _MOST_MODELS)
    arguments.seed(seed + count - 1, "--seed + --models - 1")
    fit: dict[str, Any] = {}
    given = {name: value for name in _USUAL if (value := getattr(options, name)) is not None}
    if options.published is not None and internal != "Z2":
        raise ArgumentError("--published and --internal exclude each other: the papers have Z2")
    if options.published is None:
        model = {**_USUAL, **given}
    elif given:
        raise ArgumentError(
            f"--published and --{next(iter(given))} exclude each other: the papers have their own"
        )
    else:
        model, fit = published_settings(options.published, options.representation)
    model |= {"representation": options.representation, "internal": internal}
    if options.steps is not None:
        fit["steps"] = arguments.integer("--steps", options.steps, 1, 10**9)
    with reporting(not options.quiet, f"training {count} models", "steps") as report:
        trained = _survey.train(range(seed, seed + count), model, fit, report)
    document = to_json(
        {
            "settings": {**model, **fit},
            **_tables.survey_numbers(trained),
        }
    )
    if output is not None:
        files.replace_file(output, f"{document}\n".encode())
    print(document if options.json else _tables.survey_table(trained))
