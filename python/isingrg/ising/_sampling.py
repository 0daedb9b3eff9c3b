"""Monte Carlo configurations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.progress import reporting
from isingrg.ising import _couplings

ALGORITHMS = {
    "auto": _core.ISING_AUTO,
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
    algorithm: str = "auto",
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
    algorithm : {"auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"}
        "auto" takes for each coupling the one that needs less processor time for an independent
        sample: "wolff" around the critical coupling, "metropolis" elsewhere. `sampling_plan` says
        which. It depends on L, K and n_chains only, and naming it gives the same spins.
    n_chains : int
        Independent chains for each coupling, 1 to 2**24.
    n_thermalize, n_between : int, optional
        Sweeps before the first sample (at least 0) and between samples (at least 1), at most
        2**40. A Wolff sweep is as many clusters as flip L * L spins on average. By default 200
        and 5 for the cluster algorithms; for the local ones they grow with the correlation
        length, so that neighbouring samples are about one relaxation time apart, and the first
        comes after 20 of these times. `sampling_plan` says how many.
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
    L, couplings = _lattice(L, K)
    n_samples = arguments.integer("n_samples", n_samples, 1, _MOST_SAMPLES)
    n_chains, thermalize, between, code = _course(n_chains, n_thermalize, n_between, algorithm)
    seed = arguments.seed(seed)
    spins = arguments.allocate("spins", (*couplings.shape, n_chains, n_samples, L, L), np.int8)
    with reporting(progress, "sampling", "sweeps") as report:
        if couplings.size:
            _core.ising_sample(
                L, couplings.reshape(-1), n_chains, n_samples, thermalize, between, code, seed,
                spins.reshape(-1, n_chains, n_samples, L, L), report,
            )  # fmt: skip
    return spins


class SamplingPlan(NamedTuple):
    """What `sample` does: see `sampling_plan`."""

    #: Names of algorithms, str or an array of them.
    algorithm: Any
    #: Sweeps before the first sample.
    n_thermalize: Any
    #: Sweeps between samples.
    n_between: Any


@_couplings.of_square_lattice
def sampling_plan(
    L: int,
    K: ArrayLike,
    *,
    algorithm: str = "auto",
    n_chains: int = 1,
    n_thermalize: int | None = None,
    n_between: int | None = None,
) -> SamplingPlan:
    """The algorithm and the sweeps with which `sample` samples, for the same arguments.

    Parameters
    ----------
    L, K, algorithm, n_chains, n_thermalize, n_between
        As for `sample`.

    Returns
    -------
    SamplingPlan
        A named tuple (algorithm, n_thermalize, n_between): the name of an algorithm and two
        integers, or for an array K arrays of its shape.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.

    Notes
    -----
    "auto" becomes "metropolis" where t * w <= 2 * L**2, and "wolff" elsewhere. t is the number of
    sweeps in which local updates forget a configuration, min(L, xi)**2.17 with the exact
    correlation length xi (L**2.17 for L = 4 and 6). w is the number of words of 64 spins that such
    a sweep visits per chain and colour: L * ceil(L / 128) for a single chain, L**2 / 128 where
    chains fill words together. The factor 2 is the processor time that Wolff needs per site for an
    independent sample over that of Metropolis per word.

    Examples
    --------
    >>> sampling_plan(64, [0.3, K_CRITICAL, 0.6]).algorithm.tolist()
    ['metropolis', 'wolff', 'metropolis']
    >>> sampling_plan(64, K_CRITICAL)
    SamplingPlan(algorithm='wolff', n_thermalize=200, n_between=5)
    """
    L, couplings = _lattice(L, K)
    course = _course(n_chains, n_thermalize, n_between, algorithm)
    names = {code: name for name, code in ALGORITHMS.items()}
    rows = [_core.ising_plan(L, coupling, *course) for coupling in couplings.ravel().tolist()]
    chosen = np.array([names[row[0]] for row in rows], dtype=str).reshape(couplings.shape)
    sweeps = np.array([row[1:] for row in rows], dtype=np.int64).reshape(*couplings.shape, 2)
    columns = (chosen, sweeps[..., 0], sweeps[..., 1])
    return SamplingPlan(*(column if couplings.ndim else column.item() for column in columns))


def _lattice(L: Any, K: Any) -> tuple[int, NDArray[np.float64]]:
    return arguments.integer("L", L, 4, 16384, even=True), _couplings.couplings(K)


def _course(
    n_chains: Any, n_thermalize: Any, n_between: Any, algorithm: Any
) -> tuple[int, int, int, int]:
    """Checked, as the core takes them."""
    return (
        arguments.integer("n_chains", n_chains, 1, 2**24),
        _sweeps("n_thermalize", n_thermalize, 0),
        _sweeps("n_between", n_between, 1),
        ALGORITHMS[arguments.choice("algorithm", algorithm, ALGORITHMS)],
    )


def _sweeps(name: str, value: int | None, least: int) -> int:
    """The core's -1 stands for its default."""
    return -1 if value is None else arguments.integer(name, value, least, MOST_SWEEPS)
