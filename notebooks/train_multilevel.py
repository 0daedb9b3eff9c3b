"""Trains the samplers of 07_multilevel.ipynb; writes what they say to data/multilevel_models.json.

    python notebooks/train_multilevel.py                    # everything, about half an hour
    python notebooks/train_multilevel.py --only critical --seeds 3

One record per sampler, each with its settings, seed and times; nothing is left out. What is
recorded already is not trained again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import record_file
from isingrg import ising
from isingrg.multilevel import MultilevelSampler

FILE = Path(__file__).parent / "data" / "multilevel_models.json"
#: Samples for the estimates after the training, with a seed that no training has.
SAMPLES = {4: 65536, 8: 65536, 16: 65536, 32: 65536, 64: 32768, 128: 16384}
SEEDS = range(10)


def recipes():
    """name -> list of (model, training, seed)."""
    at_criticality = [({"L": L}, {"steps": 10}, seed) for seed in SEEDS for L in (16, 32, 64)]
    return {
        "critical": at_criticality,
        "sizes": [({"L": L}, {"steps": 10}, seed) for seed in SEEDS for L in (4, 8)]
        + [({"L": 128}, {"steps": 10}, seed) for seed in range(3)],
        "larger": [
            ({"L": L, "quintuples": 12, "colours": 8}, {"steps": 10}, seed)
            for seed in SEEDS
            for L in (16, 32, 64)
        ],
        "fields": [
            ({"L": 32} | options, {"steps": 10}, 0)
            for options in (
                {"colours": 8},
                {"quintuples": 12},
                {"quintuples": 12, "linear": 60},
                {"quintuples": 16},
                {"quintuples": 16, "colours": 8},
            )
        ],
        "couplings": [
            ({"L": L, "K": K}, {"steps": 10}, seed)
            for seed in SEEDS
            for L in (16, 32)
            for K in (0.3, 0.4, 0.5, -0.44)
        ],
        "field": [
            ({"L": L, "K": K, "field": field}, {"steps": 10, "lr": lr, "start": start}, seed)
            for seed in SEEDS
            for lr, start in ((0.3, "wolff"), (0.3, "ladder"), (1.0, "ladder"))
            for L in (4, 8)
            for K, field in ((0.4, 0.05), (0.5, 0.02))
        ],
        "ladder": [
            ({"L": L}, {"steps": 10, "lr": 1.0, "start": "ladder"}, seed)
            for seed in SEEDS
            for L in (16, 32, 64)
        ],
        "likelihood": [
            ({"L": 16, "colours": colours, "neighbours": 16} | options, {"steps": 10}, seed)
            for colours in (1, 2, 4, 8)
            for options in (
                {"triples": 0, "quintuples": 0},
                {"triples": 16, "quintuples": 0},
                {"triples": 16, "quintuples": 8},
            )
            for seed in range(2)
        ],
    }


def exact_log_partition(model):
    """ln Z by Kaufman's sum, or with a field from all the eigenvalues of the transfer matrix of
    2**L rows of spins."""
    if model.field == 0:
        return ising.log_partition(model.L, model.K)
    rows = 1.0 - 2 * ((np.arange(2**model.L)[:, None] >> np.arange(model.L)) & 1)
    within = model.K * (rows * np.roll(rows, 1, axis=1)).sum(1) + model.field * rows.sum(1)
    matrix = np.exp(model.K * rows @ rows.T + (within[:, None] + within) / 2)
    return float(np.log((np.linalg.eigvalsh(matrix) ** model.L).sum()))


def train(settings, training, seed):
    model = MultilevelSampler(**settings)
    wall, processor = time.perf_counter(), time.process_time()
    model.fit(**training, seed=seed)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    samples = SAMPLES[model.L]
    started = time.process_time()
    model.sample(samples, seed=2**32 + seed)
    sampling = time.process_time() - started
    bound = model.free_energy(samples, seed=2**32 + seed)
    partition = model.log_partition(samples, seed=2**32 + seed)
    return {
        "seconds": round(wall, 2),
        "processor_seconds": round(processor, 2),
        "parameters": model.parameter_count,
        "samples": samples,
        "samples_per_processor_second": round(samples / sampling),
        "minus_log_partition": {"bound": bound.value, "standard_error": bound.error},
        "log_partition": {
            "estimate": partition.value,
            "standard_error": partition.error,
            "effective_sample_size": partition.effective_sample_size,
        },
        "exact": exact_log_partition(model),
        "history": {
            name: [None if value != value else round(float(value), 6) for value in column]
            for name, column in model.history.items()
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=recipes())
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="only the first so many")
    arguments = parser.parse_args()
    only = arguments.only
    for name, models in recipes().items():
        if only not in (None, name):
            continue
        for settings, training, seed in json.loads(json.dumps(models)):  # as they are recorded
            record = {"recipe": name, "model": settings, "training": training, "seed": seed}
            if seed >= arguments.seeds or record_file.has(FILE, record):
                continue
            record |= train(settings, training, seed)
            share = record["log_partition"]["effective_sample_size"] / record["samples"]
            print(name, settings, seed, record["processor_seconds"], f"{share:.4f}", flush=True)
            # Read again: other recipes may be running.
            record_file.save(FILE, [*record_file.load(FILE), record])


if __name__ == "__main__":
    main()
