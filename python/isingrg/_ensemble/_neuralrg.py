"""The method "neuralrg": one flow of `isingrg.neuralrg`, trained, and what it says."""

import inspect
from typing import Any

from isingrg._ensemble._plan import part
from isingrg.neuralrg import NeuralRG

_OF_MODEL = frozenset(inspect.signature(NeuralRG).parameters)
_OF_FIT = frozenset(inspect.signature(NeuralRG.fit).parameters) - {"self", "progress"}

KEYWORDS = _OF_MODEL | _OF_FIT | {"samples"}


def member(*, samples: int = 4096, **settings: Any) -> dict[str, Any]:
    """Trains one flow; see `isingrg.ensemble` for the names of the values."""
    with NeuralRG(**part(settings, _OF_MODEL)) as model:
        model.fit(**part(settings, _OF_FIT))
        bound = model.free_energy(samples)
        partition = model.log_partition(samples)
    return {
        "free_energy": bound.mean,
        "free_energy_error": bound.standard_error,
        "log_partition": partition.estimate,
        "log_partition_error": partition.standard_error,
        "effective_sample_size": partition.effective_sample_size,
    }
