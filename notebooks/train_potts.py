"""Trains the models of q-state spins of 08_potts.ipynb and writes them to data/potts_models.json, and families,
one network for several q, to data/potts_families.json.

    python notebooks/train_potts.py                # everything, some minutes on one core
    python notebooks/train_potts.py --only S3      # one symmetry
    python notebooks/train_potts.py --only S2-S5   # one family

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

FAMILIES_FILE = FILE.with_name("potts_families.json")

#: None of these seeds was used when the default settings were chosen.
SEEDS = range(100, 110)

#: Symmetries with a single coupling, whose transition lies on its axis.
SYMMETRIES = ("S2", "S3", "S4", "S5", "S6", "S8", "S10")


#: Families, by their largest q.
FAMILIES = {f"S2-S{largest}": [f"S{q}" for q in range(2, largest + 1)] for largest in (5, 10)}
#: What is measured of each, whether it was trained or not.
MEMBERS = (2, 3, 4, 5, 6, 8, 10)
#: Where the critical lines of families are recorded.
LINE = [1 + i / 4 for i in range(45)]


def recipes():
    """name -> keywords of MLRG."""
    return {
        f"{internal}-{moderator}": {"internal": internal, "moderator": moderator}
        for internal in SYMMETRIES
        for moderator in ("monotone", "flow")
    }


def family_recipes():
    return {
        f"{name}-{moderator}": {"internal": internal, "moderator": moderator}
        for name, internal in FAMILIES.items()
        for moderator in ("monotone", "flow")
    }


def measure(model):
    """Universal numbers, and why there are no more of them."""
    found = {}
    try:
        found["critical_coupling"] = model.critical_coupling()
        point = model.fixed_point()
        found |= {
            "J": point,
            "thermal_exponent": model.thermal_exponent(point),
            "delta_1": float(model.scaling_dimensions(point)[1]),
            "degeneracy": model.ground_state_degeneracy(point),
        }
    except isingrg.IsingRGError as error:
        found["reason"] = str(error)
    return found


def measure_family(family):
    """The same for some q, and the critical line, None where it has no point."""
    line = []
    for q in LINE:
        try:
            line.append(family.critical_line(q))
        except isingrg.ConvergenceError:
            line.append(None)
    return {"members": {q: measure(family.at(q)) for q in MEMBERS}, "q": LINE, "line": line}


def train(name, settings, seed, measured):
    started = time.process_time()
    model = mlrg.MLRG(**settings).fit(seed=seed)
    record = {"recipe": name, "seed": seed, "model": settings}
    record["seconds"] = round(time.process_time() - started, 2)
    record["loss"] = float(model.history["loss"][-100:].mean())
    return record | measured(model)


def train_all(file, recipes, measured, only):
    records = record_file.load(file)
    done = {(record["recipe"], record["seed"]) for record in records}
    for name, settings in recipes.items():
        if only and name.rpartition("-")[0] not in only:
            continue
        for seed in SEEDS:
            if (name, seed) not in done:
                records.append(train(name, settings, seed, measured))
                record_file.save(file, records)
                print(
                    name,
                    seed,
                    records[-1]["seconds"],
                    "s",
                    records[-1].get("reason", ""),
                    flush=True,
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=(*SYMMETRIES, *FAMILIES))
    only = parser.parse_args().only
    isingrg.set_num_threads(1)
    train_all(FILE, recipes(), measure, only)
    train_all(FAMILIES_FILE, family_recipes(), measure_family, only)


if __name__ == "__main__":
    main()
