"""Evaluates the published networks of Hou & You and writes what they give to data/mlrg_published.json.

    python notebooks/published_mlrg.py published_mlrg_networks.safetensors

The file holds the networks of the repositories WandaHou/MLRG and EverettYou/MLRG, layers numbered as
in their files: linear, layer norm, tanh, ..., linear. Their J is twice that of the paper.
"""

import argparse
import concurrent.futures
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import safetensors.numpy

import isingrg
import record_file
from isingrg import mlrg
from measure_mlrg import as_users_write, measure, rounded

FILE = Path(__file__).parent / "data" / "mlrg_published.json"

#: Names of the folders in the repositories.
FOLDERS = {"A1": "A1", "A1+E": "A1E", "2A1+E": "A1A1E"}
#: Where they were trained: their couplings began normally distributed, 0.7 (A1) and 0.5 wide.
BOUND = {"A1": 2.0, "A1+E": 1.5, "2A1+E": 1.5}
#: The networks whose curves are kept: the first of the trial that the boxes show.
DRAWN = {"A1": "A1/trial1/0", "A1+E": "A1E/trial1/0", "2A1+E": "A1A1E/trial3/0"}
SCALES = [0, 1, 2, 4, 6, 10]


def load(path):
    return safetensors.numpy.load_file(path)


def networks(published, representation):
    """Names, trial by trial, in the order of the files."""
    folder = FOLDERS[representation]
    names = {name.rsplit("/", 1)[0] for name in published if name.split("/")[0] == folder}
    return sorted(names, key=lambda name: (name.split("/")[1], int(name.split("/")[2])))


def rewritten(model, change):
    """The model with its state changed by `change(arrays, description)`: saved, edited and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        content = path.read_bytes()
        arrays = safetensors.numpy.load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        del header["sha256"]
        description = json.loads(header["model"])
        change(arrays, description)
        header["model"] = json.dumps(description)
        path.write_bytes(safetensors.numpy.save(arrays, header))
        return mlrg.MLRG.load(path)


def with_network(model, published, name):
    """The model with the parameters of a published network, in the paper's units."""
    parts = {key[len(name) + 1 :]: value for key, value in published.items() if key.startswith(f"{name}/")}
    linear = sum(value.ndim == 2 for value in parts.values())
    if not linear:
        raise ValueError(f"there is no network {name}")

    def change(arrays, _):
        for layer in range(linear):
            for part in ("weight", "bias"):
                target = arrays[f"network.{layer}.{part}"]
                target[:] = parts[f"{2 * layer}.{part}"].reshape(target.shape)
            if layer < linear - 1:
                for ours, theirs in (("scale", "weight"), ("shift", "bias")):
                    arrays[f"network.{layer}.norm.{ours}"][:, 0] = parts[f"{2 * layer + 1}.{theirs}"]
        # Of J and of 2 J: J' = J - grad C in both units, so that C is four times less in ours.
        arrays["network.0.weight"] *= 2
        arrays[f"network.{linear - 1}.weight"] /= 4
        arrays[f"network.{linear - 1}.bias"] /= 4

    return rewritten(model, change)


def with_bound(model, bound):
    """The model with another end of the region that was trained."""

    def change(_, description):
        description["training"]["coupling_bound"] = bound

    return rewritten(model, change)


def model_of(published, representation, name):
    settings, _ = mlrg.published_settings("hou-you", representation)
    quick = {"batch": 4, "cd_samples": 1, "teacher_sweeps": 1, "student_sweeps": 1}
    model = mlrg.MLRG(representation, **settings).fit(1, **quick, coupling_bound=BOUND[representation])
    return with_network(model, published, name)


def curves(model, representation):
    """What Figs. 5, 7 and 10 draw."""
    J0 = np.linspace(0.0, 1.5, 101)
    paths = model.bare_flow(J0, max(SCALES))[SCALES]
    flows = as_users_write(paths, representation)
    kept = {
        "J0": J0,
        "scales": SCALES,
        "monotone": np.asarray(model.monotone(flows)),
        "degeneracy": np.asarray(model.ground_state_degeneracy(flows)),
        "largest": np.abs(paths).max(axis=2),
    }
    return {key: np.asarray(value).tolist() for key, value in kept.items()}


def evaluate(path, representation, name):
    isingrg.set_num_threads(1)
    published = load(path)
    model = model_of(published, representation, name)
    _, trial, index = name.split("/")
    record = {"representation": representation, "trial": trial, "index": int(index)}
    folder = name.rpartition("/")[0]
    record["distance_to_first"] = rounded(distance(published, name, f"{folder}/0"))
    record["distance_to_previous"] = rounded(distance(published, name, f"{folder}/{max(0, int(index) - 1)}"))
    record |= measure(model, representation)
    if representation == "A1":
        record["velocity"] = rounded(np.asarray(model.velocity(np.linspace(0, 1.5, 61))).tolist())
        monotone = np.asarray(model.monotone(np.linspace(0, 1.5, 61)))
        record["monotone_curve"] = rounded((monotone - monotone[0]).tolist())
    if name == DRAWN[representation]:
        record["curves"] = rounded(curves(model, representation))
    return record


def distance(published, name, other):
    """Of the parameters of two networks, relative to those of the second."""
    one, two = (
        np.concatenate([published[key].ravel() for key in sorted(published) if key.startswith(f"{n}/")])
        for n in (name, other)
    )
    return float(np.linalg.norm(one - two) / np.linalg.norm(two))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", type=Path)
    options = parser.parse_args()
    published = load(options.networks)
    jobs = [(options.networks, r, name) for r in FOLDERS for name in networks(published, r)]
    done = {(r["representation"], r["trial"], r["index"]) for r in record_file.load(FILE)}
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [
            pool.submit(evaluate, *job)
            for job in jobs
            if (job[1], job[2].split("/")[1], int(job[2].split("/")[2])) not in done
        ]
        records = record_file.load(FILE)
        for future in concurrent.futures.as_completed(waiting):
            records.append(future.result())
            order = list(FOLDERS)
            records.sort(key=lambda r: (order.index(r["representation"]), r["trial"], r["index"]))
            record_file.save(FILE, records)
            print(records[-1]["representation"], len(records), flush=True)


if __name__ == "__main__":
    main()
