"""Trains the models of q-state spins of 08_potts.ipynb and writes them to data/potts_models.json.

    python notebooks/train_potts.py                # everything, some minutes on one core
    python notebooks/train_potts.py --only S3      # one symmetry

One record per model, each with its settings and seed; nothing is left out. Seeds that have a record
already are not trained again.
"""

import argparse
import time
from pathlib import Path

import isingrg
import record_file
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "potts_models.json"

#: None of these seeds was used when the default settings were chosen.
SEEDS = range(100, 110)

#: Symmetries with a single coupling, whose transition lies on its axis.
SYMMETRIES = ("S2", "S3", "S4", "S5", "S6", "S8", "S10")


def recipes():
    """name -> keywords of MLRG."""
    return {
        f"{internal}-{moderator}": {"internal": internal, "moderator": moderator}
        for internal in SYMMETRIES
        for moderator in ("monotone", "flow")
    }


def train(name, settings, seed):
    started = time.process_time()
    model = mlrg.MLRG(**settings).fit(seed=seed)
    record = {"recipe": name, "seed": seed, "model": settings}
    record["seconds"] = round(time.process_time() - started, 2)
    record["loss"] = float(model.history["loss"][-100:].mean())
    try:
        record["critical_coupling"] = model.critical_coupling()
        point = model.fixed_point()
        record |= {
            "J": point,
            "thermal_exponent": model.thermal_exponent(point),
            "delta_1": float(model.scaling_dimensions(point)[1]),
            "degeneracy": model.ground_state_degeneracy(point),
        }
    except isingrg.IsingRGError as error:
        record["reason"] = str(error)
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=SYMMETRIES)
    options = parser.parse_args()
    isingrg.set_num_threads(1)
    records = record_file.load(FILE)
    done = {(record["recipe"], record["seed"]) for record in records}
    for name, settings in recipes().items():
        if options.only and settings["internal"] not in options.only:
            continue
        for seed in SEEDS:
            if (name, seed) not in done:
                records.append(train(name, settings, seed))
                record_file.save(FILE, records)
                print(name, seed, records[-1].get("critical_coupling"), records[-1].get("reason", ""))


if __name__ == "__main__":
    main()
