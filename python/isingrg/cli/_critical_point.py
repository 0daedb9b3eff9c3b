"""`isingrg critical-point`."""

from __future__ import annotations

import argparse
from typing import Any

from isingrg._shared import arguments, files
from isingrg._shared.progress import reporting
from isingrg.cli import _tables
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json
from isingrg.mlrg import _survey
from isingrg.mlrg._configuration import DIVERGENCES, MODERATORS, TRANSPORTS
from isingrg.mlrg._couplings import coupling_count
from isingrg.mlrg.settings import PAPERS, published_settings

_MOST_MODELS = 1000


def add(commands: Any) -> None:
    point = add_command(
        commands, "critical-point", _run,
        "train models and print their critical couplings beside the exact RG map and the paper",
    )  # fmt: skip
    point.add_argument("--representation", default="A1", help="representation of every spin")
    point.add_argument(
        "--moderator", choices=MODERATORS, default="monotone", help="what is learned"
    )
    point.add_argument("--divergence", choices=DIVERGENCES, default="kl", help="exact or sampled")
    point.add_argument("--transport", choices=TRANSPORTS, default="step", help="from J to J'")
    point.add_argument(
        "--published",
        choices=PAPERS,
        help="train as this paper did, whatever the options above say",
    )
    point.add_argument("--steps", type=int, help="optimiser steps of each model")
    point.add_argument("--models", type=int, default=5, help="how many models")
    point.add_argument("--seed", type=int, default=0, help="seed of the first model")
    point.add_argument("--output", help="a file for the JSON as well, .json")
    add_quiet(point)


def _run(options: argparse.Namespace) -> None:
    output = None if options.output is None else output_path(options.output, ("json",))
    coupling_count(options.representation)
    seed = arguments.seed(options.seed, "--seed")
    count = arguments.integer("--models", options.models, 1, _MOST_MODELS)
    arguments.seed(seed + count - 1, "--seed + --models - 1")
    model: dict[str, Any] = {
        "moderator": options.moderator,
        "divergence": options.divergence,
        "transport": options.transport,
    }
    fit: dict[str, Any] = {}
    if options.published is not None:
        model, fit = published_settings(options.published, options.representation)
    model["representation"] = options.representation
    if options.steps is not None:
        fit["steps"] = arguments.integer("--steps", options.steps, 1, 10**9)
    with reporting(not options.quiet, f"training {count} models", "steps") as report:
        trained = _survey.train(range(seed, seed + count), model, fit, report)
    document = to_json(
        {
            "settings": {**model, **fit},
            **_tables.survey_numbers(trained, options.representation),
        }
    )
    if output is not None:
        files.replace_file(output, f"{document}\n".encode())
    print(document if options.json else _tables.survey_table(trained, options.representation))
