"""Settings of the training: their meaning and ranges, our defaults, and those of the papers."""

import dataclasses
import math
from typing import Any

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError
from isingrg.mlrg._couplings import coupling_count
from isingrg.mlrg.symmetry import coupling_components

PROPOSALS = {"squared": _core.SQUARED, "norm": _core.NORM}


@dataclasses.dataclass(frozen=True)
class Network:
    """Layers of a moderator network."""

    #: Widths of the hidden layers.
    hidden: tuple[int, ...]
    #: "tanh", "relu", "silu", "elu" or "gelu".
    activation: str
    #: Whether each layer is normalised before its activation.
    layer_norm: bool = False


@dataclasses.dataclass(frozen=True)
class Training:
    """Keywords of `MLRG.fit`, apart from seed, total_steps and progress.

    Attributes
    ----------
    steps : int
        Optimiser steps of a whole training.
    batch : int
        Couplings J proposed per step.
    lr : float
        Learning rate of Adam at the first step.
    final_lr : float
        That at the last step, reached along half a cosine.
    weight_decay : float
        Times the parameters it is added to the gradient.
    clip_norm : float
        Largest norm of the gradient; 0 for no limit.
    beta_max : float
        Of beta(t) = beta_max / (1 + exp(-beta_rate (t / T - beta_midpoint))), the inverse
        temperature of the proposals.
    beta_rate : float
        How steeply it rises.
    beta_midpoint : float
        Where it reaches half of beta_max, in units of the whole training.
    proposal : {"squared", "norm"}
        Couplings are proposed with probability exp(-beta |v(J)|^2), Eq. 14 of Hou & You, or
        exp(-beta |v(J)|), as the published programs do.
    replicas : int
        1, 2, 4, 8, 16 or 32. R couplings form a ladder of inverse temperatures beta / R,
        2 beta / R, ..., beta, and after each update of the Monte Carlo neighbours may exchange
        places, the first and the second, the third and the fourth, ... and in the next update
        the second and the third, ...: the hot ones find their way between fixed points. All of
        them train the network. Ladders lie within 32 consecutive couplings of the batch; the
        first 32 / R of these have the inverse temperature beta / R, and so on. R must divide
        the couplings that are not on the ray.
    ray : float
        Part of the batch, 0 to 1, that is drawn anew in each step on the axis (J0, 0, ...), where
        the flows of interest begin, with J0 uniform between -coupling_bound and coupling_bound.
        These are the last couplings of the batch.
    proposal_scale : float
        Standard deviation of the first couplings.
    coupling_bound : float
        Proposals are confined to |J| up to about this bound.
    hmc_step : float
        Size of a leapfrog step of the Hamiltonian Monte Carlo that moves the proposals.
    hmc_leapfrog : int
        Leapfrog steps per update.
    hmc_updates : int
        Updates per optimiser step.
    cd_samples : int
        Contrastive divergence: samples per coupling.
    teacher_sweeps : int
        Gibbs sweeps of the teacher from independent spins.
    student_sweeps : int
        Gibbs sweeps of the student from the teacher's samples, the k of CD-k.
    record_from : int or None
        Fixed points are recorded in the history after each step from this one on; None: never.
    record_guess : float or sequence of float
        Where the search for them starts: couplings J, or a number for J0 with zeros elsewhere.
    """

    steps: int = 5000
    batch: int = 32
    lr: float = 2e-2
    final_lr: float = 1e-5
    weight_decay: float = 0.0
    clip_norm: float = 0.02
    beta_max: float = 16.0
    beta_rate: float = 16.0
    beta_midpoint: float = 0.25
    proposal: str = "squared"
    replicas: int = 1
    ray: float = 0.0
    proposal_scale: float = 1.0
    coupling_bound: float = 2.0
    hmc_step: float = 0.1
    hmc_leapfrog: int = 4
    hmc_updates: int = 1
    cd_samples: int = 512
    teacher_sweeps: int = 32
    student_sweeps: int = 1
    record_from: int | None = None
    record_guess: float | tuple[float, ...] = 0.8

    def changed(self, **keywords: Any) -> "Training":
        """These settings with every keyword that is not None checked and put in.

        A learning rate given alone keeps the ratio of the final one to it.

        Parameters
        ----------
        **keywords
            Any of the attributes, within `RANGES`.

        Returns
        -------
        Training
            These settings stay as they are.

        Raises
        ------
        ArgumentError, TypeError
            For a value that is not permitted.
        """
        given = {name: value for name, value in keywords.items() if value is not None}
        checked: dict[str, Any] = {name: _check(name, value) for name, value in given.items()}
        if "lr" in checked and "final_lr" not in checked:
            checked["final_lr"] = checked["lr"] * (self.final_lr / self.lr)
        changed = dataclasses.replace(self, **checked)
        changed._check_ladders()
        return changed

    def _check_ladders(self) -> None:
        walkers = self.batch - math.floor(self.ray * self.batch + 0.5)
        if walkers % self.replicas:
            raise ArgumentError(
                f"replicas must divide the {walkers} couplings of the batch that are not on the "
                f"ray, got {self.replicas}"
            )


#: Permitted ranges; integers for the integer settings.
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10**9),
    "batch": (1, 10**6),
    "lr": (1e-12, 10.0),
    "final_lr": (0.0, 10.0),
    "weight_decay": (0.0, 10.0),
    "clip_norm": (0.0, 1e12),
    "beta_max": (0.0, 1e6),
    "beta_rate": (0.0, 1e6),
    "beta_midpoint": (-10.0, 10.0),
    "replicas": (1, 32),
    "ray": (0.0, 1.0),
    "proposal_scale": (1e-6, 10.0),
    "coupling_bound": (0.1, 10.0),
    "hmc_step": (1e-6, 1.0),
    "hmc_leapfrog": (1, 10**4),
    "hmc_updates": (1, 10**4),
    "cd_samples": (1, 10**6),
    "teacher_sweeps": (1, 10**6),
    "student_sweeps": (1, 10**6),
    "record_from": (0, 10**9),
    "record_guess": (-10.0, 10.0),
}


def _check(name: str, value: Any) -> int | float | str | tuple[float, ...]:
    if name == "proposal":
        return _arguments.choice(name, value, PROPOSALS)
    low, high = RANGES[name]
    if name == "record_guess":
        guess = _arguments.reals(name, value, low, high)
        return tuple(guess.ravel().tolist()) if guess.ndim else float(guess)
    if isinstance(low, int):
        number = _arguments.integer(name, value, low, int(high))
        if name == "replicas" and 32 % number:
            raise ArgumentError(f"replicas must be 1, 2, 4, 8, 16 or 32, got {number}")
        return number
    return _arguments.finite(name, value, low, high)


# Defaults

DEFAULT_NETWORKS = {
    "monotone": Network((64,), "tanh"),
    "flow": Network((32, 32), "silu"),
}

_SAMPLED = Training(steps=2000, lr=1e-2, clip_norm=0.0)

#: By (moderator, divergence). For "kl" chosen on A1 by the largest errors over seeds from 0 to 31
#: and 100 to 229. Over 120 further seeds, 1000 to 1119, J* was within 0.0009 (monotone) and 0.0006
#: (flow) of the exact map and the thermal exponent within 0.005 and 0.008. A flow of one hidden
#: layer keeps a smooth error of 0.003 in v and misses J* by up to 0.009; without clipping, one
#: flow of 18 at this learning rate ended far behind the others.
DEFAULT_TRAININGS = {
    ("monotone", "kl"): Training(),
    ("flow", "kl"): Training(steps=8000, lr=3e-2, clip_norm=0.1),
    ("monotone", "cd"): _SAMPLED,
    ("flow", "cd"): _SAMPLED,
}

# The papers

#: For the representation A1.
PAPERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hou-you": (
        {
            "moderator": "monotone",
            "divergence": "cd",
            "transport": "step",
            "hidden": (6, 12, 8),
            "activation": "tanh",
            "layer_norm": True,
        },
        {
            "batch": 500,
            "lr": 3e-4,
            "final_lr": 3e-4,
            # Their J is twice ours: beta = 5 on their |v|, leapfrog steps of 0.01 in their J.
            "proposal": "norm",
            "beta_max": 10.0,
            "beta_rate": 8.0,
            "beta_midpoint": 0.5,
            "proposal_scale": 0.5,
            "coupling_bound": 10.0,
            "hmc_step": 0.005,
            "hmc_leapfrog": 32,
            "hmc_updates": 1,
            "cd_samples": 1500,
            "teacher_sweeps": 30,
            "student_sweeps": 3,
        },
    ),
    "shen": (
        {
            "moderator": "flow",
            "divergence": "cd",
            "transport": "step",
            "hidden": (16, 16),
            "activation": "silu",
            "layer_norm": False,
        },
        {
            "steps": 4096,
            "batch": 24,
            "lr": 1e-3,
            "final_lr": 1e-3,
            "beta_max": 16.0,
            "beta_rate": 16.0,
            "beta_midpoint": 0.25,
            "proposal_scale": 1.0,
            "coupling_bound": 10.0,
            "hmc_step": 0.001,
            "hmc_leapfrog": 32,
            "hmc_updates": 1,
            "cd_samples": 512,
            "teacher_sweeps": 32,
            "student_sweeps": 1,
            "record_from": 2048,
            "record_guess": 0.8,
        },
    ),
}


def published_settings(
    paper: str, representation: str = "A1"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of a paper for a representation: keywords of `MLRG` and of `MLRG.fit`.

    Parameters
    ----------
    paper : {"hou-you", "shen"}
        "hou-you" is W. Hou and Y.-Z. You, arXiv:2306.11054, with middle values of the ranges they
        used: 500 couplings (of 200 to 1000), 1500 samples (500 to 5000), 30 sweeps (20 to 50),
        CD-3 (1 to 5), a learning rate of 3e-4 (1e-4 to 5e-4). They do not state the number of
        steps, so `fit` takes its own, nor how beta rises from 0 to 5, here along a sigmoid. The
        energy of the proposals is |v| as in their program, not the |v|^2 of their Eq. 14; their
        beta of 5 is 10 and their leapfrog step 0.005 here, because their J is twice ours.
        "shen" is J. Shen's flow model with SiLU.
    representation : str
        Hou & You state the layers for A1 (6, 12, 8) and A1+E (12, 24, 6), which stand here for
        all that have several couplings. Shen's network has a layer more than there are couplings
        c, each 16 c wide, 8 x 3^c couplings are proposed per step, and recorded fixed points are
        searched from copies of the Ising model: 0.8 in every coupling of a component to itself,
        (0.8, 0, 0, 0.8, 0.8) in A1+E. His program turns no spin with the lattice, so that its
        A1+E is "2A1+A2" here.

    Returns
    -------
    model, fit : dict
        Fresh dictionaries, to be changed at will.

    Raises
    ------
    ArgumentError
        For "shen" and more than 10 couplings, whose batch would exceed the 1,000,000 of `fit`.

    Examples
    --------
    >>> model, fit = published_settings("shen", "A1+E")
    >>> model["hidden"], fit["batch"]
    ((80, 80, 80, 80, 80, 80), 1944)

    A published training of A1+E, which takes a quarter of an hour:

    >>> isingrg.mlrg.MLRG("A1+E", **model).fit(**fit, seed=1)  # doctest: +SKIP
    """
    model, fit = (dict(part) for part in PAPERS[_arguments.choice("paper", paper, PAPERS)])
    count = coupling_count(representation)
    if paper == "shen":
        if count > 10:
            raise ArgumentError(
                "representation must have at most 10 couplings for Shen's batch of "
                f"8 x 3^couplings, {representation!r} has {count}"
            )
        model["hidden"], fit["batch"] = (16 * count,) * (count + 1), 8 * 3**count
        if count > 1:
            pairs = coupling_components(representation)
            fit["record_guess"] = tuple(0.8 * (a == b) for a, b in pairs)
    elif count > 1:
        model["hidden"] = (12, 24, 6)
    return model, fit
