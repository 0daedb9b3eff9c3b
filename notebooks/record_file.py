"""The files of records that the training scripts write and the notebooks read."""

import json
import os


def load(path):
    """The records of a file, a list of mappings; none if there is no file yet."""
    return json.loads(path.read_text()) if path.exists() else []


def save(path, records):
    """One record per line, whole or not at all."""
    lines = ",\n".join(json.dumps(record) for record in records)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(f"[\n{lines}\n]\n")
    os.replace(fresh, path)


def has(path, key):
    """Whether some record of a file has all that `key` has."""
    return any(key.items() <= record.items() for record in load(path))
