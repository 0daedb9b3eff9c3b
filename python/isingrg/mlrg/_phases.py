"""Critical coupling from the phase in which flows from bare couplings end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._bare_flows import (
    bare_couplings,
    degeneracies_of,
    largest_bare_coupling,
    trajectories,
)
from isingrg.mlrg._couplings import Floats

TOLERANCE = 1e-10

#: A disordered phase no wider than this is J0 = 0 alone: an odd network has a fixed point there,
#: and where it is unstable rounding decides how near to it flows may begin to stay.
_NARROWEST = 0.01

#: Starting points per round of the search for the phases; the core evaluates 32 at the price of
#: one. RG steps between two looks at the phase, and looks: a distance of 1e-10 from the exact
#: fixed point grows by 1.357 per step and is large after 80.
_POINTS, _STRIDE, _LOOKS = 33, 8, 64

_DISORDERED, _ORDERED, _NEITHER = 0, 1, -1

#: How near to 1, or to q (2 for Ising spins) from below, a degeneracy has arrived. At the critical
#: point of a network of Ising spins it can be as large as 1.98.
_ARRIVED = 0.002


def phase_bracket(model: Any) -> tuple[float, float]:
    """The J0 of the first change from disordered to ordered, to `TOLERANCE`.

    Raises ConvergenceError where there is none, with the phase in which flows end.
    """
    low, high = 0.0, (largest := largest_bare_coupling(model))
    while True:
        points = np.linspace(low, high, _POINTS)
        phases, ends, values = _end_phases(model, points)
        leaves = np.flatnonzero((phases[:-1] == _DISORDERED) & (phases[1:] != _DISORDERED))
        # The first place where a disordered point has an ordered neighbour.
        changes = leaves[phases[leaves + 1] == _ORDERED]
        if not len(changes):
            neither = np.flatnonzero(phases == _NEITHER)
            if len(neither):
                index = neither[0]
                raise ConvergenceError(
                    f"the flow from J0 = {points[index]:.6g} ends in neither phase: at J = "
                    f"{ends[index]} the degeneracy is {values[index]:.4f}"
                )
            phase = "ordered" if phases[0] == _ORDERED else "disordered"
            raise ConvergenceError(
                f"no critical coupling between 0 and {largest:g}: the flow from "
                f"J0 = {low:.6g} to {high:.6g} ends in the {phase} phase"
            )
        low, high = float(points[changes[0]]), float(points[changes[0] + 1])
        if high <= _NARROWEST:
            raise ConvergenceError(
                f"no critical coupling between 0 and {largest:g}: the paramagnet is "
                f"unstable, and the flow from J0 = {high:.2g} ends in the ordered phase"
            )
        if high - low <= TOLERANCE:
            return low, high


def _end_phases(model: Any, bare: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """For each J0 the phase in which its flow ends, the last couplings, and their degeneracy.

    A flow is in a phase as soon as a look finds the degeneracy 1 or at least q, also if
    it leaves the finite numbers afterwards.
    """
    order = model._configuration.rules.order
    ends = bare_couplings(model, bare)
    values = np.full(len(bare), np.nan)
    open_ = np.arange(len(bare))  # indices of the flows that have not reached a phase
    for _ in range(_LOOKS):
        path = trajectories(model, ends[open_], _STRIDE)
        seen = degeneracies_of(model, path[1:])
        # The last step whose degeneracy is a number.
        known = np.isfinite(seen)
        last = _STRIDE - 1 - np.argmax(known[::-1], axis=0)
        flows = np.arange(len(open_))
        some = known.any(axis=0)
        ends[open_[some]] = path[1:][last, flows][some]
        values[open_[some]] = seen[last, flows][some]
        arrived = (np.abs(values[open_] - 1) < _ARRIVED) | (values[open_] > order - _ARRIVED)
        open_ = open_[~arrived & known[-1]]
        if not len(open_):
            break
    # What has not arrived sits at a stable fixed point, or is lost; it belongs to a phase if it
    # is near one.
    phases = np.full(len(bare), _NEITHER)
    phases[(values > 0.75) & (values < 1.25)] = _DISORDERED
    phases[values > 1.9] = _ORDERED
    return phases, ends, values
