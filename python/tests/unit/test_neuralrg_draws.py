"""That what is to be drawn anew is: starts, proposals and batches."""

import functools
import math

import numpy as np
import pytest

from isingrg.neuralrg import NeuralRG


@functools.cache
def flow(L=4):
    return NeuralRG(L, 0.2, layers=2, hidden=(4,)).fit(5, 32)


@pytest.mark.parametrize("space", ["latent", "physical"])
def test_chains_start_at_independent_normal_numbers(space):
    """Before a step that is too small to move: means, variances and products, at five errors."""
    n = 4000
    chains = flow().hmc(n, 1, space=space, step_size=1e-9, leapfrog=1, seed=2)
    x = chains.x[:, 0]
    rows = (flow().encode(x)[0] if space == "latent" else x).reshape(n, 16)
    assert np.abs(rows.mean(axis=0)).max() < 5 / math.sqrt(n)
    products = rows.T @ rows / n
    assert np.abs(products - np.eye(16)).max() < 5 * math.sqrt(2 / n)
    assert np.abs((rows[1:] * rows[:-1]).mean(axis=0)).max() < 5 / math.sqrt(n)
    other = flow().hmc(5, 1, space=space, step_size=1e-9, leapfrog=1, seed=3).x[:, 0]
    assert np.abs(other - x[:5]).min() > 1e-6


def test_proposals_are_never_drawn_again():
    """More chains and updates than are drawn together: 256 chains of L = 16, 16 updates."""
    x = flow(16).metropolis(300, 40, seed=1).x[..., 0, 0]
    moved = np.ones(x.shape, bool)
    moved[:, 1:] = x[:, 1:] != x[:, :-1]
    assert moved[:, 16:].any() and len(np.unique(x[moved])) == moved.sum()


@pytest.mark.parametrize("fit", ["fit", "fit_samples"])
def test_batches_scatter_by_their_standard_error(fit):
    """Three tiles of 32 in 400 steps of no length, at five errors of a standard deviation."""
    model = NeuralRG(4, 0.2, layers=2, hidden=(4,))
    x = np.random.default_rng(1).normal(0, 2, (1000, 4, 4))
    arguments = () if fit == "fit" else (x,)
    history = getattr(model, fit)(*arguments, 400, 96, 1e-12, weight_decay=0, seed=3).history
    ratio = history["loss"].std(ddof=1) / math.sqrt(np.square(history["standard_error"]).mean())
    assert abs(ratio - 1) < 5 / math.sqrt(800) + 0.05


def test_every_sample_is_drawn_as_often_as_another():
    """Two samples: the mean loss of all batches, within five errors of the share of one."""
    x = np.random.default_rng(2).normal(0, [[[1]], [[3]]], (2, 4, 4))
    model = NeuralRG(4, 0.2, layers=2, hidden=(4,))
    loss = model.fit_samples(x, 300, 32, 1e-12, weight_decay=0).history["loss"].mean()
    a, b = -model.log_prob(x)
    assert abs((loss - a) / (b - a) - 0.5) < 5 / (2 * math.sqrt(300 * 32))
