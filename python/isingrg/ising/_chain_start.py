"""Where chains begin: their couplings and fields, and their first configurations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising._lattice import Lattice

Floats = NDArray[np.float64]


def of_chains(K: Any, h: Any, n_chains: Any) -> tuple[Floats, Floats]:
    couplings = arguments.reals("K", K, -1e6, 1e6)
    fields = arguments.reals("h", h, -1e6, 1e6)
    if n_chains is None:
        n_chains = max(couplings.size if couplings.ndim else 1, fields.size if fields.ndim else 1)
    n_chains = arguments.integer("n_chains", n_chains, 1, 2**24)
    for name, values in (("K", couplings), ("h", fields)):
        if values.shape not in ((), (n_chains,)):
            raise ArgumentError(
                f"{name} must be a number or one for each of {n_chains} chains, got the shape "
                f"{values.shape}"
            )
    return tuple(np.array(np.broadcast_to(v, (n_chains,))) for v in (couplings, fields))  # type: ignore[return-value]


def configurations(
    lattice: Lattice, fields: Floats, algorithm: str, order: str, start: Any, seed: int
) -> NDArray[np.int8]:
    """The first configurations (n_chains, n_sites) of chains in these fields.

    `order` is what `Lattice.has_order` says of all their couplings.
    """
    count = len(fields)
    random = np.random.Generator(np.random.Philox(seed))
    if start is None:
        is_local = algorithm in ("metropolis", "heat-bath")
        start = "ordered" if order and is_local else "random"
    if isinstance(start, str):
        start = arguments.choice("start", start, ("random", "ordered"))
        if start == "ordered" and not order:
            raise ArgumentError(
                "no configuration is known that all bonds agree with: start from an array, or "
                '"random"'
            )
        arguments.allocate("spins", (count, lattice.n_sites), np.int8)
        states = random.integers(
            0, lattice.q, (count, lattice.n_sites if start == "random" else 1), dtype=np.int8
        )
        if start == "ordered" and lattice._pattern is None:
            # The state that the field prefers, where it does.
            states[fields > 0] = 1 if lattice.spins == "ising" else 0
            if lattice.spins == "ising":
                states[fields < 0] = 0
        spins = 2 * states - 1 if lattice.spins == "ising" else states
        if start == "ordered" and order == "antiferromagnetic":
            spins = spins * (1 - 2 * lattice.colours).astype(np.int8)
        return np.array(np.broadcast_to(spins, (count, lattice.n_sites)), np.int8, order="C")
    given = lattice._configurations(start, "start")
    if given.shape not in (lattice.shape, (count, *lattice.shape)):
        raise ArgumentError(
            f"start must be one configuration or {count} of them, got the shape {given.shape}"
        )
    return np.array(np.broadcast_to(given, (count, *lattice.shape)), order="C").reshape(count, -1)
