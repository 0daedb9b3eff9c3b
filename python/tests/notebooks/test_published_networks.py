"""The units in which the published networks of Hou & You are read."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
WIDTHS = {"A1": (1, 6, 12, 8, 1), "A1+E": (5, 12, 24, 6, 1), "2A1+E": (10, 24, 48, 12, 1)}


@pytest.fixture
def published_mlrg(monkeypatch):
    pytest.importorskip("safetensors", reason="pip install 'isingrg[models]'")
    monkeypatch.setattr(sys, "path", [str(ROOT / "notebooks"), *sys.path])
    import published_mlrg

    return published_mlrg


def random_network(widths):
    random, network = np.random.default_rng(5), {}
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        network[f"x/0/0/{2 * layer}.weight"] = random.normal(0, 0.5, (outputs, inputs))
        network[f"x/0/0/{2 * layer}.bias"] = random.normal(0, 0.5, outputs)
        if layer < len(widths) - 2:
            network[f"x/0/0/{2 * layer + 1}.weight"] = random.normal(1, 0.2, outputs)
            network[f"x/0/0/{2 * layer + 1}.bias"] = random.normal(0, 0.2, outputs)
    return network


def monotone(network, J):
    """As the published program computes it, in its own units."""
    x, layer = J, 0
    while f"x/0/0/{layer + 1}.weight" in network:
        x = x @ network[f"x/0/0/{layer}.weight"].T + network[f"x/0/0/{layer}.bias"]
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        x = np.tanh(x * network[f"x/0/0/{layer + 1}.weight"] + network[f"x/0/0/{layer + 1}.bias"])
        layer += 2
    return (x @ network[f"x/0/0/{layer}.weight"].T + network[f"x/0/0/{layer}.bias"])[..., 0]


@pytest.mark.parametrize("representation", WIDTHS)
def test_a_step_of_a_published_network_is_the_same_in_both_units(published_mlrg, representation):
    """J' = J - grad C with their J, and with ours, which is half of it."""
    network = random_network(WIDTHS[representation])
    model = published_mlrg.model_of(network, representation, "x/0/0")
    count = WIDTHS[representation][0]
    J = np.random.default_rng(6).normal(0, 0.5, (20, count))
    ours = J[:, 0] if count == 1 else J
    theirs = monotone(network, 2 * J)
    np.testing.assert_allclose(4 * model.monotone(ours), theirs, rtol=1e-9, atol=1e-9)
    h = 1e-5 * np.eye(count)[:, None]
    slope = (monotone(network, 2 * J + h) - monotone(network, 2 * J - h)).T / 2e-5
    moved = np.reshape(model.flow(ours, 1)[1], J.shape)
    np.testing.assert_allclose(2 * moved, 2 * J - slope, atol=1e-7)


def test_a_network_that_is_not_there(published_mlrg):
    with pytest.raises(ValueError, match="no network x/1/0"):
        published_mlrg.model_of(random_network(WIDTHS["A1"]), "A1", "x/1/0")
