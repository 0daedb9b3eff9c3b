"""Trains the flows of 03_neuralrg.ipynb; writes what they say to data/neuralrg_models.json.

    python notebooks/train_neuralrg.py                    # everything, about two hours on two cores, and what
                                                          # train_neuralrg_depth.py and others record
    python notebooks/train_neuralrg.py --only critical    # one recipe

One record per model, each with its settings, seed and times; nothing is left out. Models whose
recipe says so are kept in data/neuralrg, the others in .build/neuralrg. What is recorded already
is not trained again.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np

import record_file
from isingrg import ising, neuralrg
from isingrg.neuralrg import NeuralRG

FOLDER = Path(__file__).parent / "data"
FILE = FOLDER / "neuralrg_models.json"
CRITICAL = 1 / ising.K_CRITICAL

#: The temperatures of the supplement.
TEMPERATURES = [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7]
PUBLISHED = {"steps": 5000, "batch": 512, "lr": 1e-3, "weight_decay": 1e-3}
#: What brings L = 4 within a thousandth of the exact free energy: layers repeated at each scale, masks
#: that take every pair of sites in turn, small batches, a learning rate that falls to a fifteenth.
SMALL = {
    "L": 4, "T": CRITICAL, "layers": 8, "hidden": (10,), "repeat": 4,
    "masks": [[3, 12, 5, 10, 6, 9, 3, 12]] * 16,
}  # fmt: skip
FALLING = [
    {"steps": 6000, "batch": 32, "lr": 3e-3 * 15 ** (-k / 7), "weight_decay": 0.0} for k in range(8)
]
#: Steps between two updates of the chains that run beside a training, and how many chains.
EVERY, CHAINS = 20, 256
#: Samples for the estimates after the training.
SAMPLES = 8192


def recipes():
    """name -> list of (model, stages of training, seed, whether chains run along, keep)."""
    scan = PUBLISHED | {"steps": 1500, "batch": 128}
    return {
        "critical": [
            ({"L": 16, "T": CRITICAL}, [PUBLISHED], seed, True, seed == 0) for seed in range(3)
        ],
        "scan": [
            ({"L": 16, "T": T, "depth": depth}, [scan], 0, False, depth == 4 and T in (2.0, 2.3, 2.7))
            for T in TEMPERATURES
            for depth in (1, 2, 3, 4)
        ],
        "L4": [(SMALL, FALLING, seed, False, False) for seed in range(3)],
        "L8": [
            ({"L": 8, "T": CRITICAL}, [PUBLISHED | {"steps": 2000}], seed, False, False)
            for seed in range(3)
        ],
        "L32": [({"L": 32, "T": CRITICAL}, [PUBLISHED | {"steps": 100}], 0, False, False)],
    }


def file_of(recipe, model, seed, keep):
    folder = FOLDER / "neuralrg" if keep else FOLDER.parents[1] / ".build" / "neuralrg"
    folder.mkdir(parents=True, exist_ok=True)
    depth = f"-depth{model['depth']}" if "depth" in model else ""
    return folder / f"{recipe}-L{model['L']}-T{model['T']:.3f}{depth}-seed{seed}.safetensors"


class Monitor:
    """Chains in both spaces that go on while the flow is trained, one update at a time."""

    def __init__(self, seed):
        self.seed = seed
        self.positions = {"latent": None, "physical": None}
        self.columns = {"epoch": []} | {
            f"{space}_{name}": [] for space in self.positions for name in ("mean", "error", "acceptance")
        }

    def update(self, model):
        self.columns["epoch"].append(model.step)
        for space, start in self.positions.items():
            seed = self.seed * 2**32 + model.step
            chains = model.hmc(
                CHAINS, 1, space=space, random_length=False, start=start, seed=seed
            )
            self.positions[space] = chains.x[:, -1]
            order = chains.structure_factor()
            self.columns[f"{space}_mean"].append(order.mean())
            self.columns[f"{space}_error"].append(order.std(ddof=1) / np.sqrt(CHAINS))
            self.columns[f"{space}_acceptance"].append(chains.acceptance.mean())

    def record(self):
        digits = {name: [round(float(value), 5) for value in c] for name, c in self.columns.items()}
        return digits | {"epoch": self.columns["epoch"]}


def course(model):
    """The loss, averaged over EVERY steps or a 250th of all, and standard errors of the averages."""
    every = max(EVERY, model.step // 250)
    count = model.step // every
    loss, error = (
        model.history[name][: count * every].reshape(count, every) for name in ("loss", "standard_error")
    )
    return {
        "epoch": [every * (k + 1) for k in range(count)],
        "loss": [round(float(value), 4) for value in loss.mean(1)],
        "standard_error": [round(float(value), 4) for value in np.sqrt((error**2).sum(1)) / every],
    }


def untrained(settings):
    settings = dict(settings)
    return NeuralRG(settings.pop("L"), 1 / settings.pop("T"), **settings)


def trained(settings, stages, seed):
    model = untrained(settings)
    for stage in stages:
        model.fit(**stage, seed=seed)
    return model


def train(settings, stages, seed, watched, path):
    model = untrained(settings)
    monitor, seconds = Monitor(seed), 0.0
    for stage in stages:
        stage = dict(stage)
        steps = stage.pop("steps")
        piece = EVERY if watched else steps
        for _ in range(0, steps, piece):
            started = time.perf_counter()
            model.fit(piece, **stage, seed=seed)
            seconds += time.perf_counter() - started
            if watched:
                monitor.update(model)
    model.save(path)
    bound = model.free_energy(SAMPLES, seed=1)
    partition = model.log_partition(SAMPLES, seed=2)
    return {
        "seconds": round(seconds, 1),
        "parameters": model.parameter_count,
        "free_energy": {"mean": bound.value, "standard_error": bound.error},
        "log_partition": {
            "estimate": partition.value,
            "standard_error": partition.error,
            "effective_sample_size": partition.effective_sample_size,
        },
        "exact": -neuralrg.log_partition_dual(model.L, model.K),
        "course": course(model),
        # The peak of the whole process up to here: that of the training if a recipe runs by itself.
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **({"chains": monitor.record()} if watched else {}),
    }


def kept_model(recipe, seed, **settings):
    """The model of a recipe with these settings that is kept; trained now if its file is gone."""
    for model, stages, number, _, keep in recipes()[recipe]:
        if keep and number == seed and settings.items() <= model.items():
            path = file_of(recipe, model, seed, keep)
            if not path.exists():
                print(f"training the flow of {path.name}", flush=True)
                trained(model, stages, seed).save(path)
            return NeuralRG.load(path)
    raise ValueError(f"no kept model of {recipe} has seed {seed} and {settings}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=recipes())
    only = parser.parse_args().only
    for name, models in recipes().items():
        if only not in (None, name):
            continue
        models = json.loads(json.dumps(models))  # as they are recorded
        for settings, stages, seed, watched, keep in models:
            record = {"recipe": name, "model": settings, "training": stages, "seed": seed}
            if record_file.has(FILE, record):
                continue
            record |= train(settings, stages, seed, watched, file_of(name, settings, seed, keep))
            print(name, settings, seed, record["seconds"], record["free_energy"], flush=True)
            # Read again: other recipes may be running.
            record_file.save(FILE, [*record_file.load(FILE), record])
    if only is None:
        others()


def others():
    """What the other scripts of the notebook record."""
    import gaussian_flows
    import measure_neuralrg  # which needs the flows kept here
    import train_neuralrg_depth

    train_neuralrg_depth.main([])
    gaussian_flows.main()
    measure_neuralrg.main([])


if __name__ == "__main__":
    main()
