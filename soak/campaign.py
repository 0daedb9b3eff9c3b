"""What every campaign is: one kind of fault, tried many times, and what came of it.

Each file beside this one holds one campaign and ends in `main`. `make soak` runs all of them in
full; the tests run each with --short. Importing this lets a campaign import the table of small
models of the tests, `small_models`.
"""

import argparse
import dataclasses
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
#: Where the table of small models lies.
TABLE = _ROOT / "python" / "tests"
sys.path.append(str(TABLE))

# The flow of the table is far from its target, as it is trained for some steps only.
warnings.filterwarnings("ignore", r".*samples are worth", RuntimeWarning)

#: Where each campaign leaves its outcome.
OUTCOMES = _ROOT / ".build" / "soak"


@dataclasses.dataclass
class Outcome:
    """What a campaign tells."""

    #: What was done to the library, in a few words.
    fault: str
    trials: int
    #: What was measured, in figures.
    figures: str
    #: A line for each trial that went wrong.
    failures: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        verdict = f"{len(self.failures)} FAILED" if self.failures else "passed"
        lines = [f"{self.fault}: {self.trials} trials, {verdict}; {self.figures}"]
        return "\n".join(lines + [f"  {failure}" for failure in self.failures[:20]])


def main(
    campaign: Callable[..., Outcome],
    *,
    short: int,
    full: int,
    options: Mapping[str, Mapping[str, Any]] = {},
) -> None:
    """The command line of a campaign, which is called with the number of trials and its options."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--trials", type=int, default=full, help=f"how many, by default {full}")
    parser.add_argument(
        "--short",
        action="store_const",
        const=short,
        dest="trials",
        help=f"only {short}, as in tests",
    )
    for name, settings in options.items():
        parser.add_argument(name, **settings)
    arguments = vars(parser.parse_args())
    trials = arguments.pop("trials")
    start = time.monotonic()
    outcome = campaign(trials, **arguments)
    print(outcome)
    if trials >= full:
        OUTCOMES.mkdir(parents=True, exist_ok=True)
        record = {**dataclasses.asdict(outcome), "seconds": round(time.monotonic() - start)}
        name = Path(sys.argv[0]).stem
        (OUTCOMES / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
    sys.exit(bool(outcome.failures))
