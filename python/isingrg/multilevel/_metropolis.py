"""Metropolis sampling of the Ising model with samples of q as proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.model import of_one_state
from isingrg._shared.progress import reporting, tell
from isingrg.multilevel._chains import Chains
from isingrg.multilevel._partition import _logarithms

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler

#: Chains that are updated side by side, and updates whose proposals are drawn together.
_CHAINS, _UPDATES = 64, 16


@of_one_state
def metropolis(
    model: MultilevelSampler,
    n_chains: int,
    n_samples: int,
    *,
    warmup: int = 0,
    between: int = 1,
    seed: int = 0,
    progress: Any = False,
) -> Chains:
    """Sample the Ising model by Metropolis updates whose proposals are independent samples of q.

    A proposal s' takes the place of s with the probability min(1, w(s') / w(s)), where w is that of
    `log_weights`. A chain begins with a sample of q, and stays long where q is too small: see
    `acceptance` and the effective sample size of `log_partition`.

    Parameters
    ----------
    n_chains, n_samples : int
        Chains side by side, 1 to 2**20, and samples of each, 1 to 2**30.
    warmup : int
        Updates before the first sample, 0 to 2**30.
    between : int
        Updates from one sample to the next, 1 to 2**20.
    seed : int
        0 to 2**64 - 1. A chain does not depend on how many others there are.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Chains
        spins (n_chains, n_samples, L, L), acceptance (n_chains, n_samples).

    Raises
    ------
    MemoryError
        If the machine cannot hold the samples.
    """
    model._ready()
    n_chains = arguments.integer("n_chains", n_chains, 1, 2**20)
    n_samples = arguments.integer("n_samples", n_samples, 1, 2**30)
    warmup = arguments.integer("warmup", warmup, 0, 2**30)
    between = arguments.integer("between", between, 1, 2**20)
    seed = arguments.seed(seed)
    shape = (n_chains, n_samples, model.L, model.L)
    spins = arguments.allocate("the samples", shape, np.int8)
    acceptance = np.zeros((n_chains, n_samples))
    updates = 1 + warmup + n_samples * between  # the first proposal is the start
    with reporting(progress, "Monte Carlo", "updates") as report:
        for first in range(0, n_chains, _CHAINS):
            count = min(_CHAINS, n_chains - first)
            for update, (state, probability) in enumerate(_updates(model, updates, seed, first)):
                if update % _UPDATES == 0:
                    tell(report, first * updates + count * update, n_chains * updates)
                sample, rest = divmod(update - 1 - warmup, between)
                if sample >= 0:
                    acceptance[first : first + count, sample] += probability[:count] / between
                    if rest == between - 1:
                        spins[first : first + count, sample] = state[:count]
        tell(report, n_chains * updates, n_chains * updates)
    settings = {"warmup": warmup, "between": between, "seed": seed}
    return Chains(spins, acceptance, model.K, model.field, settings)


def _updates(model: MultilevelSampler, updates: int, seed: int, group: int) -> Any:
    """States and acceptance probabilities of a whole group of chains after each update."""
    state = np.empty((_CHAINS, model.L, model.L), np.int8)
    log_weight = np.full(_CHAINS, -np.inf)
    for start in range(0, updates, _UPDATES):
        length = min(_UPDATES, updates - start)
        random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(group, start)))
        drawn, densities = model.sample_with_log_prob(
            _CHAINS * length, seed=int(random.integers(2**63))
        )
        logarithms = _logarithms(model, drawn, densities, None, None).reshape(length, _CHAINS)
        proposals = drawn.reshape(length, _CHAINS, model.L, model.L)
        thresholds = random.standard_exponential((length, _CHAINS))
        for k in range(length):
            gain = logarithms[k] - log_weight
            accepted = gain > -thresholds[k]
            state[accepted] = proposals[k, accepted]
            log_weight[accepted] = logarithms[k, accepted]
            yield state, np.exp(np.minimum(gain, 0))
