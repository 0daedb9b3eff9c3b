"""In which order an autoencoder sees its data, and with which noise."""

import copy
import itertools
import math
from collections import Counter

import numpy as np

from isingrg import ising
from isingrg.graphvae import GraphVAE


def changed(model, **values):
    """A copy with other arrays, their names with _ for the dots."""
    metadata, arrays = model._state()
    for name, value in values.items():
        array = arrays[name.replace("__", ".")]
        array[...] = np.reshape(value, (-1, 1)) if np.ndim(value) == 1 else value
    return GraphVAE._restored(metadata, arrays)


def test_all_orders_occur_equally_often():
    """Three configurations, one a step, without noise: what is learned tells their order.

    Chi-squared of the six counts within four standard deviations. Which result belongs to which
    order is found by exchanging the data under one seed.
    """
    spins = ising.sample(4, [0.0, 0.5, 1.0], 1, seed=3).reshape(3, 4, 4)
    model = GraphVAE(4, latent=2, hidden=3, token=2, levels=1, beta=0, lambda_rg=0).fit(spins, 1)
    model = changed(model, level__0__log_variance__weight=0, level__0__log_variance__bias=-1e4)

    def learned(data, seed):
        trained = copy.copy(model).fit(data, 1, 1, 0.1, seed=seed)
        return trained._state()[1]["decoder.2.weight"].tobytes()

    orders = {learned(spins[list(order)], 0) for order in itertools.permutations(range(3))}
    assert len(orders) == 6
    n = 300
    counts = Counter(learned(spins, seed) for seed in range(n))
    assert set(counts) <= orders
    chi = sum((counts[order] - n / 6) ** 2 / (n / 6) for order in orders)
    assert chi < 5 + 4 * math.sqrt(10)


def test_noise_is_new_for_each_configuration_and_step():
    """A decoder that gives z itself: the error of all spins +1 is known, and what it scatters by.

    Mean and standard deviation of the losses of all steps, each within five standard errors.
    """
    mean, logvar, batch, steps = 0.4, -0.8, 48, 400
    spins = np.ones((batch, 4, 4), np.int8)
    blank = GraphVAE(4, latent=2, hidden=1, token=2, levels=1, decoder="graph").fit(spins, 1)
    names = [name for name in blank._state()[1] if name.endswith((".weight", ".bias"))]
    model = changed(blank, **{name.replace(".", "__"): 0 for name in names})
    model = changed(
        model,
        level__0__mean__bias=[mean, 7],
        level__0__log_variance__bias=[logvar, 3],
        decoder__0__weight=np.tile([0.5, 0], (16, 1)),
        decoder__1__weight=2,
    )
    losses = model.fit(spins, steps, batch, 1e-12, seed=4).history["reconstruction"][1:]
    v, d = math.exp(logvar), mean - 1
    deviation = math.sqrt((4 * v * d * d + 2 * v * v) / batch)
    assert abs(losses.mean() - d * d - v) < 5 * deviation / math.sqrt(steps)
    # The kurtosis of a mean of 48 is nearly that of a normal number.
    assert abs(losses.std(ddof=1) / deviation - 1) < 5 / math.sqrt(2 * steps) + 0.05
