"""Simulated annealing: configurations of low energy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting, tell
from isingrg.ising._chain import Chain
from isingrg.ising._lattice import Lattice
from isingrg.ising._sampling import MOST_SWEEPS


class Annealed(NamedTuple):
    """The configurations of lowest energy that chains have met: see `anneal`."""

    #: E/J of each chain, shape (n_chains,).
    energies: NDArray[np.float64]
    #: Shape (n_chains, *shape).
    spins: NDArray[np.int8]


def anneal(
    lattice: Lattice, K: ArrayLike, *, n_sweeps: int = 1, n_chains: int = 64,
    algorithm: str = "heat-bath", seed: int = 0, progress: Any = False,
) -> Annealed:  # fmt: skip
    """Search configurations of low energy by cooling chains, without a field.

    Parameters
    ----------
    lattice : Lattice
        With the spins and the strengths of its bonds.
    K : array_like, shape (k,)
        Couplings of the chains one after the other, usually ascending, at most 1e6 in magnitude.
    n_sweeps : int
        Sweeps at each coupling, 1 to 2**40.
    n_chains : int
        Independent searches, 1 to 2**24; 64 or 512 run at once.
    algorithm : {"wolff", "swendsen-wang", "metropolis", "heat-bath"}
        As for `Chain`.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal results whatever the number of threads.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    Annealed
        Of each chain the lowest energy among the configurations at the end of each coupling.

    Raises
    ------
    KeyboardInterrupt, Interrupted
        Within half a second when stopped; nothing is returned then.

    References
    ----------
    S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, doi:10.1126/science.220.4598.671.

    Examples
    --------
    >>> glass = Lattice.square((4, 5)).spin_glass(seed=2)
    >>> found = anneal(glass, np.linspace(0.1, 3, 30), seed=1)
    >>> bool(found.energies.min() == glass.density_of_states().energies[0])
    True
    """
    couplings = arguments.reals("K", K, -1e6, 1e6)
    if couplings.ndim != 1 or not couplings.size:
        raise ArgumentError(f"K must be one or more couplings in a row, got {couplings.shape}")
    n_sweeps = arguments.integer("n_sweeps", n_sweeps, 1, MOST_SWEEPS)
    n_chains = arguments.integer("n_chains", n_chains, 1, 2**24)
    chain = Chain(
        lattice, couplings[0], n_chains=n_chains, algorithm=algorithm, start="random", seed=seed
    )
    energies, spins = np.full(n_chains, np.inf), chain.spins
    with reporting(progress, "annealing", "couplings") as report:
        for done, coupling in enumerate(couplings):
            chain._K[:] = coupling
            for first in range(0, n_sweeps, chain._piece):
                tell(report, done, couplings.size)
                chain._advance(min(chain._piece, n_sweeps - first), None, 0, n_sweeps)
            found = np.asarray(lattice.energy(chain.spins))
            better = found < energies
            energies[better], spins[better] = found[better], chain.spins[better]
        tell(report, couplings.size, couplings.size)
    return Annealed(energies, spins)
