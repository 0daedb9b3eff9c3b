"""How the spins of a block become one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting, tell


@dataclass(frozen=True, eq=False)
class Filter:
    """A block spin from weights on the spins in and around its block.

    With the field h = sum_i w_i s_i, s' = +1 with the probability 1 / (1 + exp(-2 h)). A sharp
    filter takes the sign of h, and decides h = 0 at random; all weights equal it is majority.

    Parameters
    ----------
    weights : array_like, shape (width, width) or (width, width, width)
        -1e6 to 1e6. The window has the block in its middle: its width is that of the block or
        larger by an even number, and at most 32.
    sharp : bool
        Whether the sign of h is taken.
    """

    #: w_i.
    weights: Any
    #: Whether the sign of h is taken.
    sharp: bool = False

    def __post_init__(self) -> None:
        array = arguments.reals("weights", self.weights, -1e6, 1e6)
        if array.ndim not in (2, 3) or len(set(array.shape)) != 1 or not 2 <= len(array) <= 32:
            raise ArgumentError(
                f"weights must have the shape (w, w) or (w, w, w) with w from 2 to 32, "
                f"got {array.shape}"
            )
        kept = np.array(array, dtype=float)
        kept.setflags(write=False)
        object.__setattr__(self, "weights", kept)
        object.__setattr__(self, "sharp", arguments.boolean("sharp", self.sharp))


Rule = str | Filter | Callable[[NDArray[np.int8]], Any]


def native(rule: Rule, dimension: int, factor: int) -> tuple[int, NDArray[np.float64] | None]:
    """Kind and weights as the core takes them."""
    if isinstance(rule, str):
        if arguments.choice("rule", rule, ("majority", "decimation")) == "majority":
            return _core.MCRG_MAJORITY, None
        weights = np.zeros((factor,) * dimension)
        weights.flat[0] = 1
        return _core.MCRG_SHARP_FILTER, weights
    if not isinstance(rule, Filter):
        raise TypeError(
            f'rule must be "majority", "decimation", a Filter or a callable, '
            f"not {type(rule).__name__}"
        )
    width = len(rule.weights)
    if rule.weights.ndim != dimension or width < factor or (width - factor) % 2:
        raise ArgumentError(
            f"rule must have a window of {dimension} axes as wide as a block, {factor}, or wider "
            f"by an even number, got {rule.weights.shape}"
        )
    return _core.MCRG_SHARP_FILTER if rule.sharp else _core.MCRG_FILTER, rule.weights


def block(
    spins: ArrayLike, *, factor: int = 2, levels: int = 1, rule: Rule = "majority",
    dimension: int = 2, seed: int = 0, progress: Any = False,
) -> NDArray[np.int8]:  # fmt: skip
    """Block spins, level after level.

    Parameters
    ----------
    spins : array_like, shape (..., L, L) or (..., L, L, L)
        +1 and -1 on a periodic lattice.
    factor : int
        b, the spins along a side of a block, 2 to 16.
    levels : int
        How many times to block, 0 to 16; b**levels divides L.
    rule : {"majority", "decimation"}, Filter, or callable
        "majority" takes the sign of the sum, at random where it is zero. "decimation" takes the
        first spin. A callable receives int8 of the shape (n, L, L) and returns +1 and -1 of the
        shape (n, L/b, L/b), with all sides for three dimensions.
    dimension : {2, 3}
        Square or cubic lattice.
    seed : int
        0 to 2**64 - 1, of ties and draws.
    progress : bool or callable
        Counts configurations, or levels of a callable.

    Returns
    -------
    ndarray of int8, shape (..., L / b**levels, ...)
        +1 and -1.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.

    Notes
    -----
    `isingrg.ising.block_spin` decides ties by +1, which breaks the symmetry under a flip of all
    spins; exponents need ties at random.
    """
    dimension = arguments.integer("dimension", dimension, 2, 3)
    rows, lead = configurations(spins, dimension)
    factor, levels = checked_levels(rows.shape[-1], factor, levels)
    seed = arguments.seed(seed)
    if callable(rule):
        with reporting(progress, "blocking", "levels") as report:
            for level in range(levels):
                tell(report, level, levels)
                rows = by_callable(rule, rows, factor)
            tell(report, levels, levels)
        return rows.reshape(*lead, *rows.shape[1:])
    kind, weights = native(rule, dimension, factor)
    L, width = rows.shape[-1], rows.shape[-1] // factor**levels
    blocked = arguments.allocate("blocked", (len(rows), width**dimension), np.int8)
    with reporting(progress, "blocking", "configurations") as report:
        if len(rows):
            _core.mcrg_block(
                dimension, L, rows.reshape(len(rows), -1), factor, levels, kind, weights, seed, 0,
                blocked, report,
            )  # fmt: skip
    return blocked.reshape(*lead, *(width,) * dimension)


def configurations(spins: Any, dimension: int) -> tuple[NDArray[np.int8], tuple[int, ...]]:
    """Spins with one axis before those of the lattice, and the axes that were there."""
    array = arguments.spins(spins)
    if array.ndim < dimension or len(set(array.shape[-dimension:])) != 1:
        raise ArgumentError(
            f"spins must have the shape (..., {', '.join('L' * dimension)}), got {array.shape}"
        )
    lead = array.shape[:-dimension]
    return array.reshape(-1, *array.shape[-dimension:]), lead


def checked_levels(L: int, factor: Any, levels: Any) -> tuple[int, int]:
    factor = arguments.integer("factor", factor, 2, 16)
    levels = arguments.integer("levels", levels, 0, 16)
    if L % factor**levels:
        raise ArgumentError(
            f"levels must be such that {factor}**levels divides L = {L}, got {levels}"
        )
    return factor, levels


def by_callable(
    rule: Callable[[NDArray[np.int8]], Any], rows: NDArray[np.int8], factor: int
) -> NDArray[np.int8]:
    """One level by a rule of the user, checked."""
    answer = np.asarray(rule(rows.copy()))
    wanted = (len(rows), *(side // factor for side in rows.shape[1:]))
    if answer.shape != wanted:
        raise ArgumentError(f"rule must return the shape {wanted}, got {answer.shape}")
    if not np.isin(answer, (-1, 1)).all():
        raise ArgumentError("rule must return +1 and -1 only")
    return np.ascontiguousarray(answer, dtype=np.int8)
