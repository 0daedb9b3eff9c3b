"""Trains the loop students of 05_convergence.ipynb and writes what they say to data/loop_models.json.

    python notebooks/train_loop.py                   # everything, half an hour on one core
    python notebooks/train_loop.py --only flow-l2    # one recipe

One record per model, each with its settings and seed; nothing is left out. Seeds that have a record
already are not trained again.
"""

import argparse
import functools
import math
import time
from pathlib import Path

import numpy as np

import isingrg
import record_file
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "loop_models.json"

#: None of these seeds was used when the default settings were chosen. The recipes that take longer
#: have the first three.
SEEDS = range(100, 110)

#: Critical couplings of the exact maps (mlrg.loop_map_fixed_point), and how far their flow is followed.
CRITICAL = {"l2": 0.7662487636, "kl": 0.7808667794}
STEPS = 10


#: Of two components, whose teachers all follow the learned flow. The divergence has 65,536 states.
TWO = {"representation": "2A1", "moderator": "flow", "hidden": (64, 64)}
TWO_FIT = {"steps": 12_000, "ray": 1.0, "ray_noise": 0.02}


def recipes():
    """name -> keywords of MLRG, keywords of fit, seeds."""
    usual = {
        f"{moderator}-{objective}": (
            {"moderator": moderator, "divergence": objective}, {}, SEEDS)
        for moderator in ("flow", "monotone")
        for objective in ("l2", "kl")
    }
    ode = {
        f"flow-{objective}-ode": (
            {"moderator": "flow", "divergence": objective, "transport": "ode"}, {}, SEEDS[:3])
        for objective in ("l2", "kl")
    }
    two = {
        "2A1-flow-l2": (TWO | {"divergence": "l2"}, TWO_FIT, SEEDS[:3]),
        "2A1-flow-kl": (TWO | {"divergence": "kl"}, TWO_FIT | {"batch": 32}, SEEDS[:3]),
    }
    return usual | ode | two


@functools.cache
def critical_flow(objective):
    """Couplings of the exact map from its own critical coupling on, (STEPS + 1, 3)."""
    path = [np.array([CRITICAL[objective]] * 2 + [0.0])]
    for _ in range(STEPS):
        path.append(mlrg.loop_map(path[-1], objective=objective).J)
    return np.array(path)


def train(name, settings, fit, seed):
    started = time.process_time()
    model = mlrg.MLRG(scheme="loop", **settings).fit(**fit, seed=seed)
    record = {"recipe": name, "seed": seed, "model": settings, "fit": fit}
    record["seconds"] = round(time.process_time() - started, 2)
    record["loss"] = float(model.history["loss"][-100:].mean())
    try:
        record["critical_coupling"] = model.critical_coupling("phase")
        point = model.fixed_point()
        record |= {
            "J": point.tolist(),
            "exponents": model.exponents(point).tolist(),
            "scaling_dimensions": model.scaling_dimensions(point).tolist(),
            "degeneracy": model.ground_state_degeneracy(point),
        }
    except isingrg.IsingRGError as error:
        record["reason"] = str(error)
    if "representation" not in settings:
        path = critical_flow(settings["divergence"])
        missed = model.flow(path[:-1], 1)[1] - path[1:]
        record["map_error"] = math.sqrt((missed**2).sum(axis=1).mean())
    if settings["moderator"] == "flow":
        record["lyapunov"] = list(model.lyapunov_function().violations)
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(recipes()))
    options = parser.parse_args()
    isingrg.set_num_threads(1)
    records = record_file.load(FILE)
    done = {(record["recipe"], record["seed"]) for record in records}
    order = list(recipes())
    for name, (settings, fit, seeds) in recipes().items():
        if options.only and name not in options.only:
            continue
        for seed in seeds:
            if (name, seed) in done:
                continue
            record = train(name, settings, fit, seed)
            records.append(record)
            records.sort(key=lambda one: (order.index(one["recipe"]), one["seed"]))
            record_file.save(FILE, records)
            print(name, seed, record["seconds"], "s", record.get("critical_coupling"), flush=True)


if __name__ == "__main__":
    main()
