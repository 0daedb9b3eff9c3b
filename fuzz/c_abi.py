"""Coverage-guided fuzzing of the C ABI: `make fuzz`.

Inputs that reach new code are collected in .build/fuzz/corpus, those that fail in
.build/fuzz/failures; `.build/fuzz/replay FILE` repeats one with an ordinary build. To keep the new
ones that matter: `.build/fuzz/abi -set_cover_merge=1 -use_counters=0 -use_cmp=0 fuzz/corpus/abi
.build/fuzz/corpus`.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from campaign import Outcome

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build" / "fuzz"
COLLECTED, FAILURES = BUILD / "corpus", BUILD / "failures"
LOG = BUILD / "abi.log"
MOST_FAILURES = 20


def fuzz(seconds: int) -> None:
    """One process after the other, as each ends with the first input that fails."""
    options = ["-max_len=1024", "-len_control=0", "-print_final_stats=1"]
    options += ["-timeout=60", "-report_slow_units=60", f"-artifact_prefix={FAILURES}/"]
    command = [BUILD / "abi", *options]
    # The core takes it as lack of memory, which is an answer, when there is none.
    environment = {"ASAN_OPTIONS": "allocator_may_return_null=1:quarantine_size_mb=64"}
    end = time.monotonic() + seconds
    with LOG.open("w") as log:
        while (left := int(end - time.monotonic())) > 0 and len(failures()) < MOST_FAILURES:
            subprocess.run(
                [*command, f"-max_total_time={left}", COLLECTED, ROOT / "fuzz" / "corpus" / "abi"],
                env=os.environ | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def failures() -> list[str]:
    """Files of the inputs that failed in this run."""
    text = LOG.read_text(errors="replace")
    return sorted(set(re.findall(rf"Test unit written to {ROOT}/(\S+)", text)))


def outcome() -> Outcome:
    text = LOG.read_text(errors="replace")
    executed = sum(map(int, re.findall(r"number_of_executed_units: (\d+)", text)))
    covered = max(map(int, re.findall(r"\bcov: (\d+)", text)), default=0)
    edges = max(map(int, re.findall(r"\((\d+) inline 8-bit counters\)", text)), default=0)
    return Outcome(
        "random programs of C calls, guided by coverage",
        executed,
        f"{covered} of {edges} edges covered, {len([*COLLECTED.iterdir()])} inputs collected",
        failures(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600, help="by default an hour")
    seconds = parser.parse_args().seconds
    for folder in (COLLECTED, FAILURES):
        folder.mkdir(parents=True, exist_ok=True)
    fuzz(seconds)
    result = outcome()
    print(result)
    sys.exit(bool(result.failures) or not result.trials)


if __name__ == "__main__":
    main()
