"""Monte Carlo configurations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.progress import reporting
from isingrg.ising import _couplings

ALGORITHMS = {
    "wolff": _core.ISING_WOLFF,
    "swendsen-wang": _core.ISING_SWENDSEN_WANG,
    "metropolis": _core.ISING_METROPOLIS,
    "heat-bath": _core.ISING_HEAT_BATH,
}

MOST_SWEEPS = 2**40
_MOST_SAMPLES = 2**53


@_couplings.of_square_lattice
def sample(
    L: int,
    K: ArrayLike,
    n_samples: int,
    *,
    algorithm: str = "wolff",
    n_chains: int = 1,
    n_thermalize: int | None = None,
    n_between: int | None = None,
    seed: int = 0,
    progress: Any = False,
) -> NDArray[np.int8]:
    """Sample spin configurations of the L x L torus at coupling K.

    Every chain starts on its own, is thermalised, and then gives one configuration every
    `n_between` sweeps. Chains and couplings run on all threads at once.

    Parameters
    ----------
    L : int
        Linear size: even, 4 to 16384.
    K : float or array_like
        Coupling J/T, finite, of either sign. An array of couplings adds its axes in front.
    n_samples : int
        Configurations to keep from each chain, at least 1.
    algorithm : {"wolff", "swendsen-wang", "metropolis", "heat-bath"}
        Cluster algorithms decorrelate fast at the critical point; the local ones are faster per
        sweep elsewhere. The local ones update a checkerboard.
    n_chains : int
        Independent chains for each coupling, 1 to 2**24.
    n_thermalize, n_between : int, optional
        Sweeps before the first sample (at least 0) and between samples (at least 1), at most
        2**40. A Wolff sweep is as many clusters as flip L * L spins on average. By default 200
        and 5 for the cluster algorithms; for the local ones they grow with the correlation
        length, so that neighbouring samples are about one relaxation time apart.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal configurations whatever the number of threads.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    ndarray of int8, shape (*K.shape, n_chains, n_samples, L, L)
        Spins +1 and -1.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    MemoryError
        If the machine cannot hold the configurations.
    KeyboardInterrupt, Interrupted
        Within half a second when stopped; nothing is returned then.

    Warns
    -----
    UserWarning
        If K is more probably a temperature: at 4 K_c to 5 the lattice is frozen.

    References
    ----------
    U. Wolff, doi:10.1103/PhysRevLett.62.361; R. H. Swendsen and J.-S. Wang,
    doi:10.1103/PhysRevLett.58.86; N. Metropolis et al., doi:10.1063/1.1699114.
    """
    L = arguments.integer("L", L, 4, 16384, even=True)
    couplings = _couplings.couplings(K)
    n_samples = arguments.integer("n_samples", n_samples, 1, _MOST_SAMPLES)
    n_chains = arguments.integer("n_chains", n_chains, 1, 2**24)
    code = ALGORITHMS[arguments.choice("algorithm", algorithm, ALGORITHMS)]
    thermalize = _sweeps("n_thermalize", n_thermalize, 0)
    between = _sweeps("n_between", n_between, 1)
    seed = arguments.seed(seed)
    spins = arguments.allocate("spins", (*couplings.shape, n_chains, n_samples, L, L), np.int8)
    with reporting(progress, "sampling", "sweeps") as report:
        if couplings.size:
            _core.ising_sample(
                L, couplings.reshape(-1), n_chains, n_samples, thermalize, between, code, seed,
                spins.reshape(-1, n_chains, n_samples, L, L), report,
            )  # fmt: skip
    return spins


def _sweeps(name: str, value: int | None, least: int) -> int:
    """The core's -1 stands for its default."""
    return -1 if value is None else arguments.integer(name, value, least, MOST_SWEEPS)
