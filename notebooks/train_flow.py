"""Trains the models of 02_flow.ipynb and writes what they say to data/flow_models.json.

    python notebooks/train_flow.py                      # everything, some hours on two cores
    python notebooks/train_flow.py --only study-batch   # one recipe

One record per model, each with its settings and seed; nothing is left out. Recipes that are
recorded already are not trained again, nor models that the folder .build/flow_models has.
"""

import argparse
import concurrent.futures
import json
import math
import multiprocessing
import time
from pathlib import Path

import numpy as np

import isingrg
import record_file
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "flow_models.json"
STORE = Path(__file__).parents[1] / ".build" / "flow_models"

#: Ranges of the studies, as in the published program but thinned out: keyword of `MLRG.fit` and
#: its values. The last is longer than published (1 to 7), so that it has 16 values too.
STUDIES = {
    "cd_samples": [1, 5, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 321, 385, 449, 509],
    "teacher_sweeps": [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 56, 63],
    "student_sweeps": [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 31],
    "batch": [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 56, 63],
    "hmc_leapfrog": [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 56, 63],
    "hmc_updates": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
}
#: What the published program calls A1+E turns no spin with the lattice: representation and frame.
SPINS = {
    "A1+E-unrotated": ("2A1+A2", "published"),
    "A1+E-published": ("A1+E", "published"),
    "A1+E-consistent": ("A1+E", "consistent"),
}
#: Quantiles of the recorded fixed points, in percent.
QUANTILES = [5, 25, 50, 75, 95]


def shen(representation="A1", **changed):
    model, fit = mlrg.published_settings("shen", representation)
    return {"representation": representation, **model, **changed}, fit


def recipes():
    """name -> keywords of MLRG, list of keywords of fit, number of seeds."""
    table = {}
    for divergence in ("cd", "kl"):
        for name, changed in (
            ("relu", {"activation": "relu"}),
            ("silu", {}),
            ("monotone", {"moderator": "monotone"}),
        ):
            model, fit = shen(divergence=divergence, **changed)
            table[f"{name}-{divergence}"] = model, [fit], 16
    table["default-kl"] = {"representation": "A1", "moderator": "flow"}, [{}], 16
    table["default-monotone-kl"] = {"representation": "A1", "moderator": "monotone"}, [{}], 16
    for name, values in STUDIES.items():
        model, fit = shen()
        table[f"study-{name}"] = model, [fit | {name: value} for value in values], 3
    for name, (representation, frame) in SPINS.items():
        model, fit = shen(representation, frame=frame)
        small = [fit | {"batch": 243}]
        table[f"{name}-kl-small"] = model | {"divergence": "kl"}, small, 4
        if frame == "published":
            table[f"{name}-cd-small"] = model, small, 2
            table[f"{name}-cd"] = model, [fit], 1
    return table


def rms_norm(matrices):
    return float(np.sqrt(np.mean(np.sum(matrices**2, axis=(-2, -1)))))


def recorded(model, start):
    """The published statistic: J0 of the fixed points found in the second half of one training."""
    roots = model.history["fixed_point"][start:]
    found = roots[np.isfinite(roots) & (np.abs(roots) < 4)]
    quantiles = np.percentile(found, QUANTILES) if found.size else np.full(len(QUANTILES), math.nan)
    return {"recorded": roots.size, "found": found.size, "quantiles": quantiles}


def train(model, fit, seed):
    """One model, and what it says; NaN where it has no answer."""
    started = time.perf_counter()
    trained = mlrg.MLRG(**model).fit(**fit, seed=seed)
    said = {"seconds": time.perf_counter() - started}
    said["loss"] = np.mean(trained.history["loss"][-100:])
    if "record_from" in fit:
        said |= recorded(trained, fit["record_from"])
    try:
        said["fixed_point"] = np.atleast_1d(trained.fixed_point(fit.get("record_guess", 0.8)))
    except isingrg.ConvergenceError:
        said["fixed_point"] = math.nan
    J = trained.proposals
    said["divergence_kl"] = np.mean(
        mlrg.divergence(
            J, J + trained.velocity(J), model["representation"],
            frame=model.get("frame", "published"),
        )
    )  # fmt: skip
    if J.ndim == 2:
        said["antisymmetric"] = rms_norm(trained.curl(J))
        said["jacobian"] = rms_norm(trained.jacobian(J))
    return said


def record(name, model, fit, seed, said):
    """A line of the file: plain numbers, null for NaN."""
    if said.error:
        return {"recipe": name, "seed": seed, "model": model, "fit": fit, "error": said.error.item()}

    def plain(key):
        values = said[key].values
        return values.tolist() if np.isfinite(values).all() else None

    line = {"recipe": name, "seed": seed, "model": model, "fit": fit}
    line["seconds"] = round(plain("seconds"), 2)
    line |= {key: plain(key) for key in ("loss", "fixed_point", "divergence_kl")}
    if "recorded" in said:
        count, found = (int(said[key]) for key in ("recorded", "found"))
        line["recorded"] = {"count": count, "found": found, "quantiles": plain("quantiles")}
    if "jacobian" in said:
        line["curl"] = {key: plain(key) for key in ("antisymmetric", "jacobian")}
    return line


def place(record):
    """Where a record stands in the file."""
    return list(recipes()).index(record["recipe"]), json.dumps(record["fit"]), record["seed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(recipes()))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(options.processes, mp_context=context) as pool:
        for name in options.only or recipes():
            model, fits, seeds = recipes()[name]
            if sum(r["recipe"] == name for r in record_file.load(FILE)) == len(fits) * seeds:
                continue
            table = isingrg.ensemble(
                train, [{"model": model, "fit": fit} for fit in fits], seeds=seeds,
                executor=pool, store=STORE, progress=True)
            others = [r for r in record_file.load(FILE) if r["recipe"] != name]
            ours = [
                record(name, model, fit, seed, table.isel(member=index, seed=seed))
                for index, fit in enumerate(fits) for seed in range(seeds)]
            record_file.save(FILE, sorted(others + ours, key=place))


if __name__ == "__main__":
    main()
