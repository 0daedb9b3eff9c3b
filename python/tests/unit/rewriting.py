"""Model files taken apart, and written anew with other parts."""

import json

import pytest

safetensors = pytest.importorskip("safetensors")
pytest.importorskip("safetensors.numpy")


def parts(path):
    """Header, and arrays by name."""
    with safetensors.safe_open(path, framework="numpy") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def rewritten(path, header=(), described=(), arrays=()):
    """The file with parts of header, description and arrays replaced or, by None, removed.

    It has no checksum, as the oldest files.
    """
    old_header, old_arrays = parts(path)
    del old_header["sha256"]
    model = json.loads(old_header["model"])
    for keys, value in described:
        *outer, last = keys.split(".")
        inner = model
        for key in outer:
            inner = inner[key]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    new_header = {**old_header, "model": json.dumps(model), **dict(header)}
    new_arrays = {**old_arrays, **dict(arrays)}
    safetensors.numpy.save_file(
        {name: array for name, array in new_arrays.items() if array is not None},
        path,
        metadata={name: text for name, text in new_header.items() if text is not None},
    )
