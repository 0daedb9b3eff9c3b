"""The interface of all schemes: what is carried, one step, and many."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.progress import reporting, tell
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg.networks import Network
from isingrg.tensorrg.states import State

Progress = bool | Callable[[int, int], Any]

#: Largest number of states of a bond.
LARGEST_CHI = 512


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


class Scheme:
    """A scheme of tensor renormalization: `init` makes a state of a network, `step` coarsens it.

    Parameters
    ----------
    chi : int
        States of a bond, at most: 1 to 512.
    """

    #: Area of a tensor after a step over that before it.
    growth = 2

    def __init__(self, chi: int) -> None:
        self.chi = arguments.integer("chi", chi, 1, LARGEST_CHI)

    def init(self, network: Network) -> State:
        """The state that is the network itself.

        Parameters
        ----------
        network : Network
            What to contract.

        Returns
        -------
        State

        Raises
        ------
        MemoryError
            With the number of bytes, if a step would not fit.
        """
        if not isinstance(network, Network):
            raise TypeError(f"network must be a Network, not {type(network).__name__}")
        self._check_memory(max(network.tensor.shape))
        return self._init(network)

    def _init(self, network: Network) -> State:
        assert network.horizontal is not None and network.vertical is not None
        state = State(
            network.tensor, network.horizontal, network.vertical, network.modulus,
            network.log_scale, 1.0, network.sites, network.aspect,
        )  # fmt: skip
        return normalised(state, network.tensor, network.log_scale)

    def step(self, state: State) -> tuple[State, Info]:
        """One coarse-graining step.

        Parameters
        ----------
        state : State
            From `init` or from a step of this scheme.

        Returns
        -------
        tuple of State, Info
            The state of the coarser lattice, and what was left out.

        Raises
        ------
        NonFiniteError
            If a number overflows or the tensor vanishes.
        """
        if not isinstance(state, State):
            raise TypeError(f"state must be a State, not {type(state).__name__}")
        return self._step(state)

    def _step(self, state: State) -> tuple[State, Info]:
        raise NotImplementedError

    def flow(
        self, network: Network, steps: int = 20, *, progress: Progress = False
    ) -> Flow:  # fmt: skip
        """The states of some steps, from the network on.

        Parameters
        ----------
        network : Network
            What to contract.
        steps : int
            Steps, 0 to 10**6.
        progress : bool or callable
            Counts steps.

        Returns
        -------
        Flow
        """
        return self.follow(self.init(network), steps, progress=progress)

    def follow(
        self, state: State, steps: int = 20, *, progress: Progress = False
    ) -> Flow:  # fmt: skip
        """The states of some steps, from a state on.

        Parameters
        ----------
        state : State
            From `init` or from a step of this scheme.
        steps : int
            Steps, 0 to 10**6.
        progress : bool or callable
            Counts steps.

        Returns
        -------
        Flow
        """
        if not isinstance(state, State):
            raise TypeError(f"state must be a State, not {type(state).__name__}")
        steps = arguments.integer("steps", steps, 0, 10**6)
        states, infos = [state], []
        with reporting(progress, "renormalizing", "steps") as report:
            for done in range(steps):
                tell(report, done, steps)
                state, info = self.step(state)
                states.append(state)
                infos.append(info)
            tell(report, steps, steps)
        return Flow(tuple(states), tuple(infos))

    def _check_memory(self, n: int) -> None:
        n = max(n, self.chi)
        arguments.allocate("the tensors of a step", (4, n, n, n, n), np.float64)

    def _check(self, state: State, kind: type[State]) -> None:
        if type(state) is not kind:
            raise ArgumentError(
                f"state must be a {kind.__name__} from this scheme, not a {type(state).__name__}"
            )


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
        """-ln Z per site on the torus of one tensor, shape (steps + 1,)."""
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

        It means something at criticality only.
        """
        values = []
        for before, after in zip(self.states[:-1], self.states[1:], strict=True):
            growth = after.area / before.area
            excess = growth * before.spectrum.log_largest - after.spectrum.log_largest
            weight = growth * before.casimir - after.casimir
            values.append(excess / weight)
        return np.array(values)


def normalised(
    state: State, tensor: Floats, log_scale: float, horizontal: Charges | None = None,
    vertical: Charges | None = None, *, growth: float = 1, aspect: complex | None = None,
) -> State:  # fmt: skip
    """The state of a tensor that comes from another one, its largest element taken out.

    Raises
    ------
    NonFiniteError
        If the tensor is not finite, or zero.
    """
    largest = float(np.abs(tensor).max())
    if not (math.isfinite(largest) and largest > 0 and math.isfinite(log_scale)):
        raise NonFiniteError("the tensor became zero, infinite or NaN")
    return State(
        np.ascontiguousarray(tensor / largest),
        state.horizontal if horizontal is None else horizontal,
        state.vertical if vertical is None else vertical,
        state.modulus, log_scale + math.log(largest), state.area * growth, state.sites,
        state.aspect if aspect is None else aspect,
    )  # fmt: skip
