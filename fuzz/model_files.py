"""What the fuzzer of model files does with one input, and how it makes the next from it.

An input is the content of a file. Loading may refuse it; a model that loads must be usable, and
must be the same after it is saved and loaded again.
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from isingrg import IsingRGError

sys.path.append(str(Path(__file__).resolve().parents[1] / "python" / "tests"))
from small_models import MODELS, Small

KINDS = {small.kind._format.name: small for small in MODELS.values()}
#: What loading may raise.
REFUSALS = (IsingRGError, OSError, MemoryError)
#: Numbers of the largest networks that are tried: above, every input would take seconds.
LARGEST = 10**5


def check(content: bytes) -> bool:
    """Loads a file of this content and uses the model, if there is one. Whether there is."""
    header, _ = taken_apart(content)
    if is_large(header):
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        path.write_bytes(content)
        named = header.get("__metadata__", {}).get("format")
        small = KINDS.get(named, MODELS["mlrg"])
        try:
            model = small.kind.load(path)
        except REFUSALS:
            return False
        use(model, small, path)
    return True


def use(model, small: Small, path: Path) -> None:
    repr(model)
    loss = model.history["loss"]
    for call in (small.evaluate, lambda model: train(model, small)):
        try:
            call(model)
        except REFUSALS:
            pass
    assert np.array_equal(model.history["loss"][: len(loss)], loss)
    model.save(path)
    again = type(model).load(path)
    assert repr(again) == repr(model)
    for name, column in model.history.items():
        assert np.array_equal(again.history[name], column, equal_nan=True), name
    before, after = model._state()[1], again._state()[1]
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def train(model, small: Small) -> None:
    end = time.monotonic() + 1

    def in_time(done: int, total: int) -> bool:
        return time.monotonic() < end

    small.fit(model, 1, **small.light, progress=in_time)


# Files taken apart and put together without any check


def taken_apart(content: bytes) -> tuple[dict, bytes]:
    """Header and data; an empty header where there is none."""
    size = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + size])
        assert isinstance(header["__metadata__"], dict)
        return header, content[8 + size :]
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        return {}, b""


def together(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def is_large(header: dict) -> bool:
    try:
        told = json.loads(header["__metadata__"]["model"])["configuration"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if not isinstance(told, dict):
        return False
    hidden = told.get("hidden")
    widths = hidden if isinstance(hidden, list) else [hidden]
    widths = [width for width in widths if isinstance(width, int)]
    numbers = sum(width**2 for width in widths)
    for name in ("layers", "repeat", "depth", "latent", "token", "levels"):
        value = told.get(name)
        numbers *= max(value, 1) if isinstance(value, int) else 1
    size = told.get("L")
    spins = sum(map(int, filter(str.isdigit, str(told.get("representation")))))
    return numbers > LARGEST or (isinstance(size, int) and size > 32) or spins > 4


# Mutations that keep a file whole

NUMBERS = [0, 1, -1, 2, 3, 5, 16, 2**31, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**400]
VALUES = [
    *NUMBERS, 0.5, -0.5, 1e-320, 1e308, float("nan"), float("inf"), True, False, None, "", "A1",
    "1", "flow", "kl", "cd", "ode", "consistent", "E", "A1+E", "relu", "elu", "linear", "tree",
    "tebd", "bernoulli", "graph", "z", [], [1], [3, 3], [[1, 2]], {}, {"a": 1}, "\ud800", "\x00",
]  # fmt: skip
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, 1e308, -1e308, np.nan, np.inf, -np.inf, 2.0**53]
DTYPES = ["F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "C64", "F8_E4M3", "F4", "X"]


def mutated(content: bytes, seed: int) -> bytes:
    """Another file: a setting, an entry of the header, or numbers of an array are others."""
    chance = random.Random(seed)
    header, data = taken_apart(content)
    if not header:
        return content
    if chance.random() < 0.95:  # else the checksum refuses it
        header["__metadata__"].pop("sha256", None)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        change = chance.choice([change_settings, change_settings, change_header, change_numbers])
        try:
            data = change(header, data, chance)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            pass  # what was to be changed had lost its form before
    return together(header, data)


def change_settings(header: dict, data: bytes, chance: random.Random) -> bytes:
    metadata = header["__metadata__"]
    told = json.loads(metadata["model"])
    if chance.random() < 0.02:
        told = chance.choice(VALUES)
    else:
        replace_one(told, chance)
    metadata["model"] = json.dumps(told)
    return data


def replace_one(tree: dict | list, chance: random.Random) -> None:
    places = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    place = chance.choice([*places, "new"]) if isinstance(tree, dict) else chance.choice(places)
    if isinstance(tree, dict) and chance.random() < 0.1:
        tree.pop(place, None)
    elif isinstance(tree, dict) and place == "new":
        tree[place] = chance.choice(VALUES)
    elif isinstance(tree[place], dict | list) and tree[place] and chance.random() < 0.9:
        replace_one(tree[place], chance)
    else:
        alike = [value for value in VALUES if type(value) is type(tree[place])]
        tree[place] = chance.choice(alike if alike and chance.random() < 0.7 else VALUES)


def change_header(header: dict, data: bytes, chance: random.Random) -> bytes:
    names = [name for name in header if name != "__metadata__"]
    metadata = header["__metadata__"]
    if not names or chance.random() < 0.2:
        name = chance.choice([*metadata, "sha256"])
        metadata[name] = chance.choice(["", "0", "1", "2", "3", "99", *KINDS, "\u0661"])
        return data
    name, other = chance.choice(names), chance.choice(names)
    entry = header[name]
    action = chance.randrange(6)
    if action == 0:
        del header[name]
    elif action == 1:
        header[name], header[other] = header[other], entry
    elif action == 2:
        header[chance.choice(["", "x", other + "2", "__metadata__2"])] = header.pop(name)
    elif action == 3:
        entry["dtype"] = chance.choice(DTYPES)
    elif action == 4:
        entry["shape"] = chance.choice([entry["shape"][::-1], [], [*entry["shape"], 1], [0]])
    else:
        entry["data_offsets"] = chance.choice([[0, 0], entry["data_offsets"][::-1], [0, 2**63]])
    return data


def change_numbers(header: dict, data: bytes, chance: random.Random) -> bytes:
    array = np.frombuffer(data[: len(data) // 8 * 8], "<f8").copy()
    if not array.size:
        return data
    first = chance.randrange(array.size)
    array[first : first + chance.choice([1, 1, 4, 1000])] = chance.choice(FLOATS)
    return array.tobytes()
