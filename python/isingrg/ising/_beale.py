"""The density of states of the square torus, in integers of any size (Beale).

With y = exp(-2K), exp(-2K N) Z is half the sum, with signs, of four products of square roots of

    P(k) = (1 + y^2)^2 - 2 y (1 - y^2) (cos k_1 + cos k_2),

over momenta (see `_sectors`). Roots come in pairs, or at 0 and pi are polynomials themselves.
Products of polynomials are taken in fixed point, with more digits than their largest coefficients
have.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.progress import Report, reporting, tell


class TorusLevels(NamedTuple):
    """Numbers of configurations by energy: see `torus_density_of_states`."""

    #: E/J, shape (e,), ascending.
    energies: NDArray[np.int64]
    #: Configurations of each energy, exact: integers of any size, shape (e,).
    counts: list[int]


def torus_density_of_states(L: int, *, progress: Any = False) -> TorusLevels:
    """The number of configurations of each energy of the L x L torus, exact.

    Parameters
    ----------
    L : int
        Linear size, 2 to 32. L = 16 takes a quarter of a second, 32 some ten. For L = 2 both bonds
        between two neighbours count.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    TorusLevels
        Without energies that no configuration has.

    References
    ----------
    P. D. Beale, doi:10.1103/PhysRevLett.76.78.

    Examples
    --------
    >>> levels = torus_density_of_states(4)
    >>> levels.counts[:4], sum(levels.counts) == 2**16
    ([2, 32, 64, 424], True)
    """
    L = arguments.integer("L", L, 2, 32)
    bits = 2 * L * L + 96
    with reporting(progress, "multiplying", "factors") as report:
        steps = _Steps(report, 3 * (L * L // 2 + 2))
        antiperiodic = _product(L, True, True, bits, steps)
        mixed = _product(L, True, False, bits, steps)
        periodic = _product(L, False, False, bits, steps)
        steps.finish()
    half = 1 << bits
    counts = [
        (a + 2 * m - p + half) >> bits + 1
        for a, m, p in zip(antiperiodic, mixed, periodic, strict=True)
    ]
    # The coefficient of y^j counts the configurations of j broken bonds.
    broken = [j for j, count in enumerate(counts) if count]
    energies = np.array([2 * j - 2 * L * L for j in broken], np.int64)
    return TorusLevels(energies, [counts[j] for j in broken])


class _Steps:
    """Factors that are done, told now and then."""

    def __init__(self, report: Report | None, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    def count(self, factors: int) -> None:
        self._done = min(self._done + factors, self._total)
        tell(self._report, self._done, self._total)

    def finish(self) -> None:
        tell(self._report, self._total, self._total)


def _product(L: int, first: bool, second: bool, bits: int, steps: _Steps) -> list[int]:
    """Coefficients of y^0 to y^(2 L^2) in fixed point; whether momenta are half integers."""
    one = 1 << bits
    cosines = _cosines(2 * L, bits)
    product = [one] + [0] * (2 * L * L)
    degree = 0
    for (i, j), power in sorted(_pairs(L, first, second).items()):
        c = 2 * (cosines[i] + cosines[j])
        factor = [one, -c, 2 * one, c, one]
        if power % 2:  # one momentum alone, at 0 or pi along both axes
            # y^2 + 2y - 1, 1 + 2y - y^2 or 1 + y^2: positive at y = 1, where K = 0.
            root = {4: [-1, 2, 1], -4: [1, 2, -1], 0: [1, 0, 1]}[round(c / one)]
            product, degree = _times(product, degree, [r * one for r in root], bits), degree + 2
        for _ in range(power // 2):
            product, degree = _times(product, degree, factor, bits), degree + 4
            steps.count(1)
    return product


def _pairs(L: int, first: bool, second: bool) -> Counter[tuple[int, int]]:
    """How often momenta (pi i / L, pi j / L) of equal cosines occur, the smaller one first."""
    found: Counter[tuple[int, int]] = Counter()
    for a in range(L):
        for b in range(L):
            i, j = 2 * a + first, 2 * b + second
            found[tuple(sorted((min(i, 2 * L - i), min(j, 2 * L - j))))] += 1  # type: ignore[index]
    return found


def _times(product: list[int], degree: int, factor: list[int], bits: int) -> list[int]:
    result = list(product)
    for k in range(degree + len(factor)):
        total = 0
        for shift, value in enumerate(factor):
            if value and 0 <= k - shift <= degree:
                total += product[k - shift] * value
        result[k] = (total + (1 << bits - 1)) >> bits
    return result


def _cosines(parts: int, bits: int) -> list[int]:
    """cos(2 pi k / parts) for k = 0 to parts - 1 in fixed point."""
    guard = bits + 64
    angle = 2 * _pi(guard) // parts
    square = -(angle * angle >> guard)
    cosine, term, k = 0, 1 << guard, 0
    while term:
        cosine += term
        k += 2
        term = (
            (term * square >> guard) // (k * (k - 1))
            if term * square >= 0
            else -((-term * square >> guard) // (k * (k - 1)))
        )
    values = [1 << guard, cosine]
    for _ in range(parts - 2):  # Chebyshev's recursion
        values.append((2 * cosine * values[-1] >> guard) - values[-2])
    return [value >> 64 for value in values[:parts]]


def _pi(bits: int) -> int:
    """By Machin: 16 arctan 1/5 - 4 arctan 1/239."""

    def arctan(n: int) -> int:
        total, power, k = 0, (1 << bits + 16) // n, 1
        while power:
            total += power // k if k % 4 == 1 else -(power // k)
            power //= n * n
            k += 2
        return total

    return (16 * arctan(5) - 4 * arctan(239)) >> 16
