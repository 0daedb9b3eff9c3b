"""Generated arguments for every public function and method of the package: `make fuzz`.

Each example gives one function arguments of which some are hostile and arrays have unusual forms.
Only documented exceptions may come, unchanged arguments and no NaN of finite numbers. Calls that
take longer than half a second are interrupted by a signal, and have to end soon after. Examples run
in children of this process, so that a crash or a hang is found and has a name.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Seconds of one child, and after which without a new example it hangs.
BATCH, HANG = 600, 120


def run_child(seed, seconds, only):
    """One batch of examples: what the child reports, with how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        example = report.with_suffix(".last")
        command = [sys.executable, Path(__file__).with_name("python_child.py"), str(report)]
        command += [str(seed), str(seconds), only]
        environment = os.environ | {"MPLBACKEND": "agg"}
        with open(Path(folder) / "errors", "w") as errors:
            process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors, env=environment
            )
        last, since = "", time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            now = example.read_bytes() if example.exists() else b""
            if now != last:
                last, since = now, time.monotonic()
            if time.monotonic() - since > (HANG if last else BATCH):
                process.send_signal(6)  # the fault handler says where it hangs
                process.wait()
        outcome = json.loads(report.read_text() or "{}") if report.exists() else {}
        if process.returncode != 0:
            what = example.read_text(errors="replace") if example.exists() else "at its start"
            outcome.setdefault("failures", {})[f"crash {process.returncode}: {what}"] = (
                Path(folder) / "errors"
            ).read_text(errors="replace")[-3000:]
        return outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="of all, by default an hour")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="functions whose name contains this")
    options = parser.parse_args()
    end, seed = time.monotonic() + options.seconds, options.seed
    counts, failures = collections.defaultdict(collections.Counter), {}
    while (left := end - time.monotonic()) > 0:
        outcome = run_child(seed, min(left, BATCH), options.only)
        seed += 1
        for name, count in outcome.get("counts", {}).items():
            counts[name].update(count)
        for failure, example in outcome.get("failures", {}).items():
            if failure not in failures:
                failures[failure] = example
                print(f"FAILED {failure}\n  {example}", flush=True)
    print(f"\n{'function':55} {'examples':>9} {'returned':>9} {'refused':>9} {'too long':>9}")
    total = collections.Counter()
    for name, count in sorted(counts.items()):
        total.update(count)
        columns = (count[key] for key in ("examples", "returned", "refused", "too long"))
        print(f"{name:55}" + "".join(f"{column:10}" for column in columns))
    print(
        f"Python API, generated arguments: {total['examples']} trials of {len(counts)} functions, "
        f"{len(failures)} different failures; {total['returned']} returned, {total['refused']} "
        f"refused, {total['too long']} interrupted, {total['compared']} compared with plain arrays"
    )
    sys.exit(bool(failures) or not counts)


if __name__ == "__main__":
    main()
