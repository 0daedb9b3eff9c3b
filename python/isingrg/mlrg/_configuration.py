"""What a model is, apart from its parameters and how it is trained."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.settings import Settings, boolean, choice, other
from isingrg.mlrg._couplings import FRAMES
from isingrg.mlrg._family import groups
from isingrg.mlrg._schemes import Scheme, check, scheme
from isingrg.mlrg.settings import DEFAULT_NETWORKS

SCHEMES = {"star": _core.MLRG_STAR, "loop": _core.MLRG_LOOP}
MODERATORS = {"monotone": _core.MLRG_MONOTONE, "flow": _core.MLRG_FLOW}
DIVERGENCES = {"kl": _core.MLRG_KL, "cd": _core.MLRG_CD, "l2": _core.MLRG_L2}
TRANSPORTS = {"step": _core.MLRG_STEP, "ode": _core.MLRG_ODE}
ACTIVATIONS = {
    "tanh": _core.MLRG_TANH,
    "relu": _core.MLRG_RELU,
    "silu": _core.MLRG_SILU,
    "elu": _core.MLRG_ELU,
    "gelu": _core.MLRG_GELU,
}


def _hidden(name: str, value: Any) -> tuple[int, ...] | None:
    return None if value is None else arguments.widths(name, value, 16, 1024)


def _internal(name: str, value: Any) -> Any:
    found = groups(value)
    return found[0].setting if len(found) == 1 else tuple(group.name for group in found)


def _activation(name: str, value: Any) -> str | None:
    return None if value is None else arguments.choice(name, value, ACTIVATIONS)


def _layer_norm(name: str, value: Any) -> bool | None:
    return None if value is None else arguments.boolean(name, value)


@dataclasses.dataclass(frozen=True)
class Configuration(Settings):
    """Arguments of `MLRG`."""

    representation: str = other(
        "A1", "str", lambda name, value: value, "Point-group representation of every spin: a sum "
        "of A1, A2, B1, B2 and E, whose components change their signs, for Ising spins, or of A1, "
        "P4, P4d and P8, which move them. \"A1\" is a single Ising spin with one coupling.",
    )  # fmt: skip
    internal: Any = other(
        "Z2", "str or sequence of sequence of int", _internal,
        "The group that permutes the states of a spin, by its name or by permutations that "
        "generate it, as for `isingrg.mlrg.internal_symmetry`: \"Z2\" for Ising spins, \"S3\" for "
        "the Potts model of three states, with weights exp(J delta). Other spins than Ising spins "
        "have star students and the divergence \"kl\". Several names, as of (\"S2\", \"S3\", "
        "\"S4\"), make a family: one network for all, with the input ln q besides J. It is "
        "trained, saved and loaded like any other; `at` gives the model of one q, which answers "
        "all questions, and `critical_line` the transition for any q.", core="",
    )  # fmt: skip
    scheme: str = choice(
        "star", SCHEMES, "The student of Hou & You, a star of one hidden spin that is judged on an "
        "open plaquette, or the student S[z, a, b] that is judged around a loop of four. A "
        "loop has the couplings of all products of an even number of the components of z, a and b: "
        "J_a, J_b and K of z a, z b and a b for \"A1\", and 31 for \"2A1\"; "
        "`isingrg.mlrg.loop_terms` lists them. Bare models are (J0, J0, 0).",
    )  # fmt: skip
    moderator: str = choice(
        "monotone", MODERATORS, "The network is the RG monotone C(J), whose flow is v = -grad C "
        "(Hou & You), or the flow v(J) itself (Shen).",
    )  # fmt: skip
    divergence: str = choice(
        "kl", DIVERGENCES, "Exact Kullback-Leibler divergence by enumeration; contrastive "
        "divergence from Gibbs sampling, as in the papers, for stars; or the squared distance of "
        "the weights over that of the teacher from zero, at the student's best scale, for loops.",
    )  # fmt: skip
    transport: str = choice(
        "step", TRANSPORTS, "J' = J + v(J), or the solution at l = 1 of dJ/dl = v(J) (Eq. 13 of "
        "Hou & You).",
    )  # fmt: skip
    frame: str = choice(
        "published", FRAMES, "Whether the student keeps the teacher's axes, as in the papers, or "
        "turns them by the 45 degrees of one RG step. Equal for A1.",
    )  # fmt: skip
    hidden: tuple[int, ...] | None = other(
        None, "sequence of int", _hidden, "Widths of 1 to 16 hidden layers, 1 to 1024 each. By "
        "default (64,) for a monotone and (32, 32) for a flow.",
    )  # fmt: skip
    activation: str | None = other(
        None, '{"tanh", "relu", "silu", "elu", "gelu"}', _activation, "By default \"tanh\" for a "
        "monotone and \"silu\" for a flow. \"relu\" has a kink, and the flow of a monotone, a "
        "derivative, has one with \"elu\" and a jump with \"relu\". With transport \"ode\" the "
        "gradient is that of the solution that is computed, which at kinks depends on its steps: "
        "the gradient of a training is known there to some 0.1 % only. All others are smooth, and "
        "their gradients exact to rounding.", encode=ACTIVATIONS.__getitem__,
    )  # fmt: skip
    layer_norm: bool | None = other(
        None, "bool", _layer_norm, "Normalise before each activation; by default not.", encode=int
    )
    symmetric: bool = boolean(
        False, "Take the even part of a monotone's network, C(J) = (N(J) + N(-J)) / 2, or the odd "
        "part of a flow's, v(J) = (N(J) - N(-J)) / 2, so that v(-J) = -v(J) as for the exact "
        "flow: J and -J differ by flipping all hidden spins. A step costs up to twice as much.",
    )  # fmt: skip

    def completed(self) -> Self:
        check(self)
        network = dataclasses.asdict(DEFAULT_NETWORKS[self.scheme, self.moderator])
        missing = {name: value for name, value in network.items() if getattr(self, name) is None}
        return dataclasses.replace(self, **missing)

    @property
    def count(self) -> int:
        """Number of couplings."""
        return self.rules.count

    @property
    def rules(self) -> Scheme:
        """What depends on the scheme."""
        return scheme(self.scheme, self.representation, self.frame, self.internal)

    def record(self, **others: Any) -> dict[str, Any]:
        return super().record(symmetries=self.rules.symmetries, **others)
