"""What a sampler is and how it is trained: every setting with its default, range and meaning."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.settings import Settings, choice, integer, number, other
from isingrg.ising import K_CRITICAL
from isingrg.ising._exact import LARGEST_COUPLING

STARTS = {
    "wolff": _core.MULTILEVEL_WOLFF,
    "ladder": _core.MULTILEVEL_LADDER,
    "none": _core.MULTILEVEL_NONE,
}

_COLOURS = (1, 2, 4, 8)


def _colours(name: str, value: Any) -> int:
    colours = arguments.integer(name, value, 1, 8)
    if colours not in _COLOURS:
        raise ArgumentError(f"{name} must be 1, 2, 4 or 8, got {colours}")
    return colours


@dataclasses.dataclass(frozen=True)
class Configuration(Settings):
    """Arguments of `MultilevelSampler`."""

    L: int = integer(16, 4, 256, "Linear size of the torus, a power of two.", core="size")
    K: float = number(
        K_CRITICAL, -LARGEST_COUPLING, LARGEST_COUPLING, "Coupling J/T of the target.",
        core="coupling",
    )  # fmt: skip
    neighbours: int = integer(
        16, 0, 16, "Nearest drawn spins that fields are tabulated for: full shells within so many."
    )
    linear: int = integer(
        36, 0, 64, "Nearest drawn spins that count alone; the last shell is taken whole."
    )
    triples: int = integer(
        16, 0, 16, "Nearest drawn spins whose products of three count, with a field also of two; "
        "at most `neighbours`.",
    )  # fmt: skip
    quintuples: int = integer(
        8, 0, 16, "Nearest drawn spins whose products of five count, with a field also of four; at "
        "most `neighbours`.",
    )  # fmt: skip
    colours: int = other(
        4, "int, 1, 2, 4 or 8", _colours, "Sub-lattices of each kind of sites that are drawn one "
        "after another.",
    )  # fmt: skip
    field: float = number(
        0.0, -LARGEST_COUPLING, LARGEST_COUPLING, "h in exp(K sum s s' + h sum s). With one, "
        "products of an even number of spins count too.",
    )  # fmt: skip

    def completed(self) -> Self:
        if self.L & (self.L - 1):
            raise ArgumentError(f"L must be a power of two from 4 to 256, got {self.L}")
        for name in ("triples", "quintuples"):
            arguments.integer(name, getattr(self, name), 0, self.neighbours)
        return self


@dataclasses.dataclass(frozen=True)
class Training(Settings):
    """Settings of `MultilevelSampler.fit` and `MultilevelSampler.fit_samples`."""

    steps: int = integer(10, 1, 10**9, "Steps of this call.")
    batch: int = integer(32768, 1, 2**24, "Configurations drawn in each step.")
    lr: float = number(
        0.3, 1e-12, 10, "This times the step of the natural gradient, or of Newton, is taken. A "
        "small one averages over batches; far from the target 1 is faster. It is lowered where a "
        "batch is small for the number of couplings, below some 5000 configurations for lr = 1.",
        core="learning_rate", limits_steps=True,
    )  # fmt: skip
    damping: float = number(
        100.0, 1e-6, 1e12, "Added to the diagonal of the curvature, which counts spins: it keeps "
        "couplings still that the batch says little about."
    )  # fmt: skip
    start: str = choice(
        "wolff", STARTS, "What the first training of a sampler begins with: couplings of maximum "
        "likelihood on Wolff configurations that are made inside; those from smaller lattices, "
        "beginning with all configurations of L = 4, without any Monte Carlo; or none.",
    )  # fmt: skip
