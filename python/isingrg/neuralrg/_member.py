"""The method "neuralrg": one flow of `isingrg.neuralrg`, trained, and what it says."""

from __future__ import annotations

from typing import Any

from isingrg._shared.records import keywords_of, part
from isingrg.neuralrg.model import NeuralRG

_OF_MODEL = keywords_of(NeuralRG)
_OF_FIT = keywords_of(NeuralRG.fit)

KEYWORDS = _OF_MODEL | _OF_FIT | {"samples"}


def member(*, samples: int = 4096, **settings: Any) -> dict[str, Any]:
    """The method "neuralrg" trains one flow of `isingrg.neuralrg` in each member. Its settings are
    the keywords of `NeuralRG` and of `NeuralRG.fit`, and `samples`, by default 4096, from which it
    then estimates ``minus_log_partition`` and ``minus_log_partition_error``, the bound of -ln Z;
    ``log_partition`` and ``log_partition_error``, ln Z; and ``effective_sample_size``.
    """
    with NeuralRG(**part(settings, _OF_MODEL)) as model:
        model.fit(**part(settings, _OF_FIT))
        bound = model.free_energy(samples)
        partition = model.log_partition(samples)
    return {
        "minus_log_partition": bound.value,
        "minus_log_partition_error": bound.error,
        "log_partition": partition.value,
        "log_partition_error": partition.error,
        "effective_sample_size": partition.effective_sample_size,
    }
