"""What networks begin with, as their theory pages say: seen after a step that changes nothing.

Each number is within five standard errors, or a chi-squared within four of its deviations.
"""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from isingrg import ising
from isingrg.graphvae import GraphVAE
from isingrg.mlrg import MLRG
from isingrg.neuralrg import NeuralRG


def check_uniform(values, bound):
    """In +-bound, up to its ends but for one chance in 10**6, with its mean and variance."""
    values = np.ravel(values) / bound
    n = len(values)
    assert np.abs(values).max() < 1 + 1e-6
    assert np.abs(values).max() > 1e-6 ** (1 / n)
    assert abs(values.mean()) < 5 / math.sqrt(3 * n)
    assert abs(np.square(values).mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / n)


def check_distinct(arrays):
    """No number twice: each layer is drawn by itself."""
    values = np.concatenate([np.ravel(array) for array in arrays])
    assert len(np.unique(values.round(9))) > 0.999 * len(values)


@pytest.mark.parametrize("decoder", ["mlp", "graph"])
def test_autoencoder(decoder):
    spins = ising.sample(16, 0.4, 8)[0]
    model = GraphVAE(16, hidden=24, token=12, levels=3, decoder=decoder)
    arrays = model.fit(spins, 1, lr=1e-12)._state()[1]
    weights = {name: array for name, array in arrays.items() if name.endswith(".weight")}
    scaled = []
    for name, weight in weights.items():
        bias = arrays[name.replace("weight", "bias")]
        outputs, inputs = weight.shape
        if "convolution" in name:
            bound = math.sqrt(6 / (inputs + outputs))
            check_uniform(weight, bound)
            assert np.abs(bias).max() < 1e-9
        else:
            bound = 1 / math.sqrt(inputs)
            check_uniform(np.append(weight, bias), bound)
        scaled.append(weight / bound)
    check_distinct(scaled)  # without the bounds, which would hide that layers are alike


@pytest.mark.parametrize("moderator", ["monotone", "flow"])
def test_moderator(moderator):
    model = MLRG("A1+E", moderator=moderator, hidden=(40, 30), layer_norm=True)
    arrays = model.fit(1, 8, lr=1e-12, final_lr=1e-12)._state()[1]
    for i, inputs in enumerate((5, 40, 30)):
        weight, bias = (arrays[f"network.{i}.{part}"] for part in ("weight", "bias"))
        assert weight.shape[1] == inputs
        check_uniform(np.append(weight, bias), 1 / math.sqrt(inputs))
    for i in (0, 1):
        assert arrays[f"network.{i}.norm.scale"] == pytest.approx(1, abs=1e-9)
        assert arrays[f"network.{i}.norm.shift"] == pytest.approx(0, abs=1e-9)
    check_distinct([arrays["network.0.weight"] * math.sqrt(5),
                    arrays["network.1.weight"] * math.sqrt(40)])  # fmt: skip


def test_flow():
    model = NeuralRG(8, layers=40, hidden=(6, 5)).fit(1, 8, lr=1e-12, weight_decay=0)
    rows = model._state()[1]["parameters"]
    assert np.abs(rows[:, -4:]).max() < 1e-9  # scales
    networks = rows[:, :-4].reshape(len(rows), 2, -1)  # s and t
    start = 0
    for inputs, outputs in itertools.pairwise((4, 6, 5, 4)):
        end = start + (inputs + 1) * outputs
        check_uniform(networks[..., start:end], 1 / math.sqrt(inputs))
        start = end
    assert start == networks.shape[-1]
    check_distinct([networks[..., :24]])


def test_random_masks_keep_each_half_equally_often():
    masks = NeuralRG(8, layers=64, hidden=(2,)).fit(1, 2, seed=3).masks  # (6, 64, 2, 2)
    counts = Counter(map(bytes, masks.reshape(-1, 4)))
    assert len(counts) == 6
    expected = masks[..., 0, 0].size / 6
    chi = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi < 5 + 4 * math.sqrt(10)
    for first, second in itertools.combinations(masks.reshape(6, -1), 2):
        assert (first != second).mean() > 0.3  # each layer draws its own
    other = NeuralRG(8, layers=64, hidden=(2,)).fit(1, 2, seed=4).masks
    assert (masks != other).mean() > 0.3
