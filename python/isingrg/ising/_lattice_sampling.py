"""Configurations and measurements on any lattice, from thermalised chains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.progress import Part, reporting
from isingrg.ising._sampling import MOST_SWEEPS

if TYPE_CHECKING:
    from isingrg.ising._chain import Chain
    from isingrg.ising._lattice import Lattice
    from isingrg.ising._measurements import Measurements


def sample(
    self: Lattice, K: ArrayLike, n_samples: int, *, h: float = 0.0, algorithm: str = "auto",
    n_chains: int = 1, n_thermalize: int | None = None, n_between: int | None = None,
    start: Any = None, seed: int = 0, progress: Any = False,
) -> NDArray[np.int8]:  # fmt: skip
    """Sample configurations at coupling K and field h.

    Parameters
    ----------
    K : float or array_like, any shape
        Coupling J/T, at most 1e6 in magnitude. An array adds its axes in front.
    n_samples : int
        Configurations to keep from each chain, at least 1.
    h : float
        Field H/T, at most 1e6 in magnitude.
    algorithm : {"auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"}
        As for `Chain`.
    n_chains : int
        Independent chains for each coupling, at least 1, at most 2**24 in all.
    n_thermalize, n_between : int, optional
        Sweeps before the first sample (at least 0) and between samples (at least 1), at most 2**40.
        By default 200 and 5 for the cluster algorithms. For the local ones n_between is a
        relaxation time and n_thermalize 20 of them: 3 / (1 - c) sweeps where
        c = max_i sum_j tanh |K J_ij| is below 1 (R. L. Dobrushin, doi:10.1137/1113026), but at most
        L**2.17, as at a critical point, and at most 20000. L is the number of sites to the power
        1/d; of a graph, d is taken as 2.
    start : {"random", "ordered"} or array_like, shape (*shape), optional
        As for `Chain`.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal configurations whatever the number of threads.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.

    Returns
    -------
    ndarray of int8, shape (*K.shape, n_chains, n_samples, *shape)
        Spins +1 and -1 for Ising, states 0 to q - 1 for Potts and clock spins.

    Raises
    ------
    MemoryError
        If the machine cannot hold the configurations.
    KeyboardInterrupt, Interrupted
        Within half a second when stopped; nothing is returned then.
    """
    from isingrg.ising._chain import Chain

    couplings = arguments.reals("K", K, -1e6, 1e6)
    n_chains = arguments.integer("n_chains", n_chains, 1, max(1, 2**24 // max(couplings.size, 1)))
    n_samples = arguments.integer("n_samples", n_samples, 1, MOST_SWEEPS)
    shape = (*couplings.shape, n_chains, n_samples, *self.shape)
    arguments.allocate("spins", shape, np.int8)
    if not couplings.size:
        return np.empty(shape, np.int8)
    chain = Chain(
        self, np.repeat(couplings.reshape(-1), n_chains), h=h, algorithm=algorithm, start=start,
        seed=seed,
    )  # fmt: skip
    thermalize, between = sweeps(chain, n_thermalize, n_between)
    total = thermalize + n_samples * between
    with reporting(progress, "sampling", "sweeps") as report:
        # The first sample comes after at least one sweep of its own.
        chain.advance(thermalize, progress=_shared(report, 0, thermalize, total))
        spins = chain.sample(
            n_samples, n_between=between,
            progress=_shared(report, thermalize, n_samples * between, total),
        )  # fmt: skip
    return spins.reshape(shape)


def _shared(report: Any, start: int, units: int, whole: int) -> Any:
    return False if report is None or not units else Part(report, start, units, whole)


def sweeps(chain: Chain, n_thermalize: Any, n_between: Any) -> tuple[int, int]:
    """Sweeps before the first sample and between samples, the defaults where they are None."""
    is_local = chain.algorithm in ("metropolis", "heat-bath")
    time = _relaxation(chain) if is_local else 5
    before = (20 * time if is_local else 200) if n_thermalize is None else n_thermalize
    between = time if n_between is None else n_between
    return (
        arguments.integer("n_thermalize", before, 0, MOST_SWEEPS),
        arguments.integer("n_between", between, 1, MOST_SWEEPS),
    )


def _relaxation(chain: Chain) -> int:
    lattice = chain.lattice
    dimension = len(lattice._sides) or 2
    time = min(lattice.n_sites ** (2.17 / dimension), 20000.0)
    strengths = np.tanh(abs(chain.K).max() * abs(lattice.strengths))
    influence = np.zeros(lattice.n_sites)
    for end in lattice.bonds.T:
        np.add.at(influence, end, strengths)
    if influence.max() < 1:
        time = min(time, 3 / (1 - influence.max()))
    return math.ceil(float(time))


def measure(
    lattice: Lattice, K: float, n: int, *, h: float = 0.0, algorithm: str = "auto",
    n_chains: int = 1, n_thermalize: int | None = None, n_between: int = 1,
    start: Any = None, seed: int = 0, progress: Any = False, **observables: Any,
) -> Measurements:  # fmt: skip
    """Measure observables of thermalised chains, without storing configurations.

    To go on from where the chains are, make a `Chain` and call its `measure`.

    Parameters
    ----------
    lattice : Lattice
        With the spins and the strengths of its bonds.
    K : float
        Coupling J/T, at most 1e6 in magnitude.
    n : int
        Measurements of each chain, 1 to 2**40.
    h : float
        Field H/T, at most 1e6 in magnitude.
    algorithm : {"auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"}
        As for `Chain`.
    n_chains : int
        Independent chains, 1 to 2**24.
    n_thermalize : int, optional
        Sweeps before the first measurement, 0 to 2**40; by default as for `Lattice.sample`.
    n_between : int
        Sweeps before each measurement, 1 to 2**40.
    start : {"random", "ordered"} or array_like, shape (*shape), optional
        As for `Chain`.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal results whatever the number of threads.
    progress : bool or callable
        True shows a bar; a callable receives (done, total) and stops by returning False.
    **observables
        What is measured: `bins`, `momenta`, `staggered`, `distances`, `shells`, `improved` and
        `energy_edges`, as for `Chain.measure`.

    Returns
    -------
    Measurements

    Raises
    ------
    KeyboardInterrupt, Interrupted
        Within half a second when stopped; nothing is returned then.

    Examples
    --------
    >>> lattice, algorithm = Lattice.square(16), "swendsen-wang"
    >>> done = measure(lattice, K_CRITICAL, 20_000, algorithm=algorithm, improved=True, seed=1)
    >>> print(done.susceptibility())
    139.35 ± 0.84
    """
    from isingrg.ising._chain import Chain

    K, h = arguments.finite("K", K, -1e6, 1e6), arguments.finite("h", h, -1e6, 1e6)
    chain = Chain(lattice, K, h=h, n_chains=n_chains, algorithm=algorithm, start=start, seed=seed)
    thermalize, between = sweeps(chain, n_thermalize, n_between)
    n = arguments.integer("n", n, 1, MOST_SWEEPS)
    total = thermalize + n * between
    with reporting(progress, "measuring", "sweeps") as report:
        chain.advance(thermalize, progress=_shared(report, 0, thermalize, total))
        return chain.measure(
            n, n_between=between, progress=_shared(report, thermalize, n * between, total),
            **observables,
        )  # fmt: skip
