"""What `isingrg sample` prints of its configurations: means, their errors, and exact values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg import ising, statistics
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.ising import _torus
from isingrg.ising._exact import LARGEST_COUPLING


class Measured(NamedTuple):
    """Averages at one coupling, and the exact values; NaN where there is none."""

    coupling: float
    energy_per_site: float
    energy_per_site_error: float
    exact_energy_per_site: float
    abs_magnetization: float
    abs_magnetization_error: float
    #: That of the infinite lattice.
    exact_spontaneous_magnetization: float


def measure(
    couplings: NDArray[np.float64], spins: NDArray[np.int8]
) -> tuple[list[Measured], list[str]]:
    """Averages of spins (n_K, n_chains, n_samples, L, L), and the reasons why errors are absent."""
    size = spins.shape[-1]
    energies = np.asarray(ising.energy(spins)) / size**2
    magnetizations = np.abs(ising.magnetization(spins))
    reasons: dict[str, None] = {}

    def error(series: Any) -> float:
        try:
            found = float(statistics.mean_and_error(series).error)
        except (ArgumentError, ConvergenceError) as reason:
            reasons[str(reason)] = None
            return math.nan
        if math.isnan(found):
            reasons["a series that never changes does not tell"] = None
        return found

    measured = []
    for K, energy, magnetization in zip(couplings, energies, magnetizations, strict=True):
        known = abs(K) <= LARGEST_COUPLING
        exact = (
            ising.mean_energy(size, K) / size**2 if known and size <= _torus.LARGEST else math.nan
        )
        bulk = ising.spontaneous_magnetization(K) if known else math.nan
        measured.append(
            Measured(
                float(K), float(energy.mean()), error(energy), float(exact),
                float(magnetization.mean()), error(magnetization), float(bulk),
            )
        )  # fmt: skip
    return measured, list(reasons)


def columns(measured: list[Measured]) -> dict[str, list[float | None]]:
    """Lists by name, for JSON, which has no NaN."""
    lists = zip(*measured, strict=True)
    return {
        name: [None if math.isnan(value) else value for value in values]
        for name, values in zip(Measured._fields, lists, strict=True)
    }


def table(measured: list[Measured], algorithms: list[str], reasons: list[str]) -> str:
    """One line for each coupling."""
    lines = [
        f"{'':12}  {'energy E/J per site':34}   {'mean |spin|':22}",
        f"{'K':>12}  {'Monte Carlo':>21}  {'exact torus':>11}   {'Monte Carlo':>19}  "
        "infinite lattice  algorithm",
    ]
    lines += [
        f"{m.coupling:12.8g}  {_number(m.energy_per_site, m.energy_per_site_error):>21}  "
        f"{_number(m.exact_energy_per_site):>11}   "
        f"{_number(m.abs_magnetization, m.abs_magnetization_error):>19}  "
        f"{_number(m.exact_spontaneous_magnetization):>16}  {algorithm}"
        for m, algorithm in zip(measured, algorithms, strict=True)
    ]
    return "\n".join([*lines, *(f"No error: {reason}" for reason in reasons)])


def _number(value: float, error: float | None = None) -> str:
    if math.isnan(value):
        return "-"
    if error is None:
        return f"{value:.6f}"
    return f"{value:.6f} " + (" " * 11 if math.isnan(error) else f"+- {error:.6f}")
