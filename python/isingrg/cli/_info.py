"""`isingrg info`."""

from __future__ import annotations

import argparse
from typing import Any

from isingrg.cli import _tables
from isingrg.cli._parsing import add_command, to_json


def add(commands: Any) -> None:
    add_command(commands, "info", _run, "versions, threads and optional packages")


def _run(options: argparse.Namespace) -> None:
    facts, extras = _tables.facts(), _tables.extras()
    if options.json:
        print(to_json({**facts, "extras": extras}))
        return
    width = max(map(len, [*facts, *extras])) + 2
    for name, value in facts.items():
        print(f"{name:<{width}}{value}")
    print("extras")
    for name, packages in extras.items():
        found = [f"{package} {version}" for package, version in packages.items() if version]
        missing = [package for package, version in packages.items() if not version]
        if missing:
            found.append(f"without {', '.join(missing)}: pip install 'isingrg[{name}]'")
        print(f"  {name:<{width - 2}}{', '.join(found)}")
