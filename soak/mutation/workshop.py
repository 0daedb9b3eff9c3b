"""A copy of the sources in which one change after the other is made, built and tested."""

import contextlib
import dataclasses
import fcntl
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .changes import ROOT, Change
from .suites import SWIFT_FLAGS, Suite, first_failure, has_issue, python_suite

HEADERS = "Sources/CIsingRG/include"
BUILD_LIMIT = 3600.0
#: A suite hangs if it takes so many times what it took without a change, and so many seconds.
PATIENCE, LEAST_PATIENCE = 8.0, 240.0


@dataclasses.dataclass
class Run:
    """How one command ended: what failed first, or nothing."""

    failed: str
    seconds: float
    output: str = ""


class Workshop:
    """A copy of the files that git knows, with a build of its own that stays for the next time."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.limits: dict[str, float] = {}
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        self.files = sorted(name for name in names if name and (ROOT / name).is_file())
        for name in self.files:
            update(ROOT / name, folder / name)
        for path in [*folder.glob("python/**/*"), *folder.glob("[ST]*/**/*")]:
            is_source = path.is_file() and path.suffix in {".py", ".c", ".h", ".swift"}
            if is_source and not (ROOT / path.relative_to(folder)).is_file():
                path.unlink()  # of a version that this copy was made of before

    # Building

    def borrow(self) -> None:
        """Takes the libraries that were built for the sources themselves: enough for Python."""
        for library in (ROOT / "python" / "isingrg").glob("*.so"):
            update(library, self.folder / library.relative_to(ROOT))

    def build(self, what: str) -> str:
        """Makes what a suite needs; the end of the messages if that failed.

        The "extension" or the "library", with which Python runs, all of "swift", or the tests of
        one target of Swift with the few modules they stand on, which takes a fraction of the time.
        """
        folder = ""
        if what == "nothing":
            return ""
        if what == "extension":
            command = self.extension_command()
        elif what == "library":
            command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        else:
            command = ["swift", "build", "--build-tests", *SWIFT_FLAGS]
        if what.endswith("Tests"):
            folder = f"rooms/{what}"
            self.furnish(what)
        run = self.run(command, BUILD_LIMIT, folder)
        if run.failed:
            return run.output[-2000:]
        if what == "extension":
            put(self.folder / ".build/_core.abi3.so", self.folder / "python/isingrg")
        return ""

    def furnish(self, tests: str) -> None:
        """A package of one target of tests and of what it depends on."""
        package = (self.folder / "Package.swift").read_text()
        targets = {
            name: (text, re.findall(r'"(\w+)"', dependencies))
            for text, name, dependencies in re.findall(
                r'(\.(?:testT|t)arget\(\s*name: "(\w+)"(?:,\s*dependencies: \[(.*?)\])?\))',
                package, re.S,
            )
        }  # fmt: skip
        wanted, found = [tests], dict.fromkeys([tests])
        while wanted:
            new = [name for name in targets[wanted.pop()][1] if name not in found]
            wanted += new
            found |= dict.fromkeys(new)
        folder = self.folder / "rooms" / tests
        folder.mkdir(parents=True, exist_ok=True)
        for name in ["Sources", "Tests"]:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(Path("..", "..", name))
        (folder / "Package.swift").write_text(
            "// swift-tools-version: 6.0\nimport PackageDescription\n\nlet package = Package(\n"
            f'    name: "{tests}", targets: [\n'
            + ",\n".join(targets[name][0] for name in found)
            + "\n    ], swiftLanguageModes: [.v6])\n"
        )

    def extension_command(self) -> list[str]:
        sources = sorted(self.folder.glob("python/isingrg/_extension/*.c"))
        command = ["cc", "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"]
        command += [f"-I{HEADERS}", f"-I{sysconfig.get_path('include')}", *map(str, sources)]
        command += ["-Lpython/isingrg", "-lisingrg", "-Wl,--enable-new-dtags,-rpath,$ORIGIN"]
        return [*command, "-o", ".build/_core.abi3.so"]

    # Testing

    def run(self, command: Sequence[str], limit: float, folder: str = "") -> Run:
        """Runs a command with all its children in a group of its own, which ends with it."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",  # a file changed twice in a second has one time stamp
        }
        start = time.monotonic()
        with tempfile.NamedTemporaryFile() as file:
            process = subprocess.Popen(
                command, cwd=self.folder / folder, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip

            def output() -> str:
                return Path(file.name).read_text(errors="replace")

            try:
                # Swift Testing runs on after a failure, but one is enough.
                while process.poll() is None and not has_issue(output()):
                    if time.monotonic() - start > limit:
                        return Run(f"time-out of {limit:.0f} s", limit, output())
                    time.sleep(0.2)
                is_good = process.poll() == 0
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            text = output()
        return Run("" if is_good else first_failure(text), time.monotonic() - start, text)

    def test(self, suite: Suite) -> Run:
        """Runs tests; a failure counts if it comes again, as one of many processes can be slow."""
        limit = self.limits.get(suite.name, BUILD_LIMIT)
        first = self.run(suite.command, limit, suite.folder)
        if not first.failed or suite.is_swift or "::" not in first.failed:
            return first
        again = python_suite(suite.name, "", [first.failed.removeprefix("python/tests/")])
        if self.run(again.command, limit).failed:
            return first
        return self.run(suite.command, limit)

    def measure(self, suite: Suite) -> Run:
        """Runs tests without a change: they are to pass, and tell how long they may take."""
        run = self.test(suite)
        self.limits[suite.name] = max(LEAST_PATIENCE, PATIENCE * run.seconds)
        return run

    @contextlib.contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        path = self.folder / change.file
        text = path.read_text()
        path.write_text(change.apply(text))
        try:
            yield
        finally:
            path.write_text(text)


_locks: list[Any] = []


def free_copy() -> Path:
    """A folder that no other campaign works in; what was built there before is used again."""
    for number in itertools.count():
        folder = ROOT / ".build" / "mutants" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _locks.append(file)  # held until this process ends
        return folder
    raise AssertionError


def update(source: Path, target: Path) -> None:
    """Copies what is different: what stays keeps its time stamp, and is not built again."""
    if target.is_file() and source.read_bytes() == target.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".fresh")
    shutil.copy(source, fresh)
    fresh.replace(target)


def put(library: Path, folder: Path) -> None:
    fresh = folder / f"{library.name}.fresh"
    shutil.copy(library, fresh)
    fresh.replace(folder / library.name)
