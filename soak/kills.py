"""Trainings with checkpoints are killed by SIGKILL at random moments and go on.

All methods take turns. In the end the file of each is, byte for byte, that of a training that
nobody disturbed: parameters, optimiser, history and settings.
"""

import dataclasses
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from campaign import Outcome, main
from small_models import TRAININGS as SMALL
from small_models import Small


@dataclasses.dataclass
class Training:
    """Some seconds of work."""

    small: Small
    steps: int
    #: Between two checkpoints.
    every: int
    settings: dict[str, Any]

    def fit(self, model: Any, steps: int, **keywords: Any) -> None:
        self.small.fit(model, steps, **self.settings, **keywords)


#: What a method sets besides, by the names of the table.
SETTINGS = {"mlrg": {"total_steps": 20_000, "record_from": 19_000}}
TRAININGS = {
    name: Training(small, 3 * small.second, small.second // 30, SETTINGS.get(name, {}))
    for name, small in SMALL.items()
}


def done(model: Any) -> int:
    """Steps, or epochs."""
    return len(model.history["loss"])


def load_or_make(training: Training, path: Path) -> Any:
    model = training.small.make()
    return type(model).load(path) if path.exists() else model


def train(name: str, path: Path) -> None:
    """What the killed process does; it prints how many steps are done."""
    training = TRAININGS[name]
    model = load_or_make(training, path)
    before = done(model)
    left = training.steps - before
    print(before, flush=True)

    def tell(part: int, total: int) -> None:
        print(before + part * left // total, flush=True)

    if left:
        training.fit(model, left, checkpoint=path, every=training.every, progress=tell)


class Victim:
    """A training that is killed again and again, and begun anew when it is complete."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.training = name, TRAININGS[name]
        self.path = folder / name / "model.safetensors"
        self.path.parent.mkdir()
        model = self.training.small.make()
        self.training.fit(model, self.training.steps)
        model.save(folder / "whole")
        self.whole = (folder / "whole").read_bytes()
        self.kept = self.completed = self.most_lost = self.left_behind = 0

    def live(self, seconds: float | None) -> str:
        """Trains for so long, or to the end; what is wrong then."""
        code = f"import kills; kills.train({self.name!r}, kills.Path({str(self.path)!r}))"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = int(process.stdout.readline() or -1)
        if first != self.kept:
            process.kill()
            return f"went on from step {first}, not {self.kept}"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        seen = max(map(int, process.stdout.read().split()), default=first)
        if process.wait() not in (0, -signal.SIGKILL):
            return f"ended with {process.returncode}"
        return self._complete() if process.returncode == 0 else self._compare(first, seen)

    def _compare(self, first: int, seen: int) -> str:
        """`seen` steps were done, of which those since the last checkpoint may be lost."""
        self.kept = done(load_or_make(self.training, self.path))
        lost = seen - self.kept
        self.most_lost = max(self.most_lost, lost)
        self.left_behind = len(set(self.path.parent.iterdir()) - {self.path})
        if self.kept < first or lost > self.training.every:
            return f"at step {seen} when killed, {self.kept} in the file"
        return ""

    def _complete(self) -> str:
        equal = self.path.read_bytes() == self.whole
        self.path.unlink()
        self.completed, self.kept = self.completed + 1, 0
        return "" if equal else "the end is not that of an undisturbed training"


def campaign(trials: int) -> Outcome:
    outcome = Outcome("SIGKILL of a training with checkpoints", trials, "")
    chance = random.Random(8)
    with tempfile.TemporaryDirectory() as folder:
        victims = [Victim(name, Path(folder)) for name in TRAININGS]
        for trial in range(trials):
            victim = victims[trial % len(victims)]
            completed = victim.completed
            while True:  # a training that was complete before is no trial
                fault = victim.live(chance.uniform(0, 1))
                if fault or victim.completed == completed:
                    break
                completed = victim.completed
            if fault:
                outcome.failures.append(f"{victim.name}, kill {trial}: {fault}")
        for victim in victims:
            fault = victim.live(None)
            if fault:
                outcome.failures.append(f"{victim.name}, in the end: {fault}")
        left_behind = sum(victim.left_behind for victim in victims)
        if left_behind > 1 + trials // 20:  # the name is given a moment before the old file goes
            outcome.failures.append(f"{left_behind} temporary files have piled up")
        outcome.figures = (
            f"{sum(v.completed for v in victims)} trainings completed and equal byte for byte; "
            f"at most "
            + ", ".join(f"{v.most_lost} of {v.training.every}" for v in victims)
            + " steps lost since the last checkpoint; "
            f"{left_behind} temporary files left behind"
        )
    return outcome


if __name__ == "__main__":
    main(campaign, short=4, full=100)
