"""Model files are cut at every length, and every byte is changed.

Loading refuses what is left with an error of its own, or finds the very model that was saved: some
bytes of a file mean nothing.
"""

import random
import tempfile
from pathlib import Path
from typing import Any

from campaign import Outcome, main
from isingrg import IsingRGError
from isingrg._methods import METHODS

DATA = Path(__file__).resolve().parents[1] / "python" / "tests" / "data"
MODELS = {
    method.model: (DATA / f"{name}-0.1.0-sha256.safetensors").read_bytes()
    for name, method in METHODS.items()
}
FAULTS = [
    (kind, fault, place)
    for kind, content in MODELS.items()
    for fault in ("cut", "changed")
    for place in range(len(content))
]


def damaged(content: bytes, fault: str, place: int, chance: random.Random) -> bytes:
    if fault == "cut":
        return content[:place]
    return content[:place] + bytes([content[place] ^ chance.randint(1, 255)]) + content[place + 1 :]


def state(model: Any) -> tuple[Any, ...]:
    metadata, arrays = model._state()
    return repr(model), metadata, {name: array.tobytes() for name, array in arrays.items()}


def campaign(trials: int) -> Outcome:
    chance = random.Random(8)
    faults = FAULTS if trials >= len(FAULTS) else chance.sample(FAULTS, trials)
    outcome, harmless = Outcome("cut model files, and changed bytes", len(faults), ""), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        originals = {}
        for kind, content in MODELS.items():
            path.write_bytes(content)
            originals[kind] = state(kind.load(path))
        for kind, fault, place in faults:
            path.write_bytes(damaged(MODELS[kind], fault, place, chance))
            try:
                loaded = state(kind.load(path))
            except IsingRGError:
                continue
            except Exception as error:
                loaded = (error,)
            harmless += 1
            if loaded != originals[kind]:
                outcome.failures.append(f"{kind.__name__} {fault} at {place}: {loaded[0]!r}")
    outcome.figures = f"{harmless} harmless, all others refused"
    return outcome


if __name__ == "__main__":
    main(campaign, short=300, full=len(FAULTS))
