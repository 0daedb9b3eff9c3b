"""What the models of all methods share: they live in the core, are kept in files, and travel."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar

from isingrg import _core
from isingrg._shared import arguments, state
from isingrg._shared.errors import IsingRGError
from isingrg._shared.files import Path
from isingrg._shared.history import Floats
from isingrg._shared.settings import Settings
from isingrg._shared.storage import Format, reading
from isingrg._shared.training import Trainable, TrainingCall

if TYPE_CHECKING:
    from isingrg.plot import Drawing

_Model = TypeVar("_Model", bound="NativeModel")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def of_one_state(
    method: Callable[Concatenate[_Model, _Arguments], _Result],
) -> Callable[Concatenate[_Model, _Arguments], _Result]:
    """A method that asks the core several times: `IsingRGError` if a training comes in between."""

    @wraps(method)
    def checked(model: _Model, /, *args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
        before = _core.model_rows_done(model._ready())
        try:
            result = method(model, *args, **keywords)
        except Exception:
            model._check_rows(before)
            raise
        model._check_rows(before)
        return result

    return checked


class NativeModel(Trainable):
    """A trainable model whose parameters live in the core from its first training on.

    A method declares what is its own: the classes of its configuration and of the settings of its
    training, the columns of its history, the format of its files, and how the core makes a model.
    """

    _format: ClassVar[Format]
    _configuration_type: ClassVar[type[Settings]]
    _training_type: ClassVar[type[Settings]]
    #: Arrays of the state whose number of rows is free.
    _free_rows: ClassVar[frozenset[str]] = frozenset()

    _configuration: Any
    #: Seed of the network, which the first training makes.
    _network_seed = 0
    #: Seed of the last training.
    _seed = 0

    @staticmethod
    @abstractmethod
    def _create(record: dict[str, Any], /) -> Any:
        """A model in the core."""

    def _configure(self, configuration: Settings, training: Settings) -> None:
        """Makes this an untrained model. The core has the last word."""
        self._configuration, self._training = configuration, training
        self._history = self._columns.empty()
        _core.model_destroy(self._new_native(0))

    def _new_native(self, seed: int) -> Any:
        return self._create(self._configuration.record(seed=seed))

    def _changed(self, given: Mapping[str, Any]) -> Any:
        """The settings of the next training, checked.

        Parameters
        ----------
        given : mapping
            Settings, None for those of the last training; other keys do not count.
        """
        self._check_open()
        return self._training.changed(**self._training.among(given))

    def _begin(self, training: Any, seed: int | None, rows: int | None = None) -> TrainingCall:
        """A checked training for the core; the model does not change.

        Parameters
        ----------
        training : Settings
            From `_changed`.
        rows : int, optional
            Steps, or epochs, of the call, by default those of the settings.
        """
        seed = self._seed if seed is None else arguments.seed(seed)
        count = f"{self._columns.row}s"
        rows = getattr(training, count) if rows is None else rows
        history = arguments.allocate("the history", (rows, self._core_columns), float)
        native = self._existing()
        first = native is None
        # The number of rows is that of this call: trainings in pieces end alike.
        kept = dataclasses.replace(training, **{count: getattr(self._training, count)})
        attributes = {
            "_training": kept,
            "_seed": seed,
            "_network_seed": seed if first else self._network_seed,
        }
        if first:
            native = self._new_native(seed)
        return TrainingCall(native, history, attributes, training.record(seed=seed))

    @property
    def _core_columns(self) -> int:
        """Columns of the history that the core fills."""
        return len(self._columns.names)

    def _existing(self) -> Any:
        """The native model, None before the first training. A closed model is refused."""
        self._settle()
        native = self._native
        self._check_open()  # another thread may have closed it
        return native

    def _any(self) -> Any:
        """A native model of the configuration, trained or not."""
        native = self._existing()
        return self._new_native(0) if native is None else native

    def _ready(self) -> Any:
        """The native model, there and trained."""
        native = self._existing()
        if native is None:
            raise IsingRGError("the model has not been trained yet; call fit first")
        return native

    @property
    def step(self) -> int:
        """Steps of the optimiser that the model has done."""
        native = self._existing()
        if self._columns.row == "step":
            return len(self._history)
        return 0 if native is None else _core.model_step(native)

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        return _core.model_parameter_count(self._any())

    def __repr__(self) -> str:
        usual = dataclasses.asdict(type(self._configuration)().completed())
        shown = [
            f"{name}={arguments.given(value)}"
            for name, value in dataclasses.asdict(self._configuration).items()
            if value != usual[name]
        ]
        done = "untrained" if self._native is None else f"{self._columns.row} {len(self._history)}"
        return f"{type(self).__name__}({', '.join(shown)})  # {'closed' if self._closed else done}"

    def plot_history(self, *, ax: Any = None) -> Drawing:
        """Draw the loss of every step or epoch, and its exact value where there is one.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        Drawing
            As from `isingrg.plot.history`.
        """
        from isingrg import plot

        return plot.history(self, ax=ax)

    # Keeping

    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """All that makes up the model: plain data, and named arrays."""
        metadata = {
            "configuration": dataclasses.asdict(self._configuration),
            "training": dataclasses.asdict(self._training),
            "network_seed": self._network_seed,
            "seed": self._seed,
        }
        columns = self._columns.split(self._history)
        history = {f"history.{name}": column for name, column in columns.items()}
        return metadata, state.read(self._ready()) | history

    @classmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        """The inverse of `_state`; everything is checked before a model exists."""
        cls._check_sizes(metadata, arrays)
        model = cls(**metadata["configuration"])
        model._training = cls._training_type.restored(metadata["training"])
        model._network_seed = arguments.seed(metadata["network_seed"], "network_seed")
        model._seed = arguments.seed(metadata["seed"])
        arrays = dict(arrays)
        columns = {name: arrays.pop(f"history.{name}") for name in cls._columns.names}
        native = model._new_native(model._network_seed)
        state.write(native, arrays, free_rows=cls._free_rows)
        model._history = cls._columns.join(columns, _core.model_rows_done(native))
        model._native = native
        return model

    @classmethod
    def _check_sizes(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        """Refuses a file that asks for a model larger than what it holds."""

    @staticmethod
    def _upgrade(version: int, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        """Puts what an older version of the format did not know into what a file holds."""

    def _snapshot(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The state between two trainings, not partly before and partly after one."""
        rows = len(self._history)
        found = self._state()
        self._check_rows(rows)
        return found

    def _check_rows(self, rows: int) -> None:
        if _core.model_rows_done(self._ready()) != rows:
            raise IsingRGError("the model is in use by another call")

    def save(self, path: Path) -> None:
        """Write the model to a safetensors file, whole or not at all.

        It holds everything needed to train further: parameters, optimiser, settings, seed and
        history. Needs safetensors: pip install 'isingrg[models]'.

        Parameters
        ----------
        path : str or os.PathLike
            Where to write. A file that is there is replaced, and its permissions and owner are
            kept. A write-protected file is not replaced.

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
        metadata, arrays = self._snapshot()
        self._format.write(path, *self._to_file(metadata, arrays))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that `save` wrote; `fit` continues it exactly where it was.

        Parameters
        ----------
        path : str or os.PathLike
            The file.

        Returns
        -------
        model
            A model of the class whose method this is.

        Raises
        ------
        OSError
            If the file cannot be read.
        IsingRGError
            If it is not such a file, which names the class that reads it if there is one, if it is
            damaged, or if its format is newer.
        """
        return cls._load(path)

    @classmethod
    def _load(cls, path: Path, **given: Any) -> Self:
        """The model of a file; `given` is what `_from_file` takes beside it."""
        names = {kind._format.name: kind.__name__ for kind in NativeModel.__subclasses__()}
        readers = {format: f"{format}.{name}.load" for format, name in names.items()}
        version, metadata, arrays = cls._format.read(path, readers)
        with reading(path):
            if version < cls._format.version:
                cls._upgrade(version, metadata, arrays)
            return cls._restored(*cls._from_file(metadata, arrays, **given))

    @staticmethod
    def _to_file(
        metadata: dict[str, Any], arrays: dict[str, Floats]
    ) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The metadata of `_state` as plain data, and all arrays of a file."""
        return metadata, arrays

    @staticmethod
    def _from_file(
        metadata: dict[str, Any], arrays: dict[str, Floats]
    ) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The inverse of `_to_file`."""
        return metadata, arrays

    def close(self) -> None:
        """Free the memory.

        Whatever is asked of the model later, but what its constructor was given, raises
        `IsingRGError`. To close it again does nothing.
        """
        self._closed = True  # first, so that who finds no native model knows why
        native, self._native = self._native, None
        self._last_training = None
        if native is not None:
            _core.model_destroy(native)

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Models travel between processes, and are copied, as their complete state."""
        if self._existing() is None:
            return untrained, (type(self), dataclasses.asdict(self._configuration))
        return type(self)._restored, self._snapshot()


def untrained(kind: type[_Model], configuration: dict[str, Any]) -> _Model:
    return kind(**configuration)
