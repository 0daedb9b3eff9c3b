"""Metropolis sampling of the target with samples of the flow as proposals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments, independence
from isingrg._shared.errors import ArgumentError
from isingrg._shared.model import of_one_state
from isingrg._shared.progress import reporting, tell
from isingrg.neuralrg._chains import Chains
from isingrg.neuralrg._samples import Floats, Samples, pieces

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG


@of_one_state
def metropolis(
    model: NeuralRG,
    n_chains: int,
    n_samples: int,
    *,
    warmup: int = 0,
    between: int = 1,
    start: ArrayLike | None = None,
    seed: int = 0,
    progress: Any = False,
) -> Chains:
    """Sample pi(x) by Metropolis updates whose proposals are independent samples of the flow.

    A proposal x' takes the place of x with the probability min(1, w(x') / w(x)), where
    w = pi / q. A chain begins with a sample of q, unless told otherwise, and moves across any
    barrier in a single update, but stays long where the flow underestimates the target: see
    `acceptance` and the effective sample size of `log_partition`.

    Parameters
    ----------
    n_chains, n_samples : int
        Chains side by side, 1 to 2**20, and samples of each, at least 1.
    warmup : int
        Updates before the first sample, 0 to 2**30.
    between : int
        Updates from one sample to the next, 1 to 2**20.
    start : array_like, shape (n_chains, L, L), optional
        Where the chains begin, as for `hmc`.
    seed : int
        0 to 2**64 - 1. A chain does not depend on how many others there are.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Chains
        x (n_chains, n_samples, L, L), acceptance (n_chains, n_samples), no step_size.

    Raises
    ------
    MemoryError
        If the machine cannot hold the samples.

    References
    ----------
    M. S. Albergo, G. Kanwar and P. E. Shanahan, doi:10.1103/PhysRevD.100.034515.
    """
    model._ready()
    n_chains, n_samples, warmup, between, seed = independence.course(
        n_chains, n_samples, warmup, between, seed
    )
    x = arguments.allocate("the samples", (n_chains, n_samples, *model._shape), np.float64)
    acceptance = np.zeros((n_chains, n_samples))
    given = None if start is None else start_of(model, start, n_chains)
    before = warmup + (given is None)  # the first proposal is then the start
    updates = before + n_samples * between
    with reporting(progress, "Monte Carlo", "updates") as report:
        for group in pieces(n_chains, independence.TOGETHER * math.prod(model._shape)):
            chains = len(x[group])
            first = None if given is None else given[group]

            def told(update: int, start: int = group.start, chains: int = chains) -> None:
                tell(report, start * updates + chains * update, n_chains * updates)

            made = _updates(model, chains, updates, first, seed, group.start)
            independence.keep(made, before, between, x[group], acceptance[group], told)
        tell(report, n_chains * updates, n_chains * updates)
    settings = {
        "sampler": "independence metropolis", "warmup": warmup, "between": between,
        "seed": seed,
    }  # fmt: skip
    return Chains(x, acceptance, model.target, settings=settings)


def _updates(
    model: NeuralRG, chains: int, updates: int, first: Floats | None, seed: int, group: int
) -> Iterator[tuple[Floats, Floats]]:
    """State (chains, L, L) and acceptance probability (chains,) after each update."""
    if first is None:
        state, log_weight = np.empty((chains, *model._shape)), np.full(chains, -math.inf)
    else:
        state = first.copy()
        log_weight = np.asarray(model.target.log_density(first)) - model.log_prob(first)
    for length, random in independence.batches(updates, seed, group):
        x, log_weights = _proposals(model, chains, length, int(random.integers(2**63)))
        thresholds = random.standard_exponential((chains, length))
        for probability in independence.accept(
            state, log_weight, x.swapaxes(0, 1), log_weights.T, thresholds.T
        ):
            yield state, probability


def _proposals(model: NeuralRG, chains: int, length: int, seed: int) -> tuple[Floats, Floats]:
    """Samples of q, (chains, length, L, L), and their ln pi(x) - ln q(x)."""
    x, density = model.sample_with_log_prob(chains * length, seed=seed)
    log_weights = np.asarray(model.target.log_density(x)) - density
    return x.reshape(chains, length, *model._shape), log_weights.reshape(chains, length)


def start_of(model: NeuralRG, start: ArrayLike, n_chains: int) -> Floats:
    samples = Samples("start", start, model._shape)
    if samples.leading != (n_chains,):
        raise ArgumentError(
            f"start must have the shape {(n_chains, *model._shape)}, got "
            f"{(*samples.leading, *model._shape)}"
        )
    return samples.rows
