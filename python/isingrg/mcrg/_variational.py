"""Variational Monte Carlo renormalization: a bias that takes the couplings of block spins away."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import Part, reporting
from isingrg.ising import _couplings
from isingrg.mcrg import _rules
from isingrg.mcrg._correlations import exponents_of, jackknife_of_blocks
from isingrg.mcrg._operators import Operators, operators
from isingrg.statistics import Estimate


@dataclass(frozen=True, eq=False)
class VariationalResult:
    """Renormalized couplings, from `variational_couplings`."""

    #: Sites along a side.
    L: int
    #: b, the sites along a side of a block.
    factor: int
    #: How many times the lattice was blocked.
    levels: int
    #: Whose couplings they are.
    operators: Operators
    #: K_a of the block spins, shape (operators,): p(s') ~ exp(sum_a K_a S_a(s')).
    couplings: Estimate
    #: The couplings of the bias at each step of the search, shape (steps, operators).
    history: NDArray[np.float64]
    #: Operators under the final bias at the level below the last, (walkers, samples, operators).
    _fine: NDArray[np.float64]
    #: The same at the last level.
    _coarse: NDArray[np.float64]

    def transfer(self, parity: str, n: int | None = None) -> Estimate:
        """dK_a / dK_b from the level below the last to the last.

        The bias keeps the block spins of the last level without correlations whatever the couplings
        are, so that 0 = cov(S_c, S_b') dK_b' - cov(S_c, S_a) dK_a, with S' at the level below.

        Parameters
        ----------
        parity : {"even", "odd"}
            Of the operators.
        n : int, optional
            The first so many of this parity, at least one; by default all.

        Returns
        -------
        Estimate, shape (n, n)

        Raises
        ------
        ConvergenceError
            If covariances are singular: too few samples.
        """
        return jackknife_of_blocks(self._transfers(parity, n))

    def exponents(self, parity: str, n: int | None = None, *, most: int = 3) -> Estimate:
        """ln(eigenvalue) / ln b of `transfer`, the largest first.

        Parameters
        ----------
        parity, n
            As for `transfer`.
        most : int
            How many, 1 to n.

        Returns
        -------
        Estimate, shape (min(most, n),)

        Raises
        ------
        ConvergenceError
            If covariances are singular, or an eigenvalue is zero: too few samples.
        """
        return exponents_of(self._transfers(parity, n), self.factor, most)

    def _transfers(self, parity: str, n: int | None) -> NDArray[np.float64]:
        index = self.operators.chosen(parity, n)
        fine, coarse = self._fine[..., index], self._coarse[..., index]
        walkers = len(fine)
        chosen = [*(np.arange(walkers) != left_out for left_out in range(walkers)), slice(None)]
        matrices = []
        for part in chosen:
            below = fine[part].reshape(-1, len(index))
            above = coarse[part].reshape(-1, len(index))
            below, above = below - below.mean(0), above - above.mean(0)
            within = above.T @ above
            if np.linalg.cond(within) > 1e12:
                raise ConvergenceError("covariances are singular: take more samples")
            matrices.append(np.linalg.solve(within, above.T @ below))
        return np.array(matrices)


def variational_couplings(
    L: int, K: float | None = None, *, levels: int = 1, factor: int = 3,
    operators: Operators | None = None, n_walkers: int = 16, steps: int = 60,
    sweeps: int = 20, n_samples: int = 400, n_between: int = 5, seed: int = 0,
    progress: Any = False,
) -> VariationalResult:  # fmt: skip
    """Renormalized couplings of the block spins, by majority, after some levels.

    The bias potential V = sum_a J_a S_a(s') that makes the block spins s' independent and without
    preference, minimises a convex functional; there J_a are the couplings of the block spins within
    the given operators, free of truncation where these suffice. With it nothing slows down at the
    critical point. Each step adds the mean <S_a> under the bias, divided by its variance for
    independent spins, to J_a: Newton's method with the exact second derivatives at the solution.
    The couplings are the mean of the second half of the steps, and a last such correction.

    Parameters
    ----------
    L : int
        Sites along a side, 4 to 4096; `factor`**`levels` times at least 2.
    K : float, optional
        Coupling J/T of nearest neighbours, -10 to 10; by default the critical one.
    levels : int
        How many times to block, 1 to 16.
    factor : int
        b, the sites along a side of a block, 2 to 16. Ties of even b are decided at random.
    operators : Operators, optional
        Of two dimensions; by default ``operators(8, 0)``.
    n_walkers : int
        Independent lattices, 4 to 4096, over which errors are taken.
    steps : int
        Of the search, at least 2.
    sweeps : int
        Of each walker, in each step, at least 1.
    n_samples, n_between : int
        Measurements of each walker under the final bias, at least 2, and sweeps before each.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal results whatever the number of threads.
    progress : bool or callable
        Counts sweeps.

    Returns
    -------
    VariationalResult

    Raises
    ------
    ConvergenceError
        If the search leaves the range of couplings.

    References
    ----------
    Y. Wu and R. Car, doi:10.1103/PhysRevLett.119.220602.
    """
    course = _Course(L, K, levels, factor, operators, n_walkers, seed)
    steps = arguments.integer("steps", steps, 2, 2**20)
    sweeps = arguments.integer("sweeps", sweeps, 1, 2**20)
    n_samples = arguments.integer("n_samples", n_samples, 2, 2**20)
    n_between = arguments.integer("n_between", n_between, 1, 2**20)
    variances = course.variances()
    total = steps * sweeps + n_samples * n_between
    J = np.zeros(len(course.operators))
    history = np.empty((steps, len(J)))
    with reporting(progress, "removing couplings", "sweeps") as report:
        for step in range(steps):
            # Measurements of the first half of a step still remember the bias before.
            _, coarse = course.advance(J, sweeps, 1, _part(report, step * sweeps, sweeps, total))
            J = J + np.linalg.solve(variances, coarse[:, sweeps // 2 :].mean((0, 1)))
            if not np.abs(J).max() < 10:
                raise ConvergenceError(
                    f"the couplings of the bias grow beyond 10 at step {step}: take more walkers "
                    f"or sweeps, or fewer operators"
                )
            history[step] = J
        J = history[steps // 2 :].mean(0)
        fine, coarse = course.advance(
            J, n_samples, n_between, _part(report, steps * sweeps, n_samples * n_between, total)
        )
    corrections = np.linalg.solve(variances, coarse.mean(1).T).T
    error = corrections.std(0, ddof=1) / math.sqrt(len(corrections))
    found = Estimate(J + corrections.mean(0), error, n=coarse.shape[0] * coarse.shape[1])
    return VariationalResult(
        course.L, course.factor, course.levels, course.operators, found, history, fine, coarse
    )


class _Course:
    """Walkers on a biased lattice."""

    def __init__(
        self, L: Any, K: Any, levels: Any, factor: Any, table: Any, n_walkers: Any, seed: Any
    ) -> None:
        self.L = arguments.integer("L", L, 4, 4096)
        self.K = _couplings.K_CRITICAL if K is None else _couplings.coupling(K, -10.0, 10.0)
        self.factor, self.levels = _rules.checked_levels(self.L, factor, levels)
        self.width = self.L // self.factor**self.levels
        if self.levels < 1 or self.width < 2:
            raise ArgumentError(
                f"levels must be 1 or more and leave 2 blocks or more along a side, got {levels}"
            )
        table = operators(8, 0) if table is None else table
        if not isinstance(table, Operators) or table.dimension != 2:
            raise TypeError("operators must be Operators of dimension 2")
        self.operators: Operators = table
        self.n_walkers = arguments.integer("n_walkers", n_walkers, 4, 4096)
        self.seed = arguments.seed(seed)
        draw = np.random.default_rng(self.seed)
        blocks = sum((self.L // self.factor ** (n + 1)) ** 2 for n in range(self.levels))
        shape = (self.n_walkers, self.L, self.L)
        arguments.allocate("spins", shape, np.int8)
        self._spins = _random_spins(draw, shape)
        self._ties = _random_spins(draw, (self.n_walkers, blocks))
        self._done = 0

    def advance(
        self, bias: NDArray[np.float64], n_samples: int, between: int, report: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums of operators (walkers, samples, operators) at the level below the last and there."""
        shape = (self.n_walkers, n_samples, len(self.operators))
        fine, coarse = (arguments.allocate(name, shape, float) for name in ("fine", "coarse"))
        _core.mcrg_biased_sample(
            self.factor, self.levels, *self.operators.native, self.K, bias, n_samples, between,
            self.seed, self._done, self._spins, self._ties, fine, coarse, report,
        )  # fmt: skip
        self._done += n_samples * between
        return fine, coarse

    def variances(self) -> NDArray[np.float64]:
        """cov(S_a, S_b) of independent spins: how many terms they share, on a torus of blocks."""
        # On a wide torus terms are different unless equal; a torus of its width tells for others.
        side = min(self.width, 2 * self.operators.reach + 1)
        counts: list[dict[frozenset[tuple[int, ...]], int]] = []
        for operator in self.operators:
            terms: dict[frozenset[tuple[int, ...]], int] = {}
            for image in operator.images:
                for corner in itertools.product(range(side), repeat=2):
                    spins: set[tuple[int, ...]] = set()
                    for point in image:
                        moved = ((point[0] + corner[0]) % side, (point[1] + corner[1]) % side)
                        spins ^= {moved}  # a spin to an even power is none
                    key = frozenset(spins)
                    if key:
                        terms[key] = terms.get(key, 0) + 1
            counts.append(terms)
        shared = [
            [sum(n * others.get(key, 0) for key, n in terms.items()) for others in counts]
            for terms in counts
        ]
        matrix: NDArray[np.float64] = np.array(shared, dtype=float) * (self.width / side) ** 2
        if np.linalg.matrix_rank(matrix) < len(matrix):
            raise ArgumentError(
                f"operators coincide on {self.width} x {self.width} blocks: take fewer of them, or "
                f"a larger L"
            )
        return matrix


def _random_spins(draw: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    return 2 * draw.integers(0, 2, shape, dtype=np.int8) - 1


def _part(report: Any, done: int, units: int, total: int) -> Any:
    return None if report is None else Part(report, done, units, total)
