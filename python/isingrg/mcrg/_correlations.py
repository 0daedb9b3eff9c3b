"""Correlations of operators within a level of blocking and from level to level."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ConvergenceError
from isingrg.mcrg._operators import Operators
from isingrg.statistics import Estimate

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Correlations:
    """Operators of block spins at all levels, from `simulate` or `measure`.

    With S_a^(n) the operators of the spins after n levels, Swendsen's matrix
    T_ab = dK_a^(n) / dK_b^(n-1) solves (doi:10.1103/PhysRevLett.42.859)

        cov(S_c^(n), S_b^(n-1)) = sum_a cov(S_c^(n), S_a^(n)) T_ab,

    and its largest eigenvalues are b**y: with even operators y_t, with odd ones y_h. Errors are
    those of a jackknife over blocks of samples, which are independent chains where there are.
    """

    #: Sites along a side.
    L: int
    #: b, the sites along a side of a block.
    factor: int
    #: How many times the lattice was blocked.
    levels: int
    #: What was measured.
    operators: Operators
    #: Configurations in all.
    n_samples: int
    #: Samples of each jackknife block; what follows are sums over them, per site.
    _counts: Reals
    #: Of S^(n).
    _first: Reals
    #: Of S^(n) S^(n).
    _within: Reals
    #: Of S^(n) S^(n-1).
    _between: Reals
    #: Of S^(n) times the first operator of the spins themselves.
    _from_finest: Reals

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return self.operators.dimension

    @property
    def means(self) -> Reals:
        """S / N, per site of the lattice of each level, shape (levels + 1, operators)."""
        means: Reals = self._first.sum(0) / self._counts.sum()
        return means

    def covariance(self, level: int) -> Reals:
        """cov(S_a, S_b) / N at a level, N the sites there.

        Parameters
        ----------
        level : int
            0 to `levels`.

        Returns
        -------
        ndarray, shape (operators, operators)
        """
        level = arguments.integer("level", level, 0, self.levels)
        covariance: Reals = self._covariances(level, None)[0][-1]
        return covariance

    def transfer(self, parity: str, level: int, n: int | None = None) -> Estimate:
        """Swendsen's matrix T_ab = dK_a^(level) / dK_b^(level - 1).

        Parameters
        ----------
        parity : {"even", "odd"}
            Of the operators.
        level : int
            1 to `levels`.
        n : int, optional
            The first so many operators of this parity, at least one; by default all.

        Returns
        -------
        Estimate, shape (n, n)

        Raises
        ------
        ConvergenceError
            If covariances are singular: too few samples, or a lattice so small that operators
            coincide.
        """
        return jackknife_of_blocks(self._transfers(parity, level, n))

    def exponents(
        self, parity: str, level: int, n: int | None = None, *, most: int = 3
    ) -> Estimate:
        """Exponents y = ln(eigenvalue) / ln b of Swendsen's matrix, the largest first.

        Parameters
        ----------
        parity : {"even", "odd"}
            Even operators give y_t and what follows, odd ones y_h.
        level : int
            1 to `levels`.
        n : int, optional
            The first so many operators of this parity, at least one; by default all.
        most : int
            How many, 1 to n.

        Returns
        -------
        Estimate, shape (min(most, n),)
            Where an eigenvalue is not positive, or one of a complex pair, by its modulus.

        Raises
        ------
        ConvergenceError
            As `transfer`.
        """
        return exponents_of(
            self._transfers(parity, level, n), self.factor, most, where=f" at level {level}"
        )

    def _transfers(self, parity: str, level: int, n: int | None) -> Reals:
        """T without each block of samples, then with all."""
        level = arguments.integer("level", level, 1, self.levels)
        index = self.operators.chosen(parity, n)
        within, between = self._covariances(level, index)
        matrices: Reals
        try:
            matrices = np.asarray(np.linalg.solve(within, between), dtype=np.float64)
        except np.linalg.LinAlgError:
            matrices = np.full(within.shape, np.nan)
        if not np.isfinite(matrices).all() or np.linalg.cond(within[-1]) > 1e12:
            raise ConvergenceError(
                f"covariances of the {len(index)} {parity} operators are singular at level "
                f"{level}: take more samples, fewer operators or fewer levels"
            )
        return matrices

    def _covariances(self, level: int, index: list[int] | None) -> tuple[Reals, Reals]:
        """cov(S^(n), S^(n)) / N_n and cov(S^(n), S^(n-1)) / N_n, a block left out, then all."""
        chosen = np.arange(len(self.operators)) if index is None else np.array(index)
        counts = _without_each(self._counts)[:, None, None]
        first = _without_each(self._first[:, level][:, chosen])
        within = _without_each(self._within[:, level][:, chosen[:, None], chosen])
        here = _sites(self, level)
        covariance = (within / counts - _outer(first, first) / counts**2) * here
        if level == 0:
            return covariance, covariance
        finer = _without_each(self._first[:, level - 1][:, chosen])
        between = _without_each(self._between[:, level - 1][:, chosen[:, None], chosen])
        finer_sites = _sites(self, level - 1)
        return covariance, (between / counts - _outer(first, finer) / counts**2) * finer_sites

    def response(self, level: int) -> tuple[Reals, Reals]:
        """S_a / N and d(S_a / N) / dK at a level, without each block of samples and then with all.

        K is the coupling of the first operator of the spins themselves, of nearest neighbours.

        Parameters
        ----------
        level : int
            0 to `levels`.

        Returns
        -------
        tuple of two ndarrays, shape (blocks + 1, operators)
        """
        level = arguments.integer("level", level, 0, self.levels)
        counts = _without_each(self._counts)[:, None]
        first = _without_each(self._first[:, level]) / counts
        finest = _without_each(self._first[:, 0, :1]) / counts
        joint = _without_each(self._from_finest[:, level]) / counts
        return first, (joint - first * finest) * _sites(self, 0)


def _sites(measurement: Correlations, level: int) -> float:
    side = measurement.L // measurement.factor**level
    return float(side**measurement.dimension)


def _outer(a: Reals, b: Reals) -> Reals:
    return a[:, :, None] * b[:, None, :]


def _without_each(sums: Reals) -> Reals:
    total = sums.sum(0)
    return np.concatenate([total - sums, total[None]])


def jackknife_of_blocks(values: Reals) -> Estimate:
    """Of values without each of B blocks, and with all as the last."""
    partial, whole = values[:-1], values[-1]
    blocks = len(partial)
    mean = partial.mean(0)
    error = np.sqrt((blocks - 1) / blocks * np.square(partial - mean).sum(0))
    return Estimate((blocks * whole - (blocks - 1) * mean)[()], error[()])


def exponents_of(matrices: Reals, factor: int, most: int, where: str = "") -> Estimate:
    """y = ln(eigenvalue) / ln b of T without each block of samples, and with all as the last."""
    most = min(arguments.integer("most", most, 1, 64), matrices.shape[-1])
    moduli = np.sort(np.abs(np.linalg.eigvals(matrices)), axis=-1)[:, ::-1][:, :most]
    if not (moduli > 0).all():
        raise ConvergenceError(f"an eigenvalue{where} is zero: too few samples")
    return jackknife_of_blocks(np.log(moduli) / math.log(factor))


def combined(function: Callable[[Any, Any], Reals], one: Any, other: Any) -> Estimate:
    """A function of two independent measurements, each given as from `response`."""
    whole = tuple(part[-1:] for part in one), tuple(part[-1:] for part in other)
    first = np.concatenate([function(one, whole[1])[:-1], function(*whole)])
    second = np.concatenate([function(whole[0], other)[:-1], function(*whole)])
    parts = [jackknife_of_blocks(first), jackknife_of_blocks(second)]
    bias = sum(part.value - first[-1] for part in parts)
    return Estimate(first[-1] + bias, np.hypot(parts[0].error, parts[1].error))


class Accumulator:
    """Sums over samples from which a `Correlations` is made."""

    def __init__(self, L: int, factor: int, levels: int, operators: Operators, blocks: int) -> None:
        self._shape = (L, factor, levels, operators)
        n = len(operators)
        self._counts = np.zeros(blocks)
        self._first = np.zeros((blocks, levels + 1, n))
        self._within = np.zeros((blocks, levels + 1, n, n))
        self._between = np.zeros((blocks, levels, n, n))
        self._from_finest = np.zeros((blocks, levels + 1, n))
        sides = L // factor ** np.arange(levels + 1)
        self._sites = sides.astype(float)[:, None] ** operators.dimension

    def add(self, block: int, sums: Reals) -> None:
        """Sums (n, levels + 1, operators) of one block's further samples."""
        S = sums / self._sites
        self._counts[block] += len(S)
        self._first[block] += S.sum(0)
        levels = np.swapaxes(S, 0, 1)
        self._within[block] += np.swapaxes(levels, 1, 2) @ levels
        self._between[block] += np.swapaxes(levels[1:], 1, 2) @ levels[:-1]
        self._from_finest[block] += np.einsum("nla,n->la", S, S[:, 0, 0])

    def finished(self) -> Correlations:
        L, factor, levels, operators = self._shape
        return Correlations(
            L, factor, levels, operators, int(self._counts.sum()), self._counts, self._first,
            self._within, self._between, self._from_finest,
        )  # fmt: skip
