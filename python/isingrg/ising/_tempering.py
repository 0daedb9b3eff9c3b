"""Parallel tempering: chains at several couplings that exchange their configurations."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import Report, reporting, tell
from isingrg.ising._chain import Chain
from isingrg.ising._lattice import Lattice
from isingrg.ising._measurements import Measurements
from isingrg.ising._plan import Plan, Sums
from isingrg.ising._sampling import MOST_SWEEPS

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Tempering:
    """Parallel tempering: ladders of chains whose neighbours in K exchange their configurations.

    After every round of sweeps each second pair of neighbours exchanges with the probability
    min(1, exp((K_a - K_b) (E_a - E_b))), which leaves the distributions of both as they are; the
    pairs alternate. Configurations of a cold spin glass find their way over barriers at small K.

    Parameters
    ----------
    lattice : Lattice
        With the spins and the strengths of its bonds.
    K : array_like, shape (k,)
        Couplings of a ladder, two or more, ascending.
    h : float
        Field H/T of all chains, at most 1e6 in magnitude.
    n_ladders : int
        Independent ladders, 1 to 2**20. Chains of equal K may share words; see `Chain`.
    algorithm : {"auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"}
        As for `Chain`.
    start : {"random", "ordered"} or array_like, shape (*shape), optional
        As for `Chain`; by default "random".
    seed : int
        0 to 2**64 - 1. Equal seeds give equal chains whatever the number of threads.

    References
    ----------
    K. Hukushima and K. Nemoto, doi:10.1143/JPSJ.65.1604.

    Examples
    --------
    >>> glass = Lattice.square(6).spin_glass(seed=1)
    >>> ladder = Tempering(glass, [0.3, 0.6, 0.9, 1.2], n_ladders=8, seed=1).advance(200)
    >>> bool((ladder.acceptance > 0.1).all()), ladder.spins.shape
    (True, (4, 8, 6, 6))
    """

    def __init__(
        self, lattice: Lattice, K: ArrayLike, *, h: float = 0.0, n_ladders: int = 1,
        algorithm: str = "heat-bath", start: Any = "random", seed: int = 0,
    ) -> None:  # fmt: skip
        couplings = arguments.reals("K", K, -1e6, 1e6)
        if couplings.ndim != 1 or couplings.size < 2 or (np.diff(couplings) <= 0).any():
            raise ArgumentError("K must be two or more ascending couplings")
        n_ladders = arguments.integer("n_ladders", n_ladders, 1, 2**20)
        h = arguments.finite("h", h, -1e6, 1e6)
        self._couplings, self._ladders = couplings.copy(), n_ladders
        self._chain = Chain(
            lattice, np.repeat(couplings, n_ladders), h=h, algorithm=algorithm, start=start,
            seed=seed,
        )  # fmt: skip
        shape = len(couplings), n_ladders
        self._rounds = 0
        self._tried, self._accepted = np.zeros((2, shape[0] - 1))
        #: Which configuration of its ladder is at each coupling, and which end it visited last.
        self._where: Indices = np.repeat(np.arange(shape[0])[:, None], n_ladders, 1)
        self._last: Indices = np.zeros(shape, np.int64)
        self._trips = np.zeros(n_ladders, np.int64)
        self._energy_sums = np.zeros((2, *shape))

    @property
    def lattice(self) -> Lattice:
        """The lattice."""
        return self._chain.lattice

    @property
    def K(self) -> Floats:
        """Couplings of a ladder, array of shape (k,)."""
        return self._couplings.copy()

    @property
    def rounds(self) -> int:
        """Rounds that were done, each with exchanges of every second pair at its end."""
        return self._rounds

    @property
    def spins(self) -> NDArray[np.int8]:
        """Where the chains are, array of shape (k, n_ladders, *shape): a copy."""
        return self._chain.spins.reshape(*self._where.shape, *self.lattice.shape)

    @property
    def acceptance(self) -> Floats:
        """Part of the exchanges of each pair that were accepted, array of shape (k - 1,)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._accepted / self._tried)

    @property
    def round_trips(self) -> Indices:
        """Ways from the first coupling to the last and back, array of shape (n_ladders,)."""
        return self._trips.copy()

    def __repr__(self) -> str:
        size = f"{len(self._couplings)} couplings, {self._ladders} ladders"
        return f"Tempering({self.lattice!r}, {size}, {self._rounds} rounds)"

    def advance(self, n: int, *, n_between: int = 1, progress: Any = False) -> Self:
        """Let the chains go on.

        Parameters
        ----------
        n : int
            Rounds, 0 to 2**40.
        n_between : int
            Sweeps of each round, 1 to 2**40.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        Tempering
            Itself.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped; the chains have done some of the rounds.
        """
        n = arguments.integer("n", n, 0, MOST_SWEEPS)
        n_between = arguments.integer("n_between", n_between, 1, MOST_SWEEPS)
        with reporting(progress, "tempering", "rounds") as report:
            self._go(n, n_between, None, None, report)
        return self

    def measure(
        self, n: int, *, n_between: int = 1, bins: int | None = None, progress: Any = False,
        **observables: Any,
    ) -> Measurements:  # fmt: skip
        """Let the chains go on and measure them before the exchanges of each round.

        Parameters
        ----------
        n : int
            Rounds, 1 to 2**40, with a measurement of each chain.
        n_between : int
            Sweeps of each round, 1 to 2**40.
        bins : int, optional
            As for `Chain.measure`.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.
        **observables
            `momenta`, `staggered`, `distances`, `shells` and `energy_edges` as for `Chain.measure`.

        Returns
        -------
        Measurements
            Its chains are ordered by K, n_ladders of each: the estimates at coupling i are those of
            ``of_chains(slice(i * n_ladders, (i + 1) * n_ladders))``.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped; nothing is returned then.
        """
        n = arguments.integer("n", n, 1, MOST_SWEEPS)
        n_between = arguments.integer("n_between", n_between, 1, MOST_SWEEPS)
        known = {"momenta": None, "staggered": False, "distances": 0, "shells": 0}
        given = known | {"improved": False, "energy_edges": None}
        for name in observables.keys() - given.keys() | observables.keys() & {"improved"}:
            raise TypeError(f"measure takes no {name}")
        plan = Plan(self.lattice, **given | observables)
        sums = Sums(plan, self._chain.n_chains, n, bins)
        with reporting(progress, "tempering", "rounds") as report:
            self._go(n, n_between, plan, sums, report)
        return sums.measurements(self._chain.K, self._chain.field)

    def proposed_ladder(self, acceptance: float = 0.3, *, n: int | None = None) -> Floats:
        """Couplings between the same ends whose exchanges are accepted equally often.

        Energies that are normal with the standard deviation sigma(K) exchange with the probability
        erfc(dK sigma / 2), so that couplings are spaced by equal parts of the integral of sigma.

        Parameters
        ----------
        acceptance : float
            Wanted part of the exchanges, 0.01 to 0.99; without `n` it gives their number.
        n : int, optional
            Number of couplings, 2 to 10000.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        ArgumentError
            Before any round, or if the energy does not fluctuate.
        """
        acceptance = arguments.finite("acceptance", acceptance, 0.01, 0.99)
        if self._rounds < 2:
            raise ArgumentError("the energies are not known yet: advance by two rounds or more")
        mean, square = self._energy_sums.mean(-1) / self._rounds
        sigma = np.sqrt(np.maximum(square - mean**2, 0))
        steps = np.diff(self._couplings) * (sigma[1:] + sigma[:-1]) / 2
        way = np.concatenate([[0.0], np.cumsum(steps)])
        if way[-1] <= 0:
            raise ArgumentError("the energy does not fluctuate: no ladder can be proposed")
        if n is None:
            step = math.sqrt(2) * NormalDist().inv_cdf(1 - acceptance / 2)
            n = min(max(2, math.ceil(way[-1] / step) + 1), 10_000)
        n = arguments.integer("n", n, 2, 10_000)
        found = np.interp(np.linspace(0, way[-1], n), way, self._couplings)
        found[[0, -1]] = self._couplings[[0, -1]]
        return np.asarray(found)

    # How

    def _go(
        self, n: int, between: int, plan: Plan | None, sums: Sums | None, report: Report | None
    ) -> None:
        chain = self._chain
        chain._settle()
        outputs: dict[str, Any] = {}
        if plan is not None:
            outputs = dict(weights=plan.weights, partners=plan.partners)
        columns = 2 if plan is None else plan.columns
        for done in range(n):
            tell(report, done, n)
            table = np.empty((chain.n_chains, 1, columns))
            whole = max(0, between - chain._piece)
            chain._advance(whole, None, 0, whole)  # in pieces, where a round is long
            chain._run(1, between - whole, None, outputs | {"table": table})
            if sums is not None:
                sums.add(done, table)
            self._exchange(table[:, 0, 0].reshape(self._where.shape))
        tell(report, n, n)

    def _exchange(self, E: Floats) -> None:
        """Exchanges of every second pair, with random numbers that are keyed by the round."""
        K, chain = self._couplings, self._chain
        self._energy_sums += E, E**2
        random = np.random.Generator(np.random.Philox(key=chain.seed, counter=self._rounds))
        lower = np.arange(self._rounds % 2, len(K) - 1, 2)
        gain = (K[lower] - K[lower + 1])[:, None] * (E[lower] - E[lower + 1])
        accepted = np.log1p(-random.random(gain.shape)) < gain
        self._tried[lower] += self._ladders
        self._accepted[lower] += accepted.sum(1)
        which, ladder = np.nonzero(accepted)
        first, second = lower[which], lower[which] + 1
        spins = chain._spins.reshape(*self._where.shape, -1)
        for array in (spins, self._where, self._last):
            array[first, ladder], array[second, ladder] = (
                array[second, ladder].copy(), array[first, ladder].copy(),
            )  # fmt: skip
        # 1 has been at the last coupling since it was at the first.
        self._trips += self._last[0] == 1
        self._last[0], self._last[-1] = 0, 1
        self._rounds += 1
