"""Models in safetensors files: plain arrays, and JSON in the metadata. Nothing is executed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import IsingRGError
from isingrg._shared.files import Path, open_file, replace_file
from isingrg._shared.optional import package

Floats = NDArray[np.float64]


def _safetensors() -> Any:
    package("safetensors.numpy", "saving and loading models needs safetensors", "models")
    import safetensors

    return safetensors


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file's content becomes an IsingRGError that names the file."""
    try:
        yield
    except KeyError as error:
        raise IsingRGError(f"{os.fspath(path)!r} cannot be loaded: {error} is missing") from None
    except (IsingRGError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IsingRGError(f"{os.fspath(path)!r} cannot be loaded: {error}") from None


#: Names in the header of a safetensors file: what belongs to no array, and a part of that.
_METADATA, _CHECKSUM = "__metadata__", "sha256"


def _header(content: bytes) -> dict[str, Any]:
    return dict(json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")]))


def _ordered(content: bytes) -> bytes:
    """Equal models are equal files: safetensors leaves the order of the metadata to chance."""
    header = _header(content)
    header[_METADATA] = dict(sorted(header[_METADATA].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays are aligned
    size = int.from_bytes(content[:8], "little")
    return b"".join([len(text).to_bytes(8, "little"), text, memoryview(content)[8 + size :]])


def _array(name: str, dtype: str, shape: list[int], data: bytes) -> Floats:
    if dtype != "F64":
        raise IsingRGError(f"the array {name!r} must hold float64, not {dtype}")
    return np.frombuffer(data, "<f8").reshape(shape)


def _checksum(header: dict[str, str], arrays: dict[str, Floats]) -> str:
    """SHA-256 of all that a file says; safetensors itself checks sizes only."""
    names = sorted(arrays)
    said = {name: text for name, text in header.items() if name != _CHECKSUM}
    shapes = [[name, arrays[name].shape] for name in names]
    digest = hashlib.sha256(json.dumps([said, shapes], sort_keys=True).encode())
    for name in names:
        digest.update(np.ascontiguousarray(arrays[name], "<f8").data)
    return digest.hexdigest()


@dataclasses.dataclass(frozen=True)
class Format:
    """The files of one method's models."""

    name: str
    #: The newest version, which is the one written.
    version: int

    @staticmethod
    def check_available() -> None:
        """Raises the ImportError that `write` would."""
        _safetensors()

    def write(self, path: Path, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        """The file is written whole or not at all."""
        header = {
            "format": self.name,
            "format_version": str(self.version),
            "library_version": _core.version(),
            "model": json.dumps(metadata, allow_nan=False),
        }
        header[_CHECKSUM] = _checksum(header, arrays)
        replace_file(path, _ordered(_safetensors().numpy.save(arrays, metadata=header)))

    def read(
        self, path: Path, readers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any], dict[str, Floats]]:
        """The version of a file, and what was written.

        `readers` are the methods that read files, by the names of formats, for a message.

        Raises
        ------
        OSError
            If there is no such file.
        IsingRGError
            If it is another kind of file, damaged, or from a newer version.
        """
        safetensors = _safetensors()
        with open_file(path) as file:
            # All at once: a file that is mapped into memory ends the process if it gets shorter.
            content = file.read(os.fstat(file.fileno()).st_size)
        with reading(path):
            try:
                stored = safetensors.deserialize(content)
            except safetensors.SafetensorError as error:
                raise IsingRGError(
                    f"it is not a safetensors file, or it is damaged ({error})"
                ) from None
            header = _header(content).get(_METADATA) or {}
            if header.get("format") != self.name:
                reader = readers.get(str(header.get("format")))
                fits = "" if reader is None else f", but one that {reader} reads"
                raise IsingRGError(f"it holds no model of {self.name}{fits}")
            version = self._known(header.get("format_version", ""))
            arrays = {name: _array(name, **entry) for name, entry in stored}
            # The oldest files have none.
            if header.get(_CHECKSUM) not in (None, _checksum(header, arrays)):
                raise IsingRGError(
                    "its content does not fit its checksum: it is damaged, or another program "
                    "changed it"
                )
            described = json.loads(header["model"])
            if not isinstance(described, dict):
                raise IsingRGError("its description is not a JSON object")
            return version, described, arrays

    def _known(self, text: str) -> int:
        if not text.isdecimal():
            raise IsingRGError(f"its format version {text!r} is not a number")
        if int(text) > self.version:
            raise IsingRGError(
                f"its format version {text} is newer than {self.version}, the newest this isingrg "
                "knows; install a newer isingrg"
            )
        return int(text)
