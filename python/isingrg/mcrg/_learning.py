"""A block rule that is learned: the one whose exponents settle soonest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.mcrg import _rules
from isingrg.mcrg._operators import Operators, operators
from isingrg.mcrg._rules import Filter
from isingrg.mcrg._simulation import measure

#: Change of a weight by which slopes are taken: wide enough for the noise of drawn block spins.
_STEP = 0.05

#: Widest change of a weight in one step.
_WIDEST = 0.3


@dataclass(frozen=True, eq=False)
class LearnedFilter:
    """A block rule and how it was found, from `learn_filter`.

    Attributes
    ----------
    filter : Filter
        The rule, not sharp.
    history : ndarray, shape (steps + 1,)
        The loss of the start and after each step.
    start : Filter
        From which the search began.
    """

    filter: Filter
    history: NDArray[np.float64]
    start: Filter


def learn_filter(
    spins: ArrayLike, *, factor: int = 2, width: int = 4, levels: int = 2, steps: int = 8,
    operators: Operators | None = None, seed: int = 0, progress: Any = False,
) -> LearnedFilter:  # fmt: skip
    """The filter with which the leading exponents change least from level to level.

    Block rules differ in how soon irrelevant couplings die out, and which rule is best is not known
    beforehand. The weights of a `Filter`, alike under the symmetries of the square, are chosen to
    minimise

        loss = sum over parities and levels n of ((y^(n) - y^(n-1)) / error of y^(n))**2

    on given critical configurations, by the method of Levenberg and Marquardt with equal random
    numbers throughout. No exponent is given to it.

    Parameters
    ----------
    spins : array_like, shape (n, L, L) or (n_chains, n, L, L)
        Critical configurations, as for `measure`.
    factor : int
        b, 2 to 16.
    width : int
        Of the filter's window: b, or larger by an even number, at most 32.
    levels : int
        Up to which exponents are compared, at least 2.
    steps : int
        Of the search, at least 1.
    operators : Operators, optional
        By default ``operators(4, 3)``.
    seed : int
        0 to 2**64 - 1.
    progress : bool or callable
        Counts steps.

    Returns
    -------
    LearnedFilter

    Raises
    ------
    ConvergenceError
        If exponents cannot be measured on so few configurations.

    References
    ----------
    J.-H. Chung and Y.-J. Kao, doi:10.1103/PhysRevResearch.3.023230, for the idea of learning a
    block rule within the Monte Carlo renormalization group.
    """
    rows, lead = _rules.configurations(spins, 2)
    factor, levels = _rules.checked_levels(
        rows.shape[-1], factor, arguments.integer("levels", levels, 2, 16)
    )
    width = arguments.integer("width", width, factor, 32)
    if (width - factor) % 2:
        raise ArgumentError(f"width must be {factor} or larger by an even number, got {width}")
    steps = arguments.integer("steps", steps, 1, 1000)
    seed = arguments.seed(seed)
    table = _default() if operators is None else operators
    orbits = _orbits(width)
    chains = rows.reshape(*lead, *rows.shape[1:])

    def made(weights: NDArray[np.float64]) -> Filter:
        return Filter(weights[orbits])

    def exponents(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        measured = measure(
            chains, factor=factor, levels=levels, rule=made(weights), operators=table, seed=seed
        )
        found = [
            measured.exponents(parity, level, most=1)
            for parity in ("even", "odd")
            for level in range(1, levels + 1)
        ]
        values = np.array([float(each.value[0]) for each in found]).reshape(2, levels)
        errors = np.array([float(each.error[0]) for each in found]).reshape(2, levels)
        return np.diff(values).ravel(), errors[:, 1:].ravel()

    weights = _start(width, factor, orbits)
    start = made(weights)
    changes, errors = exponents(weights)
    residuals = changes / errors
    history = [float(residuals @ residuals)]
    damping = 1.0
    with reporting(progress, "learning", "steps") as report:
        for step in range(steps):
            tell(report, step, steps)
            slopes = np.empty((len(residuals), len(weights)))
            for index in range(len(weights)):
                moved = weights.copy()
                moved[index] += _STEP
                slopes[:, index] = (exponents(moved)[0] / errors - residuals) / _STEP
            matrix = slopes.T @ slopes
            for _ in range(6):
                change = -np.linalg.solve(
                    matrix + damping * np.eye(len(weights)) * max(np.trace(matrix), 1e-12),
                    slopes.T @ residuals,
                )
                change *= min(1.0, _WIDEST / max(np.abs(change).max(), 1e-300))
                try:
                    tried = exponents(weights + change)[0] / errors
                except ConvergenceError:
                    tried = np.full(len(residuals), np.inf)
                if tried @ tried < history[-1]:
                    weights, residuals, damping = weights + change, tried, damping / 10
                    break
                damping *= 4
            history.append(float(residuals @ residuals))
        tell(report, steps, steps)
    return LearnedFilter(made(weights), np.array(history), start)


def _default() -> Operators:
    return operators(4, 3)


def _start(width: int, factor: int, orbits: NDArray[np.intp]) -> NDArray[np.float64]:
    """Weights of 1 within the block and 0 around it."""
    margin = (width - factor) // 2
    inside = np.zeros((width, width))
    inside[margin : margin + factor, margin : margin + factor] = 1
    weights = np.zeros(int(orbits.max()) + 1)
    weights[orbits] = inside
    return weights


def _orbits(width: int) -> NDArray[np.intp]:
    """Which points of a square window are images of each other, numbered, shape (width, width)."""
    offset = np.abs(np.arange(width) - (width - 1) / 2)
    pairs = np.sort(np.stack(np.broadcast_arrays(offset[:, None], offset), -1), -1)
    _, numbers = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    return numbers.reshape(width, width)
