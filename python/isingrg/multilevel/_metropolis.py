"""Metropolis sampling of the Ising model with samples of q as proposals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from isingrg._shared import arguments, independence
from isingrg._shared.model import of_one_state
from isingrg._shared.progress import reporting, tell
from isingrg.multilevel._chains import Chains
from isingrg.multilevel._evaluation import Floats, Spins
from isingrg.multilevel._partition import _logarithms

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler

#: Chains that are updated side by side.
_CHAINS = 64


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
    n_chains, n_samples, warmup, between, seed = independence.course(
        n_chains, n_samples, warmup, between, seed
    )
    shape = (n_chains, n_samples, model.L, model.L)
    spins = arguments.allocate("the samples", shape, np.int8)
    acceptance = np.zeros((n_chains, n_samples))
    updates = 1 + warmup + n_samples * between  # the first proposal is the start
    with reporting(progress, "Monte Carlo", "updates") as report:
        for first in range(0, n_chains, _CHAINS):
            group = slice(first, min(first + _CHAINS, n_chains))
            count = len(spins[group])

            def told(update: int, first: int = first, count: int = count) -> None:
                tell(report, first * updates + count * update, n_chains * updates)

            made = _updates(model, count, updates, seed, first)
            independence.keep(made, 1 + warmup, between, spins[group], acceptance[group], told)
        tell(report, n_chains * updates, n_chains * updates)
    settings = {
        "sampler": "independence metropolis",
        "warmup": warmup,
        "between": between,
        "seed": seed,
    }
    return Chains(spins, acceptance, model.K, model.field, settings)


def _updates(
    model: MultilevelSampler, count: int, updates: int, seed: int, group: int
) -> Iterator[tuple[Spins, Floats]]:
    """State and acceptance probability of the first `count` chains of a group after each update."""
    state = np.empty((_CHAINS, model.L, model.L), np.int8)
    log_weight = np.full(_CHAINS, -np.inf)
    for length, random in independence.batches(updates, seed, group):
        drawn, densities = model.sample_with_log_prob(
            _CHAINS * length, seed=int(random.integers(2**63))
        )
        logarithms = _logarithms(model, drawn, densities, None, None).reshape(length, _CHAINS)
        proposals = drawn.reshape(length, _CHAINS, model.L, model.L)
        thresholds = random.standard_exponential((length, _CHAINS))
        for probability in independence.accept(
            state, log_weight, proposals, logarithms, thresholds
        ):
            yield state[:count], probability[:count]
