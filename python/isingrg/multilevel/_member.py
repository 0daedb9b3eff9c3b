"""The method "multilevel" of ensembles: one sampler, trained, and what it says."""

from __future__ import annotations

from typing import Any

from isingrg._shared.records import keywords_of, part
from isingrg.multilevel.model import MultilevelSampler

_OF_MODEL = keywords_of(MultilevelSampler)
_OF_FIT = keywords_of(MultilevelSampler.fit)

KEYWORDS = _OF_MODEL | _OF_FIT | {"samples"}


def member(*, samples: int = 32768, **settings: Any) -> dict[str, Any]:
    """The method "multilevel" trains one sampler of `isingrg.multilevel` in each member. Its
    settings are the keywords of `MultilevelSampler` and of `MultilevelSampler.fit`, and `samples`,
    by default 32768, from which it then estimates ``minus_log_partition`` and
    ``minus_log_partition_error``, the bound of -ln Z; ``log_partition`` and
    ``log_partition_error``, ln Z; and ``effective_share``, the effective sample size divided by
    `samples`. ``forward_kl`` and ``forward_kl_error`` are those of the last step of the training.
    """
    with MultilevelSampler(**part(settings, _OF_MODEL)) as model:
        model.fit(**part(settings, _OF_FIT))
        seed = 2**63 + settings.get("seed", 0) % 2**63
        bound = model.free_energy(samples, seed=seed)
        partition = model.log_partition(samples, seed=seed)
        history = model.history
    return {
        "minus_log_partition": bound.value,
        "minus_log_partition_error": bound.error,
        "log_partition": partition.value,
        "log_partition_error": partition.error,
        "effective_share": (partition.effective_sample_size or 0.0) / samples,
        "forward_kl": history["forward_kl"][-1],
        "forward_kl_error": history["forward_kl_error"][-1],
    }
