"""What the models of all methods share: they live in the core, are kept in files, and travel."""

import dataclasses
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from isingrg._checkpoint import Checkpoint
from isingrg._errors import Interrupted, IsingRGError
from isingrg._files import Path
from isingrg._progress import Part, Report, reporting
from isingrg._storage import Floats, Format, reading

if TYPE_CHECKING:
    from isingrg.plot import Drawing

Model = TypeVar("Model")


class NativeModel(ABC):
    """A trainable model whose parameters live in the core from its first training on."""

    _format: ClassVar[Format]

    #: A dataclass of plain data from which an untrained model is made.
    _configuration: Any
    #: The model in the core, None before the first training.
    _native: Any
    _closed: bool
    #: A row for each step, or for each epoch.
    _history: Floats
    #: What a row of the history stands for.
    _unit: ClassVar[str] = "step"

    def __init__(self) -> None:
        self._native = None
        self._closed = False
        self._lock = threading.Lock()

    @staticmethod
    @abstractmethod
    def _destroy(native: Any, /) -> None:
        """Frees the native model."""

    @staticmethod
    @abstractmethod
    def _rows(native: Any, /) -> int:
        """How many rows of history the training of the native model has made."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """All that makes up the model: plain data, and named arrays."""

    @classmethod
    @abstractmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        """The inverse of `_state`; everything is checked before a model exists."""

    @classmethod
    def _read(cls, path: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
        """What a file holds, in the newest version of its format."""
        _, metadata, arrays = cls._format.read(path)
        return metadata, arrays

    def _checkpoint(self, path: Path | None, every: Any, default: int) -> Checkpoint | None:
        """The arguments of `fit`, checked."""
        if path is not None:
            self._format.check_available()
        return Checkpoint.checked(path, every, default)

    def _check_open(self) -> None:
        if self._closed:
            raise IsingRGError("the model is closed")

    def _ready(self) -> Any:
        """The native model, there and trained."""
        self._check_open()
        if self._native is None:
            raise IsingRGError("the model has not been trained yet; call fit first")
        return self._native

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        return len(self._history)

    @contextmanager
    def _training_alone(self) -> Iterator[None]:
        """What is between the calls of the core belongs to one training as well."""
        if not self._lock.acquire(blocking=False):
            raise IsingRGError("the model is in use by another call that trains it")
        try:
            yield
        finally:
            self._lock.release()

    def _train(
        self,
        native: Any,
        rows: Floats,
        call: Callable[[Floats, Report | None], tuple[int, BaseException | None]],
        adopt: Callable[[Floats], None],
        checkpoint: Checkpoint | None,
        progress: Any,
        of: str = "",
    ) -> None:
        """Trains in pieces as long as the checkpoint says, else in one.

        `call` has the core train as many steps, or epochs, as the rows of history it is given;
        `adopt` takes over what that did. `of` says in the note on an error how many steps there
        are to be.
        """
        done, error = 0, None
        with reporting(progress, "training") as report:
            while error is None and done < len(rows):
                piece = rows[done : done + checkpoint.every] if checkpoint else rows
                part = None if report is None else Part(report, done, len(piece), len(rows))
                try:
                    _, error = call(piece, part)
                except BaseException as stopped:  # Ctrl-C after the core last looked for it
                    error = stopped
                new = self._new_rows(native)
                done += new
                if part is not None and part.stopped and error is None and done < len(rows):
                    error = Interrupted("training was interrupted")
                if new:
                    adopt(piece[:new])
                    error = checkpoint.write(self, error) if checkpoint else error
        if error is not None:
            self._note_state(error, done, of)
            raise error

    def _new_rows(self, native: Any) -> int:
        """How many rows the core has made that are not in the history yet."""
        return self._rows(native) - len(self._history)

    def _note_state(self, error: BaseException, done: int, of: str = "") -> None:
        error.add_note(
            f"isingrg: the model is at {self._unit} {len(self._history)}{of}; "
            f"{done} {self._unit}s of this call are done and kept"
        )

    def plot_history(self, *, ax: Any = None) -> "Drawing":
        """Draw the loss of every step, and its exact value where there is one.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        Drawing
            As of `isingrg.plot.history`.
        """
        from isingrg import plot

        return plot.history(self, ax=ax)

    def save(self, path: Path) -> None:
        """Write the model to a safetensors file, whole or not at all.

        It holds everything needed to train further: parameters, optimiser, settings, seed and
        history. Needs safetensors: pip install 'isingrg[models]'.

        Parameters
        ----------
        path : str or os.PathLike
            Of the file; one that is there is replaced.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self._ready()
        self._format.write(path, *self._state())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that `save` wrote; `fit` continues it exactly where it was.

        Parameters
        ----------
        path : str or os.PathLike
            Of the file.

        Returns
        -------
        model
            Of the class whose method this is.

        Raises
        ------
        OSError
            If the file cannot be read.
        IsingRGError
            If it is not such a file, damaged, or from a newer version of the format.
        """
        metadata, arrays = cls._read(path)
        with reading(path):
            return cls._restored(metadata, arrays)

    def close(self) -> None:
        """Free the memory. Every later use of the model, except `close`, raises `IsingRGError`."""
        native, self._native, self._closed = self._native, None, True
        if native is not None:
            self._destroy(native)

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Models travel between processes, and are copied, as their complete state."""
        self._check_open()
        if self._native is None:
            return untrained, (type(self), dataclasses.asdict(self._configuration))
        return type(self)._restored, self._state()


def untrained(kind: type[Model], configuration: dict[str, Any]) -> Model:
    return kind(**configuration)
