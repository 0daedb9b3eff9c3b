"""What a flow is and how it is trained: every setting with its default, range and meaning."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any, Self

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.settings import Settings, boolean, choice, integer, number, other
from isingrg.ising import K_CRITICAL
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.neuralrg._samples import LARGEST_SIZE
from isingrg.neuralrg._symmetry import Symmetry, symmetry
from isingrg.neuralrg.dual_ising import DualIsing
from isingrg.neuralrg.function_target import FunctionTarget
from isingrg.neuralrg.targets import Target

STRUCTURES = {"mera": _core.NEURALRG_MERA, "tebd": _core.NEURALRG_TEBD, "tree": _core.NEURALRG_TREE}
BIJECTORS = {"coupling": _core.NEURALRG_COUPLING, "linear": _core.NEURALRG_LINEAR}

_DEEPEST = 64

#: Kind of target of the dual Ising model, which the core knows.
_NO_TARGET = -1

#: For each layer of the hierarchy and each coupling layer the sites kept, bit i for site i.
Masks = tuple[tuple[int, ...], ...]


def _depth(name: str, value: Any) -> int | None:
    return None if value is None else arguments.integer(name, value, -(2**31), 2**31)


def _target(name: str, value: Any) -> Target | None:
    if value is not None and not isinstance(value, Target):
        raise TypeError(f"{name} must be a target such as Phi4, not {type(value).__name__}")
    return value


@dataclasses.dataclass(frozen=True)
class Configuration(Settings):
    """Arguments of `NeuralRG`."""

    L: int = integer(16, 2, LARGEST_SIZE, "Linear size of the torus, a power of two.", core="size")
    K: float = number(
        K_CRITICAL, -LARGEST_COUPLING, LARGEST_COUPLING, "Coupling J/T of the dual Ising "
        "model, the target where no other is given.", core="coupling",
    )  # fmt: skip
    layers: int = integer(10, 1, 64, "Coupling layers of each bijector.")
    hidden: tuple[int, ...] = other(
        (10, 10, 10), "sequence of int", lambda name, value: arguments.widths(name, value, 8, 256),
        "Widths of the 1 to 8 hidden layers, 1 to 256 each, of the networks s and t of a coupling "
        "layer y = x exp(s) + t, with ELU; s ends in a learned scale times tanh.",
    )  # fmt: skip
    repeat: int = integer(1, 1, 16, "How often the layers of each scale occur.", core="repeats")
    structure: str = choice(
        "mera", STRUCTURES, "Disentanglers and decimators; disentanglers only, all at the finest "
        "scale (Fig. 2a); or decimators only (Fig. 2b).",
    )  # fmt: skip
    depth: int | None = other(
        None, "int", _depth, "Scales, 1 to log2(L), by default all; of \"tebd\" pairs of layers, 1 "
        "to 64, by default log2(L). What is left after the last scale is latent too.",
        encode=lambda depth: depth or 0,
    )  # fmt: skip
    bijector: str = choice(
        "coupling", BIJECTORS, "Coupling layers with networks (RealNVP), or \"linear\" maps "
        "A z + b of four sites. Linear ones have neither layers nor hidden nor masks. They begin "
        "as the Haar wavelets (`haar`): the Haar matrix in the decimators, the unit matrix in the "
        "disentanglers.",
    )  # fmt: skip
    symmetric: bool = boolean(
        True,
        "Symmetrise the density under `symmetry`, by default a flip of all spins, q(x) = "
        "(q0(x) + q0(-x)) / 2.",
    )
    symmetry: Symmetry | None = other(
        None, "(permutations, signs)", symmetry, "A group in place of that flip, q(x) = sum_g "
        "q0(g x) / n: its n elements, at most 256 and the identity first, as permutations of the "
        "sites i L + j, shape (n, L**2) or (n, L, L), with signs, shape (n,) or that of the "
        "permutations: (g x)[i] = signs[i] x[permutations[i]]. The target must not change under "
        "it.", core="",
    )  # fmt: skip
    target: Target | None = other(
        None, "Target", _target, "The density that the flow learns, of the same L: `DualIsing`, "
        "`Phi4`, `Gaussian` or `FunctionTarget`. By default the dual of the Ising model at K.",
        core="",
    )  # fmt: skip
    masks: Masks | None = other(
        None, "array_like of bool", lambda name, value: value,
        "Which of its 2 x 2 sites each coupling layer keeps, one to three of them: shape (layers, "
        "2, 2), or with one more leading axis for the layers of `hierarchy`. By default half of "
        "the sites at random. As integers 1 to 14 of the shape (hierarchy, layers), bit 2 i + j "
        "stands for site (i, j).",
        encode=lambda masks: None if masks is None else np.array(masks, np.int8),
    )  # fmt: skip

    def completed(self) -> Self:
        if self.L & (self.L - 1):
            raise ArgumentError(f"L must be a power of two from 2 to {LARGEST_SIZE}, got {self.L}")
        deepest = _DEEPEST if self.structure == "tebd" else self.L.bit_length() - 1
        if self.depth is not None:
            arguments.integer("depth", self.depth, 1, deepest)
        if self.bijector == "linear":
            self._check_linear()
        if self.symmetry is not None and not self.symmetric:
            raise ArgumentError("symmetry must be left out where symmetric is False")
        if self.target is not None:
            self._check_target(self.target)
        if self.symmetry is not None:
            self._check_symmetry(self.symmetry)
        return dataclasses.replace(self, masks=_masks(self.masks, self.rows, self.layers))

    def _check_target(self, target: Target) -> None:
        if self.K != K_CRITICAL:
            raise ArgumentError("K must be left out where target is given")
        if self.L != target.L:
            raise ArgumentError(f"L must be that of target, {target.L}, got {self.L}")
        if isinstance(target, FunctionTarget):
            target.checked(self.symmetric and self.symmetry is None)

    def _check_symmetry(self, group: Symmetry) -> None:
        if {len(sources) for sources in group.sources} != {self.L**2}:
            raise ArgumentError(
                f"each permutation of symmetry must have {self.L**2} sites, that is L**2"
            )
        target = self.target or DualIsing(self.L, self.K)
        target._check_symmetry(group)

    def record(self, **others: Any) -> dict[str, Any]:
        none = {"kind": _NO_TARGET, "strength": 0.0, "form": None, "function": None}
        target = self.target and self.target._record()
        if isinstance(self.target, DualIsing) and target is None:
            others = {"coupling": self.target.K} | others
        sources, signs = self.symmetry.encoded() if self.symmetry else (None, None)
        group = {"symmetry_sources": sources, "symmetry_signs": signs}
        return super().record(**others) | none | group | (target or {})

    def _check_linear(self) -> None:
        for field in dataclasses.fields(self):
            given = getattr(self, field.name)
            if field.name in ("layers", "hidden", "masks") and given != field.default:
                raise ArgumentError(f"{field.name} must be left out with linear bijectors")

    @property
    def rows(self) -> int:
        """Layers of the hierarchy."""
        per_scale = self.repeat if self.structure == "tree" else 2 * self.repeat
        return per_scale * (self.depth or self.L.bit_length() - 1)

    @property
    def weights(self) -> int:
        """Those of the networks s and t of all coupling layers, or of A: most parameters."""
        if self.bijector == "linear":
            return self.rows * 16
        widths = (4, *self.hidden, 4)
        return self.rows * self.layers * 2 * sum(a * b for a, b in pairwise(widths))


def _masks(value: Any, hierarchy: int, layers: int) -> Masks | None:
    """Patterns (layers, 2, 2) or (hierarchy, layers, 2, 2) of booleans, or these as numbers."""
    if value is None:
        return None
    try:
        given = np.asarray(arguments.from_dlpack("masks", value))
    except ValueError:
        raise ArgumentError("masks must be a rectangular array") from None
    if given.dtype == bool and given.shape[-2:] == (2, 2):
        numbers = given.reshape(*given.shape[:-2], 4) @ (1 << np.arange(4))
        if not ((numbers > 0) & (numbers < 15)).all():
            raise ArgumentError("each of masks must keep one, two or three of the four sites")
        array = np.tile(numbers, (hierarchy, 1)) if numbers.ndim == 1 else numbers
    else:
        array = arguments.integers("masks", given, 1, 14)
    if array.shape != (hierarchy, layers):
        raise ArgumentError(
            f"masks must have the shape ({layers}, 2, 2) or ({hierarchy}, {layers}, 2, 2), got "
            f"{given.shape}"
        )
    return tuple(tuple(int(mask) for mask in row) for row in array)


@dataclasses.dataclass(frozen=True)
class Training(Settings):
    """Settings of `NeuralRG.fit` and `NeuralRG.fit_samples`."""

    steps: int = integer(5000, 1, 10**9, "Steps of this call.")
    batch: int = integer(512, 1, 10**6, "Configurations per step.")
    lr: float = number(
        1e-3, 1e-12, 10, "Learning rate of Adam.", core="learning_rate", limits_steps=True
    )
    weight_decay: float = number(1e-3, 0, 10, "Factor by which a parameter adds to its gradient.")
