"""Critical couplings of any family of networks, from nothing but the phases of their flows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from isingrg._shared import arguments
from isingrg._shared.errors import ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.tensorrg._scheme import Progress, Scheme
from isingrg.tensorrg.network import Network
from isingrg.tensorrg.states import State

#: Lowest dimension of states that have clearly left a critical point, to either side.
_ORDERED, _DISORDERED = 0.05, 0.3

#: Steps after which a state says which phase it is in, and after which it has to.
_FIRST, _LAST = 4, 60


@dataclass(frozen=True, eq=False)
class CriticalCoupling:
    """Where the flows of a family of networks change their phase, from `critical_coupling`."""

    #: The coupling.
    value: float
    #: Half of the width it is known within.
    uncertainty: float
    #: Flows that were followed.
    flows: int


def critical_coupling(
    network_of: Callable[[float], Network], scheme: Scheme, low: float, high: float, *,
    width: float = 1e-6, progress: Progress = False,
) -> CriticalCoupling:  # fmt: skip
    """The coupling at which a model orders, as a scheme has it, by bisection.

    Parameters
    ----------
    network_of : callable
        Takes a coupling and returns its Network, such as ``lambda K: potts_network(3, K)`` or the
        `weights_network` of `isingrg.mlrg.boltzmann_tensor`.
    scheme : Scheme
        By which flows are followed.
    low, high : float
        Couplings in the disordered and in the ordered phase, finite.
    width : float
        The result is known within it, 1e-14 to 1e6.
    progress : bool or callable
        Counts flows.

    Returns
    -------
    CriticalCoupling

    Raises
    ------
    ConvergenceError
        If both ends are in one phase, or a flow stays critical for 60 steps.
    """
    if not callable(network_of):
        raise TypeError(f"network_of must be callable, not {type(network_of).__name__}")
    if not isinstance(scheme, Scheme):
        raise TypeError(f"scheme must be a Scheme, not {type(scheme).__name__}")
    low = arguments.finite("low", low)
    high = arguments.finite("high", high, low)
    width = arguments.finite("width", width, 1e-14, 1e6)
    total = 2 + max(0, math.ceil(math.log2(max((high - low) / width, 1))))
    done = 0
    with reporting(progress, "critical coupling", "flows") as report:

        def orders(coupling: float) -> bool:
            nonlocal done
            tell(report, done, total)
            done += 1
            state = scheme.init(network_of(coupling))
            return is_ordered(state, scheme, lowest_dimension, f"{coupling}")

        if orders(low) or not orders(high):
            raise ConvergenceError(f"low = {low} and high = {high} must be in different phases")
        low, high = bisected(orders, low, high, width)
        tell(report, total, total)
    return CriticalCoupling((low + high) / 2, (high - low) / 2, done)


def bisected(
    orders: Callable[[float], bool], low: float, high: float, width: float
) -> tuple[float, float]:
    """Two couplings no farther apart than the width, between which the phase changes."""
    while high - low > width:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if orders(middle) else (middle, high)
    return low, high


def is_ordered(state: State, scheme: Scheme, lowest: Callable[[State], float], start: str) -> bool:
    """Whether a flow goes to the ordered phase, by the lowest dimension of its states."""
    for n in range(_LAST):
        dimension = lowest(state)
        if n >= _FIRST and dimension < _ORDERED:
            return True
        if n >= _FIRST and dimension > _DISORDERED:
            return False
        state, _ = scheme.step(state)
    raise ConvergenceError(f"after {_LAST} steps the flow from {start} is in no phase")


def lowest_dimension(state: State) -> float:
    """Delta_1 of all sectors, infinite where a small chi has left one state."""
    dimensions = state.spectrum.lowest(2)[0]
    return float(dimensions[1]) if len(dimensions) > 1 else math.inf
