"""Files of chains: arrays, and JSON beside them. Nothing is executed."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.files import Path, open_file, replace_file
from isingrg._shared.storage import reading

if TYPE_CHECKING:
    from isingrg.ising._chain import Chain
    from isingrg.ising._lattice import Lattice

_FORMAT = "isingrg-chain-1"


def save(self: Chain, path: Path) -> None:
    """Write a file from which `load` makes the same chains.

    Parameters
    ----------
    path : str or path
        Of a file, which is written whole or not at all.
    """
    arrays: dict[str, Any] = {
        "bonds": self._lattice._bonds, "J": self._lattice._J, "signs": self._lattice._signs,
        "K": self._K, "h": self._h, "clusters": self._clusters, "spins": self._spins,
        "pattern": self._lattice._field_pattern,
    }  # fmt: skip
    said = json.dumps(
        {
            "format": _FORMAT, "algorithm": self._algorithm, "seed": self._seed,
            "sweeps": self._sweeps, "kind": self._lattice.spins, "q": self._lattice.q,
            "sha256": _checksum(arrays),
        }
    )  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, said=np.frombuffer(said.encode(), np.uint8), **arrays)
    replace_file(path, buffer.getvalue())


def load(cls: type[Chain], path: Path, lattice: Lattice) -> Chain:
    """Chains that go on from a file.

    Parameters
    ----------
    path : str or path
        Written by `save`.
    lattice : Lattice
        On which they were.

    Returns
    -------
    Chain

    Raises
    ------
    IsingRGError
        If the file is damaged, or of another lattice.
    """
    from isingrg.ising._lattice import Lattice

    if not isinstance(lattice, Lattice):
        raise TypeError(f"lattice must be a Lattice, not {type(lattice).__name__}")
    with open_file(path) as file:
        content = file.read()
    with reading(path):
        return _restored(cls, _arrays(content), lattice)


def _arrays(content: bytes) -> dict[str, Any]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except MemoryError:
        raise
    except Exception as error:  # of zip files and the headers of arrays, there are many
        raise ValueError(str(error)) from None


def _restored(cls: type[Chain], arrays: dict[str, Any], lattice: Lattice) -> Chain:
    said = json.loads(arrays.pop("said").tobytes())
    if said["format"] != _FORMAT:
        raise ValueError(f"the format must be {_FORMAT}, not {said['format']!r}")
    if said["sha256"] != _checksum(arrays):
        raise ValueError("it is damaged: its content does not have its checksum")
    if (said["kind"], said["q"]) != (lattice.spins, lattice.q):
        raise ValueError(f"its spins are {said['kind']} with {said['q']} states")
    own: dict[str, Any] = {
        "bonds": lattice._bonds, "J": lattice._J, "signs": lattice._signs,
        "pattern": lattice._field_pattern,
    }  # fmt: skip
    for name, array in own.items():
        if not np.array_equal(arrays[name], array):
            raise ValueError(f"its chains are on another lattice: {name} differ")
    spins = arrays["spins"]
    made = cls(
        lattice, arrays["K"], h=arrays["h"], algorithm=said["algorithm"], seed=said["seed"],
        start=spins.reshape(len(spins), *lattice.shape),
    )  # fmt: skip
    made._sweeps = arguments.integer("sweeps", said["sweeps"], 0, 2**48)
    clusters = np.ascontiguousarray(arrays["clusters"], np.int32)
    if clusters.shape != (made.n_chains,) or (clusters < 0).any():
        raise ValueError("clusters must be a number of each chain, at least 0")
    made._clusters = clusters
    return made


def _checksum(arrays: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
