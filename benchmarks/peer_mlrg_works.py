"""The trainings that are timed: published settings, without PyTorch."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Work:
    """The published settings of one training: sizes, and the step of the proposal."""

    couplings: int
    samples: int
    sweeps: int
    hidden: tuple[int, ...]
    step_size: float


#: By moderator and representation. A flow has one layer more than couplings, 16 units per coupling
#: wide, and 8 x 3^couplings couplings in parallel.
WORKS = {
    ("flow", "A1"): Work(24, 512, 32, (16, 16), 1e-3),
    ("flow", "A1+E"): Work(1944, 512, 32, (80,) * 6, 1e-3),
    ("monotone", "A1"): Work(24, 512, 32, (6, 12, 8), 1e-3),
    ("monotone", "A1+E"): Work(50, 1000, 20, (12, 24, 6), 1e-2),
    ("monotone", "2A1+E"): Work(20, 500, 20, (12, 24, 6), 1e-2),
}
