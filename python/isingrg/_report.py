"""Tables of the command line, and the published numbers that stand in them."""

import importlib.metadata
import platform
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

import isingrg
from isingrg import mlrg
from isingrg.mlrg._survey import Trained
from isingrg.mlrg.exact import exact_fixed_point

#: Hou & You, Figs. 8 and 12, by representation: median and box of the critical coupling and of
#: Delta_1 over their models, read from the authors' data.
PUBLISHED: dict[str, dict[str, tuple[float, float, float]]] = {
    "A1": {
        "critical_coupling": (0.8253, 0.8197, 0.8409),
        "delta_1": (0.0848, 0.0828, 0.0897),
    },
    "A1+E": {
        "critical_coupling": (0.7961, 0.7810, 0.8052),
        "delta_1": (0.1176, 0.1141, 0.1237),
    },
    "2A1+E": {
        "critical_coupling": (0.7700, 0.7652, 0.7766),
        "delta_1": (0.1203, 0.1158, 0.1264),
    },
}

#: The Ising model on the Lieb lattice.
LATTICE = {
    "critical_coupling": mlrg.LIEB_CRITICAL_COUPLING,
    "delta_1": 0.125,
    "thermal_exponent": 1.0,
}

#: Quantities of a survey: heading and decimals.
COLUMNS = {
    "critical_coupling": ("J*", 6),
    "degeneracy": ("degeneracy", 5),
    "delta_1": ("Delta_1", 5),
    "thermal_exponent": ("y_t", 4),
}


def exact_a1() -> dict[str, float]:
    """What an A1 model would say had it learned the exact map."""
    point, slope = exact_fixed_point()
    return {
        "critical_coupling": point,
        "degeneracy": float(mlrg.ground_state_degeneracy(point)),
        "delta_1": float(mlrg.scaling_dimensions(point)[1]),
        "thermal_exponent": float(np.log(slope) / np.log(np.sqrt(2.0))),
    }


def _spread(trained: Sequence[Trained], name: str) -> tuple[float, float | None]:
    """Mean, and standard deviation from one model to another; None for a single model."""
    values = [getattr(model, name) for model in trained]
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def survey_numbers(trained: Sequence[Trained], representation: str) -> dict[str, Any]:
    """Everything `survey_table` prints, as plain data."""
    names = [*COLUMNS, "seconds"]
    return {
        "models": [
            {"seed": model.seed, **{name: getattr(model, name) for name in names}}
            for model in trained
        ],
        "mean": {name: _spread(trained, name)[0] for name in COLUMNS},
        "standard_deviation": {name: _spread(trained, name)[1] for name in COLUMNS},
        "exact_map": exact_a1() if representation == "A1" else None,
        "published_median_and_box": PUBLISHED.get(representation),
        "lattice": LATTICE,
    }


def survey_table(trained: Sequence[Trained], representation: str) -> str:
    """One line for each model, then mean, spread, and what they are to be compared with."""
    lines = ["  ".join([f"{'':20}", *(f"{heading:>10}" for heading, _ in COLUMNS.values())])]

    def line(label: str, values: dict[str, float | None]) -> None:
        cells = [
            f"{'-':>10}" if values.get(name) is None else f"{values[name]:10.{decimals}f}"
            for name, (_, decimals) in COLUMNS.items()
        ]
        lines.append("  ".join([f"{label:20}", *cells]))

    for model in trained:
        line(f"seed {model.seed}", {name: getattr(model, name) for name in COLUMNS})
    line("mean", {name: _spread(trained, name)[0] for name in COLUMNS})
    line("standard deviation", {name: _spread(trained, name)[1] for name in COLUMNS})
    if representation == "A1":
        line("exact RG map", dict(exact_a1()))
    published = PUBLISHED.get(representation)
    if published:
        line("paper, median", {name: numbers[0] for name, numbers in published.items()})
        line("paper, quartiles", {name: numbers[1] for name, numbers in published.items()})
        line("", {name: numbers[2] for name, numbers in published.items()})
    line("lattice, exact", dict(LATTICE))
    return "\n".join(lines)


def facts() -> dict[str, Any]:
    """Versions, threads and optional packages."""
    packages = {"tqdm": "progress", "safetensors": "models", "matplotlib": "plot"}
    return {
        "isingrg": isingrg.__version__,
        "abi version": isingrg.abi_version(),
        "instruction set": isingrg.instruction_set(),
        "threads": isingrg.get_num_threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        **{name: _version(name, extra) for name, extra in packages.items()},
    }


def _version(package: str, extra: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"not installed: pip install 'isingrg[{extra}]'"
