"""Some steps of a scheme, and what can be read off each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from isingrg._shared import arguments
from isingrg.tensorrg._sectors import Floats
from isingrg.tensorrg.states import State


@dataclass(frozen=True)
class Info:
    """What one step did."""

    #: States of the new bonds.
    chi: int
    #: Relative error of the step: of the squared norms that were truncated, the largest fraction
    #: left out; of a loop, its squared distance.
    error: float
    #: Iterations of an optimiser.
    iterations: int = 0
    #: Largest element of the gradient where it ended.
    slope: float = 0.0


@dataclass(frozen=True, eq=False)
class Flow:
    """Some steps of a scheme. Arrays have an entry for each state, the network's first.

    They raise NonFiniteError where a partition function is not positive, as that of weights of both
    signs may be.
    """

    #: The states, steps + 1 of them.
    states: tuple[State, ...]
    #: What each step did.
    infos: tuple[Info, ...]

    @property
    def area(self) -> Floats:
        """Tensors of the network in one of each state, shape (steps + 1,)."""
        return np.array([state.area for state in self.states])

    @property
    def minus_log_partition(self) -> Floats:
        """-ln Z per site on the torus of one tensor, shape (steps + 1,); NaN as `State` says."""
        return np.array([state.minus_log_partition for state in self.states])

    @property
    def degeneracy(self) -> Floats:
        """Ground-state degeneracy, shape (steps + 1,)."""
        return np.array([state.degeneracy for state in self.states])

    def dimension(self, sector: int = 1, index: int = 0) -> Floats:
        """A scaling dimension of one sector of charge.

        Parameters
        ----------
        sector : int
            Charge, 0 to modulus - 1; of the Ising model 0 is even, 1 is odd.
        index : int
            0 for the lowest in the sector; in sector 0 that is the identity, whose dimension is 0.

        Returns
        -------
        ndarray, shape (steps + 1,)
            Infinite where there are not so many.
        """
        sector = arguments.integer("sector", sector, 0, self.states[0].modulus - 1)
        index = arguments.integer("index", index, 0, 2**31)
        values = []
        for state in self.states:
            found = state.spectrum.dimensions
            short = sector >= len(found) or index >= len(found[sector])
            values.append(math.inf if short else float(found[sector][index]))
        return np.array(values)

    @property
    def central_charge(self) -> Floats:
        """c from the largest eigenvalues before and after each step, shape (steps,).

        It means something at criticality only. NaN where both cells have shapes whose finite-size
        corrections cancel, as some of oblique lattices do.
        """
        values = []
        for before, after in zip(self.states[:-1], self.states[1:], strict=True):
            growth = after.area / before.area
            excess = growth * before.spectrum.log_largest - after.spectrum.log_largest
            weight = growth * before.casimir - after.casimir
            cancels = abs(weight) <= 1e-9 * before.casimir
            values.append(math.nan if cancels else excess / weight)
        return np.array(values)
