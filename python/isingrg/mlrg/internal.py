"""Internal symmetry groups: permutations of the q states of a spin, and the kernels they allow.

The energy of a bond between spins s and t is -sum_k J_k K_k(s, t), where the kernels K_k span the
functions of two states that the group leaves invariant (Eq. 4 of W. Hou and Y.-Z. You,
arXiv:2306.11054), up to a constant. Such a function has one value on each orbit of pairs of states.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isingrg._shared.errors import ArgumentError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._permutations import Permutation, group_order, orbit_of, pair_orbits

__all__ = ["MOST_STATES", "Internal", "InternalSymmetry", "Permutation", "internal_symmetry"]

#: States of a spin.
MOST_STATES = 10

#: What `internal_symmetry` takes: a name, permutations, or what it makes of them.
Internal = Any

_KNOWN = (
    '"Z2", "S2" to "S10", "Z3" to "Z8", "Z3-chiral" to "Z8-chiral", "Z2xZ2" or permutations that '
    "generate a group"
)


@dataclass(frozen=True)
class InternalSymmetry:
    """A group G that permutes the q states of a spin, and its invariant kernels.

    Two symmetries are equal if their names, which for a group of one's own are its generators, are.
    """

    #: "Z2", "S3", ..., or "(1,2,0)(1,0,2)" for generators.
    name: str
    #: States of a spin, 2 to 10.
    q: int
    #: Permutations that generate the group, each the images of 0, 1, ..., q - 1.
    generators: tuple[Permutation, ...]
    #: What each kernel is called: "delta", "cos 1", "sin 1", "s", "t", "st", "0-2", ....
    kernel_names: tuple[str, ...]

    @property
    def kernels(self) -> Floats:
        """K_k(s, t): kernel, state of the first and of the second spin, shape (r, q, q).

        Together with the constant they are linearly independent, and span all invariant functions.
        """
        return _kernels(self.name).copy()

    @property
    def n_kernels(self) -> int:
        """Kernels r: couplings of a bond between two spins of a single component."""
        return len(self.kernel_names)

    @property
    def is_ising(self) -> bool:
        """Whether the states are +1 and -1, and the kernel their product."""
        return self.name == "Z2"

    @property
    def orbits(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Orbits of pairs of states (s, t) under the group, that of (0, 0) first."""
        return pair_orbits(self.generators)

    @property
    def order(self) -> int:
        """Elements of the group."""
        return group_order(self.generators)

    @property
    def setting(self) -> str | tuple[Permutation, ...]:
        """What `internal_symmetry` makes this of."""
        return self.generators if self.name.startswith("(") else self.name


def internal_symmetry(internal: Any) -> InternalSymmetry:
    """The symmetry that a setting ``internal=`` stands for.

    Parameters
    ----------
    internal : str, sequence of sequence of int, or InternalSymmetry
        - "Z2": Ising spins, with the kernel s t; states 0 and 1 are +1 and -1;
        - "S2" to "S10": Potts models, whose kernel "delta" is 1 for equal states, else 0. "S2" is
          the Ising model in Potts units: J is twice that of "Z2";
        - "Z3" to "Z8": clock models with the even kernels cos(2 pi k (s - t) / q), k = 1, ...,
          floor(q / 2), which are called "cos k". Reflections are symmetries as well;
        - "Z3-chiral" to "Z8-chiral": clock models with the odd kernels sin(2 pi k (s - t) / q)
          besides, k < q / 2: all that the rotations leave invariant;
        - "Z2xZ2": Ashkin-Teller models of two Ising spins s and t at a site (state 2 a + b has
          s = (-1)^a and t = (-1)^b), with kernels for the products of s, of t and of s t;
        - or permutations of 0, ..., q - 1 that generate a transitive group. Its kernels are the
          indicators of all orbits of pairs of states but the last, called by their smallest pair.

    Returns
    -------
    InternalSymmetry

    Raises
    ------
    ArgumentError
        For an unknown name, a list that is no permutation, states that the group does not all
        exchange, and fewer than 2 or more than 10 states.
    TypeError
        For what is neither a name nor permutations.

    Examples
    --------
    >>> potts = internal_symmetry("S3")
    >>> potts.q, potts.kernel_names, potts.kernels[0].tolist()
    (3, ('delta',), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> internal_symmetry([(1, 2, 3, 0), (3, 2, 1, 0)]).kernel_names
    ('0-0', '0-1')
    """
    if isinstance(internal, InternalSymmetry):
        return internal
    if isinstance(internal, str):
        return _named(internal)
    return _generated(_permutations(internal))


def _named(name: str) -> InternalSymmetry:
    if name == "Z2xZ2":
        return InternalSymmetry(name, 4, ((2, 3, 0, 1), (1, 0, 3, 2)), ("s", "t", "st"))
    match = re.fullmatch(r"([SZ])(\d+)(-chiral)?", name)
    family, digits, chiral = match.groups() if match else ("", "0", None)
    q = int(digits)
    cycle = (*range(1, q), 0)
    if family == "S" and not chiral and 2 <= q <= MOST_STATES:
        return InternalSymmetry(name, q, (cycle, (1, 0, *range(2, q))), ("delta",))
    if name == "Z2":
        return InternalSymmetry(name, 2, (cycle,), ("s",))
    if family == "Z" and 3 <= q <= 8:
        even = tuple(f"cos {k}" for k in range(1, q // 2 + 1))
        odd = tuple(f"sin {k}" for k in range(1, (q + 1) // 2))
        reflection = tuple(-s % q for s in range(q))
        if chiral:
            return InternalSymmetry(name, q, (cycle,), even + odd)
        return InternalSymmetry(name, q, (cycle, reflection), even)
    if len(name) > 100 or (not match and not name.startswith("(")):
        raise ArgumentError(f"internal must be {_KNOWN}, got {name[:100]!r}")
    if match:
        raise ArgumentError(f"internal {name!r} is not among {_KNOWN}")
    words = re.findall(r"\(([\d,]+)\)", name)
    if "".join(f"({word})" for word in words) != name or not all(
        word.replace(",", "").isdigit() and all(word.split(",")) for word in words
    ):
        raise ArgumentError(f"internal must be {_KNOWN}, got {name!r}")
    return _generated(_permutations([[int(s) for s in word.split(",")] for word in words]))


def _permutations(internal: Any) -> tuple[Permutation, ...]:
    if not isinstance(internal, (Sequence, np.ndarray)) or isinstance(internal, bytes):
        raise TypeError(f"internal must be {_KNOWN}, not {type(internal).__name__}")
    result = []
    for g in internal:
        try:
            images = tuple(int(s) for s in g)
            whole = all(s == image for s, image in zip(g, images, strict=True))
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"internal must be {_KNOWN}, got {internal!r}") from None
        if not whole or sorted(images) != list(range(len(images))):
            raise ArgumentError(f"internal has {list(g)!r}, which is no permutation of 0, 1, ...")
        result.append(images)
        if len(result) > 100:
            raise ArgumentError("internal must have at most 100 generators")
    if not result:
        raise ArgumentError("internal must have at least one permutation")
    q = len(result[0])
    if not 2 <= q <= MOST_STATES:
        raise ArgumentError(f"internal must permute 2 to {MOST_STATES} states, got {q}")
    if any(len(g) != q for g in result):
        raise ArgumentError("internal must have permutations of equally many states")
    return tuple(result)


def _generated(generators: tuple[Permutation, ...]) -> InternalSymmetry:
    q = len(generators[0])
    reached = {states[0] for states in orbit_of((0,), generators)}
    if len(reached) < q:
        unreached = min(set(range(q)) - reached)
        raise ArgumentError(
            f"internal must be transitive, but takes state 0 to none of {unreached}: such states "
            "differ by more than a symmetry"
        )
    name = "".join("(" + ",".join(map(str, g)) + ")" for g in generators)
    orbits = pair_orbits(generators)[:-1]
    return InternalSymmetry(name, q, generators, tuple(f"{o[0][0]}-{o[0][1]}" for o in orbits))


@functools.lru_cache(256)
def _kernels(name: str) -> Floats:
    symmetry = _named(name)
    q = symmetry.q
    states = np.arange(q)
    kernels = []
    for kernel in symmetry.kernel_names:
        if kernel == "delta":
            kernels.append(np.eye(q))
        elif kernel[:3] in ("cos", "sin"):
            steps = int(kernel[4:]) * (states[:, None] - states) % q
            kernels.append(_wave(kernel[:3], q)[steps])
        elif "-" in kernel:
            pair = tuple(map(int, kernel.split("-")))
            kernels.append(np.zeros((q, q)))
            for s, t in orbit_of(pair, symmetry.generators):
                kernels[-1][s, t] = 1.0
        else:
            first, second = 1 - 2 * (states // (q // 2)), 1 - 2 * (states % 2)
            spin = {"s": first, "t": second, "st": first * second}[kernel]
            kernels.append(np.multiply.outer(spin, spin).astype(float))
    return np.array(kernels)


def _wave(name: str, q: int) -> Floats:
    """cos or sin of 2 pi k / q for k = 0, ..., q - 1, even or odd to the last bit."""
    function = math.cos if name == "cos" else math.sin
    # Rounding makes zeros and halves exact.
    values = np.array([round(function(2 * math.pi * k / q), 15) for k in range(q // 2 + 1)])
    rest = values[(q - 1) // 2 : 0 : -1]
    return np.concatenate([values, rest if name == "cos" else -rest])
