"""What a flow is, apart from its parameters and how it is trained."""

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np

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
    #: For each layer of the hierarchy and each coupling layer the sites kept, bit i for site i;
    #: None for random halves.
    masks: tuple[tuple[int, ...], ...] | None

    @classmethod
    def checked(
        cls, L: Any, K: Any, layers: Any, hidden: Any, repeat: Any, structure: Any, depth: Any,
        symmetric: Any, masks: Any,
    ) -> "Configuration":  # fmt: skip
        L = _arguments.integer("L", L, 2, LARGEST_SIZE)
        if L & (L - 1):
            raise ArgumentError(f"L must be a power of two from 2 to {LARGEST_SIZE}, got {L}")
        structure = _arguments.choice("structure", structure, STRUCTURES)
        deepest = DEEPEST if structure == "tebd" else L.bit_length() - 1
        layers = _arguments.integer("layers", layers, 1, MOST_COUPLING_LAYERS)
        repeat = _arguments.integer("repeat", repeat, 1, MOST_REPEATS)
        depth = None if depth is None else _arguments.integer("depth", depth, 1, deepest)
        configuration = cls(
            L,
            _arguments.finite("K", K, -LARGEST_COUPLING, LARGEST_COUPLING),
            layers,
            _arguments.widths("hidden", hidden, MOST_LAYERS, LARGEST_WIDTH),
            repeat,
            structure,
            depth,
            _arguments.boolean("symmetric", symmetric),
            None,
        )
        return dataclasses.replace(configuration, masks=_masks(masks, configuration.rows, layers))

    @property
    def rows(self) -> int:
        """Layers of the hierarchy."""
        per_scale = self.repeat if self.structure == "tree" else 2 * self.repeat
        return per_scale * (self.depth or self.L.bit_length() - 1)

    @property
    def weights(self) -> int:
        """Those of the networks s and t of all coupling layers, which are most parameters."""
        widths = (4, *self.hidden, 4)
        return self.rows * self.layers * 2 * sum(a * b for a, b in pairwise(widths))

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
            None if self.masks is None else np.array(self.masks, np.int8),
            seed,
        )


def _masks(value: Any, hierarchy: int, layers: int) -> tuple[tuple[int, ...], ...] | None:
    """Patterns (layers, 2, 2) or (hierarchy, layers, 2, 2) of booleans, or these as numbers."""
    if value is None:
        return None
    try:
        given = np.asarray(_arguments.from_dlpack("masks", value))
    except ValueError:
        raise ArgumentError("masks must be a rectangular array") from None
    if given.dtype == bool and given.shape[-2:] == (2, 2):
        numbers = given.reshape(*given.shape[:-2], 4) @ (1 << np.arange(4))
        if not ((numbers > 0) & (numbers < 15)).all():
            raise ArgumentError("each of masks must keep one, two or three of the four sites")
        array = np.tile(numbers, (hierarchy, 1)) if numbers.ndim == 1 else numbers
    else:
        array = _arguments.integers("masks", given, 1, 14)
    if array.shape != (hierarchy, layers):
        raise ArgumentError(
            f"masks must have the shape ({layers}, 2, 2) or ({hierarchy}, {layers}, 2, 2), got "
            f"{given.shape}"
        )
    return tuple(tuple(int(mask) for mask in row) for row in array)
