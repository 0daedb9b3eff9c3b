"""Trains the flows of 03_neuralrg.ipynb that compare structures, depths and losses; writes what they say to
data/neuralrg_depth.json.

    python notebooks/train_neuralrg_depth.py                             # everything, about an hour of one core
    python notebooks/train_neuralrg_depth.py --only depth --seed 0

One record per model, with its settings, seed and processor time; nothing is left out. A training that was
interrupted continues from its checkpoint in .build/neuralrg, and what is recorded already is not trained again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import isingrg
import record_file
from isingrg import ising, neuralrg
from isingrg.neuralrg import NeuralRG

FOLDER = Path(__file__).parent / "data"
FILE = FOLDER / "neuralrg_depth.json"
CHECKPOINTS = FOLDER.parents[1] / ".build" / "neuralrg"
#: The bijector of all these flows: masks take each pair of sites in turn.
HALVES = {"top": [[1, 1], [0, 0]], "left": [[1, 0], [1, 0]], "diagonal": [[1, 0], [0, 1]]}
MASKS = [m for name in ("top", "left", "diagonal", "top") for m in (np.array(HALVES[name]) == 1, np.array(HALVES[name]) == 0)]
BIJECTOR = {"layers": 8, "hidden": (10,), "masks": MASKS}
#: A learning rate that falls to a fifteenth in so many stages.
STAGES = 8
#: Flow samples and exact samples for the estimates after the training, and exact samples to learn from.
SAMPLES, EXACT, LEARNED = 8192, 4096, 16384
SEEDS = range(3)


def recipes():
    """name -> list of (settings of the flow, steps, seed, keep)."""
    return {
        "depth": [
            (settings, steps, seed, settings == {"L": 16} and steps == 8000)
            for seed in SEEDS
            for L, steps, deepest in ((4, 2000, 2), (4, 8000, 2), (8, 2000, 4), (8, 8000, 4), (16, 2000, 8), (16, 8000, 2))
            for settings in structures(L, deepest)
        ],
        "L32": [
            *(({"L": 32}, 8000, seed, seed == 0) for seed in SEEDS[:2]),
            *((settings, 2000, 0, False) for settings in structures(32, 4)),
        ],
        "likelihood": [({"L": L}, 8000, seed, False) for L in (4, 8, 16) for seed in SEEDS],
    }


def structures(L, deepest):
    """All scales; a tree; disentanglers alone, 1, 2, 4, ... pairs of layers."""
    depths = [1 << k for k in range(deepest.bit_length())]
    return [{"L": L}, {"L": L, "structure": "tree"}, *({"L": L, "structure": "tebd", "depth": depth} for depth in depths)]


def training(steps):
    return {"steps": steps, "batch": 128, "lr": 3e-3, "falls_to": 3e-3 / 15, "stages": STAGES, "weight_decay": 0.0}


def untrained(settings):
    return NeuralRG(**settings, K=ising.K_CRITICAL, **BIJECTOR)


def exact_samples(L, n, seed):
    """Independent samples of the target: fields of spins of a cluster Monte Carlo."""
    spins = ising.sample(L, ising.K_CRITICAL, n // 8, algorithm="wolff", n_chains=8, n_between=4 * L, seed=seed)
    return neuralrg.sample_fields(spins.reshape(-1, L, L), ising.K_CRITICAL, seed=seed)


def advance(flow, recipe, steps, seed, path):
    """Trains to the end, stage by stage; the seconds of all parts are kept beside the checkpoint."""
    clock = CHECKPOINTS / path.with_suffix(".seconds").name
    spent = float(clock.read_text()) if clock.exists() else 0.0
    learned = exact_samples(flow.L, LEARNED, 100 + seed) if recipe == "likelihood" else None
    for stage in range(flow.step * STAGES // steps, STAGES):
        begun = time.process_time()
        keywords = {"batch": 128, "lr": 3e-3 * 15 ** (-stage / (STAGES - 1)), "weight_decay": 0.0, "seed": seed}
        left = (stage + 1) * steps // STAGES - flow.step
        flow = flow.fit(left, **keywords) if learned is None else flow.fit_samples(learned, left, **keywords)
        flow.save(path)
        spent += time.process_time() - begun
        clock.write_text(f"{spent}")
    return flow, spent


def train(recipe, settings, steps, seed, path):
    flow = NeuralRG.load(path) if path.exists() else untrained(settings)
    flow, seconds = advance(flow, recipe, steps, seed, path)
    bound = flow.free_energy(SAMPLES, seed=2**32 + seed)
    partition = flow.log_partition(SAMPLES, seed=2**33 + seed)
    x = exact_samples(flow.L, EXACT, 200 + seed)
    partition_exact = neuralrg.log_partition_dual(flow.L, flow.K)
    forward = neuralrg.log_density(x, flow.K) - flow.log_prob(x) - partition_exact
    last = [part[-len(part) // 4 :].mean() for part in np.array_split(np.asarray(flow.history["loss"]), STAGES)]
    return {
        "seconds": round(seconds, 1),
        "parameters": flow.parameter_count,
        "free_energy": {"mean": bound.value, "standard_error": bound.error},
        "effective_sample_size": partition.effective_sample_size,
        "exact": -partition_exact,
        "forward": {"mean": forward.mean(), "standard_error": forward.std(ddof=1) / np.sqrt(len(x))},
        "stages": [round(float(loss), 4) for loss in last],
    }


def file_of(recipe, settings, steps, seed, keep):
    name = "-".join([recipe, *(f"{key}{value}" for key, value in settings.items()), f"steps{steps}", f"seed{seed}"])
    return (FOLDER / "neuralrg" if keep else CHECKPOINTS) / f"{name}.safetensors"


def kept_flow(L, seed):
    """A flow with all scales that is kept; trained now if its file is gone."""
    for recipe, models in recipes().items():
        for settings, steps, number, keep in models:
            if keep and settings == {"L": L} and number == seed:
                path = file_of(recipe, settings, steps, seed, keep)
                if not path.exists():
                    print(f"training the flow of {path.name}", flush=True)
                    advance(untrained(settings), recipe, steps, seed, path)
                return NeuralRG.load(path)
    raise ValueError(f"no kept flow has L = {L} and seed {seed}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=recipes())
    parser.add_argument("--seed", action="append", type=int, help="only this one")
    options = parser.parse_args(arguments)
    isingrg.set_num_threads(1)
    CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    for name, models in recipes().items():
        for settings, steps, seed, keep in models:
            if (options.only and name not in options.only) or (options.seed and seed not in options.seed):
                continue
            record = {"recipe": name, "model": settings, "training": training(steps), "seed": seed}
            record = json.loads(json.dumps(record))  # as it is recorded
            if record_file.has(FILE, record):
                continue
            record |= train(name, settings, steps, seed, file_of(name, settings, steps, seed, keep))
            divergence = (record["free_energy"]["mean"] - record["exact"]) / settings["L"] ** 2
            print(name, settings, steps, seed, record["seconds"], f"{divergence:.5f}", flush=True)
            # Read again: other recipes may be running.
            record_file.save(FILE, [*record_file.load(FILE), record])


if __name__ == "__main__":
    main()
