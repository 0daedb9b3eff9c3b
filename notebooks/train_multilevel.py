"""Trains the samplers of 07_multilevel.ipynb; writes what they say to data/multilevel_models.json.

    python notebooks/train_multilevel.py                    # everything, about half an hour
    python notebooks/train_multilevel.py --only critical --seeds 3

One record per sampler, each with its settings, seed and times; nothing is left out. What is
recorded already is not trained again.
"""

import argparse
import functools
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
#: Size, steps and batch of one training after another; a larger sampler adopts the smaller one.
STAGES = ((32, 15, 32768), (32, 6, 131072), (64, 8, 32768), (128, 12, 32768))


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
        "largest": [
            ({"L": L, "quintuples": 16, "colours": 8}, {"stages": STAGES[: 2 + k]}, seed)
            for seed in range(3)
            for k, L in enumerate((32, 64, 128))
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
        "batches": [
            ({"L": 32} | options, {"steps": 10, "batch": batch}, 0)
            for options, batch in (
                ({}, 131072),
                ({"quintuples": 16, "colours": 8}, 131072),
                ({"quintuples": 16, "colours": 8}, 524288),
            )
        ],
        "couplings": [
            ({"L": L, "K": K}, {"steps": 10}, seed)
            for seed in SEEDS
            for L in (16, 32)
            for K in (0.3, 0.4, 0.5, -0.44)
        ],
        "field": [
            ({"L": L, "K": K, "field": field}, {"steps": 10, "start": start}, seed)
            for seed in SEEDS
            for start in ("wolff", "ladder")
            for L in (4, 8, 16)
            for K, field in ((0.4, 0.05), (0.5, 0.02))
        ],
        "ladder": [
            ({"L": L}, {"steps": 10, "start": "ladder"}, seed)
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


@functools.cache
def exact_log_partition(L, K, field):
    """ln Z by Kaufman's sum, or with a field as the trace of the L-th power of the transfer matrix T of
    2**L rows of spins: the sum over rows s of |T**(L/2) s|**2, equal for those that translations
    and reflections map to each other."""
    if field == 0:
        return ising.log_partition(L, K)
    numbers = np.arange(2**L)
    rows = 1.0 - 2 * ((numbers[:, None] >> np.arange(L)) & 1)
    images = [
        np.roll(mirrored, shift, axis=1) for mirrored in (rows, rows[:, ::-1]) for shift in range(L)
    ]
    first = np.min([(image < 0) @ (1 << np.arange(L)) for image in images], axis=0)
    representatives, counts = np.unique(first, return_counts=True)
    within = np.exp(K * (rows * np.roll(rows, 1, axis=1)).sum(1) / 2 + field * rows.sum(1) / 2)
    # Four spins of a row at a time, and the four of the next row that are bound to them.
    side = rows[:16, :4]
    bonds = np.exp(K * side @ side.T)
    total = -np.inf
    for start in range(0, len(representatives), 16):
        chosen = representatives[start : start + 16]
        states = (numbers == chosen[:, None]).astype(float)
        logarithms = np.zeros(len(chosen))
        for _ in range(L // 2):
            states *= within
            for _ in range(L // 4):
                states = (bonds @ states.reshape(len(chosen), 16, -1)).swapaxes(1, 2)
                states = states.reshape(len(chosen), -1)
            states *= within
            largest = states.max(1)
            logarithms += np.log(largest)
            states /= largest[:, None]
        logarithms = 2 * logarithms + np.log((states**2).sum(1))
        logarithms += np.log(counts[start : start + 16])
        total = np.logaddexp(total, np.logaddexp.reduce(logarithms))
    return float(total)


def fitted(settings, training, seed):
    """The trained sampler, and the seconds that this took, of the clock and of the processor."""
    if "stages" in training:
        options = tuple((name, value) for name, value in settings.items() if name != "L")
        return grown(options, tuple(map(tuple, training["stages"])), seed)
    model = MultilevelSampler(**settings)
    wall, processor = time.perf_counter(), time.process_time()
    model.fit(**training, seed=seed)
    return model, time.perf_counter() - wall, time.process_time() - processor


@functools.cache
def grown(options, stages, seed):
    """The same, in stages."""
    model, wall, processor = grown(options, stages[:-1], seed) if stages[1:] else (None, 0, 0)
    L, steps, batch = stages[-1]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    if model is None or model.L != L:
        larger = MultilevelSampler(L, **dict(options))
        model = larger if model is None else larger.adopt(model)
    model.fit(steps, batch, seed=seed)
    return model, time.perf_counter() - wall, time.process_time() - processor


def train(settings, training, seed):
    model, wall, processor = fitted(settings, training, seed)
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
        "exact": exact_log_partition(model.L, model.K, model.field),
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
