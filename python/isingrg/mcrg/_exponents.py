"""Critical exponents from a measurement, with both kinds of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isingrg._shared.errors import ArgumentError
from isingrg.mcrg._correlations import Correlations
from isingrg.mcrg._operators import Operators
from isingrg.mcrg._rules import Rule
from isingrg.mcrg._simulation import simulate

#: Sides below this, in units of the operators' reach, change what operators measure.
_LEAST_SIDE = 4


@dataclass(frozen=True)
class Exponent:
    """An exponent with its statistical and its systematic error.

    Attributes
    ----------
    value : float
        With all operators at `level`.
    statistical : float
        One standard error, of a jackknife over chains.
    systematic : float
        The larger of two changes of the value: from the level below to this one, and from the
        first half of the operators to all. Irrelevant couplings die out by a factor of b or more
        for each level, so that what is left of them at a level is less than the last change.
    level : int
        At which the sum of both errors is least, from 2 on, if the lattice is still wide enough.
    """

    value: float
    statistical: float
    systematic: float
    level: int

    @property
    def error(self) -> float:
        """The sum of both errors."""
        return self.statistical + self.systematic

    def __str__(self) -> str:
        return (
            f"{self.value:.4f} ± {self.statistical:.4f} (statistical) ± {self.systematic:.4f} "
            f"(systematic), level {self.level}"
        )


@dataclass(frozen=True, eq=False)
class CriticalExponents:
    """The two relevant exponents of the Ising model, from `exponents`.

    Attributes
    ----------
    y_t : Exponent
        Of the temperature, 1 / nu.
    y_h : Exponent
        Of the field, d - beta / nu.
    measurement : Correlations
        From which they come.
    """

    y_t: Exponent
    y_h: Exponent
    measurement: Correlations

    @property
    def nu(self) -> float:
        """The exponent of the correlation length, 1 / y_t."""
        return 1 / self.y_t.value

    @property
    def eta(self) -> float:
        """The exponent of the correlation function, d + 2 - 2 y_h."""
        return self.measurement.dimension + 2 - 2 * self.y_h.value

    def __str__(self) -> str:
        return f"y_t = {self.y_t}\ny_h = {self.y_h}"


def exponents(
    L: int = 128, K: float | None = None, n_samples: int = 64_000, *, factor: int = 2,
    rule: Rule = "majority", operators: Operators | None = None, dimension: int = 2,
    n_chains: int = 64, n_between: int = 5, seed: int = 0, progress: Any = False,
) -> CriticalExponents:  # fmt: skip
    """y_t and y_h of the Ising model, from a simulation.

    Parameters
    ----------
    L, K, n_samples, factor, rule, operators, dimension, n_chains, n_between, seed, progress
        As for `simulate`, which see; L must allow two levels.

    Returns
    -------
    CriticalExponents

    Raises
    ------
    ConvergenceError
        If covariances are singular: too few samples for so many operators.

    Examples
    --------
    >>> found = exponents(32, n_samples=6400)
    >>> abs(found.y_h.value - 15 / 8) < 2 * found.y_h.error
    True
    """
    measurement = simulate(
        L, K, n_samples, factor=factor, rule=rule, operators=operators, dimension=dimension,
        n_chains=n_chains, n_between=n_between, seed=seed, progress=progress,
    )  # fmt: skip
    return critical_exponents(measurement)


def critical_exponents(measurement: Correlations) -> CriticalExponents:
    """y_t and y_h with statistical and systematic errors.

    Parameters
    ----------
    measurement : Correlations
        At the critical coupling, of two levels or more, with even and odd operators.

    Returns
    -------
    CriticalExponents

    Raises
    ------
    ConvergenceError
        If covariances are singular.
    """
    if not isinstance(measurement, Correlations):
        raise TypeError(f"measurement must be Correlations, not {type(measurement).__name__}")
    return CriticalExponents(
        _exponent(measurement, "even"), _exponent(measurement, "odd"), measurement
    )


def _exponent(measurement: Correlations, parity: str) -> Exponent:
    table = measurement.operators
    everything = len(table.chosen(parity))
    levels = [
        level
        for level in range(2, measurement.levels + 1)
        if measurement.L // measurement.factor**level >= _LEAST_SIDE * table.reach
    ]
    if not levels:
        raise ArgumentError(
            f"levels must reach 2 with {_LEAST_SIDE * table.reach} sites or more along a side "
            f"there: take a larger L than {measurement.L}"
        )
    found = []
    for level in levels:
        here = measurement.exponents(parity, level, most=1)
        below = measurement.exponents(parity, level - 1, most=1)
        fewer = measurement.exponents(parity, level, max(1, everything // 2), most=1)
        value = float(here.value[0])
        change = max(abs(value - float(below.value[0])), abs(value - float(fewer.value[0])))
        found.append(Exponent(value, float(here.error[0]), change, level))
    return min(found, key=lambda exponent: exponent.error)
