"""The commands that test a copy, in the order in which they are to notice a change."""

import dataclasses
import os
import re
import sys
from collections.abc import Sequence

from .changes import Room

SWIFT_FLAGS = ["--configuration", "release", "--scratch-path", ".build/test"]
SWIFT_FLAGS += [
    "-Xswiftc",
    "-target-cpu",
    "-Xswiftc",
    os.environ.get("ISINGRG_TARGET_CPU", "native"),
]
#: These try the packaging, the pages and this campaign: not what a change of the code spoils.
LEFT_OUT = ["soak", "newcomer", "wheel", "docs", "notebooks"]

#: Seconds after which a test of Python is taken to hang; alone, none needs a tenth of that.
LONGEST_TEST = 300


@dataclasses.dataclass(frozen=True)
class Suite:
    """One command that tests the copy, and the name under which its kills are counted."""

    name: str
    command: tuple[str, ...]
    #: Where it runs, and what it needs, which `Workshop.build` knows by this name.
    folder: str = ""
    needs: str = "nothing"

    @property
    def is_swift(self) -> bool:
        return self.command[0] == "swift"


def swift_suite(name: str, folder: str, needs: str, *arguments: str) -> Suite:
    command = ["swift", "test", "--skip-build", "--disable-xctest", *SWIFT_FLAGS, *arguments]
    return Suite(name, tuple(command), folder, needs)


def python_suite(name: str, needs: str, files: Sequence[str], ignored: Sequence[str] = ()) -> Suite:
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
    command += ["-o", f"faulthandler_timeout={LONGEST_TEST}"]
    command += [f"python/tests/{file}".rstrip("/") for file in files]
    command += [f"--ignore=python/tests/{file}" for file in ignored]
    return Suite(name, tuple(command), "", needs)


def suites(room: Room, kind: str, whole: bool) -> list[Suite]:
    """The tests of a room, then, if asked for, all others."""
    result = []
    base = "library" if kind == "swift" else kind
    files = room.python_files()
    if kind == "swift" and room.swift:
        result.append(swift_suite(room.swift, f"rooms/{room.swift}", room.swift))
    if files:
        result.append(python_suite(f"Python tests of {room.name}", base, files))
    if whole:
        if kind == "swift":
            skipped = ["--skip", room.swift] if room.swift else []
            result.append(swift_suite("all Swift tests", "", "swift", *skipped))
        result.append(python_suite("all Python tests", base, [""], [*files, *LEFT_OUT]))
    return result


ISSUE = r"^\S+ +Test (.+?) recorded an issue"


def has_issue(output: str) -> bool:
    """Whether a test of Swift has failed already."""
    return re.search(ISSUE, output, re.M) is not None


def first_failure(output: str) -> str:
    """The first test that failed, of the output of pytest or of Swift Testing."""
    if "Timeout (" in output and (
        hung := re.search(r'/(test_\w+\.py)", line \d+ in (test_\w+)', output)
    ):
        return f"{hung[1]}, {hung[2]} hangs"
    patterns = [
        r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$",
        r"^(?:FAILED|ERROR) (\S+)",
        ISSUE,
        r"^\S+ +Test (.+?) failed after",
        r"(?i)((?:fatal error|crash|segmentation fault|signal).*)",
    ]
    for pattern in patterns:
        if found := re.search(pattern, output, re.M):
            return found[1][:200]
    return output.strip().splitlines()[-1][:200] if output.strip() else "ended without a word"
