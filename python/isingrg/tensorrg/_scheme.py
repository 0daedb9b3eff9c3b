"""The interface of all schemes: what is carried, one step, and many."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, NonFiniteError
from isingrg._shared.progress import reporting, tell
from isingrg.tensorrg._flow import Flow, Info
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg.network import Network
from isingrg.tensorrg.states import State

Progress = bool | Callable[[int, int], Any]

#: Largest number of states of a bond.
LARGEST_CHI = 512


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
    largest = largest_element(tensor, log_scale)
    return State(
        np.ascontiguousarray(tensor / largest),
        state.horizontal if horizontal is None else horizontal,
        state.vertical if vertical is None else vertical,
        state.modulus, log_scale + math.log(largest), state.area * growth, state.sites,
        state.aspect if aspect is None else aspect,
    )  # fmt: skip


def largest_element(tensor: Floats, log_scale: float) -> float:
    """What is taken out of a tensor after a step.

    Raises
    ------
    NonFiniteError
        If the tensor is not finite, or zero, or ln of the factor before it is not finite.
    """
    if not math.isfinite(log_scale):
        raise NonFiniteError(
            "ln Z exceeds float64, as the area grows by a factor in each step: follow fewer steps"
        )
    largest = float(np.abs(tensor).max())
    if not (math.isfinite(largest) and largest > 0):
        raise NonFiniteError("the tensor became zero, infinite or NaN")
    return largest
