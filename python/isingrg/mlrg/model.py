"""The model of the machine-learning renormalization group."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError
from isingrg._files import Path
from isingrg._training import alone
from isingrg.mlrg import _fitting, _storage
from isingrg.mlrg._configuration import Configuration
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._fitting import Fit
from isingrg.mlrg._plots import Plots
from isingrg.mlrg.settings import DEFAULT_TRAININGS, Training


class MLRG(Plots):
    """A moderator network that learns the renormalization-group flow J -> J' of couplings.

    In each training step the network proposes couplings J of teachers where its flow is slow,
    carries them to students J', and is corrected by the divergence between the two.

    Parameters
    ----------
    representation : str
        Point-group representation of every spin, a sum of A1, A2, B1, B2 and E. "A1" is a single
        Ising spin with one coupling.
    moderator : {"monotone", "flow"}
        The network is the RG monotone C(J), whose flow is v = -grad C (Hou & You), or the flow
        v(J) itself (Shen).
    divergence : {"kl", "cd"}
        Exact Kullback-Leibler divergence by enumeration, or contrastive divergence from Gibbs
        sampling, as in the papers.
    transport : {"step", "ode"}
        J' = J + v(J), or the solution at l = 1 of dJ/dl = v(J) (Eq. 13 of Hou & You).
    frame : {"published", "consistent"}
        Whether the student keeps the teacher's axes, as in the papers, or turns them by the 45
        degrees of one RG step. Equal for A1.
    hidden : sequence of int, optional
        Widths of 1 to 16 hidden layers, 1 to 1024 each. By default (64,) for a monotone and
        (32, 32) for a flow.
    activation : {"tanh", "relu", "silu", "elu", "gelu"}, optional
        By default "tanh" for a monotone and "silu" for a flow. "relu" has a kink, and the flow of
        a monotone, a derivative, has one with "elu" and a jump with "relu". With transport "ode"
        the gradient is that of the solution that is computed, which at kinks depends on its steps:
        the gradient of a training is known there to some 0.1 % only. All others are smooth, and
        their gradients exact to rounding.
    layer_norm : bool, optional
        Normalise before each activation; by default not.
    symmetric : bool, optional
        Take the even part of a monotone's network, C(J) = (N(J) + N(-J)) / 2, or the odd part of
        a flow's, v(J) = (N(J) - N(-J)) / 2, so that v(-J) = -v(J) as for the exact flow: J and -J
        differ by flipping all hidden spins. A step costs up to twice as much.

    Notes
    -----
    Couplings J are numbers or arrays of any shape for one coupling (A1), and arrays (..., c) in
    general; results have the same shape. A model may be used from several threads; a call that
    meets a training in another thread raises `IsingRGError`.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054; J. Shen, "Learning Renormalization Group Flows for
    Lattices".

    Examples
    --------
    >>> model = MLRG("A1").fit(seed=0)
    >>> round(model.critical_coupling(), 2), round(model.thermal_exponent(), 2)
    (0.81, 0.88)
    """

    def __init__(
        self,
        representation: str = "A1",
        *,
        moderator: str = "monotone",
        divergence: str = "kl",
        transport: str = "step",
        frame: str = "published",
        hidden: Any = None,
        activation: str | None = None,
        layer_norm: bool | None = None,
        symmetric: bool = False,
    ) -> None:
        self._configuration = Configuration.checked(
            representation, moderator, divergence, transport, frame, hidden, activation,
            layer_norm, symmetric,
        )  # fmt: skip
        self._training = DEFAULT_TRAININGS[moderator, divergence]
        self._total_steps = 0
        self._seed = 0
        self._history = np.empty((0, _core.HISTORY_COLUMNS))

    def __repr__(self) -> str:
        names = dataclasses.asdict(self._configuration)
        first = names.pop("representation")
        listed = ", ".join(f"{name}={value!r}" for name, value in names.items())
        state = "closed" if self._closed else f"step {self.step}" if self._native else "untrained"
        return f"MLRG({first!r}, {listed})  # {state}"

    # Training

    @alone
    def fit(
        self,
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
        every: int | None = None,
        progress: Any = False,
    ) -> "MLRG":
        """Train, or train further.

        The first call makes the network. The learning rate and beta follow schedules over
        `total_steps` steps, counted from the model's first step, so that a training in pieces
        is the same, bit for bit, as one in a single call with the same `total_steps`. Beyond the
        end of the schedules their last values stay.

        Parameters
        ----------
        steps : int, optional
            Optimiser steps of this call, 1 to 10**9. By default a whole training at first, and
            later the steps that are left of the schedules.
        batch : int, optional
            Couplings J proposed per step, 1 to 10**6.
        seed : int, optional
            Of the network, the proposals and the samples, 0 to 2**64 - 1; 0 by default, and later
            the one before.
        total_steps : int, optional
            Length of the schedules, 1 to 10**9; by default `steps` of the first call.
        lr, final_lr, weight_decay, clip_norm : optional
            Of the optimiser. For these and all that follow see `isingrg.mlrg.settings.Training`,
            and for their ranges `isingrg.mlrg.settings.RANGES`. What is not given has our default
            for this moderator and divergence, chosen on A1, at first, and later its value in the
            call before.
        beta_max, beta_rate, beta_midpoint, proposal, replicas, ray, proposal_scale : optional
            Which couplings are proposed.
        coupling_bound, hmc_step, hmc_leapfrog, hmc_updates : optional
            Within which bound, and how proposals move.
        cd_samples, teacher_sweeps, student_sweeps : optional
            Of contrastive divergence.
        record_from, record_guess : optional
            Of the fixed points that the history records.
        checkpoint : str or os.PathLike, optional
            Of a file that gets the model, as by `save`, after every so many steps, at the end,
            and when the training is stopped or fails; what is there is replaced. `load` gives a
            model that `fit` continues bit for bit, without further arguments.
        every : int, optional
            Steps between two checkpoints, 1 to 10**9; 100 by default.
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
            With transport "ode", if the flow becomes too stiff; likewise.
        OSError
            If the checkpoint cannot be written: before the training where that can be seen, else
            with the model at the step that a note names and the last good file untouched.

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
        keywords = dict(
            steps=steps, batch=batch, lr=lr, final_lr=final_lr, weight_decay=weight_decay,
            clip_norm=clip_norm, beta_max=beta_max, beta_rate=beta_rate,
            beta_midpoint=beta_midpoint, proposal=proposal, replicas=replicas, ray=ray,
            proposal_scale=proposal_scale, coupling_bound=coupling_bound, hmc_step=hmc_step,
            hmc_leapfrog=hmc_leapfrog, hmc_updates=hmc_updates, cd_samples=cd_samples,
            teacher_sweeps=teacher_sweeps, student_sweeps=student_sweeps,
            record_from=record_from, record_guess=record_guess,
        )  # fmt: skip
        kept = self._checkpoint(checkpoint, every, 100)
        fit = self._begin(seed, total_steps, keywords)

        def call(rows: Floats, report: Any) -> tuple[int, BaseException | None]:
            return _core.mlrg_fit(*(*dataclasses.replace(fit, rows=rows).task(), report))

        self._train(fit, call, kept, progress, fit.of)
        return self

    def _begin(
        self, seed: Any = None, total_steps: Any = None, keywords: Mapping[str, Any] | None = None
    ) -> Fit:
        """The checked call of the core; the model does not change."""
        self._check_open()
        training = self._training.changed(**(keywords or {}))
        guess = _fitting.record_guess(training, self._count)
        seed = self._seed if seed is None else _arguments.seed(seed)
        schedule = self._schedule(training, total_steps)
        steps = training.steps
        if self.step:
            steps = self._left(schedule) if (keywords or {}).get("steps") is None else steps
            # That of a whole training stays, so that its end is the same whatever the pieces.
            training = dataclasses.replace(training, steps=self._training.steps)
        rows = _arguments.allocate("the history", (steps, _core.HISTORY_COLUMNS), np.float64)
        native = self._configuration.create(seed) if self._native is None else self._native
        attributes = {"_training": training, "_total_steps": schedule, "_seed": seed}
        return Fit(native, rows, attributes, training, guess, schedule, seed)

    def _schedule(self, training: Training, total_steps: int | None) -> int:
        if total_steps is not None:
            return _arguments.integer("total_steps", total_steps, 1, 10**9)
        return self._total_steps or training.steps

    def _left(self, total_steps: int) -> int:
        left = total_steps - self.step
        if left < 1:
            raise ArgumentError(
                f"steps must be given: the schedules of {total_steps} steps are complete"
            )
        return left

    @property
    def proposals(self) -> Floats:
        """Couplings J that were proposed in the last step, shape (batch,), or (batch, c)."""
        couplings = _storage.STATE.read(self._ready())["proposal.couplings"]
        return couplings[:, 0] if self._count == 1 else couplings

    @property
    def history(self) -> dict[str, Floats]:
        """What each step did, arrays of one number per step.

        step (1, 2, ...); loss, the mean divergence in nats or the contrastive divergence;
        acceptance of the proposals, NaN if all are on the ray; swap_rate, the accepted part of
        the exchanges between replicas, NaN where none was tried; beta; fixed_point, J0 of the
        fixed point recorded after the step, NaN where none was asked for or found.
        """
        self._settle()
        columns = _fitting.to_columns(self._history)
        return {"step": np.arange(1.0, len(columns["loss"]) + 1), **columns}

    # Keeping

    _format = _storage.FORMAT
    _destroy = staticmethod(_core.mlrg_destroy)
    _rows_done = staticmethod(_core.mlrg_step)
    _read = staticmethod(_storage.read)

    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        metadata = {
            "configuration": dataclasses.asdict(self._configuration),
            "training": dataclasses.asdict(self._training),
            "total_steps": self._total_steps,
            "seed": self._seed,
        }
        history = {f"history.{name}": a for name, a in _fitting.to_columns(self._history).items()}
        return metadata, _storage.STATE.read(self._native) | history

    @classmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> "MLRG":
        model = cls(**metadata["configuration"])
        settings = dict(metadata["training"])
        guess = settings["record_guess"]
        if isinstance(guess, list):  # JSON knows no tuples
            settings["record_guess"] = tuple(guess)
        model._training = Training().changed(**settings)
        if dataclasses.asdict(model._training) != settings:
            raise ArgumentError("the settings of the training are not complete")
        model._total_steps = _arguments.integer("total_steps", metadata["total_steps"], 1, 10**9)
        model._seed = _arguments.seed(metadata["seed"])
        arrays = dict(arrays)
        columns = {name: arrays.pop(f"history.{name}") for name in _fitting.COLUMNS}
        model._history = _fitting.to_rows(columns)
        native = model._configuration.create(model._seed)
        _storage.STATE.write(native, arrays)
        if len(arrays["proposal.couplings"]) != model._training.batch:
            raise ArgumentError("the proposals are not as many as the batch of the training")
        if _core.mlrg_step(native) != model.step:
            raise ArgumentError(f"the history has {model.step} steps, not as many as the model")
        model._native = native
        return model
