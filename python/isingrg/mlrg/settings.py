"""Settings of the training: their meaning and ranges, and our defaults."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Self

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.settings import Settings, choice, integer, number, other, self_documented

__all__ = ["Network", "Training"]

PROPOSALS = {"squared": _core.MLRG_SQUARED, "norm": _core.MLRG_NORM}

_NEVER = 2**64 - 1  # the core's record_from for "do not record"


@dataclasses.dataclass(frozen=True)
class Network:
    """Layers of a moderator network."""

    #: Widths of the hidden layers.
    hidden: tuple[int, ...]
    #: "tanh", "relu", "silu", "elu" or "gelu".
    activation: str
    #: Whether each layer is normalised before its activation.
    layer_norm: bool = False


def _replicas(name: str, value: Any) -> int:
    replicas = arguments.integer(name, value, 1, 32)
    if 32 % replicas:
        raise ArgumentError(f"{name} must be 1, 2, 4, 8, 16 or 32, got {replicas}")
    return replicas


def _ray_range(name: str, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    ends = arguments.reals(name, value, -10.0, 10.0)
    if ends.shape != (2,) or ends[0] > ends[1]:
        raise ArgumentError(f"{name} must be two numbers in ascending order, got {value!r}")
    return float(ends[0]), float(ends[1])


def _record_from(name: str, value: Any) -> int | None:
    return None if value is None else arguments.integer(name, value, 0, 10**9)


def _record_guess(name: str, value: Any) -> float | tuple[float, ...]:
    guess = arguments.reals(name, value, -10.0, 10.0)
    return tuple(guess.ravel().tolist()) if guess.ndim else float(guess)


@self_documented
@dataclasses.dataclass(frozen=True)
class Training(Settings):
    """Settings of `MLRG.fit`.

    The defaults are those of Ising and Ashkin-Teller spins. Those of `coupling_bound`,
    `proposal_scale`, `hmc_step` and `record_guess` are twice as large for other spins. A family has
    that of `batch` for each of its groups.

    Attributes
    ----------
    {settings}
    """

    steps: int = integer(
        5000, 1, 10**9, "Optimiser steps of a whole training, by default as many as are left in "
        "`total_steps`.",
    )  # fmt: skip
    batch: int = integer(32, 1, 10**6, "Couplings J proposed per step.")
    lr: float = number(
        2e-2, 1e-12, 10, "Learning rate of Adam at the first step.", core="learning_rate",
        limits_steps=True,
    )  # fmt: skip
    final_lr: float = number(
        1e-5, 0, 10, "Learning rate at the last step, reached along half a cosine. Where only "
        "`lr` is given, the ratio of the two stays.", core="final_learning_rate",
    )  # fmt: skip
    weight_decay: float = number(0.0, 0, 10, "Factor by which a parameter adds to its gradient.")
    clip_norm: float = number(
        0.02, 0, 1e12, "Largest norm of the gradient; 0 for no limit.", limits_steps=True
    )
    beta_max: float = number(
        16.0, 0, 1e6, "The inverse temperature of the proposals (Eq. 14) is beta(t) = beta_max / "
        "(1 + exp(-beta_rate (t / T - beta_midpoint))).",
    )  # fmt: skip
    beta_rate: float = number(16.0, 0, 1e6, "How steeply beta rises.")
    beta_midpoint: float = number(
        0.25, -10, 10, "Where beta reaches half of beta_max, in units of the whole training."
    )
    proposal: str = choice(
        "squared", PROPOSALS, "Couplings are proposed with probability exp(-beta |v(J)|^2), Eq. 14 "
        "of Hou & You, or exp(-beta |v(J)|), as the published programs do.",
    )  # fmt: skip
    replicas: int = other(
        1, "int, 1, 2, 4, 8, 16 or 32", _replicas, "R couplings form a ladder of inverse "
        "temperatures beta / R, 2 beta / R, ..., beta, whose hot end finds its way between fixed "
        "points. After an update of the Monte Carlo the first and the second, the third and the "
        "fourth, ... may exchange places, after the next update the second and the third, .... All "
        "couplings train the network. Ladders lie within 32 consecutive couplings "
        "of the batch; the first 32 / R of these have the inverse temperature beta / R, and so on. "
        "R must divide the couplings that are not on the ray.",
    )  # fmt: skip
    ray: float = number(
        0.0, 0, 1, "Part of the batch that is drawn anew in each step from bare couplings "
        "(J0, 0, ...), or (J0, J0, 0) with scheme \"loop\", where the flows of interest begin. "
        "These are the last couplings of the batch.",
    )  # fmt: skip
    ray_range: tuple[float, float] | None = other(
        None, "sequence of two float, -10 to 10", _ray_range, "Ends between which their J0 is "
        "uniform; None: -coupling_bound, or 0 with scheme \"loop\", and coupling_bound.", core="",
    )  # fmt: skip
    ray_steps: float = number(
        0.0, 0, 1e6, "Mean number of learned RG steps for which these are followed along their "
        "flow before they are drawn anew, so that teachers are where the flow passes. Beyond "
        "coupling_bound they are drawn anew.",
    )  # fmt: skip
    ray_noise: float = number(
        0.0, 0, 10, "Standard deviation of what is added to each coupling in each of these steps."
    )
    proposal_scale: float = number(1.0, 1e-6, 10, "Standard deviation of the first couplings.")
    coupling_bound: float = number(
        2.0, 0.1, 10, "Proposals are confined to |J| up to about this bound."
    )
    hmc_step: float = number(
        0.1, 1e-6, 1, "Size of a leapfrog step of the Hamiltonian Monte Carlo that moves the "
        "proposals.",
    )  # fmt: skip
    hmc_leapfrog: int = integer(4, 1, 10**4, "Leapfrog steps per update.")
    hmc_updates: int = integer(1, 1, 10**4, "Updates per optimiser step.")
    cd_samples: int = integer(512, 1, 10**6, "Contrastive divergence: samples per coupling.")
    teacher_sweeps: int = integer(
        32, 1, 10**6, "Gibbs sweeps of the teacher from independent spins."
    )
    student_sweeps: int = integer(
        1, 1, 10**6, "Gibbs sweeps of the student from the teacher's samples, the k of CD-k."
    )
    record_from: int | None = other(
        None, "int, 0 to 10**9", _record_from, "Fixed points are recorded in the history after "
        "each step from this one on; None: never.",
        encode=lambda step: _NEVER if step is None else step,
    )  # fmt: skip
    record_guess: float | tuple[float, ...] = other(
        0.8, "float or sequence of float, -10 to 10", _record_guess, "Where the search for these "
        "fixed points starts: couplings J, or a number for the bare couplings of J0.", core="",
    )  # fmt: skip

    def changed(self, **given: Any) -> Self:
        """These settings with those of the arguments that are not None.

        A learning rate given alone keeps the ratio of the final one to it.

        Parameters
        ----------
        **given
            Values by name; a name that is no setting is a TypeError.

        Returns
        -------
        Training
            New ones; these stay as they are.
        """
        if given.get("lr") is not None and given.get("final_lr") is None:
            lr = arguments.finite("lr", given["lr"], 1e-12, 10)
            given["final_lr"] = lr * (self.final_lr / self.lr)
        return super().changed(**given)

    def completed(self) -> Self:
        """These settings, if replicas and ray fit the batch.

        Returns
        -------
        Training
            The same.
        """
        walkers = self.batch - math.floor(self.ray * self.batch + 0.5)
        if walkers % self.replicas:
            raise ArgumentError(
                f"replicas must divide the {walkers} couplings of the batch that are not on the "
                f"ray, got {self.replicas}"
            )
        return self


# Defaults

#: By (scheme, moderator).
DEFAULT_NETWORKS = {
    ("star", "monotone"): Network((64,), "tanh"),
    ("star", "flow"): Network((32, 32), "silu"),
    ("loop", "monotone"): Network((64, 64), "tanh"),
    ("loop", "flow"): Network((32, 32), "silu"),
}

_SAMPLED = Training(steps=2000, lr=1e-2, clip_norm=0.0)

#: Half of the teachers follow learned flows from bare couplings, and a cold Monte Carlo takes the
#: others to the fixed points. By squared distances and after 8000 steps y_t missed that of the
#: exact map by up to 0.012 without the Monte Carlo, 0.06 with beta_max = 16 and 0.010 with 1000,
#: the largest of three seeds each, and after 20,000 steps by up to 0.003 of two.
_LOOP = Training(
    steps=20_000, batch=128, lr=1e-2, beta_max=1000.0, proposal_scale=0.7, hmc_step=0.02,
    ray=0.5, ray_range=(0.5, 1.1), ray_steps=4.0, ray_noise=0.05,
)  # fmt: skip

#: By (scheme, moderator, divergence). For stars and "kl" chosen on A1 by the largest errors over
#: seeds from 0 to 31 and 100 to 229. Over 120 further seeds, 1000 to 1119, J* was within 0.0009
#: (monotone) and 0.0006 (flow) of the exact RG map and the thermal exponent within 0.005 and
#: 0.008. A flow of one hidden layer keeps a smooth error of 0.003 in v and misses J* by up to
#: 0.009; without clipping, one flow of 18 at this learning rate ended far behind the others.
DEFAULT_TRAININGS = {
    ("star", "monotone", "kl"): Training(),
    ("star", "flow", "kl"): Training(steps=8000, lr=3e-2, clip_norm=0.1),
    ("star", "monotone", "cd"): _SAMPLED,
    ("star", "flow", "cd"): _SAMPLED,
    ("loop", "monotone", "l2"): dataclasses.replace(_LOOP, steps=8000),
    ("loop", "flow", "l2"): _LOOP,
    ("loop", "monotone", "kl"): dataclasses.replace(_LOOP, steps=8000),
    ("loop", "flow", "kl"): _LOOP,
}

#: Settings that are couplings. A coupling that multiplies a Kronecker delta, or the cosine of an
#: angle of which there are several, counts half as much as one that multiplies s t.
_COUPLINGS = ("coupling_bound", "proposal_scale", "hmc_step", "record_guess")


def default_training(scheme: str, moderator: str, divergence: str, internal: Any) -> Training:
    """The settings of a first training.

    Parameters
    ----------
    scheme, moderator, divergence
        As for `MLRG`.
    internal
        Its setting; other spins than Ising spins have couplings that are twice as large, and
        several groups a batch for each of them.

    Returns
    -------
    Training
        Chosen for a single coupling.
    """
    training = DEFAULT_TRAININGS[scheme, moderator, divergence]
    if internal in ("Z2", "Z2xZ2"):
        return training
    groups = len(internal) if isinstance(internal, tuple) and isinstance(internal[0], str) else 1
    doubled = {name: 2 * getattr(training, name) for name in _COUPLINGS}
    return dataclasses.replace(training, batch=groups * training.batch, **doubled)
