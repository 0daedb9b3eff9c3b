"""Hamiltonian Monte Carlo of the target, in latent and in physical space."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg._progress import reporting
from isingrg.neuralrg._chains import Chains
from isingrg.neuralrg._metropolis import Metropolis

SPACES = {"latent": _core.LATENT, "physical": _core.PHYSICAL}


class Sampling(Metropolis):
    """The part of `NeuralRG` that samples the target with the flow's help."""

    def hmc(
        self,
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
        |z|^2 / 2 where the flow is perfect, so that the chains need not cross what separates the
        configurations of the target; forces are computed in single precision. In physical space x
        moves with -ln pi(x). By default the chains of both begin at independent normal numbers.

        Parameters
        ----------
        n_chains, n_samples : int
            Chains side by side, 1 to 2**20, and samples of each, at least 1.
        space : {"latent", "physical"}
        step_size : float
            Of a leapfrog step, 1e-9 to 1000.
        leapfrog : int
            Leapfrog steps, and so forces, of an update, 1 to 10000; their mean number if
            `random_length`.
        random_length : bool
            Draw the number of leapfrog steps anew for each update from 1 to 2 `leapfrog` - 1, each
            as likely as another. False takes `leapfrog` of them always, as published: then a mode
            with a period of `step_size` times `leapfrog` hardly moves. The published 0.2 times 10
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
        native = self._ready()
        n_chains = _arguments.integer("n_chains", n_chains, 1, 2**20)
        n_samples = _arguments.integer("n_samples", n_samples, 1, 2**30)
        code = SPACES[_arguments.choice("space", space, SPACES)]
        step_size = _arguments.finite("step_size", step_size, 1e-9, 1e3)
        leapfrog = _arguments.integer("leapfrog", leapfrog, 1, 10_000)
        random_length = _arguments.boolean("random_length", random_length)
        adapt = _arguments.boolean("adapt", adapt)
        warmup = _arguments.integer("warmup", warmup, 1 if adapt else 0, 2**30)
        between = _arguments.integer("between", between, 1, 2**20)
        seed = _arguments.seed(seed)
        x = _arguments.allocate("the samples", (n_chains, n_samples, self.L, self.L), np.float64)
        acceptance = np.empty((n_chains, n_samples))
        first = None if start is None else self._start(start, n_chains)
        with reporting(progress, "Monte Carlo") as report:
            used = _core.neuralrg_hmc(
                native, code, int(adapt), warmup, between, leapfrog, int(random_length), step_size,
                seed, x, first, acceptance, report,
            )  # fmt: skip
        settings = {
            "sampler": "hmc", "space": space, "leapfrog": leapfrog,
            "random_length": int(random_length), "warmup": warmup, "between": between, "seed": seed,
        }  # fmt: skip
        return Chains(x, acceptance, self.K, used, settings)
