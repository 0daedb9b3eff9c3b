"""Wrong arguments of the analysis of latent variables raise an exception that names them."""

import functools

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, Interrupted, IsingRGError, NonFiniteError
from isingrg.graphvae import (
    GraphVAE,
    active_units,
    effective_rank,
    estimate_critical_coupling,
    principal_components,
    published_data,
)
from isingrg.statistics import bootstrap, correlation

S = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (6, 8, 8))
SMALL = dict(L=8, hidden=4, token=3, latent=2)
K = np.arange(8) / 10
VALUES = np.tanh(9 * (K - 0.35))[:, None] + np.zeros(5)
POINTS = np.arange(12.0).reshape(6, 2)
TINY = np.array([[0.0, 0.0], [0.0, -1e-245]])


@functools.cache
def trained(levels=2):
    return GraphVAE(levels=levels, **SMALL).fit(S, 1)


def call(function, *args, **options):
    return lambda: function(*args, **options)


def of_model(name, *args, **options):
    return lambda: getattr(trained(), name)(*args, **options)


def critical(K=K, values=VALUES, **options):
    return lambda: estimate_critical_coupling(K, values, **options)


CASES = [
    # bootstrap
    (MemoryError, r"the resamples of shape .* would need 8e\+11 bytes",
     call(bootstrap, lambda x: x.mean(-1), np.zeros((10**5, 2)), resamples=10**6)),
    (ArgumentError, r"values must be one array or more", call(bootstrap, np.mean)),
    (ArgumentError, r"values must have an axis", call(bootstrap, np.mean, 1.0)),
    (ArgumentError, r"values must hold at least two", call(bootstrap, np.mean, [1.0])),
    (ArgumentError, r"values must hold at least two", call(bootstrap, np.mean, np.ones((0, 4)))),
    (ArgumentError, r"values must be finite, got nan", call(bootstrap, np.mean, [1, np.nan])),
    (ArgumentError, r"values must have the same first 2 axes, got \(2, 3\), \(3, 2\)",
     call(bootstrap, np.mean, np.ones((2, 3)), np.ones((3, 2)))),
    (ArgumentError, r"axis must be from -1 to 0, got 1", call(bootstrap, np.mean, K, axis=1)),
    (ArgumentError, r"block must be from 1 to 4, got 5", call(bootstrap, np.mean, K, block=5)),
    (ArgumentError, r"resamples must be from 20", call(bootstrap, np.mean, K, resamples=19)),
    (ArgumentError, r"seed must be from 0", call(bootstrap, np.mean, K, seed=-1)),
    (TypeError, r"progress must be True, False or a callable",
     call(bootstrap, np.mean, K, progress=3)),
    (Interrupted, r"interrupted at 0 of 1000",
     call(bootstrap, np.mean, K, progress=lambda done, total: False)),
    (NonFiniteError, r"the result of statistic is not", call(bootstrap, lambda x: np.nan, K)),
    (ArgumentError, r"a and b must have the same shape", call(correlation, K, K[:3])),
    (ArgumentError, r"b must vary", call(correlation, K, np.ones(8))),
    (ArgumentError, r"a must vary", call(correlation, [], [])),
    (ConvergenceError, r"too few configurations", call(correlation, [0, 1], [0, 1])),
    # components
    (ArgumentError, r"mu must have the shape \(\.\.\., d\)", call(principal_components, K)),
    (ArgumentError, r"mu must have the shape \(\.\.\., d\)",
     call(principal_components, POINTS[:1])),
    (ArgumentError, r"mu must have the shape \(\.\.\., d\)", call(active_units, np.ones((4, 0)))),
    (ArgumentError, r"mu must have the shape \(\.\.\., d\)", call(effective_rank, 1.0)),
    (ArgumentError, r"mu must vary", call(principal_components, np.ones((4, 2)))),
    (ArgumentError, r"mu must have a variance within", call(principal_components, TINY)),
    (ArgumentError, r"mu must be finite, at most", call(principal_components, -1e250 * POINTS)),
    (ArgumentError, r"mu must be finite, at most 1e\+100", call(effective_rank, 1e250 * POINTS)),
    (ArgumentError, r"mu must be finite, at most 1e\+100", call(active_units, 1e250 * POINTS)),
    (ArgumentError, r"reference must have the shape \(6,\), got \(2,\)",
     call(principal_components, POINTS, reference=[1, 2])),
    (ArgumentError, r"mu must have the shape \(\.\.\., 2\), got \(3,\)",
     lambda: principal_components(POINTS).project(np.ones(3))),
    # critical coupling
    (ArgumentError, r"K must be a list of at least 6", critical(K[:5], VALUES[:5])),
    (ArgumentError, r"K must be a list of at least 6 increasing", critical(K[::-1])),
    (ArgumentError, r"values must have the shape \(8, n\) .*, got \(7, 5\)",
     critical(values=VALUES[:7])),
    (ArgumentError, r"values must have the shape \(8, n\) .*, got \(8,\)", critical(values=K)),
    (ArgumentError, r"values must be finite", critical(values=VALUES * np.inf)),
    (ArgumentError, r"n\) with n at least 2", critical(values=VALUES[:, :1])),
    (ArgumentError, r"n\) with n at least 2", critical(values=VALUES[:, :0])),
    (ArgumentError, r"block must be from 1 to 2", critical(block=3)),
    # models
    (ArgumentError, r"spins must have the shape \(\.\.\., n, L, L\)", of_model("rg_map", S[0])),
    (ArgumentError, r"spins must have the shape \(\.\.\., n, L, L\)", of_model("rg_map", S[:0])),
    (ArgumentError, r"spins must .* n at least 2", of_model("rg_map", S[:, None])),
    (ArgumentError, r"two levels", lambda: trained(1).rg_map(S)),
    (ArgumentError, r"levels must be \(fine, coarse\), fine first", of_model("rg_map", S, (1, 0))),
    (ArgumentError, r"levels must be \(fine, coarse\), fine first", of_model("rg_map", S, (1, 1))),
    (ArgumentError, r"levels must be from 0 to 1, got 2", of_model("rg_map", S, (0, 2))),
    (TypeError, r"levels must be a pair", of_model("rg_map", S, 1)),
    (TypeError, r"levels must be an integer", of_model("rg_map", S, (0, 1.0))),
    (ArgumentError, r"block must be from 1 to 3", of_model("rg_map", S, block=4)),
    (ArgumentError, r"spins must have the shape \(\.\.\., n, L, L\)", of_model("basins", S[0])),
    (ArgumentError, r"seed must be from 0", of_model("basins", S, seed=2**64)),
    (ArgumentError, r"steps must be from 0 to 1, got 2", of_model("trajectories", S, 2)),
    (ArgumentError, r"spins must have a size", of_model("trajectories", S[:, :7, :7])),
    (ArgumentError, r"spins must have a size", of_model("level_distances", S[:, :7, :7])),
    *[(IsingRGError, r"not been trained yet; call fit",
       lambda name=name: getattr(GraphVAE(**SMALL, levels=2), name)(S))
      for name in ("rg_map", "basins", "trajectories", "level_distances")],
    # data
    (ArgumentError, r"L must be even", call(published_data, L=5)),
    (ArgumentError, r"n_samples must be from 1", call(published_data, n_samples=0)),
    (ArgumentError, r"seed must be from 0", call(published_data, -1)),
]  # fmt: skip


@pytest.mark.parametrize("error, message, function", CASES)
def test_message_names_the_argument(error, message, function):
    with pytest.raises(error, match=message):
        function()
