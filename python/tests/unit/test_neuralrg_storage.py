"""Flows in files: complete, and nothing else is taken for one."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import IsingRGError
from isingrg.neuralrg import NeuralRG

pytest.importorskip("safetensors.numpy")
sys.path.append(str(Path(__file__).parent))
from rewriting import parts, rewritten


@pytest.fixture
def model():
    model = NeuralRG(4, 0.3, layers=3, hidden=(5, 4), structure="tree", depth=1)
    return model.fit(7, 40, seed=2**64 - 1).fit(5, 40, seed=3)


@pytest.fixture
def path(model, tmp_path):
    model.save(tmp_path / "flow.safetensors")
    return tmp_path / "flow.safetensors"


def test_round_trip(model, path):
    loaded = NeuralRG.load(path)
    assert repr(loaded) == repr(model) and loaded.step == 12
    for name, column in model.history.items():
        np.testing.assert_array_equal(loaded.history[name], column)
    np.testing.assert_array_equal(loaded.sample(9), model.sample(9))
    # The optimiser and the seed are those of before.
    np.testing.assert_array_equal(loaded.fit(4, 40).sample(9), model.fit(4, 40).sample(9))


def test_what_a_file_holds(model, path):
    header, arrays = parts(path)
    assert header["format"] == "isingrg.neuralrg" and header["format_version"] == "4"
    assert header["library_version"] == isingrg.__version__
    described = json.loads(header["model"])
    assert described["configuration"] == {
        "L": 4, "K": 0.3, "layers": 3, "hidden": [5, 4], "repeat": 1, "structure": "tree",
        "depth": 1, "bijector": "coupling", "symmetric": True,
        "symmetry": None, "masks": None, "target": None, "block": 2, "conditioner": "block",
    }  # fmt: skip
    assert (described["network_seed"], described["seed"]) == (2**64 - 1, 3)
    assert arrays["parameters"].size == model.parameter_count
    assert arrays["masks"].shape == (1, 3)
    kept = np.unpackbits(arrays["masks"].astype(np.uint8)).reshape(-1, 8).sum(1)
    assert (kept == 2).all()  # half of the sites


P = (3, 142)

CASES = [
    ("newer than 4", {"header": [("format_version", "5")]}),
    ("L must be a power of two", {"described": [("configuration.L", 6)]}),
    (
        "the function 'f'",
        {"described": [("configuration.target", {"kind": "function", "name": "f"})]},
    ),
    ("is missing", {"described": [("configuration.target", {"name": "f"})]}),
    (
        "K must be left out",
        {
            "described": [
                ("configuration.target", {"kind": "phi4", "L": 4, "mass2": 1.0, "coupling": 1.0})
            ]
        },
    ),
    ("structure must be", {"described": [("configuration.structure", "chain")]}),
    ("'parameters' must (have|hold)", {"described": [("configuration.structure", "mera")]}),
    ("'parameters' must (have|hold)", {"described": [("configuration.hidden", [4, 4])]}),
    ("'parameters' must (have|hold)", {"described": [("configuration.layers", 4)]}),
    (
        "must hold more than 60555264",
        {
            "described": [
                ("configuration.hidden", [256, 256]),
                ("configuration.layers", 64),
                ("configuration.repeat", 7),
            ]
        },
    ),
    ("unexpected keyword", {"described": [("configuration.colour", 1)]}),
    ("'seed' is missing", {"described": [("seed", None)]}),
    ("network_seed must be", {"described": [("network_seed", -1)]}),
    ("masks.* must be the model's", {"described": [("network_seed", 0)]}),
    ("masks.* must be the model's", {"arrays": [("masks", np.full((1, 3), 7.0))]}),
    ("'masks' is missing", {"arrays": [("masks", None)]}),
    ("'parameters' is missing", {"arrays": [("parameters", None)]}),
    ("must be finite", {"arrays": [("parameters", np.full(P, np.nan))]}),
    ("must be finite", {"arrays": [("adam.first_moment", np.full(P, np.inf))]}),
    ("must not be negative", {"arrays": [("adam.second_moment", np.full(P, -1.0))]}),
    ("must hold float64", {"arrays": [("parameters", np.zeros(P, np.float32))]}),
    ("whole number", {"arrays": [("step", np.full((1, 1), 2.5))]}),
    ("history.loss' must have the shape", {"arrays": [("step", np.full((1, 1), 13.0))]}),
    ("history.loss' must be finite", {"arrays": [("history.loss", np.full(12, np.nan))]}),
    ("history.standard_error' must have", {"arrays": [("history.standard_error", np.ones(3))]}),
    ("does not belong", {"arrays": [("proposal.couplings", np.zeros((1, 1)))]}),
]


@pytest.mark.parametrize("message, changes", CASES)
def test_damaged_models(path, message, changes):
    rewritten(path, **changes)
    with pytest.raises(IsingRGError, match=f"cannot be loaded: .*({message})"):
        NeuralRG.load(path)


def test_an_unchanged_rewrite_loads(path):
    """So that the cases above fail for what they change."""
    assert parts(path)[1]["parameters"].shape == P
    rewritten(path)
    assert NeuralRG.load(path).step == 12
