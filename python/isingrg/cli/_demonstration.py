"""`isingrg demo`: Monte Carlo and a learned flow beside the exact answers, and one picture.

Every number is computed while it runs, except the published ones it is compared with.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isingrg import ising, statistics
from isingrg._shared.progress import reporting
from isingrg.cli import _tables
from isingrg.mlrg import _survey
from isingrg.statistics import Estimate

#: Formats of the picture.
FORMATS = ("png", "pdf", "svg")

SIZE = 64
#: Couplings in units of the critical one.
RATIOS = (0.80, 0.94, 0.98, 1.00, 1.02, 1.10)
CHAINS, SAMPLES = 8, 400
STRIP_SIZE = 200
MODELS = 5


@dataclass(frozen=True)
class Measured:
    """Monte Carlo averages at one coupling, and the exact values."""

    ratio: float
    energy: Estimate
    exact_energy: float
    magnetization: Estimate
    bulk_magnetization: float

    @property
    def z(self) -> float:
        """Deviation of the energy in standard errors."""
        return float((self.energy.value - self.exact_energy) / self.energy.error)

    def numbers(self) -> dict[str, Any]:
        """As plain data, estimates as (mean, standard error)."""
        pairs = {name: tuple(getattr(self, name)) for name in ("energy", "magnetization")}
        return vars(self) | pairs | {"energy_standard_errors_off": self.z}


@dataclass(frozen=True)
class Chance:
    """How far independent deviations z are from 0, and how often chance alone puts them farther.

    Chance is a normal distribution of variance 1, that of correct errors of long series.
    """

    count: int
    #: The largest |z|, and the probability that one at least of `count` is larger.
    largest: float
    largest_probability: float
    #: Sum of z**2, and the probability of a larger one: chi square, `count` degrees of freedom.
    chi_square: float
    chi_square_probability: float

    def text(self) -> str:
        """One line for each of the two."""
        return (
            f"  The largest |z| of {self.count} is {self.largest:.2f}; chance alone gives a larger "
            f"one in {self.largest_probability:.1%} of runs.\n"
            f"  The sum of z^2 is {self.chi_square:.1f}, {self.count} expected; chance alone gives "
            f"a larger one in {self.chi_square_probability:.1%} of runs."
        )


def chance(z: Sequence[float]) -> Chance:
    """Chance of an even number of deviations: the tail of chi square is then a finite sum."""
    count, largest = len(z), max(map(abs, z))
    half = sum(value * value for value in z) / 2
    terms = (half**k / math.factorial(k) for k in range(count // 2))
    return Chance(
        count,
        largest,
        1 - math.erf(largest / math.sqrt(2)) ** count,
        2 * half,
        math.exp(-half) * sum(terms),
    )


@dataclass(frozen=True)
class Result:
    """What a run found."""

    measured: list[Measured]
    trained: list[_survey.Trained]
    #: Path of the picture; None without matplotlib.
    picture: str | None
    seconds: float

    def numbers(self) -> dict[str, Any]:
        """Everything `text` shows, as plain data."""
        return {
            "monte_carlo": [one.numbers() for one in self.measured],
            "chance": asdict(chance([one.z for one in self.measured])),
            "flow": _tables.survey_numbers(self.trained),
            "picture": self.picture,
            "seconds": self.seconds,
        }

    def text(self) -> str:
        """Two tables, and where the picture is."""
        if self.picture is None:
            picture = "No picture: it needs matplotlib, pip install 'isingrg[plot]'"
        else:
            picture = f"Picture: {self.picture}"
        return "\n".join(
            [
                energy_table(self.measured),
                chance([one.z for one in self.measured]).text(),
                f"\nRG flow learned by {MODELS} A1 monotone models, exact divergence",
                _tables.survey_table(self.trained),
                "A1 models are to agree with the exact RG map; its distance to the lattice is the "
                "bias of\na single Ising spin per site, not of the training.",
                f"\n{picture}",
                f"Done in {self.seconds:.1f} s",
            ]
        )


def run(output: str, seed: int, *, progress: bool = True) -> Result:
    """Samples, trains and draws the picture."""
    start = time.perf_counter()
    measured = measure(seed, progress)
    seeds = range(seed, seed + MODELS)
    with reporting(progress, f"training {MODELS} models", "steps") as report:
        trained = _survey.train(seeds, {"representation": "A1"}, {}, report)
    picture = None
    if importlib.util.find_spec("matplotlib") is not None:
        from isingrg.cli import _demo_figure

        strip = ising.sample(
            STRIP_SIZE, couplings(), 1, algorithm="wolff", n_thermalize=400, seed=seed
        )[:, 0, 0]
        _demo_figure.draw(output, [model.model for model in trained], RATIOS, strip)
        picture = output
    return Result(measured, trained, picture, time.perf_counter() - start)


def couplings() -> np.ndarray:
    """The couplings K of the Monte Carlo runs."""
    return np.array(RATIOS) * ising.K_CRITICAL


def measure(seed: int, progress: bool) -> list[Measured]:
    """Energies and mean spins at all couplings, with errors that know of autocorrelation."""
    with reporting(progress, "sampling lattices", "sweeps") as report:
        spins = ising.sample(
            SIZE, couplings(), SAMPLES, algorithm="wolff", n_chains=CHAINS, seed=seed,
            progress=report or False,
        )  # fmt: skip
    energies = np.asarray(ising.energy(spins)) / SIZE**2
    magnetizations = np.abs(ising.magnetization(spins))
    exact = np.asarray(ising.mean_energy(SIZE, couplings())) / SIZE**2
    bulk = np.asarray(ising.spontaneous_magnetization(couplings()))
    return [
        Measured(
            ratio,
            statistics.mean_and_error(energies[i]),
            float(exact[i]),
            statistics.mean_and_error(magnetizations[i]),
            float(bulk[i]),
        )
        for i, ratio in enumerate(RATIOS)
    ]


def energy_table(measured: list[Measured]) -> str:
    """Monte Carlo beside the exact torus."""
    lines = [
        f"Ising model, {SIZE} x {SIZE} torus, Wolff clusters, {CHAINS} chains of {SAMPLES} samples",
        "          energy per site                              mean |spin|",
        "  K/K_c   Monte Carlo          exact torus       z     "
        "Monte Carlo         infinite lattice",
    ]
    lines += [
        f"  {m.ratio:5.2f}  {m.energy.value:10.6f} +- {m.energy.error:.6f} {m.exact_energy:10.6f}  "
        f"{m.z:+6.2f}     {m.magnetization.value:.5f} +- {m.magnetization.error:.5f}  "
        f"{m.bulk_magnetization:10.5f}"
        for m in measured
    ]
    return "\n".join(lines)
