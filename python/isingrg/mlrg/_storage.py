"""Models in safetensors files: plain arrays, and JSON in the metadata. Nothing is executed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from isingrg import _core
from isingrg._errors import IsingRGError
from isingrg._files import Path, replace_file
from isingrg.mlrg._couplings import Floats

FORMAT = "isingrg.mlrg"
FORMAT_VERSION = 2


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "saving and loading models needs safetensors: pip install 'isingrg[models]'"
        ) from None
    return safetensors


# Files


def write(path: Path, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
    header = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "library_version": _core.version(),
        "model": json.dumps(metadata, allow_nan=False),
    }
    replace_file(path, _safetensors().numpy.save(arrays, metadata=header))


def read(path: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    """What `write` wrote. OSError if there is no such file, IsingRGError if it is another kind."""
    safetensors = _safetensors()
    path = os.fspath(path)
    with open(path, "rb"):
        pass  # an OSError that names the path, rather than the library's own
    with reading(path):
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                header = file.metadata() or {}
                if header.get("format") != FORMAT:
                    raise IsingRGError("it holds no model of isingrg.mlrg")
                version = _version(header.get("format_version", ""))
                arrays = {name: file.get_tensor(name) for name in file.keys()}
        except safetensors.SafetensorError as error:
            raise IsingRGError(f"it is no safetensors file, or damaged ({error})") from None
        for name, array in arrays.items():
            if array.dtype != np.float64:
                raise IsingRGError(f"the array {name!r} must hold float64, not {array.dtype}")
        described = json.loads(header["model"])
        if not isinstance(described, dict):
            raise IsingRGError("its description is not a JSON object")
        if version < 2:
            _complete(described, arrays)
        return described, arrays


def _complete(described: dict[str, Any], arrays: dict[str, Floats]) -> None:
    """Puts what the first version of the format did not know, and did not do, into a model."""
    described["configuration"]["symmetric"] = False
    described["training"] |= {"proposal": "squared", "replicas": 1, "ray": 0.0}
    arrays["history.swap_rate"] = np.full_like(arrays["history.loss"], np.nan)


def _version(text: str) -> int:
    if not text.isdecimal():
        raise IsingRGError(f"its format version {text!r} is not a number")
    if int(text) > FORMAT_VERSION:
        raise IsingRGError(
            f"its format version {text} is newer than {FORMAT_VERSION}, the newest this isingrg "
            "knows; install a newer isingrg"
        )
    return int(text)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file's content becomes an IsingRGError that names the file."""
    try:
        yield
    except KeyError as error:
        raise IsingRGError(f"{os.fspath(path)!r} cannot be loaded: {error} is missing") from None
    except (IsingRGError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IsingRGError(f"{os.fspath(path)!r} cannot be loaded: {error}") from None


# The state of a native model as named arrays


def _listed(native: Any) -> list[tuple[str, tuple[int, int]]]:
    return [_core.mlrg_array_info(native, i) for i in range(_core.mlrg_array_count(native))]


def read_native(native: Any) -> dict[str, Floats]:
    arrays = {}
    for index, (name, shape) in enumerate(_listed(native)):
        arrays[name] = np.empty(shape)
        _core.mlrg_read_array(native, index, arrays[name])
    return arrays


def write_native(native: Any, arrays: dict[str, Floats]) -> None:
    """Every array of the model must be there in its shape, and no other."""
    listed = _listed(native)
    unknown = arrays.keys() - {name for name, _ in listed}
    if unknown:
        raise IsingRGError(f"the array {min(unknown)!r} does not belong to such a model")
    for index, (name, shape) in enumerate(listed):
        array = arrays[name]
        # The number of proposals is that of the training, not of the model.
        expected = (len(array), shape[1]) if name == "proposal.couplings" and array.ndim else shape
        if array.shape != expected:
            raise IsingRGError(f"the array {name!r} must have the shape {shape}, not {array.shape}")
        _core.mlrg_write_array(native, index, np.ascontiguousarray(array))
