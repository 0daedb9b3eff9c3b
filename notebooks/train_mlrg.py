"""Trains the models of 01_mlrg.ipynb and writes what they say to data/mlrg_models.json.

    python notebooks/train_mlrg.py                  # everything, about an hour on two cores
    python notebooks/train_mlrg.py --only kl-A1+E   # one recipe

One record per model, each with its settings and seed; nothing is left out. Seeds that have a record
already are not trained again. Most stored records are older than the single-precision proposals of
the library: trained again they agree in distribution, not bit for bit. In the stored records, only
the phase among the three estimates is the library's of today: the others were sought beyond the
region of the proposals. What follows the papers' own recipes is in train_mlrg_published.py, which
is run at the end, and then lattice_mlrg.py.
"""

import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np

import isingrg
import lattice_mlrg
import record_file
import train_mlrg_published
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "mlrg_models.json"

#: Moderators of the exact-KL recipes: two tanh layers, exactly odd under J -> -J.
SMOOTH = {"hidden": (64, 64), "symmetric": True}
#: Proposals, with beta |v| as energy, in the region |J| < 1.5.
SAMPLED = {
    "proposal": "norm", "beta_rate": 16.0, "beta_midpoint": 0.25, "proposal_scale": 0.5,
    "coupling_bound": 1.5, "hmc_step": 0.03, "hmc_leapfrog": 8, "lr": 1e-2, "clip_norm": 0.1,
}  # fmt: skip
#: Couplings x samples x sweeps.
CD_SIZES = {
    "A1+E": {"batch": 50, "cd_samples": 1000, "teacher_sweeps": 20},
    "2A1+E": {"batch": 20, "cd_samples": 500, "teacher_sweeps": 20},
}


def exact(representation, beta, frame="published"):
    batch = {"A1+E": 64, "2A1+E": 32}[representation]
    return SMOOTH | {"frame": frame}, SAMPLED | {"beta_max": beta, "batch": batch, "steps": 6000}


def recipes():
    """name -> representation, keywords of MLRG, keywords of fit, number of models."""
    table = {"kl-A1": ("A1", {}, {}, 10)}
    for frame, suffix in (("published", ""), ("consistent", "-consistent")):
        for representation in ("A1+E", "2A1+E"):
            table[f"kl-{representation}{suffix}"] = (
                representation,
                *exact(representation, 30.0, frame),
                10,
            )
    for beta in (5.0, 10.0, 20.0, 60.0):
        for representation in ("A1+E", "2A1+E"):
            table[f"beta{beta:g}-{representation}"] = (
                representation,
                *exact(representation, beta),
                4,
            )
    for representation in ("A1+E", "2A1+E"):
        name = f"beta10-{representation}-consistent"
        table[name] = (representation, *exact(representation, 10.0, "consistent"), 4)
    for frame in ("published", "consistent"):
        model, fit = exact("A1+E", 30.0, frame)
        table[f"flow-A1+E-{frame}"] = ("A1+E", model | {"moderator": "flow"}, fit, 4)
    for representation in ("A1+E", "2A1+E"):
        model, fit = exact(representation, 30.0)
        fit |= CD_SIZES[representation] | {"student_sweeps": 1, "steps": 4000}
        table[f"cd-{representation}"] = (representation, model | {"divergence": "cd"}, fit, 10)
    table["cd-A1"] = ("A1", {"divergence": "cd"}, {}, 10)
    return table


def describe(model, point):
    """A fixed point and what holds there."""
    return {
        "J": np.atleast_1d(point).tolist(),
        "scaling_dimensions": model.scaling_dimensions(point).tolist(),
        "degeneracy": model.ground_state_degeneracy(point),
        "thermal_exponent": model.thermal_exponent(point),
        "unstable_directions": int(np.sum(model.exponents(point) > 0)),
    }


def train(job):
    name, representation, settings, fit, seed = job
    isingrg.set_num_threads(1)
    started = time.perf_counter()
    model = mlrg.MLRG(representation, **settings)
    record = {
        "recipe": name,
        "representation": representation,
        "seed": seed,
        "model": settings,
        "fit": fit,
    }
    model.fit(**fit, seed=seed)
    record["seconds"] = round(time.perf_counter() - started, 2)
    record["loss"] = float(np.mean(model.history["loss"][-100:]))
    estimates = model.critical_coupling_estimates()
    record |= dataclasses.asdict(estimates)
    count = len(
        mlrg.symmetry.coupling_components(representation, settings.get("frame", "published"))
    )
    guess = np.zeros(count)
    guess[0] = estimates.phase.value
    # Sec. III E starts Newton's method at (J0*, 0, ...); ours where the critical flow is slow.
    for kind, find in (("newton", lambda: model.fixed_point(guess)), ("saddle", model.fixed_point)):
        try:
            record[kind] = describe(model, find())
        except (isingrg.IsingRGError, ValueError) as error:
            record[kind] = {"reason": str(error)}
    return record


def place(record):
    """Where a record stands in the file."""
    return list(recipes()).index(record["recipe"]), record["seed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(recipes()))
    options = parser.parse_args()
    records = record_file.load(FILE)
    done = {(record["recipe"], record["seed"]) for record in records}
    jobs = [
        (name, representation, model, fit, seed)
        for name, (representation, model, fit, models) in recipes().items()
        if not options.only or name in options.only
        for seed in range(models)
        if (name, seed) not in done
    ]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for future in concurrent.futures.as_completed([pool.submit(train, job) for job in jobs]):
            record = future.result()
            records.append(record)
            record_file.save(FILE, sorted(records, key=place))
            print(
                record["recipe"],
                record["seed"],
                record["seconds"],
                "s",
                record["phase"]["value"],
                flush=True,
            )
    if not options.only:
        train_mlrg_published.main([])
        lattice_mlrg.main([])


if __name__ == "__main__":
    main()
