"""Metropolis updates whose proposals are independent samples of a model q.

A proposal x' takes the place of x with the probability min(1, w(x') / w(x)), where w is the target
over q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments

Floats = NDArray[np.float64]

#: Updates of a chain whose proposals are drawn together.
TOGETHER = 16


class Course(NamedTuple):
    """What chains were asked for, checked."""

    n_chains: int
    n_samples: int
    warmup: int
    between: int
    seed: int


def course(n_chains: Any, n_samples: Any, warmup: Any, between: Any, seed: Any) -> Course:
    return Course(
        arguments.integer("n_chains", n_chains, 1, 2**20),
        arguments.integer("n_samples", n_samples, 1, 2**30),
        arguments.integer("warmup", warmup, 0, 2**30),
        arguments.integer("between", between, 1, 2**20),
        arguments.seed(seed),
    )


def batches(updates: int, seed: int, group: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Lengths of the pieces that updates are made in, and random numbers for each."""
    for start in range(0, updates, TOGETHER):
        key = np.random.SeedSequence(seed, spawn_key=(group, start))
        yield min(TOGETHER, updates - start), np.random.default_rng(key)


def accept(
    state: NDArray[Any], log_weight: Floats, proposals: NDArray[Any], log_weights: Floats,
    thresholds: Floats,
) -> Iterator[Floats]:  # fmt: skip
    """Makes updates of state (chains, ...) and its log_weight (chains,), which change in place.

    Proposals (updates, chains, ...), their log_weights and thresholds (updates, chains), minus the
    logarithms of uniform numbers. Gives the acceptance probability (chains,) after each update.
    """
    for proposal, logarithms, threshold in zip(proposals, log_weights, thresholds, strict=True):
        gain = logarithms - log_weight
        accepted = gain > -threshold
        state[accepted] = proposal[accepted]
        log_weight[accepted] = logarithms[accepted]
        yield np.exp(np.minimum(gain, 0))


def keep(
    updates: Iterable[tuple[NDArray[Any], Floats]], before: int, between: int,
    samples: NDArray[Any], acceptance: Floats, told: Callable[[int], None],
) -> None:  # fmt: skip
    """Keeps a state every `between` updates after the first `before`.

    Updates give states (chains, ...) and acceptance probabilities (chains,); samples are (chains,
    n_samples, ...), acceptance (chains, n_samples) begins with zeros. `told` hears of the updates
    done.
    """
    for update, (state, probability) in enumerate(updates):
        if update % TOGETHER == 0:
            told(update)
        sample, rest = divmod(update - before, between)
        if sample >= 0:
            acceptance[:, sample] += probability / between
            if rest == between - 1:
                samples[:, sample] = state
