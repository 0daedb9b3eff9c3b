"""What a flow is and how it is trained: every setting with its default, range and meaning."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from typing import Any, Self

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.settings import Settings, boolean, choice, integer, number, other
from isingrg.ising import K_CRITICAL
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.neuralrg._samples import LARGEST_SIZE, Sides, shape_of, sides
from isingrg.neuralrg._symmetry import Symmetry, symmetry
from isingrg.neuralrg.dual_ising import DualIsing
from isingrg.neuralrg.function_target import FunctionTarget
from isingrg.neuralrg.targets import Target

STRUCTURES = {"mera": _core.NEURALRG_MERA, "tebd": _core.NEURALRG_TEBD, "tree": _core.NEURALRG_TREE}
SCHEDULES = {
    "constant": _core.NEURALRG_CONSTANT,
    "cosine": _core.NEURALRG_COSINE,
    "step": _core.NEURALRG_STEP,
}
CONDITIONERS = {"block": 0, "neighbours": 1}
BIJECTORS = {"coupling": _core.NEURALRG_COUPLING, "linear": _core.NEURALRG_LINEAR}

_DEEPEST = 64

#: Kind of target of the dual Ising model, which the core knows.
_NO_TARGET = -1

#: For each layer of the hierarchy and each coupling layer the sites kept, bit i for site i.
Masks = tuple[tuple[int, ...], ...]


def _depth(name: str, value: Any) -> int | None:
    return None if value is None else arguments.integer(name, value, -(2**31), 2**31)


#: Of the schedule "step".
_STAGES = 8


def _total_steps(name: str, value: Any) -> int | None:
    return None if value is None else arguments.integer(name, value, 1, 10**9)


#: Settings of coupling layers alone.
_OF_NETWORKS = ("layers", "hidden", "conditioner", "masks")


def _block(name: str, value: Any) -> int:
    block = arguments.integer(name, value, 2, 4)
    if block == 3:
        raise ArgumentError(f"{name} must be 2 or 4, got 3")
    return block


def _target(name: str, value: Any) -> Target | None:
    if value is not None and not isinstance(value, Target):
        raise TypeError(f"{name} must be a target such as Phi4, not {type(value).__name__}")
    return value


@dataclasses.dataclass(frozen=True)
class Configuration(Settings):
    """Arguments of `NeuralRG`."""

    L: Sides = other(
        16, "int or (int, int) or (int,)", lambda name, value: sides(name, value, even=False),
        "Linear size of the torus, 2 to 64, or rows and columns of a rectangle, or sites of a "
        "ring, 2 to 4096: powers of two.", core="",
    )  # fmt: skip
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
    conditioner: str = choice(
        "block", CONDITIONERS, "What the networks take: the kept sites of the block, as published, "
        "or with \"neighbours\" also the kept ones of the sites beside it, of other blocks.",
        core="neighbours",
    )  # fmt: skip
    block: int = other(
        2, "{2, 4}", _block, "Sites of a block along each axis; less where fewer are left."
    )
    repeat: int = integer(1, 1, 16, "How often the layers of each scale occur.", core="repeats")
    structure: str = choice(
        "mera", STRUCTURES, "Disentanglers and decimators; disentanglers only, all at the finest "
        "scale (Fig. 2a); or decimators only (Fig. 2b).",
    )  # fmt: skip
    depth: int | None = other(
        None, "int", _depth, "Scales, 1 to log2(L), or half as many with blocks of 4, by default "
        "all; of \"tebd\" pairs of layers, 1 to 64, by default as many. What is left after the "
        "last scale is latent too.",
        encode=lambda depth: depth or 0,
    )  # fmt: skip
    bijector: str = choice(
        "coupling", BIJECTORS, "Coupling layers with networks (RealNVP), or \"linear\" maps "
        "A z + b of a block. Linear ones have neither layers nor hidden nor masks. They begin "
        "as the Haar wavelets (`haar`): the Haar matrix in the decimators, the unit matrix in the "
        "disentanglers.",
    )  # fmt: skip
    symmetric: bool = boolean(
        True,
        "Symmetrise the density under `symmetry`, by default a flip of all spins, q(x) = "
        "(q0(x) + q0(-x)) / 2.",
    )
    symmetry: Symmetry | None = other(
        None, "two array_like of int", symmetry, "A group (permutations, signs) in place of that "
        "flip, q(x) = sum_g q0(g x) / n: its n elements, at most 256 and the identity first, as "
        "permutations of the sites i L + j, shape (n, L**2) or (n, L, L), with signs, shape (n,) "
        "or that of the permutations: (g x)[i] = signs[i] x[permutations[i]]. The target must not "
        "change under it.", core="",
    )  # fmt: skip
    target: Target | None = other(
        None, "Target", _target, "The density that the flow learns, of the same L: `DualIsing`, "
        "`Phi4`, `Gaussian` or `FunctionTarget`. By default the dual of the Ising model at K.",
        core="",
    )  # fmt: skip
    masks: Masks | None = other(
        None, "array_like of bool or \"alternating\"", lambda name, value: value,
        "Which sites of a block each coupling layer keeps, some but not all: shape (layers, 2, 2), "
        "as the block has, or with one more leading axis for the layers of `hierarchy`. By default "
        "half of the sites at random, as published; \"alternating\" takes both halves of a "
        "checkerboard in turn. As integers of the shape (hierarchy, layers), bit 2 i + j stands "
        "for site (i, j).",
        encode=lambda masks: None if masks is None else np.array(masks, np.int32),
    )  # fmt: skip

    def completed(self) -> Self:
        if any(side & (side - 1) for side in shape_of(self.L)):
            raise ArgumentError(f"L must be a power of two from 2 to {LARGEST_SIZE}, got {self.L}")
        deepest = _DEEPEST if self.structure == "tebd" else self.scales
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
        return dataclasses.replace(self, masks=_masks(self.masks, self.blocks, self.layers))

    def _check_target(self, target: Target) -> None:
        if self.K != K_CRITICAL:
            raise ArgumentError("K must be left out where target is given")
        if self.L != target.L:
            raise ArgumentError(f"L must be that of target, {target.L}, got {self.L}")
        if isinstance(target, FunctionTarget):
            target.checked(self.symmetric and self.symmetry is None)

    def _check_symmetry(self, group: Symmetry) -> None:
        sites = math.prod(shape_of(self.L))
        if {len(sources) for sources in group.sources} != {sites}:
            raise ArgumentError(f"each permutation of symmetry must have {sites} sites")
        target = self.target or DualIsing(self.L, self.K)
        target._check_symmetry(group)

    def record(self, **others: Any) -> dict[str, Any]:
        none = {"kind": _NO_TARGET, "strength": 0.0, "form": None, "function": None}
        learned = self.target or DualIsing(self.L, self.K)
        target = learned._record()
        if isinstance(learned, DualIsing) and target is None:
            others = {"coupling": learned.K} | others
        shape = shape_of(self.L)
        others |= {"rows": shape[0] if len(shape) == 2 else 1, "columns": shape[-1]}
        sources, signs = self.symmetry.encoded() if self.symmetry else (None, None)
        group = {"symmetry_sources": sources, "symmetry_signs": signs}
        return super().record(**others) | none | group | (target or {})

    def _check_linear(self) -> None:
        for field in dataclasses.fields(self):
            given = getattr(self, field.name)
            if field.name in _OF_NETWORKS and given != field.default:
                raise ArgumentError(f"{field.name} must be left out with linear bijectors")

    @property
    def scales(self) -> int:
        """Those that leave a single site."""
        longest = max(shape_of(self.L)).bit_length() - 1
        return -(-longest // (self.block.bit_length() - 1))

    def distances(self, scale: int) -> tuple[int, ...]:
        """Of the sites that reach a scale, along each axis."""
        return tuple(min(side, self.block**scale) for side in shape_of(self.L))

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """The shape of a block of each layer of the hierarchy."""
        per_scale = self.repeat if self.structure == "tree" else 2 * self.repeat
        found = []
        for level in range(self.depth or self.scales):
            scale = 0 if self.structure == "tebd" else level
            ends = zip(self.distances(scale), self.distances(scale + 1), strict=True)
            found += [tuple(end // start for start, end in ends)] * per_scale
        return tuple(found)

    @property
    def weights(self) -> int:
        """Those of the networks s and t of all coupling layers, or of A: most parameters."""
        total = 0
        for shape in self.blocks:
            sites = math.prod(shape)
            beside = sum(2 * sites // side for side in shape if side > 1)
            inputs = sites + (beside if self.conditioner == "neighbours" else 0)
            widths = (inputs, *self.hidden, sites)
            of_networks = self.layers * 2 * sum(a * b for a, b in pairwise(widths))
            total += sites**2 if self.bijector == "linear" else of_networks
        return total


def _even_sites(shape: tuple[int, ...]) -> int:
    """The mask of the sites whose coordinates have an even sum."""
    even = np.indices(shape).sum(axis=0).ravel() % 2 == 0
    return int(even @ (1 << np.arange(even.size)))


def _masks(value: Any, blocks: tuple[tuple[int, ...], ...], layers: int) -> Masks | None:
    """Patterns (layers, 2, 2) or (hierarchy, layers, 2, 2) of booleans, or these as numbers."""
    if value is None:
        return None
    hierarchy, block = len(blocks), blocks[0]
    every = [2 ** math.prod(shape) - 1 for shape in blocks]
    if isinstance(value, str):
        arguments.choice("masks", value, ("alternating",))
        even = [_even_sites(shape) for shape in blocks]
        return tuple(
            tuple(mask if layer % 2 == 0 else all_sites - mask for layer in range(layers))
            for mask, all_sites in zip(even, every, strict=True)
        )
    try:
        given = np.asarray(arguments.from_dlpack("masks", value))
    except ValueError:
        raise ArgumentError("masks must be a rectangular array") from None
    if given.dtype == bool and len(set(blocks)) == 1 and given.shape[-len(block) :] == block:
        sites = math.prod(block)
        numbers = given.reshape(*given.shape[: -len(block)], sites) @ (1 << np.arange(sites))
        if not ((numbers > 0) & (numbers < every[0])).all():
            raise ArgumentError("each of masks must keep some sites of a block and not all")
        array = np.tile(numbers, (hierarchy, 1)) if numbers.ndim == 1 else numbers
    else:
        array = arguments.integers("masks", given, 1, max(every) - 1)
    if array.shape != (hierarchy, layers):
        one = ", ".join(map(str, block))
        raise ArgumentError(
            f"masks must have the shape ({layers}, {one}) or ({hierarchy}, {layers}, {one}), got "
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
    schedule: str = choice(
        "constant", SCHEDULES, "How the learning rate falls from `lr` to `final_lr`: not at all, "
        "by half a period of a cosine, or in eight equal parts, each with a rate that is the same "
        "factor lower.", core="decay",
    )  # fmt: skip
    final_lr: float = number(
        1e-4, 1e-12, 10, "Learning rate at the end of the schedule, and after it.",
        core="final_learning_rate",
    )  # fmt: skip
    total_steps: int | None = other(
        None, "int, 1 to 10**9", _total_steps, "Length of the schedule, from the first step of the "
        "model. By default it ends with the first call that has one.",
        encode=lambda steps: steps or 1, core="schedule_steps",
    )  # fmt: skip
    weight_decay: float = number(1e-3, 0, 10, "Factor by which a parameter adds to its gradient.")

    def learning_rate(self, step: int) -> float:
        """That of the step after `step` steps of the model."""
        total = self.total_steps or 1
        ratio = self.final_lr / self.lr
        if self.schedule == "cosine":
            progress = min(step, total) / total
            return self.lr * (ratio + (1 - ratio) * (1 + math.cos(math.pi * progress)) / 2)
        if self.schedule == "step":
            stage = min(step // -(-total // _STAGES), _STAGES - 1)
            return float(self.lr * ratio ** (stage / (_STAGES - 1)))
        return self.lr
