"""Trains the models of 02_flow.ipynb and writes what they say to data/flow_models.json.

    python notebooks/train_flow.py                      # everything, some hours on two cores
    python notebooks/train_flow.py --only study-batch   # one recipe

One record per model, each with its settings and seed; nothing is left out. Models that have a
record already are not trained again.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np

import isingrg
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "flow_models.json"

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
    for divergence, names in (("kl", list(SPINS)), ("cd", list(SPINS)[:2])):
        for name in names:
            representation, frame = SPINS[name]
            model, fit = shen(representation, frame=frame, divergence=divergence)
            table[f"{name}-{divergence}"] = model, [fit], 1
            table[f"{name}-{divergence}-small"] = model, [fit | {"batch": 243}], 4
    return table


def rms_norm(matrices):
    return float(np.sqrt(np.mean(np.sum(matrices**2, axis=(-2, -1)))))


def recorded(model, start):
    """The published statistic: J0 of the fixed points found in the second half of one training."""
    roots = model.history["fixed_point"][start:]
    found = roots[np.isfinite(roots) & (np.abs(roots) < 4)]
    quantiles = np.percentile(found, [5, 25, 50, 75, 95]).tolist() if found.size else None
    return {"count": roots.size, "found": found.size, "quantiles": quantiles}


def train(job):
    name, settings, fit, seed, threads = job
    isingrg.set_num_threads(threads)
    started = time.perf_counter()
    model = mlrg.MLRG(**settings).fit(**fit, seed=seed)
    record = {"recipe": name, "seed": seed, "model": settings, "fit": fit}
    record["threads"], record["seconds"] = threads, round(time.perf_counter() - started, 2)
    record["loss"] = float(np.mean(model.history["loss"][-100:]))
    if "record_from" in fit:
        record["recorded"] = recorded(model, fit["record_from"])
    try:
        record["fixed_point"] = np.atleast_1d(model.fixed_point(fit.get("record_guess", 0.8))).tolist()
    except isingrg.ConvergenceError:
        record["fixed_point"] = None
    J = model.proposals
    carried = J + model.velocity(J)
    divergence = mlrg.divergence(
        J, carried, settings["representation"], frame=settings.get("frame", "published")
    )
    record["divergence_kl"] = float(np.mean(divergence))
    if J.ndim == 2:
        record["curl"] = {
            "antisymmetric": rms_norm(model.curl(J)),
            "jacobian": rms_norm(model.jacobian(J)),
        }
    return record


def load():
    return json.loads(FILE.read_text()) if FILE.exists() else []


def save(records):
    order = list(recipes())
    records.sort(key=lambda r: (order.index(r["recipe"]), json.dumps(r["fit"]), r["seed"]))
    lines = ",\n".join(json.dumps(record) for record in records)
    fresh = FILE.with_suffix(".tmp")
    fresh.write_text(f"[\n{lines}\n]\n")
    os.replace(fresh, FILE)


def identity(name, model, fit, seed):
    return json.dumps([name, model, fit, seed])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(recipes()))
    options = parser.parse_args()
    records = load()
    done = {identity(r["recipe"], r["model"], r["fit"], r["seed"]) for r in records}
    jobs = [
        (name, model, fit, seed, 1)
        for name, (model, fits, seeds) in recipes().items()
        if not options.only or name in options.only
        for fit in fits
        for seed in range(seeds)
        if identity(name, model, fit, seed) not in done
    ]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        for future in concurrent.futures.as_completed([pool.submit(train, job) for job in jobs]):
            record = future.result()
            records.append(record)
            save(records)
            print(record["recipe"], record["seed"], record["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()
