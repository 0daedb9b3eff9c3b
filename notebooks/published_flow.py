"""Summarises the author's data of Shen's figures in data/flow_published.json.

    git clone https://github.com/jshe2304/dlrg
    python notebooks/published_flow.py dlrg/data

The file keeps quantiles of roots and of times, not the data. Numbers in the notebook are those of commit 5ddcefb.
"""

import argparse
import collections
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "data" / "flow_published.json"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Epochs that count, the last ones of a training.
LAST = 2048

ROOTS = {
    "relu-cd": "a1-relu-flow-cd-estimates-4096.pt",
    "relu-kl": "a1-relu-flow-kl-estimates-4096.pt",
    "silu-cd": "a1-silu-flow-estimates-2048.pt",
    "monotone-cd": "a1-silu-monotone-estimates-2048.pt",
    "A1+E-unrotated-cd": "a1e-cd-estimates-2048.pt",
}
TIMES = {"flow": "a1-silu-flow-times.pt", "monotone": "a1-silu-monotone-times.pt"}
#: Keywords of `MLRG.fit` and the folders in which they vary.
STUDIES = {
    "cd_samples": "n_cd_samples",
    "teacher_sweeps": "k_fine",
    "student_sweeps": "k_coarse",
    "batch": "n_models",
    "hmc_leapfrog": "hmc_runtime",
    "hmc_updates": "hmc_steps",
}
TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}


class Tensors(pickle.Unpickler):
    """A tensor of a PyTorch file; everything else is refused."""

    def __init__(self, archive):
        self.archive = archive
        self.root = archive.namelist()[0].split("/")[0]
        super().__init__(archive.open(f"{self.root}/data.pkl"))

    def find_class(self, module, name):
        if name == "_rebuild_tensor_v2":
            return self.tensor
        if name == "OrderedDict":
            return collections.OrderedDict
        if name in TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, description):
        _, kind, key, _, _ = description
        return np.frombuffer(self.archive.read(f"{self.root}/data/{key}"), TYPES[kind])

    @staticmethod
    def tensor(storage, offset, shape, strides, *_):
        steps = [storage.itemsize * stride for stride in strides]
        return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).astype(float)


def read(path):
    with zipfile.ZipFile(path) as archive:
        return Tensors(archive).load()


def quantiles(values):
    return [round(float(value), 5) for value in np.nanquantile(values, QUANTILES)]


def study(folder):
    """For each value of a setting: quantiles of the recorded roots, and the share that exists."""
    values, roots = read(folder / "values.pt"), read(folder / "roots.pt")
    return {
        "values": values.astype(int).tolist(),
        "quantiles": [quantiles(row) for row in roots],
        "found": [round(float(np.isfinite(row).mean()), 4) for row in roots],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    roots = {name: read(data / file) for name, file in ROOTS.items()}
    published = {
        "source": "github.com/jshe2304/dlrg, commit 5ddcefb",
        "roots": {name: quantiles(values[-LAST:, 0]) for name, values in roots.items()},
        "whole_training": {name: quantiles(roots[name][:, 0]) for name in ("relu-cd", "relu-kl")},
        "seconds": {name: quantiles(read(data / file)) for name, file in TIMES.items()},
        "studies": {
            name: study(data / "hyperparameter_tuning_1" / folder) for name, folder in STUDIES.items()
        },
    }
    FILE.write_text(json.dumps(published) + "\n")


if __name__ == "__main__":
    main()
