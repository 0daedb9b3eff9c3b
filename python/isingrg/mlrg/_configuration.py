"""What a model is, apart from its parameters and how it is trained."""

import dataclasses
from typing import Any

from isingrg import _arguments, _core
from isingrg.mlrg._couplings import FRAMES, coupling_count
from isingrg.mlrg.settings import DEFAULT_NETWORKS

MODERATORS = {"monotone": _core.MONOTONE, "flow": _core.FLOW}
DIVERGENCES = {"kl": _core.KL, "cd": _core.CD}
TRANSPORTS = {"step": _core.STEP, "ode": _core.ODE}
ACTIVATIONS = {
    "tanh": _core.TANH,
    "relu": _core.RELU,
    "silu": _core.SILU,
    "elu": _core.ELU,
    "gelu": _core.GELU,
}

MOST_LAYERS, LARGEST_WIDTH = 16, 1024


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Checked arguments of `MLRG`."""

    representation: str
    moderator: str
    divergence: str
    transport: str
    frame: str
    hidden: tuple[int, ...]
    activation: str
    layer_norm: bool
    symmetric: bool

    @classmethod
    def checked(
        cls, representation: Any, moderator: Any, divergence: Any, transport: Any, frame: Any,
        hidden: Any, activation: Any, layer_norm: Any, symmetric: Any,
    ) -> "Configuration":  # fmt: skip
        """None in hidden, activation and layer_norm stands for the default of the moderator."""
        frame = _arguments.choice("frame", frame, FRAMES)
        coupling_count(representation, frame)
        moderator = _arguments.choice("moderator", moderator, MODERATORS)
        network = DEFAULT_NETWORKS[moderator]
        configuration = cls(
            representation,
            moderator,
            _arguments.choice("divergence", divergence, DIVERGENCES),
            _arguments.choice("transport", transport, TRANSPORTS),
            frame,
            network.hidden if hidden is None
            else _arguments.widths("hidden", hidden, MOST_LAYERS, LARGEST_WIDTH),
            network.activation if activation is None
            else _arguments.choice("activation", activation, ACTIVATIONS),
            network.layer_norm if layer_norm is None
            else _arguments.boolean("layer_norm", layer_norm),
            _arguments.boolean("symmetric", symmetric),
        )  # fmt: skip
        _core.mlrg_destroy(configuration.create(0))  # the core has the last word
        return configuration

    @property
    def count(self) -> int:
        """Number of couplings."""
        return coupling_count(self.representation, self.frame)

    def create(self, seed: int) -> Any:
        """A native model with initial parameters."""
        return _core.mlrg_create(
            self.representation,
            MODERATORS[self.moderator],
            DIVERGENCES[self.divergence],
            TRANSPORTS[self.transport],
            FRAMES[self.frame],
            ACTIVATIONS[self.activation],
            int(self.layer_norm),
            int(self.symmetric),
            self.hidden,
            seed,
        )
