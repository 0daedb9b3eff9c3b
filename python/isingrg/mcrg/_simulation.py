"""Measurements of critical configurations, made here or given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core, ising
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import Report, reporting, tell
from isingrg.ising import _couplings
from isingrg.mcrg import _rules
from isingrg.mcrg._correlations import Accumulator, Correlations
from isingrg.mcrg._operators import Operators, operators
from isingrg.mcrg._rules import Rule

#: Spins in memory at a time.
_CHUNK = 2**28

#: Chains that run side by side even where a part of their samples fills the memory.
_FEWEST_TOGETHER = 8

#: The smallest lattice that is reached where the number of levels is not given, in units of b.
_LAST_SIDE = 4


def simulate(
    L: int, K: float | None = None, n_samples: int = 64_000, *, factor: int = 2,
    levels: int | None = None, rule: Rule = "majority", operators: Operators | None = None,
    dimension: int = 2, n_chains: int = 64, n_between: int = 5, seed: int = 0,
    progress: Any = False,
) -> Correlations:  # fmt: skip
    """Sample the Ising model, block it and measure operators at every level.

    Parameters
    ----------
    L : int
        Sites along a side, even: 4 to 4096, in three dimensions to 256.
    K : float, optional
        Coupling J/T; by default the critical one: exact in two dimensions, in three the best value
        known from simulation, 0.221654626.
    n_samples : int
        Configurations in all, at least 2 for each chain; rounded up to a multiple of `n_chains`.
    factor : int
        b, the sites along a side of a block, 2 to 16.
    levels : int, optional
        How many times to block, at least 1; b**levels divides L. By default as long as a side has
        4 sites or more.
    rule : {"majority", "decimation"}, Filter, or callable
        As for `block`.
    operators : Operators, optional
        What to measure; by default ``operators()`` in two dimensions and ``operators(6, 4, reach=1,
        dimension=3)`` in three. The first one must be that of nearest neighbours.
    dimension : {2, 3}
        Square or cubic lattice.
    n_chains : int
        Independent Markov chains, 4 to 4096, over which errors are taken.
    n_between : int
        Sweeps of the cluster algorithm between configurations of a chain, at least 1.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal results whatever the number of threads.
    progress : bool or callable
        Counts configurations.

    Returns
    -------
    Correlations

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    KeyboardInterrupt, Interrupted
        When stopped.
    """
    dimension = arguments.integer("dimension", dimension, 2, 3)
    L = arguments.integer("L", L, 4, 4096 if dimension == 2 else 256, even=True)
    critical = ising.K_CRITICAL if dimension == 2 else ising.critical_point("cubic").K
    K = critical if K is None else _couplings.coupling(K, -10.0, 10.0)
    n_chains = arguments.integer("n_chains", n_chains, 4, 4096)
    n_samples = arguments.integer("n_samples", n_samples, 2 * n_chains, 2**40)
    n_between = arguments.integer("n_between", n_between, 1, 2**30)
    seed = arguments.seed(seed)
    course = _Course(L, factor, levels, rule, operators, dimension, seed)
    each = math.ceil(n_samples / n_chains)
    sites = L**dimension
    together = min(n_chains, max(_FEWEST_TOGETHER, _CHUNK // (each * sites)))
    at_once = max(1, min(each, _CHUNK // (together * sites)))
    accumulator = course.accumulator(n_chains)
    done, whole = 0, each * n_chains
    with reporting(progress, "simulating", "configurations") as report:
        for part in range(0, each, at_once):
            length = min(at_once, each - part)
            for chain in range(0, n_chains, together):
                chains = min(together, n_chains - chain)
                spins = _sampled(
                    dimension, L, K, chains, length, n_between,
                    _mixed(seed, part, chain), _part(report, done, chains * length, whole),
                )  # fmt: skip
                for index in range(chains):
                    accumulator.add(chain + index, course.sums(spins[index], done))
                    done += length
                tell(report, done, whole)
    return accumulator.finished()


def measure(
    spins: ArrayLike, *, factor: int = 2, levels: int | None = None, rule: Rule = "majority",
    operators: Operators | None = None, dimension: int = 2, n_blocks: int | None = None,
    seed: int = 0, progress: Any = False,
) -> Correlations:  # fmt: skip
    """Block given configurations and measure operators at every level.

    Parameters
    ----------
    spins : array_like, shape (n, L, L) or (n_chains, n, L, L), a side more in three dimensions
        +1 and -1 on a periodic lattice. Configurations of one chain are in the order in which they
        were made.
    factor, levels, rule, operators, dimension
        As for `simulate`.
    n_blocks : int, optional
        Of successive configurations, over which errors are taken: 4 to as many as there are; by
        default 64, or half as many as there are. Where there are several chains, each is a block,
        and this is not used.
    seed : int
        0 to 2**64 - 1, of ties and draws.
    progress : bool or callable
        Counts blocks.

    Returns
    -------
    Correlations

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    """
    dimension = arguments.integer("dimension", dimension, 2, 3)
    rows, lead = _rules.configurations(spins, dimension)
    if len(lead) == 2:
        n_blocks = lead[0]
        if n_blocks < 4 or lead[1] < 1:
            raise ArgumentError(f"spins must have 4 chains or more, each with samples, got {lead}")
    elif len(lead) == 1:
        if len(rows) < 4:
            raise ArgumentError(f"spins must be 4 configurations or more, got {len(rows)}")
        default = max(4, min(64, len(rows) // 2))
        n_blocks = (
            default if n_blocks is None else arguments.integer("n_blocks", n_blocks, 4, len(rows))
        )
    else:
        raise ArgumentError(f"spins must have one or two axes before the lattice's, got {lead}")
    course = _Course(
        rows.shape[-1], factor, levels, rule, operators, dimension, arguments.seed(seed)
    )
    accumulator = course.accumulator(n_blocks)
    with reporting(progress, "measuring", "blocks") as report:
        done = 0
        for index, chosen in enumerate(np.array_split(rows, n_blocks)):
            accumulator.add(index, course.sums(chosen, done))
            done += len(chosen)
            tell(report, index + 1, n_blocks)
    return accumulator.finished()


class _Course:
    """What is done with every configuration, checked."""

    def __init__(
        self, L: int, factor: Any, levels: Any, rule: Rule, table: Any, dimension: int, seed: int
    ) -> None:
        self.factor = arguments.integer("factor", factor, 2, 16)
        if levels is None:
            levels = 0
            while L % self.factor ** (levels + 1) == 0 and (
                L // self.factor ** (levels + 1) >= _LAST_SIDE
            ):
                levels += 1
            levels = max(levels, 1)
        self.levels = arguments.integer("levels", levels, 1, 16)
        _rules.checked_levels(L, self.factor, self.levels)
        self.L, self.dimension, self.seed, self.rule = L, dimension, seed, rule
        if table is None:
            table = operators() if dimension == 2 else operators(6, 4, reach=1, dimension=3)
        if not isinstance(table, Operators) or table.dimension != dimension:
            raise TypeError(f"operators must be Operators of dimension {dimension}")
        if table[0].spins != 2 or sum(map(sum, table[0].points)) != 1:
            raise ArgumentError(f"operators must begin with nearest neighbours, got {table[0]}")
        self.operators = table
        self._is_callable = callable(rule)
        self._native = _rules.native("majority" if callable(rule) else rule, dimension, self.factor)

    def accumulator(self, blocks: int) -> Accumulator:
        return Accumulator(self.L, self.factor, self.levels, self.operators, blocks)

    def sums(self, spins: NDArray[np.int8], first: int) -> NDArray[np.float64]:
        """Of n configurations, (n, levels + 1, operators)."""
        if not self._is_callable:
            return self._measured(spins, self.levels, first)
        parts = []
        for level in range(self.levels + 1):
            parts.append(self._measured(spins, 0, first))
            if level < self.levels:
                spins = _rules.by_callable(self.rule, spins, self.factor)  # type: ignore[arg-type]
        return np.concatenate(parts, axis=1)

    def _measured(self, spins: NDArray[np.int8], levels: int, first: int) -> NDArray[np.float64]:
        n = len(spins)
        sums = np.empty((n, levels + 1, len(self.operators)))
        kind, weights = self._native
        _core.mcrg_measure(
            self.dimension, spins.shape[-1], spins.reshape(n, -1), self.factor, levels, kind,
            weights, *self.operators.native, self.seed, first, sums, None,
        )  # fmt: skip
        return sums


def _sampled(
    dimension: int, L: int, K: float, chains: int, n: int, between: int, seed: int, progress: Any
) -> NDArray[np.int8]:
    """Configurations (chains, n, L, ..., L)."""
    if dimension == 2:
        return ising.sample(
            L, K, n, n_chains=chains, n_between=between, algorithm="wolff", seed=seed,
            progress=progress,
        )  # fmt: skip
    return ising.Lattice.cubic(L).sample(
        K, n, n_chains=chains, n_between=between, algorithm="wolff", seed=seed, progress=progress
    )


def _mixed(seed: int, part: int, chain: int) -> int:
    """A seed for a part of the samples and a group of chains."""
    state = np.random.SeedSequence([seed & 0xFFFFFFFF, seed >> 32, part, chain])
    return int(state.generate_state(1, np.uint64)[0])


def _part(report: Report | None, done: int, units: int, whole: int) -> Any:
    """The sweeps of sampling, as a part of all configurations."""
    if report is None:
        return False

    def shown(sweeps: int, total: int) -> Any:
        return report(done + units * sweeps // max(total, 1), whole)

    return shown
