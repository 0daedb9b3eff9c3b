"""The call of the core that trains, and the history it leaves."""

import dataclasses
from typing import Any

import numpy as np

from isingrg import _core
from isingrg._errors import ArgumentError
from isingrg._training import TrainingCall
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.settings import PROPOSALS, Training

_NEVER = 2**64 - 1  # the core's record_from for "do not record"

#: Columns of the native history by name.
COLUMNS = {
    "loss": _core.HISTORY_LOSS,
    "acceptance": _core.HISTORY_ACCEPTANCE,
    "swap_rate": _core.HISTORY_SWAP_RATE,
    "beta": _core.HISTORY_BETA,
    "fixed_point": _core.HISTORY_FIXED_POINT,
}


#: What is NaN in steps in which there was nothing to measure.
_OPTIONAL = {"acceptance", "swap_rate", "fixed_point"}


def to_columns(rows: Floats) -> dict[str, Floats]:
    return {name: rows[:, column].copy() for name, column in COLUMNS.items()}


def to_rows(columns: dict[str, Floats]) -> Floats:
    """The inverse of `to_columns`, checked."""
    rows = np.empty((columns["loss"].size, len(COLUMNS)))
    for name, column in columns.items():
        if column.shape != rows.shape[:1]:
            raise ArgumentError(f"the array 'history.{name}' must have the shape {rows.shape[:1]}")
        if name not in _OPTIONAL and not np.isfinite(column).all():
            raise ArgumentError(f"the array 'history.{name}' must be finite")
        rows[:, COLUMNS[name]] = column
    return rows


@dataclasses.dataclass
class Fit(TrainingCall):
    """One call of `MLRG.fit`, checked: what the core needs, and where it leaves the history."""

    training: Training
    #: Where recorded fixed points are searched from, (c,).
    guess: Floats
    total_steps: int
    seed: int

    @property
    def of(self) -> str:
        """For the note on an error."""
        return f" of {self.total_steps}"

    def task(self) -> tuple[Any, ...]:
        """Arguments of the core in the order of its interface, but for progress."""
        t = self.training
        return (
            self.native, len(self.rows), self.total_steps, t.batch, t.lr, t.final_lr,
            t.weight_decay, t.clip_norm, t.beta_max, t.beta_rate, t.beta_midpoint,
            PROPOSALS[t.proposal], t.replicas, t.ray, t.proposal_scale, t.coupling_bound,
            t.hmc_step, t.hmc_leapfrog, t.hmc_updates, t.cd_samples, t.teacher_sweeps,
            t.student_sweeps,
            _NEVER if t.record_from is None else t.record_from, self.guess, self.seed,
            self.rows,
        )  # fmt: skip


def record_guess(training: Training, count: int) -> Floats:
    """The setting as all c couplings."""
    guess = np.zeros(count)
    if isinstance(training.record_guess, tuple):
        if len(training.record_guess) != count:
            raise ArgumentError(
                f"record_guess must be a number or have {count} couplings, "
                f"got {len(training.record_guess)}"
            )
        guess[:] = training.record_guess
    else:
        guess[0] = training.record_guess
    return guess
