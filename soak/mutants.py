"""Small wrong changes of the code, one at a time: how many of them the tests notice.

Each change of mutation/changes/ is made in a copy of the sources, built, and tried by the tests of
its room and then by all others, up to the first that fails. Verdicts are kept in .build/soak as
they come; what was killed is not tried again unless asked for. Half a day from nothing.
"""

import contextlib
import dataclasses
import fcntl
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from campaign import OUTCOMES, Outcome, main
from mutation import report
from mutation.changes import ROOMS, Change, read
from mutation.suites import Suite, suites
from mutation.workshop import Workshop, free_copy

VERDICTS = OUTCOMES / "mutants-verdicts.json"
#: Of the changes that matter, the share that must be noticed.
LEAST_KILLED = 0.95
#: Changes that one quick file of tests notices without a build.
QUICK = ["constant-series", "last-piece-not-checked"]


class Verdicts:
    """What came of each change, in a file that several campaigns may write at once."""

    def __init__(self, path: Path | None):
        self.path, self.lock = path, Lock()
        self.all: dict[str, dict[str, Any]] = {}
        self._read()

    def _read(self) -> None:
        if self.path and self.path.exists():
            self.all = json.loads(self.path.read_text())

    def of(self, change: Change) -> dict[str, Any] | None:
        found = self.all.get(change.name)
        return found if found and found["digest"] == change.digest else None

    def killed(self, change: Change) -> bool:
        with self.lock:
            self._read()
        return (self.of(change) or {}).get("verdict") == "killed"

    def add(self, change: Change, verdict: str, **details: Any) -> None:
        entry = {"digest": change.digest, "room": change.room.name, "verdict": verdict, **details}
        with self.lock, alone(self.path):
            self._read()
            self.all[change.name] = entry
            if self.path:
                fresh = self.path.with_suffix(".fresh")
                fresh.write_text(json.dumps(self.all, indent=1) + "\n")
                fresh.replace(self.path)
        by = details.get("by") or details.get("message", "")
        print(f"{change.name}: {verdict} {by} ({details['seconds']} s)", flush=True)


@contextlib.contextmanager
def alone(path: Path | None) -> Iterator[None]:
    """Keeps other campaigns from writing the file."""
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def judge(change: Change, workshop: Workshop, tests: Sequence[Suite], verdicts: Verdicts) -> None:
    """Makes one change, and tests it up to the first failure."""
    start, building, built = time.monotonic(), 0.0, {"nothing"}

    def add(verdict: str, **details: Any) -> None:
        seconds = round(time.monotonic() - start)
        verdicts.add(change, verdict, **details, building=round(building), seconds=seconds)

    with workshop.changed(change):
        for suite in tests:
            if suite.needs not in built:
                begun = time.monotonic()
                message = workshop.build(suite.needs)
                building += time.monotonic() - begun
                if message:
                    return add("not built", message=message)
                built.add(suite.needs)
            run = workshop.test(suite)
            if run.failed:
                return add("killed", by=run.failed, suite=suite.name)
    return add("survived", tried=[suite.name for suite in tests])


def judge_all(
    changes: Sequence[Change], workshop: Workshop, whole: bool, again: bool, verdicts: Verdicts
) -> list[str]:
    """Judges changes in one copy, room by room; what is wrong without any change ends a room."""
    failures = []
    groups: dict[tuple[str, str], list[Change]] = {}
    for kind in ["nothing", "extension", "swift"]:  # those first that need no build
        for change in changes:
            if change.kind == kind:
                groups.setdefault((kind, change.room.name), []).append(change)
    for (kind, room), members in groups.items():
        tests = suites(members[0].room, kind, whole)
        if failed := without_change(workshop, tests):
            failures.append(f"{room}, without a change: {failed}")
            continue
        for change in members:
            if not again and verdicts.killed(change):  # by another campaign, meanwhile
                continue
            judge(change, workshop, tests, verdicts)
    return failures


def without_change(workshop: Workshop, tests: Sequence[Suite]) -> str:
    """What fails of the sources themselves. Python runs with the library that was built before."""
    workshop.borrow()
    for suite in tests:
        if suite.is_swift and (message := workshop.build(suite.needs)):
            return message
        run = workshop.measure(suite)
        print(f"without a change: {suite.name}, {run.seconds:.0f} s {run.failed}", flush=True)
        if run.failed:
            return f"{suite.name}: {run.failed}"
    return ""


def chosen(only: str | None, again: bool, verdicts: Verdicts) -> list[Change]:
    """The changes to be judged, in the order of the rooms, so that little is built for each."""
    rooms = [room.name for room in ROOMS]
    changes = sorted(read(), key=lambda change: rooms.index(change.room.name))
    names = set(only.split(",")) if only else None
    return [
        change
        for change in changes
        if not change.equivalent
        and (names is None or {change.name, change.room.name} & names)
        and (again or not verdicts.killed(change))
    ]


def campaign(
    trials: int, *, only: str | None, all: bool, rooms: bool, jobs: int, table: bool
) -> Outcome:
    outcome = Outcome("small changes of the code", 0, "")
    if trials < len(read()):
        return short(outcome)
    verdicts = Verdicts(VERDICTS)
    wanted = [] if table else chosen(only, all, verdicts)
    jobs = min(jobs, len(wanted))
    shops = [Workshop(free_copy()) for _ in range(jobs)]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        parts = [
            wanted[job * len(wanted) // jobs : (job + 1) * len(wanted) // jobs]
            for job in range(jobs)
        ]
        settings = [[value] * jobs for value in (not rooms, all, verdicts)]
        done = pool.map(judge_all, parts, shops, *settings)
        outcome.failures += [failure for failures in done for failure in failures]
    summarise(outcome, read(), verdicts)
    print(report.table(read(), verdicts.all))
    return outcome


def summarise(outcome: Outcome, changes: Sequence[Change], verdicts: Verdicts) -> None:
    count: Counter[str] = Counter()
    for change in changes:
        verdict = (verdicts.of(change) or {"verdict": "not judged"})["verdict"]
        count["equivalent" if change.equivalent else verdict] += 1
        if not change.equivalent and verdict in {"not built", "not judged"}:
            outcome.failures.append(f"{change.name}: {verdict}")
    matter = len(changes) - count["equivalent"]
    outcome.trials = len(changes)
    outcome.figures = ", ".join(f"{number} {verdict}" for verdict, number in count.items())
    if count["killed"] < LEAST_KILLED * matter:
        outcome.failures.append(f"{count['killed']} of {matter} were noticed")


def short(outcome: Outcome) -> Outcome:
    """Two changes of Python, each seen by the first file of tests of its room."""
    verdicts = Verdicts(None)
    with tempfile.TemporaryDirectory() as home:
        workshop = Workshop(Path(home))
        workshop.borrow()
        for change in read():
            if change.name in QUICK:
                room = change.room
                first = dataclasses.replace(room, python=room.python[:1])
                tests = suites(first, "nothing", whole=False)
                workshop.limits = dict.fromkeys((suite.name for suite in tests), 120.0)
                judge(change, workshop, tests, verdicts)
    outcome.trials, outcome.figures = len(QUICK), "each noticed by its test"
    for name in QUICK:
        if verdicts.all.get(name, {}).get("verdict") != "killed":
            outcome.failures.append(f"{name}: not noticed")
    return outcome


if __name__ == "__main__":
    main(
        campaign,
        short=len(QUICK),
        full=len(read()),
        options={
            "--only": dict(metavar="NAMES", help="of changes or rooms, separated by commas"),
            "--all": dict(action="store_true", help="also those that were killed before"),
            "--rooms": dict(action="store_true", help="try only the tests of the room of each"),
            "--table": dict(action="store_true", help="only print the verdicts so far"),
            "--jobs": dict(type=int, default=1, help="copies that work side by side"),
        },
    )
