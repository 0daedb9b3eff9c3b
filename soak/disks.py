"""The place of a checkpoint fails while a model is trained or saved.

A full disk (a small file system in memory for root, else a limit on the size of files), a read-only
folder, a vanished folder, a folder where the file was, and a file that gets shorter while it is
read. The last good file stays as it is, the model in memory keeps all its steps, and the training
that goes on elsewhere ends as one that nobody disturbed.
"""

import contextlib
import os
import random
import re
import resource
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from campaign import Outcome, main
from isingrg import IsingRGError
from kills import TRAININGS, done

STEPS, EVERY, NOBODY = 12, 3, 65534
Fault = Callable[[Path], Any]


# Faults: each is put into effect by a call, which gives what ends it


def full_disk(path: Path) -> Callable[[], Any]:
    if os.path.ismount(path.parent):
        space = os.statvfs(path.parent)
        ballast = path.parent / "ballast"
        ballast.write_bytes(bytes(space.f_bavail * space.f_frsize))
        return ballast.unlink
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def read_only_folder(path: Path) -> Callable[[], Any]:
    """For anyone but root, who becomes nobody."""
    path.parent.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)

    def end() -> None:
        os.seteuid(user)
        path.parent.chmod(0o777)

    return end


def vanished_folder(path: Path) -> Callable[[], Any]:
    moved = path.parent.with_name("moved")
    path.parent.rename(moved)
    return lambda: moved.rename(path.parent)


def folder_instead(path: Path) -> Callable[[], Any]:
    aside = path.with_name("aside")
    if path.exists():
        path.rename(aside)
    path.mkdir()

    def end() -> None:
        path.rmdir()
        if aside.exists():
            aside.rename(path)

    return end


FAULTS = [full_disk, read_only_folder, vanished_folder, folder_instead]


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own at the folder, if one can be had."""
    folder.mkdir()
    folder.chmod(0o777)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=777", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


def disturb(name: str, fault: Fault, folder: Path, chance: random.Random, whole: bytes) -> str:
    """Trains until the fault, which comes at a random step; what is wrong then."""
    training, path = TRAININGS[name], folder / "model"
    model, when = training.small.make(), chance.randrange(STEPS)
    good, ends = [], []

    def strike(step: int, total: int) -> None:
        if not ends and step * STEPS >= when * total:
            good.append(path.read_bytes() if path.exists() else None)
            ends.append(fault(path))

    try:
        training.fit(model, STEPS, checkpoint=path, every=EVERY, progress=strike)
        return f"did not fail after step {when}"
    except OSError as error:
        notes = "\n".join(error.__notes__)
    finally:
        for end in ends:
            end()
    steps = done(model)
    if "could not be written" not in notes or not re.search(rf" {steps}( of \d+)?; ", notes):
        return f"wrong notes: {notes}"
    if (path.read_bytes() if path.exists() else None) != good[0]:
        return f"the last good file has changed at step {steps}"
    if set(folder.iterdir()) - {path}:
        return f"there are {sorted(folder.iterdir())}"
    if steps < STEPS:
        training.fit(model, STEPS - steps, checkpoint=path)
    else:
        model.save(path)
    return "" if path.read_bytes() == whole else "the end is not that of an undisturbed training"


def shorten(path: Path, whole: bytes, kind: Any) -> str:
    """Another program writes the file in place, while this one reads it."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            path.write_bytes(whole)
            os.truncate(path, len(whole) // 3)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            with contextlib.suppress(IsingRGError):
                kind.load(path)
    except Exception as error:
        return f"a file that gets shorter: {error!r}"
    finally:
        stop.set()
        writer.join()
    return ""


def campaign(trials: int) -> Outcome:
    outcome = Outcome("places of checkpoints that fail", trials, "")
    chance, counts = random.Random(8), dict.fromkeys(FAULTS, 0)
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        wholes = {}
        for name, training in TRAININGS.items():
            model = training.small.make()
            training.fit(model, STEPS)
            model.save(Path(home, name))
            wholes[name] = Path(home, name).read_bytes()
        for trial in range(trials):
            name, fault = list(TRAININGS)[trial % 4], FAULTS[trial // 4 % 4]
            counts[fault] += 1
            disk = small_disk if fault is full_disk else own_folder
            with disk(Path(home) / f"trial{trial}") as folder:
                failure = disturb(name, fault, folder, chance, wholes[name])
            if failure:
                outcome.failures.append(f"{name}, {fault.__name__}: {failure}")
        for name, training in TRAININGS.items():
            failure = shorten(Path(home, name), wholes[name], type(training.small.make()))
            outcome.failures += [failure] if failure else []
    outcome.figures = ", ".join(f"{count} of {f.__name__}" for f, count in counts.items())
    return outcome


@contextlib.contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    folder.chmod(0o777)
    yield folder


if __name__ == "__main__":
    main(campaign, short=16, full=400)
