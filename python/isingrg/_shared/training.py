"""Trainings by calls of the core: in pieces with checkpoints, one at a time, cut off anywhere."""

from __future__ import annotations

import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.checkpoint import Checkpoint
from isingrg._shared.errors import (
    ArgumentError,
    ConvergenceError,
    Interrupted,
    IsingRGError,
    NonFiniteError,
)
from isingrg._shared.files import Path
from isingrg._shared.history import Columns, Floats
from isingrg._shared.progress import Part, Report, reporting, stops
from isingrg._shared.settings import Settings

_Model = TypeVar("_Model", bound="Trainable")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@dataclasses.dataclass
class TrainingRecord:
    """What a callback of `fit` receives.

    Attributes
    ----------
    step : int
        Steps, or epochs, that the model has done in all, this one included.
    loss : float
        Loss of that step, or epoch.
    learning_rate : float
        Learning rate of that step, or epoch.
    seconds : float
        Time since `fit` was called.
    columns : dict of str to float
        The row of this step in the history, by column; the loss is one of them.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float
    columns: dict[str, float]


Callback = Callable[[TrainingRecord], Any]


@dataclasses.dataclass
class TrainingCall:
    """A call of the core that trains: what the model takes over from it, if it does a step."""

    native: Any
    #: New rows of the history, filled by the core: as many as steps, or epochs, are to be done.
    rows: Floats
    #: Attributes of the model.
    attributes: dict[str, Any]
    #: The structure for the core, but for the number of steps.
    record: dict[str, Any]
    #: Further columns of the history, equal in all rows.
    columns: tuple[float, ...] = ()
    #: For the note on an error: how many steps there are to be.
    of: str = ""


@dataclasses.dataclass(frozen=True)
class Watch:
    """What is done while a training goes on, apart from training."""

    checkpoint: Checkpoint | None
    callback: Callback | None
    #: Rows between two calls of the callback.
    every: int
    progress: Any

    @classmethod
    def checked(
        cls, checkpoint: Path | None, every: int | None, callback: Callback | None, progress: Any,
        *, default: int,
    ) -> Watch:  # fmt: skip
        """The arguments of `fit`; `default` is the distance of checkpoints."""
        if every is not None:
            every = arguments.integer("every", every, 1, 10**9)
            if checkpoint is None and callback is None:
                raise ArgumentError("every needs checkpoint, the path of a file, or callback")
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable, not {type(callback).__name__}")
        kept = None if checkpoint is None else Checkpoint.checked(checkpoint, every or default)
        return cls(kept, callback, every or 1, progress)

    def end(self, done: int, last: int) -> int:
        """The next row after `done` at which there is something to do."""
        ends = [last]
        if self.checkpoint:
            ends.append(_next(done, self.checkpoint.every))
        if self.callback:
            ends.append(_next(done, self.every))
        return min(ends)


def _next(done: int, every: int) -> int:
    return done - done % every + every


def advise(error: BaseException | None, training: TrainingCall) -> None:
    """Adds to the core's message that a training went astray which setting keeps it from that."""
    if isinstance(error, (NonFiniteError, ConvergenceError)):
        error.args = (f"{error}; {training.attributes['_training'].with_smaller_steps()}",)


def alone(
    method: Callable[Concatenate[_Model, _Arguments], _Result],
) -> Callable[Concatenate[_Model, _Arguments], _Result]:
    """A method that trains: it raises `IsingRGError` if another one does so already.

    Also if the model is closed meanwhile. The count of the other kind is answered with the one
    that the method takes.
    """

    @wraps(method)
    def held(model: _Model, /, *args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
        model._check_unit(method.__name__, keywords)
        holder = object()
        try:
            model._hold(holder)
            result = method(model, *args, **keywords)
            model._check_open()
            return result
        finally:
            # No call, so that Ctrl-C does not come in between.
            if model._holder is holder:
                del model._holder

    return held


class Trainable(ABC):
    """What a model needs to be trained."""

    #: Columns of the history, declared once for each class.
    _columns: ClassVar[Columns]
    #: The model in the core, None before the first training.
    _native: Any = None
    _closed = False
    #: A row for each step, or for each epoch.
    _history: Floats
    #: Settings of the last training, which the next one begins with.
    _training: Settings
    #: The training that the model may not have taken over yet. Ctrl-C can come between any two
    #: instructions of Python, so also when the core has done its steps and nothing else is done.
    _last_training: TrainingCall | None = None
    #: Whoever trains the model now.
    _holder: object = None

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the model to a file, whole or not at all."""

    @property
    def history(self) -> dict[str, Floats]:
        """What each step, or epoch, of the training did: arrays of one number per row, by name."""
        self._settle()
        columns = self._columns.split(self._history)
        return {self._columns.row: np.arange(1.0, len(self._history) + 1), **columns}

    def _check_open(self) -> None:
        if self._closed:
            raise IsingRGError("the model is closed")

    def _check_unit(self, method: str, keywords: Any) -> None:
        """`steps` count updates of the optimiser, `epochs` passes over data."""
        takes, other, what = (
            ("steps", "epochs", "updates of the optimiser")
            if self._columns.row == "step"
            else ("epochs", "steps", "passes over the data")
        )
        if other in keywords:
            name = f"{type(self).__name__}.{method}"
            raise TypeError(f"{name} counts {what}: give {takes}, not {other}")

    def _hold(self, holder: object) -> None:
        """Keeps all other trainings away until the holder deletes `_holder`."""
        # Atomic, unlike a comparison and an assignment, and without a lock, which Ctrl-C could
        # leave closed.
        if vars(self).setdefault("_holder", holder) is not holder:
            raise IsingRGError("the model is in use by another call")
        if self._last_training is not None and not self._closed:
            self._take(self._last_training)

    def _settle(self) -> None:
        """Takes over what an interrupted training left, unless there is another one now.

        A closed model is refused.
        """
        self._check_open()
        if self._last_training is not None and self._holder is None:
            alone(type(self)._check_open)(self)  # every training begins with it

    def _take(self, training: TrainingCall) -> int:
        """Adds its steps and returns how many. This may be interrupted, and repeated."""
        history = self._history
        done = _core.model_rows_done(training.native) - len(history)
        if done > 0:
            rows = np.hstack([training.rows[:done], np.tile(training.columns, (done, 1))])
            vars(self).update(training.attributes, _native=training.native)
            self._history = np.concatenate([history, rows])
        self._last_training = None
        return done

    def _train(
        self,
        training: TrainingCall,
        fit: Callable[[Any, dict[str, Any], Floats, Report | None], Any],
        watch: Watch,
    ) -> None:
        """Trains in pieces that end where there is something else to do.

        `fit(native, record, rows, report)` has the core do as many steps as there are rows.
        """
        rows, done, error, goes_on = training.rows, 0, None, True
        start = time.monotonic()
        with reporting(watch.progress, "training", self._columns.counted) as report:
            while error is None and goes_on and done < len(rows):
                piece = dataclasses.replace(training, rows=rows[done : watch.end(done, len(rows))])
                part = None if report is None else Part(report, done, len(piece.rows), len(rows))
                record = training.record | {f"{self._columns.row}s": len(piece.rows)}
                self._last_training = piece
                try:
                    _, error = fit(piece.native, record, piece.rows, part)
                    advise(error, training)
                except BaseException as stopped:  # Ctrl-C after the core last looked for it
                    error = stopped
                new = self._take(piece)
                done += new
                if part is not None and part.stopped and error is None and done < len(rows):
                    error = Interrupted("training was interrupted")
                at_end = error is not None or done == len(rows)
                if error is None and watch.callback and (at_end or done % watch.every == 0):
                    try:
                        goes_on = not stops(watch.callback(self._told(training, start)))
                    except BaseException as raised:
                        error = raised
                kept = watch.checkpoint
                if new and kept and (at_end or error or not goes_on or done % kept.every == 0):
                    error = kept.write(self.save, error)
        if error is not None:
            self._note_state(error, done, training.of)
            raise error

    def _told(self, training: TrainingCall, start: float) -> TrainingRecord:
        columns = dict(zip(self._columns.names, self._history[-1].tolist(), strict=True))
        step = len(self._history)
        rate = self._learning_rate(step)
        return TrainingRecord(step, columns["loss"], rate, time.monotonic() - start, columns)

    def _learning_rate(self, step: int) -> float:
        """That of the step, or epoch, which is the `step`-th of the model."""
        return float(self._training.lr)  # type: ignore[attr-defined]

    def _note_state(self, error: BaseException, done: int, of: str = "") -> None:
        row = self._columns.row
        error.add_note(
            f"isingrg: the model is at {row} {len(self._history)}{of}; "
            f"{done} {row}s of this call are done and kept"
        )
