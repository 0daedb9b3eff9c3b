"""What a flow is, apart from its parameters and how it is trained."""

import dataclasses
from typing import Any

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.neuralrg._samples import LARGEST_SIZE

STRUCTURES = {"mera": _core.MERA, "tebd": _core.TEBD, "tree": _core.TREE}

MOST_COUPLING_LAYERS, MOST_REPEATS, DEEPEST = 64, 16, 64
MOST_LAYERS, LARGEST_WIDTH = 8, 256


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Checked arguments of `NeuralRG`."""

    L: int
    K: float
    layers: int
    hidden: tuple[int, ...]
    repeat: int
    structure: str
    #: None for all scales.
    depth: int | None
    symmetric: bool

    @classmethod
    def checked(
        cls, L: Any, K: Any, layers: Any, hidden: Any, repeat: Any, structure: Any, depth: Any,
        symmetric: Any,
    ) -> "Configuration":  # fmt: skip
        L = _arguments.integer("L", L, 2, LARGEST_SIZE)
        if L & (L - 1):
            raise ArgumentError(f"L must be a power of two from 2 to {LARGEST_SIZE}, got {L}")
        structure = _arguments.choice("structure", structure, STRUCTURES)
        deepest = DEEPEST if structure == "tebd" else L.bit_length() - 1
        configuration = cls(
            L,
            _arguments.finite("K", K, -LARGEST_COUPLING, LARGEST_COUPLING),
            _arguments.integer("layers", layers, 1, MOST_COUPLING_LAYERS),
            _arguments.widths("hidden", hidden, MOST_LAYERS, LARGEST_WIDTH),
            _arguments.integer("repeat", repeat, 1, MOST_REPEATS),
            structure,
            None if depth is None else _arguments.integer("depth", depth, 1, deepest),
            _arguments.boolean("symmetric", symmetric),
        )
        _core.neuralrg_destroy(configuration.create(0))  # the core has the last word
        return configuration

    def create(self, seed: int) -> Any:
        """A native model with the masks and initial parameters of this seed."""
        return _core.neuralrg_create(
            self.L,
            self.K,
            STRUCTURES[self.structure],
            self.depth or 0,
            self.repeat,
            self.layers,
            self.hidden,
            int(self.symmetric),
            seed,
        )
