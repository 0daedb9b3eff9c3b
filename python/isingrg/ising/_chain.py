"""Markov chains on any lattice that go on from where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.progress import reporting
from isingrg.ising import _chain_file, _chain_start
from isingrg.ising._chain_running import Running
from isingrg.ising._lattice import Lattice
from isingrg.ising._measurements import Measurements
from isingrg.ising._plan import Plan, Sums
from isingrg.ising._sampling import ALGORITHMS, MOST_SWEEPS

Floats = NDArray[np.float64]


class Chain(Running):
    """One or more independent Markov chains on a lattice.

    Chains know where they are. `advance` lets them go on, `measure` measures on the way, `sample`
    stores configurations, and `save` writes a file from which `load` makes chains that go on with
    the same spins, bit for bit. What is done by one call or by several is the same, but for the
    first call of "wolff", and however long chains run they need no more memory. A call that is
    interrupted leaves them at a sweep that they have reached.

    Parameters
    ----------
    lattice : Lattice
        With the spins and the strengths of its bonds.
    K : float or array_like, shape (n_chains,)
        Coupling J/T, at most 1e6 in magnitude; an array gives each chain its own.
    h : float or array_like, shape (n_chains,)
        Field H/T, at most 1e6 in magnitude.
    n_chains : int, optional
        1 to 2**24; by default as many as K and h have, or 1.
    algorithm : {"auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"}
        "auto" takes "wolff" where there is no field and the bonds at all K agree with one
        configuration (see `Lattice.has_order`), and "heat-bath" elsewhere.
    start : {"random", "ordered"} or array_like, shape (*shape) or (n_chains, *shape), optional
        Configurations to begin with. "ordered" is one of the configurations of lowest energy, drawn
        for each chain where there are several. By default it is taken for local updates, which on a
        cold lattice do not find it from random spins, where one is known (see `Lattice.has_order`),
        and "random" elsewhere.
    seed : int
        0 to 2**64 - 1. Equal seeds give equal chains whatever the number of threads.

    Notes
    -----
    A sweep of "metropolis" and "heat-bath" updates every spin once, colour by colour. Of Ising
    spins with bonds of equal strength but for signs, and without a pattern of the field, 512 sites
    are updated at once, as the bits of words. Where the sites of a small lattice do not fill the
    words, four or more chains of equal K and h share them, 64 or 512 at once; the spins of a chain
    then depend on their number. A sweep of "swendsen-wang" is one update of all clusters, and
    one of "wolff" as many clusters as reach every spin once on average. Their number is chosen
    while chains do the first three quarters of the first `advance`: until then sweeps end as soon
    as enough spins were reached, which does not keep the distribution, so that this call belongs to
    the way to equilibrium, also of a `start` that is there. In a field, clusters are turned
    with the probability that it gives them, the bonds to a ghost spin summed out, and a sweep of
    "wolff" begins with one of "metropolis".

    Clusters grow by the bond probability 1 - exp(-K J_ij (change of w)) for any reflection of
    spins, so that bonds of both signs, Potts and clock spins are treated alike. On a frustrated
    lattice, such as a spin glass or an antiferromagnet with odd cycles, clusters are correct but
    percolate, and do not help.

    Examples
    --------
    >>> chain = Chain(Lattice.square(8), 0.4, n_chains=2, seed=1).advance(100)
    >>> chain.sweeps, chain.spins.shape
    (100, (2, 8, 8))
    """

    def __init__(
        self, lattice: Lattice, K: ArrayLike, *, h: ArrayLike = 0.0, n_chains: int | None = None,
        algorithm: str = "auto", start: str | ArrayLike | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        if not isinstance(lattice, Lattice):
            raise TypeError(f"lattice must be a Lattice, not {type(lattice).__name__}")
        self._lattice = lattice
        self._K, self._h = _chain_start.of_chains(K, h, n_chains)
        name = arguments.choice("algorithm", algorithm, ALGORITHMS)
        self._seed = arguments.seed(seed)
        orders = {lattice.has_order(float(K)) for K in np.unique(self._K)}
        order = orders.pop() if len(orders) == 1 else ""
        if order == "antiferromagnetic" and lattice.spins != "ising":
            order = ""
        if name == "auto":
            name = "wolff" if order and not self._h.any() else "heat-bath"
        self._algorithm = name
        self._sweeps = 0
        self._clusters = np.zeros(len(self._K), np.int32)
        self._spins = _chain_start.configurations(lattice, self._h, name, order, start, self._seed)

    @property
    def lattice(self) -> Lattice:
        """The lattice."""
        return self._lattice

    @property
    def K(self) -> Floats:
        """Coupling of each chain, array of shape (n_chains,)."""
        return self._K.copy()

    @property
    def field(self) -> Floats:
        """Field of each chain, array of shape (n_chains,)."""
        return self._h.copy()

    @property
    def algorithm(self) -> str:
        """What updates the spins, also where "auto" has chosen it."""
        return self._algorithm

    @property
    def seed(self) -> int:
        """The seed."""
        return self._seed

    @property
    def sweeps(self) -> int:
        """Sweeps that each chain has done."""
        return self._sweeps

    @property
    def spins(self) -> NDArray[np.int8]:
        """Where the chains are, array of shape (n_chains, *shape): a copy."""
        return self._spins.reshape(self.n_chains, *self._lattice.shape).copy()

    def __repr__(self) -> str:
        count = "1 chain" if self.n_chains == 1 else f"{self.n_chains} chains"
        return f"Chain({self._lattice!r}, {self._algorithm}, {count}, {self._sweeps} sweeps)"

    # What it does

    def advance(self, n: int, *, progress: Any = False) -> Self:
        """Let the chains go on.

        Parameters
        ----------
        n : int
            Sweeps of each chain, 0 to 2**40.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        Chain
            Itself.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped. The chains have done some of the sweeps, `sweeps` of
            them all.
        """
        n = arguments.integer("n", n, 0, MOST_SWEEPS)
        with reporting(progress, "advancing", "sweeps") as report:
            self._advance(n, report, 0, n)
        return self

    def sample(
        self, n_samples: int, *, n_between: int = 1, progress: Any = False
    ) -> NDArray[np.int8]:
        """Let the chains go on and store configurations.

        Parameters
        ----------
        n_samples : int
            Configurations of each chain, 1 to 2**40.
        n_between : int
            Sweeps before each, 1 to 2**40.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        ndarray of int8, shape (n_chains, n_samples, *shape)

        Raises
        ------
        MemoryError
            If the machine cannot hold the configurations.
        KeyboardInterrupt, Interrupted
            Within half a second when stopped; nothing is returned then.
        """
        n_samples = arguments.integer("n_samples", n_samples, 1, MOST_SWEEPS)
        n_between = arguments.integer("n_between", n_between, 1, MOST_SWEEPS)
        shape = self.n_chains, n_samples, self._lattice.n_sites
        samples = arguments.allocate("spins", shape, np.int8)

        def keep(first: int, rows: int) -> dict[str, Any]:
            return {"samples": np.empty((shape[0], rows, shape[2]), np.int8)}

        def take(first: int, rows: int, given: dict[str, Any]) -> None:
            samples[:, first : first + rows] = given["samples"]

        with reporting(progress, "sampling", "sweeps") as report:
            self._settle()
            self._rows(n_samples, n_between, report, keep, take)
        return samples.reshape(self.n_chains, n_samples, *self._lattice.shape)

    def measure(
        self, n: int, *, n_between: int = 1, bins: int | None = None,
        momenta: Sequence[Sequence[int]] | None = None, staggered: bool = False,
        distances: int = 0, shells: int = 0, improved: bool = False,
        energy_edges: ArrayLike | None = None, progress: Any = False,
    ) -> Measurements:  # fmt: skip
        """Let the chains go on and measure them, without storing configurations.

        Parameters
        ----------
        n : int
            Measurements of each chain, 1 to 2**40.
        n_between : int
            Sweeps before each, 1 to 2**40.
        bins : int, optional
            None keeps the value of every measurement. A number, 2 to 2**20, keeps means over so
            many equal parts of the run, so that the memory does not grow with n.
        momenta : sequence of int, shape (k, d), optional
            Wave vectors of the structure factor in units of 2 pi / L along each axis. By default
            the smallest along each periodic axis, which the correlation length needs; () for none.
        staggered : bool
            Measure the staggered magnetization as well, of Ising spins on a lattice of two colours.
        distances : int
            Measure the correlation of sites at 0 to so many cells along an axis, on average over
            axes; at most half of the shortest side. 0 for none.
        shells : int
            Measure the correlation of sites at the so many shortest distances, 0 to 64.
        improved : bool
            Add the estimators that clusters give of m^2, and for Ising of m^4, by "swendsen-wang"
            without a field.
        energy_edges : array_like, shape (edges,), optional
            Edges of a histogram of E/J, ascending, 2 or more.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        Measurements

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped; nothing is returned then.
        """
        n = arguments.integer("n", n, 1, MOST_SWEEPS)
        n_between = arguments.integer("n_between", n_between, 1, MOST_SWEEPS)
        plan = Plan(self._lattice, momenta, staggered, distances, shells, improved, energy_edges)
        if improved and not self._can_improve():
            raise ArgumentError(
                'improved estimators are of "swendsen-wang" without a field, for Ising spins, or '
                "Potts spins whose couplings are not negative"
            )
        sums = Sums(plan, self.n_chains, n, bins)

        def keep(first: int, rows: int) -> dict[str, Any]:
            table = np.empty((self.n_chains, rows, plan.columns))
            return dict(
                weights=plan.weights, partners=plan.partners, improved=int(improved), table=table
            )

        def take(first: int, rows: int, given: dict[str, Any]) -> None:
            sums.add(first, given["table"])

        with reporting(progress, "measuring", "sweeps") as report:
            self._settle()
            self._rows(n, n_between, report, keep, take)
        return sums.measurements(self.K, self.field)

    # Files

    save = _chain_file.save
    load = classmethod(_chain_file.load)

    def _can_improve(self) -> bool:
        if self._algorithm != "swendsen-wang" or self._h.any():
            return False
        couplings = self._K[:, None] * [
            self._lattice.strengths.min(initial=0),
            self._lattice.strengths.max(initial=0),
        ]
        return self._lattice.spins == "ising" or (
            self._lattice.spins == "potts" and bool((couplings >= 0).all())
        )
