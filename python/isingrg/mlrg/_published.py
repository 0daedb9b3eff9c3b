"""Settings of the papers."""

from __future__ import annotations

from typing import Any

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg._couplings import coupling_count
from isingrg.mlrg.symmetry import coupling_components

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


def _is_2a1_e(representation: str) -> bool:
    """However it is written."""
    return coupling_components(representation) == coupling_components("2A1+E")


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
        all that have several couplings, but for 2A1+E: its published networks have (24, 48, 12).
        Shen's network has a layer more than there are couplings c, each 16 c wide, 8 x 3^c
        couplings are proposed per step, and recorded fixed points are searched from copies of the
        Ising model: 0.8 in every coupling of a component to itself, (0.8, 0, 0, 0.8, 0.8) in A1+E.
        His program turns no spin with the lattice, so that its A1+E is "2A1+A2" here.

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
    model, fit = (dict(part) for part in PAPERS[arguments.choice("paper", paper, PAPERS)])
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
        model["hidden"] = (24, 48, 12) if _is_2a1_e(representation) else (12, 24, 6)
    return model, fit
