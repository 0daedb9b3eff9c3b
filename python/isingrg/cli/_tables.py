"""Tables of the command line, and the published numbers that stand in them."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import statistics
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

import isingrg
from isingrg import mlrg
from isingrg.mlrg._survey import Trained

#: Published medians and boxes (quartiles) over trained models, by paper and representation, read
#: from the authors' data: Hou & You, Figs. 8 and 12; Shen, the flow model with SiLU.
PUBLISHED: dict[str, dict[str, dict[str, tuple[float, float, float]]]] = {
    "Hou & You": {
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
    },
    "Shen": {"A1": {"critical_coupling": (0.8088, 0.7945, 0.8240)}},
}

#: The Ising model on the Lieb lattice.
LATTICE = {
    "critical_coupling": mlrg.LIEB_CRITICAL_COUPLING,
    "delta_1": 0.125,
    "thermal_exponent": 1.0,
}

#: Bootstrap samples for the error of a median.
_RESAMPLES = 400

#: Quantities of a survey: heading and decimals.
COLUMNS = {
    "critical_coupling": ("J*", 6),
    "degeneracy": ("degeneracy", 5),
    "delta_1": ("Delta_1", 5),
    "thermal_exponent": ("y_t", 4),
}


def exact_map(model: mlrg.MLRG) -> dict[str, float] | str:
    """The numbers of a model that has learned the exact RG map, or why there are none.

    All stars of the same spins with a single coupling have the same map.
    """
    kind = model._configuration
    if kind.scheme == "loop":
        return _exact_loop(model)
    if kind.count > 1:
        return (
            f"No row of the exact RG map: with the {kind.count} couplings of {kind.representation} "
            "it leads away from the axis (J0, 0, ...), on which the models have their J* (docs, "
            'exact results: "Larger is not better by itself").'
        )
    own = {"internal": kind.internal}
    point = mlrg.exact_fixed_point(**own)
    return {
        "critical_coupling": float(point.J),
        "degeneracy": float(mlrg.ground_state_degeneracy(point.J, **own)),
        "delta_1": float(mlrg.scaling_dimensions(point.J, **own)[1]),
        "thermal_exponent": float(point.exponents[0]),
    }


def _exact_loop(model: mlrg.MLRG) -> dict[str, float] | str:
    kind = model._configuration
    if kind.count > 3:
        return f"No row of the exact RG map: that of {kind.count} couplings is not enumerated."
    found = mlrg.loop_map_fixed_point(kind.divergence, width=1e-8)
    return {
        "critical_coupling": found.critical_coupling,
        "degeneracy": float(model.ground_state_degeneracy(found.J)),
        "delta_1": float(model.scaling_dimensions(found.J)[1]),
        "thermal_exponent": float(found.exponents[0]),
    }


def _spread(trained: Sequence[Trained], name: str) -> tuple[float | None, float | None]:
    """Mean and standard deviation over the models that have the number; None for too few."""
    values = [value for value in (_number(model, name) for model in trained) if value is not None]
    mean = statistics.fmean(values) if values else None
    return mean, statistics.stdev(values) if len(values) > 1 else None


def _number(model: Trained, name: str) -> float | None:
    """None where the model has no answer."""
    value = float(getattr(model, name))
    return None if math.isnan(value) else value


def recorded_box(trained: Sequence[Trained]) -> tuple[float, float, float] | None:
    """Median and quartiles of the fixed points recorded while the models trained, all together.

    This is what the published boxes of Shen show; None where nothing was recorded.
    """
    found = np.concatenate(_recorded(trained))
    if not len(found):
        return None
    low, middle, high = np.quantile(found, [0.25, 0.5, 0.75])
    return float(middle), float(low), float(high)


def recorded_median_error(trained: Sequence[Trained]) -> float | None:
    """Bootstrap error of the median of `recorded_box`; None unless two models recorded anything.

    Models are drawn: what one of them recorded is correlated.
    """
    found = [values for values in _recorded(trained) if len(values)]
    if len(found) < 2:
        return None
    draws = np.random.default_rng(0).integers(len(found), size=(_RESAMPLES, len(found)))
    medians = [np.median(np.concatenate([found[i] for i in draw])) for draw in draws]
    return float(np.std(medians, ddof=1))


def _recorded(trained: Sequence[Trained]) -> list[np.ndarray]:
    recorded = (model.model.history["fixed_point"] for model in trained)
    return [values[np.isfinite(values)] for values in recorded]


def published(model: mlrg.MLRG) -> dict[str, dict[str, tuple[float, float, float]]]:
    """The papers' numbers for the representation of a model."""
    kind = model._configuration
    return {
        paper: table[kind.representation]
        for paper, table in PUBLISHED.items()
        if (kind.scheme, kind.internal) == ("star", "Z2") and kind.representation in table
    }


def _is_ising(model: mlrg.MLRG) -> bool:
    return bool(model._configuration.internal == "Z2")


def survey_numbers(trained: Sequence[Trained]) -> dict[str, Any]:
    """Everything `survey_table` prints, as plain data; the models differ by their seeds only."""
    exact = exact_map(trained[0].model)
    return {
        "models": [
            {
                "seed": model.seed,
                **{name: _number(model, name) for name in COLUMNS},
                "failures": model.failures,
            }
            for model in trained
        ],
        "mean": {name: _spread(trained, name)[0] for name in COLUMNS},
        "standard_deviation": {name: _spread(trained, name)[1] for name in COLUMNS},
        "exact_map": None if isinstance(exact, str) else exact,
        "why_no_exact_map": exact if isinstance(exact, str) else None,
        "recorded_median_and_box": recorded_box(trained),
        "recorded_median_error": recorded_median_error(trained),
        "published_median_and_box": published(trained[0].model),
        "ising": LATTICE if _is_ising(trained[0].model) else None,
    }


def survey_table(trained: Sequence[Trained]) -> str:
    """One line for each model, then mean, spread, and what they are to be compared with."""
    lines = ["  ".join([f"{'':20}", *(f"{heading:>10}" for heading, _ in COLUMNS.values())])]

    def line(label: str, values: dict[str, float | None]) -> None:
        cells = [
            f"{'-':>10}" if values.get(name) is None else f"{values[name]:10.{decimals}f}"
            for name, (_, decimals) in COLUMNS.items()
        ]
        lines.append("  ".join([f"{label:20}", *cells]))

    for model in trained:
        line(f"seed {model.seed}", {name: _number(model, name) for name in COLUMNS})
    line("mean", {name: _spread(trained, name)[0] for name in COLUMNS})
    line("standard deviation", {name: _spread(trained, name)[1] for name in COLUMNS})
    exact = exact_map(trained[0].model)
    if not isinstance(exact, str):
        line("exact RG map", dict(exact))
    recorded = recorded_box(trained)
    if recorded:
        line("recorded, median", {"critical_coupling": recorded[0]})
        line("  its error", {"critical_coupling": recorded_median_error(trained)})
        line("recorded, quartiles", {"critical_coupling": recorded[1]})
        line("", {"critical_coupling": recorded[2]})
    for paper, numbers in published(trained[0].model).items():
        line(f"{paper}, median", {name: box[0] for name, box in numbers.items()})
        line("  quartiles", {name: box[1] for name, box in numbers.items()})
        line("", {name: box[2] for name, box in numbers.items()})
    if _is_ising(trained[0].model):
        line("Ising model", dict(LATTICE))
    if isinstance(exact, str):
        lines += textwrap.wrap(exact, 80)
    for model in trained:
        reasons = dict.fromkeys(model.failures.values())
        lines += [f"seed {model.seed}: {reason}" for reason in reasons]
    return "\n".join(lines)


def facts() -> dict[str, Any]:
    """Versions and threads."""
    return {
        "isingrg": isingrg.__version__,
        "abi version": isingrg.abi_version(),
        "instruction set": isingrg.instruction_set(),
        "threads": isingrg.get_num_threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


#: The packages of each extra, as pyproject.toml has them.
EXTRAS = {
    "progress": ("tqdm",),
    "models": ("safetensors",),
    "plot": ("matplotlib",),
    "analysis": ("scipy", "scikit-learn"),
    "chains": ("arviz",),
    "data": ("xarray", "h5netcdf", "h5py"),
    "ensemble": ("xarray",),
    "dask": ("dask", "distributed"),
    "mpi": ("mpi4py",),
    "completion": ("shtab",),
    "notebooks": ("nbclient", "ipykernel", "ipywidgets"),
}


def extras() -> dict[str, dict[str, str | None]]:
    """Versions of the packages of each extra, None for those that are not installed."""
    return {
        extra: {package: _version(package) for package in packages}
        for extra, packages in EXTRAS.items()
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
