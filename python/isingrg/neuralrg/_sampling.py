"""Hamiltonian Monte Carlo of the target, in latent and in physical space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.progress import reporting
from isingrg.neuralrg._chains import Chains
from isingrg.neuralrg._metropolis import start_of
from isingrg.neuralrg._samples import for_core
from isingrg.neuralrg.function_target import following

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG

SPACES = {"latent": _core.NEURALRG_LATENT, "physical": _core.NEURALRG_PHYSICAL}


def hmc(
    model: NeuralRG,
    n_chains: int,
    n_samples: int,
    *,
    space: str = "latent",
    step_size: float = 0.2,
    leapfrog: int = 10,
    random_length: bool = True,
    warmup: int = 0,
    between: int = 1,
    adapt: bool = False,
    start: ArrayLike | None = None,
    seed: int = 0,
    progress: Any = False,
) -> Chains:
    """Sample pi(x) by Hamiltonian Monte Carlo.

    In latent space z moves with the energy -ln pi(g(z)) - ln |det dx/dz| (Eq. 6), which is
    |z|^2 / 2 where the flow is perfect, so that the chains need not cross the barriers
    of the target; forces are computed in single precision. In physical space x
    moves with -ln pi(x). By default the chains of both begin at independent normal numbers.

    Parameters
    ----------
    n_chains, n_samples : int
        Chains side by side, 1 to 2**20, and samples of each, at least 1.
    space : {"latent", "physical"}
    step_size : float
        Size of a leapfrog step, 1e-9 to 1000.
    leapfrog : int
        Leapfrog steps, and so forces, of an update, 1 to 10000; their mean number if
        `random_length`.
    random_length : bool
        Draw the number of leapfrog steps anew for each update from 1 to 2 `leapfrog` - 1, each
        as likely as another. False always takes `leapfrog` of them, as published: a mode with a
        period of `step_size` times `leapfrog` then hardly moves. The published 0.2 times 10
        is the period 2 pi sqrt(0.1) of the stiffest modes of pi, whose values in physical
        space have a correlation of 0.99 from one update to the next.
    warmup : int
        Updates before the first sample, 0 to 2**30, at least 1 with `adapt`.
    between : int
        Updates from one sample to the next, 1 to 2**20.
    adapt : bool
        Tune the step during the warm-up towards an acceptance of 0.65 and then keep it.
    start : array_like, shape (n_chains, L, L), optional
        Where the chains begin, as x: for instance ``chains.x[:, -1]`` of earlier ones, which
        goes on with them, also while the flow is being trained; use another seed then.
    seed : int
        0 to 2**64 - 1. A chain does not depend on how many others there are, unless they
        share an adapted step. All chains of a seed have the same random lengths, which come
        from a stream of their own and leave the chains independent of each other.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Chains
        x (n_chains, n_samples, L, L), acceptance (n_chains, n_samples), step_size.

    Raises
    ------
    MemoryError
        If the machine cannot hold the samples.
    """
    native = model._ready()
    n_chains = arguments.integer("n_chains", n_chains, 1, 2**20)
    n_samples = arguments.integer("n_samples", n_samples, 1, 2**30)
    code = SPACES[arguments.choice("space", space, SPACES)]
    step_size = arguments.finite("step_size", step_size, 1e-9, 1e3)
    leapfrog = arguments.integer("leapfrog", leapfrog, 1, 10_000)
    random_length = arguments.boolean("random_length", random_length)
    adapt = arguments.boolean("adapt", adapt)
    warmup = arguments.integer("warmup", warmup, 1 if adapt else 0, 2**30)
    between = arguments.integer("between", between, 1, 2**20)
    seed = arguments.seed(seed)
    x = arguments.allocate("the samples", (n_chains, n_samples, *model._shape), np.float64)
    acceptance = np.empty((n_chains, n_samples))
    axes = len(model._shape)
    first = None if start is None else for_core(start_of(model, start, n_chains), axes)
    record = {
        "space": code, "adapts": int(adapt), "random_length": int(random_length),
        "warmup": warmup, "between": between, "leapfrog": leapfrog, "step_size": step_size,
        "seed": seed,
    }  # fmt: skip
    with following(model.target), reporting(progress, "Monte Carlo", "updates") as report:
        used = _core.neuralrg_hmc(native, record, for_core(x, axes), first, acceptance, report)
    settings = {
        "sampler": "hmc", "space": space, "leapfrog": leapfrog,
        "random_length": int(random_length), "warmup": warmup, "between": between, "seed": seed,
    }  # fmt: skip
    return Chains(x, acceptance, model.target, used, settings)
