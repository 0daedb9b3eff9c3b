"""How a model is trained: schedules over a whole training, and fixed points that are recorded."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.files import Path
from isingrg._shared.settings import documented
from isingrg._shared.training import Callback, TrainingCall, Watch, alone
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.settings import Training

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG


@documented(Training)
@alone
def fit(
    model: MLRG,
    steps: int | None = None,
    batch: int | None = None,
    *,
    seed: int | None = None,
    total_steps: int | None = None,
    lr: float | None = None,
    final_lr: float | None = None,
    weight_decay: float | None = None,
    clip_norm: float | None = None,
    beta_max: float | None = None,
    beta_rate: float | None = None,
    beta_midpoint: float | None = None,
    proposal: str | None = None,
    replicas: int | None = None,
    ray: float | None = None,
    ray_range: Sequence[float] | None = None,
    ray_steps: float | None = None,
    ray_noise: float | None = None,
    proposal_scale: float | None = None,
    coupling_bound: float | None = None,
    hmc_step: float | None = None,
    hmc_leapfrog: int | None = None,
    hmc_updates: int | None = None,
    cd_samples: int | None = None,
    teacher_sweeps: int | None = None,
    student_sweeps: int | None = None,
    record_from: int | None = None,
    record_guess: float | Sequence[float] | None = None,
    checkpoint: Path | None = None,
    callback: Callback | None = None,
    every: int | None = None,
    progress: Any = False,
) -> MLRG:
    """Train, or train further.

    The first call makes the network. The learning rate and beta follow schedules over
    `total_steps` steps, counted from the model's first step, so that a training in pieces
    is the same, bit for bit, as one in a single call with the same `total_steps`. Beyond the
    end of the schedules their last values stay. An argument that is not given keeps its value of
    the call before.

    The defaults below are those of a monotone with the exact divergence. A flow with the exact
    divergence has steps=8000, lr=0.03 and clip_norm=0.1; with contrastive divergence both have
    steps=2000, lr=0.01 and clip_norm=0.

    Parameters
    ----------
    {settings}
    seed : int, optional
        Seed of the network, the proposals and the samples. By default 0, and later that of the
        call before. A later seed does not change the network.
    total_steps : int, optional
        Length of the schedules, 1 to 10**9: `steps` of the first call at first, and later its
        value in the call before.
    checkpoint : str or os.PathLike, optional
        A file that gets the model, as by `save`, after every so many steps, at the end, and
        when the training is stopped or fails; what is there is replaced. `load` gives a model that
        `fit` continues bit for bit, without further arguments.
    callback : callable, optional
        Receives an `isingrg.TrainingRecord` after every so many steps and at the end. When it
        returns False, the training ends there without an exception.
    every : int, optional
        Steps between two checkpoints, by default 100, and between two calls of `callback`, by
        default 1; 1 to 10**9.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    MLRG
        This model.

    Raises
    ------
    KeyboardInterrupt, Interrupted
        Within half a second when stopped. The model stays at its last complete step, which
        a note on the exception names; `fit` continues from it.
    NonFiniteError
        If the loss stops being finite; the model stays at the step before.
    ConvergenceError
        With transport "ode", if the flow becomes too stiff; the model stays at the step before.
    OSError
        If the checkpoint cannot be written. The error comes before the training where that
        can be seen; otherwise the model stays at the step that a note names, and the last
        good file is untouched.

    Examples
    --------
    A training that is killed at any moment goes on when the same is run again:

    >>> import os
    >>> path = "a1.safetensors"
    >>> model = MLRG.load(path) if os.path.exists(path) else MLRG("A1")
    >>> if model.step < 300:
    ...     model = model.fit(300 - model.step, total_steps=300, checkpoint=path)
    >>> MLRG.load(path).step
    300
    """
    given = dict(locals())
    watch = Watch.checked(checkpoint, every, callback, progress, default=100)
    model._train(begin(model, seed, total_steps, given), _core.mlrg_fit, watch)
    return model


def begin(
    model: MLRG, seed: int | None, total_steps: int | None, given: Mapping[str, Any]
) -> TrainingCall:
    """The checked call of the core; the model does not change."""
    training = model._changed(given)
    schedule = _schedule(model, training, total_steps)
    steps = training.steps
    if len(model._history) and given.get("steps") is None:
        steps = _left(model, schedule)
    call = model._begin(training, seed, steps)
    if len(model._history):
        # That of a whole training stays, so that its end is the same whatever the pieces.
        training = dataclasses.replace(training, steps=model._training.steps)
    call.attributes |= {"_training": training, "_total_steps": schedule}
    low, high = training.ray_range or model._configuration.rules.ray(training.coupling_bound)
    call.record |= {
        "schedule_steps": schedule, "record_guess": guess(model, training),
        "ray_low": low, "ray_high": high,
    }  # fmt: skip
    return dataclasses.replace(call, of=f" of {schedule}")


def _schedule(model: MLRG, training: Training, total_steps: int | None) -> int:
    if total_steps is not None:
        return arguments.integer("total_steps", total_steps, 1, 10**9)
    return model._total_steps or training.steps


def _left(model: MLRG, total_steps: int) -> int:
    left = total_steps - len(model._history)
    if left < 1:
        raise ArgumentError(
            f"steps must be given: the schedules of {total_steps} steps are complete"
        )
    return left


def guess(model: MLRG, training: Training) -> Floats:
    """The setting record_guess as all c couplings."""
    if isinstance(training.record_guess, tuple):
        if len(training.record_guess) != model._count:
            raise ArgumentError(
                f"record_guess must be a number or have {model._count} couplings, "
                f"got {len(training.record_guess)}"
            )
        return np.array(training.record_guess)
    rows: Floats = model._configuration.rules.bare(np.array([training.record_guess]))
    return np.asarray(rows[0])


def learning_rate(training: Training, step: int, total_steps: int) -> float:
    """That of the `step`-th step, along half a cosine."""
    progress = min(step - 1, total_steps) / total_steps
    final = training.final_lr / training.lr
    return training.lr * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress)))
