"""Trainings by calls of the core: in pieces with checkpoints, one at a time, cut off anywhere."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import numpy as np

from isingrg._checkpoint import Checkpoint
from isingrg._errors import Interrupted, IsingRGError
from isingrg._files import Path
from isingrg._progress import Part, Report, reporting
from isingrg._storage import Floats

_Model = TypeVar("_Model", bound="Trainable")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@dataclasses.dataclass
class TrainingCall:
    """A call of the core that trains: what the model takes over from it, if it does a step."""

    native: Any
    #: New rows of the history, filled by the core: as many as steps, or epochs, are to be done.
    rows: Floats
    #: Attributes of the model.
    attributes: dict[str, Any]
    #: Further columns of the history, equal in all rows.
    columns: tuple[float, ...] = dataclasses.field(default=(), kw_only=True)


def alone(
    method: Callable[Concatenate[_Model, _Arguments], _Result],
) -> Callable[Concatenate[_Model, _Arguments], _Result]:
    """A method that trains: it raises `IsingRGError` if another one does so already.

    Also if the model is closed meanwhile.
    """

    @wraps(method)
    def held(model: _Model, /, *args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
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

    #: The model in the core, None before the first training.
    _native: Any = None
    _closed = False
    #: A row for each step, or for each epoch.
    _history: Floats
    #: What a row of the history stands for.
    _unit: ClassVar[str] = "step"
    #: The training that the model may not have taken over yet. Ctrl-C can come between any two
    #: instructions of Python, so also when the core has done its steps and nothing else is done.
    _last_training: TrainingCall | None = None
    #: Whoever trains the model now.
    _holder: object = None

    @staticmethod
    @abstractmethod
    def _rows_done(native: Any, /) -> int:
        """Rows of the history, as the core has counted them."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the model to a file, whole or not at all."""

    def _check_open(self) -> None:
        if self._closed:
            raise IsingRGError("the model is closed")

    def _hold(self, holder: object) -> None:
        """Keeps all other trainings away until the holder deletes `_holder`."""
        # Atomic, unlike a comparison and an assignment, and without a lock, which Ctrl-C could
        # leave closed.
        if vars(self).setdefault("_holder", holder) is not holder:
            raise IsingRGError("the model is in use by another thread")
        if self._last_training is not None and not self._closed:
            self._take(self._last_training)

    def _settle(self) -> None:
        """Takes over what an interrupted training left, unless there is another one now."""
        if self._last_training is not None and self._holder is None and not self._closed:
            alone(type(self)._check_open)(self)  # every training begins with it

    def _take(self, training: TrainingCall) -> int:
        """Adds its steps and returns how many. This may be interrupted, and repeated."""
        history = self._history
        done = self._rows_done(training.native) - len(history)
        if done > 0:
            rows = np.hstack([training.rows[:done], np.tile(training.columns, (done, 1))])
            vars(self).update(training.attributes, _native=training.native)
            self._history = np.concatenate([history, rows])
        self._last_training = None
        return done

    def _train(
        self,
        training: TrainingCall,
        call: Callable[[Floats, Report | None], tuple[int, BaseException | None]],
        checkpoint: Checkpoint | None,
        progress: Any,
        of: str = "",
    ) -> None:
        """Trains in pieces as long as the checkpoint says, else in one.

        `call` has the core do as many steps as the rows of history it is given. `of` says in the
        note on an error how many steps there are to be.
        """
        rows, done, error = training.rows, 0, None
        with reporting(progress, "training") as report:
            while error is None and done < len(rows):
                end = done + checkpoint.every if checkpoint else None
                piece = dataclasses.replace(training, rows=rows[done:end])
                part = None if report is None else Part(report, done, len(piece.rows), len(rows))
                self._last_training = piece
                try:
                    _, error = call(piece.rows, part)
                except BaseException as stopped:  # Ctrl-C after the core last looked for it
                    error = stopped
                new = self._take(piece)
                done += new
                if part is not None and part.stopped and error is None and done < len(rows):
                    error = Interrupted("training was interrupted")
                if new and checkpoint:
                    error = checkpoint.write(self.save, error)
        if error is not None:
            self._note_state(error, done, of)
            raise error

    def _note_state(self, error: BaseException, done: int, of: str = "") -> None:
        error.add_note(
            f"isingrg: the model is at {self._unit} {len(self._history)}{of}; "
            f"{done} {self._unit}s of this call are done and kept"
        )
