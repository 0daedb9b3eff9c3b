"""What the models of all methods share: they live in the core, are kept in files, and travel."""

import dataclasses
from abc import abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar

from isingrg._checkpoint import Checkpoint
from isingrg._errors import IsingRGError
from isingrg._files import Path
from isingrg._storage import Floats, Format, reading
from isingrg._training import Trainable

if TYPE_CHECKING:
    from isingrg.plot import Drawing

Model = TypeVar("Model")
_Model = TypeVar("_Model", bound="NativeModel")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def of_one_state(
    method: Callable[Concatenate[_Model, _Arguments], _Result],
) -> Callable[Concatenate[_Model, _Arguments], _Result]:
    """A method that asks the core several times: `IsingRGError` if a training comes in between."""

    @wraps(method)
    def checked(model: _Model, /, *args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
        before = model._rows_done(model._ready())
        try:
            result = method(model, *args, **keywords)
        except Exception:
            model._check_rows(before)
            raise
        model._check_rows(before)
        return result

    return checked


class NativeModel(Trainable):
    """A trainable model whose parameters live in the core from its first training on."""

    _format: ClassVar[Format]

    #: A dataclass of plain data from which an untrained model is made.
    _configuration: Any

    @staticmethod
    @abstractmethod
    def _destroy(native: Any, /) -> None:
        """Frees the native model."""

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

    def _ready(self) -> Any:
        """The native model, there and trained."""
        self._check_open()
        self._settle()
        if self._native is None:
            raise IsingRGError("the model has not been trained yet; call fit first")
        return self._native

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        self._settle()
        return len(self._history)

    def _snapshot(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The state between two trainings, not partly before and partly after one."""
        rows = len(self._history)
        state = self._state()
        self._check_rows(rows)
        return state

    def _check_rows(self, rows: int) -> None:
        if self._rows_done(self._ready()) != rows:
            raise IsingRGError("the model is in use by another thread")

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
            Of the file; one that is there is replaced, and its permissions and owner are kept. A
            write-protected one is not.

        Raises
        ------
        OSError
            If the file cannot be written.

        Warns
        -----
        RuntimeWarning
            If the file has further names (hard links), which keep the old content, or an owner that
            the new one cannot have.
        """
        self._ready()
        self._format.write(path, *self._snapshot())

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
        self._last_training = None
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
        self._settle()
        if self._native is None:
            return untrained, (type(self), dataclasses.asdict(self._configuration))
        return type(self)._restored, self._snapshot()


def untrained(kind: type[Model], configuration: dict[str, Any]) -> Model:
    return kind(**configuration)
