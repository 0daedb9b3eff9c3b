"""Critical coupling of a model: where flows from bare couplings (J0, 0, ...) change their phase.

Three answers to one question. "monotone" is the maximum of C(J(J0, l)) (Eq. 21 of Hou & You) and
"degeneracy" the crossing of Z(J(J0, l)) at neighbouring l (their Sec. III D); "phase" brackets the
J0 at which the end of the flow changes.

They look where the network was trained: at bare couplings up to the wall of the proposals. What
compares scales follows a flow as far as that, to the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg.tensor import degeneracies
from isingrg.statistics import Estimate

#: Where the transition is sought at most, and how well its bracket is to be known.
LARGEST_BARE_COUPLING = 2.0
TOLERANCE = 1e-10

#: A disordered phase no wider than this is J0 = 0 alone: an odd network has a fixed point there,
#: and where it is unstable rounding decides how near to it flows may begin to stay.
_NARROWEST = 0.01

#: Starting points per round of the search for the phases; the core evaluates 32 at the price of
#: one. RG steps between two looks at the phase, and looks: a distance of 1e-10 from the exact
#: fixed point grows by 1.357 per step and is large after 80.
_POINTS, _STRIDE, _LOOKS = 33, 8, 64
_DISORDERED, _ORDERED, _NEITHER = 0, 1, -1
#: How near to 1, or to 2 from below, a degeneracy has arrived. At the critical point of a network
#: it can be as large as 1.98.
_ARRIVED = 0.002

#: The grid of the other two: its start, the width and the change of a degeneracy that need no
#: finer grid, and its limits, which only a flow without a clear transition reaches.
_START, _FINE, _FLAT = 65, 1e-6, 0.2
_ROUNDS, _REFINED = 24, 96
#: What a degeneracy must change by, on both sides of a crossing, to count.
_SWING = 1e-3


@dataclass(frozen=True)
class CriticalCouplings:
    """Critical coupling J0* by three methods; see `MLRG.critical_coupling_estimates`."""

    #: From the phase in which flows end.
    phase: Estimate
    #: From the maximum of C(J(J0, l)), Eq. 21 of Hou & You.
    monotone: Estimate
    #: From the crossing of Z(J(J0, l)), their Sec. III D.
    degeneracy: Estimate


def estimates(model: Any, steps: int) -> CriticalCouplings:
    """All methods; what fails says why."""
    try:
        low, high = phase_bracket(model)
        phase = Estimate(0.5 * (low + high), 0.5 * (high - low))
    except ConvergenceError as error:
        phase = Estimate.missing(str(error))
    return CriticalCouplings(phase, *_from_scales(model, steps))


def critical_coupling(model: Any, method: str | None, steps: int) -> float:
    """J0* by one method, by default that of the paper where the model has a monotone."""
    if method is None:
        method = "monotone" if model._configuration.moderator == "monotone" else "phase"
    if method == "phase":
        return 0.5 * sum(phase_bracket(model))
    monotone, degeneracy = _from_scales(model, steps)
    found = monotone if method == "monotone" else degeneracy
    if found.reason:
        raise ConvergenceError(f"no critical coupling: {found.reason}")
    return float(found.value)


def largest_bare_coupling(model: Any) -> float:
    """The end of the search: the wall of the proposals, or `LARGEST_BARE_COUPLING` before it."""
    return min(LARGEST_BARE_COUPLING, float(model._training.coupling_bound))


def bare_couplings(model: Any, J0: Floats) -> Floats:
    """(J0, 0, ...), shape (n, c)."""
    rows = np.zeros((len(J0), model._configuration.count))
    rows[:, 0] = J0
    return rows


def trajectories(model: Any, rows: Floats, steps: int) -> Floats:
    """Flows of (n, c) couplings, (steps + 1, n, c); NaN from where one is no longer finite."""
    paths = np.full((steps + 1, *rows.shape), np.nan)
    paths[0] = rows
    try:
        if len(rows):
            _core.mlrg_flow(model._ready(), rows, steps, paths, None)
    except ConvergenceError:  # too stiff an ordinary differential equation somewhere
        paths[1:] = np.nan
        if len(rows) > 1:
            half = len(rows) // 2
            paths[:, :half] = trajectories(model, rows[:half], steps)
            paths[:, half:] = trajectories(model, rows[half:], steps)
        elif steps > 1:
            paths[:steps] = trajectories(model, rows, steps - 1)
    lost = np.logical_or.accumulate(~np.isfinite(paths).all(axis=2), axis=0)
    paths[lost] = np.nan
    return paths


def _degeneracies(model: Any, couplings: Floats) -> Floats:
    """Degeneracy of couplings (..., c), in their leading shape; NaN where there is none."""
    configuration = model._configuration
    rows = couplings.reshape(-1, configuration.count)
    values = np.full(len(rows), np.nan)
    finite = np.isfinite(rows).all(axis=1)
    with np.errstate(all="ignore"):
        values[finite] = degeneracies(
            rows[finite], configuration.representation, frame=configuration.frame
        )
    values[~np.isfinite(values)] = np.nan
    return values.reshape(couplings.shape[:-1])


# By the end of the flow


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

    A flow is in a phase as soon as a look finds the degeneracy 1 or at least 2, also if
    it leaves the finite numbers afterwards.
    """
    ends = bare_couplings(model, bare)
    values = np.full(len(bare), np.nan)
    open_ = np.arange(len(bare))  # indices of the flows that have not reached a phase
    for _ in range(_LOOKS):
        path = trajectories(model, ends[open_], _STRIDE)
        seen = _degeneracies(model, path[1:])
        # The last step whose degeneracy is a number.
        known = np.isfinite(seen)
        last = _STRIDE - 1 - np.argmax(known[::-1], axis=0)
        flows = np.arange(len(open_))
        some = known.any(axis=0)
        ends[open_[some]] = path[1:][last, flows][some]
        values[open_[some]] = seen[last, flows][some]
        arrived = (np.abs(values[open_] - 1) < _ARRIVED) | (values[open_] > 2 - _ARRIVED)
        open_ = open_[~arrived & known[-1]]
        if not len(open_):
            break
    # What has not arrived sits at a stable fixed point, or is lost; it belongs to a phase if it
    # is near one.
    phases = np.full(len(bare), _NEITHER)
    phases[(values > 0.75) & (values < 1.25)] = _DISORDERED
    phases[values > 1.9] = _ORDERED
    return phases, ends, values


# By the change with scale


def _from_scales(model: Any, steps: int) -> tuple[Estimate, Estimate]:
    """Estimates by the maximum of the monotone and by the crossing of the degeneracies."""
    has_monotone = model._configuration.moderator == "monotone"
    points: Floats = np.empty(0)
    new = np.linspace(0, largest_bare_coupling(model), _START)
    Z: Floats = np.empty((steps + 1, 0))
    C: Floats = np.empty((steps + 1, 0))
    for _ in range(_ROUNDS):
        paths = _inside(model, trajectories(model, bare_couplings(model, new), steps))
        order = np.argsort(np.concatenate([points, new]), kind="stable")
        points = np.concatenate([points, new])[order]
        Z = np.concatenate([Z, _degeneracies(model, paths)], axis=1)[:, order]
        C = np.concatenate(
            [C, _monotones(model, paths) if has_monotone else 0 * paths[..., 0]], axis=1
        )
        C = C[:, order]
        crossings = [_crossing(Z[l + 1] - Z[l]) for l in range(steps)]
        peaks = [_peak(c) for c in C] if has_monotone else []
        # Halve what is steep, and what holds an answer.
        change = np.nan_to_num(np.abs(np.diff(Z, axis=1)).max(axis=0))
        targets = {i for i in crossings if i is not None}
        targets |= {j for i in peaks if i is not None for j in (i - 1, i)}
        wanted = np.argsort(-change)[:_REFINED]
        wanted = np.union1d(wanted[change[wanted] > _FLAT], np.array(sorted(targets), dtype=int))
        wanted = wanted[np.diff(points)[wanted] > _FINE].astype(int)
        if not len(wanted):
            break
        new = 0.5 * (points[wanted] + points[wanted + 1])
    degeneracy = _settled(
        [
            (np.nan, np.nan) if i is None else _zero(points, Z[l + 1] - Z[l], i)
            for l, i in enumerate(crossings)
        ],
        "the degeneracies at successive l do not cross",
    )
    if not has_monotone:
        return Estimate.missing("a model with moderator 'flow' has no monotone"), degeneracy
    monotone = _settled(
        [(np.nan, np.nan) if i is None else _vertex(points, C[l], i) for l, i in enumerate(peaks)],
        "the monotone has no maximum along the flow",
    )
    return monotone, degeneracy


def _inside(model: Any, paths: Floats) -> Floats:
    """Flows (steps + 1, n, c) that end where they leave the trained region, |J| <= coupling_bound.

    The end is where the last step crosses the wall: it changes with the start without jumps.
    """
    bound = float(model._training.coupling_bound)
    with np.errstate(invalid="ignore"):
        outside = ~(np.abs(paths).max(axis=2) <= bound)
    left = np.logical_or.accumulate(outside, axis=0)
    first = np.minimum(np.argmax(left, axis=0), len(paths) - 1)
    flows = np.arange(paths.shape[1])
    before, step = paths[first - 1, flows], paths[first, flows] - paths[first - 1, flows]
    # The share of the step to the nearest wall; none of a step to no number.
    with np.errstate(all="ignore"):
        share = np.nanmin((np.copysign(bound, step) - before) / step, axis=1, initial=1.0)
    share = np.where(np.isfinite(step).all(axis=1), share, 0.0)
    ends = before + share[:, None] * np.nan_to_num(step, posinf=0.0, neginf=0.0)
    return np.where(left[..., None], ends, paths)


def _monotones(model: Any, paths: Floats) -> Floats:
    """C(J) of couplings (..., c), NaN where it is not finite."""
    rows = np.ascontiguousarray(paths.reshape(-1, paths.shape[-1]))
    finite = np.isfinite(rows).all(axis=1)
    values, found = np.full(len(rows), np.nan), np.empty(np.count_nonzero(finite))
    if len(found):
        _core.mlrg_monotone(model._ready(), rows[finite], found, None)
    values[finite] = np.where(np.isfinite(found), found, np.nan)
    return values.reshape(paths.shape[:-1])


def _crossing(difference: Floats) -> int | None:
    """Interval of the first change of sign from - to +, with some swing on either side."""
    edges = [0, *(np.flatnonzero(np.diff(difference < 0)) + 1), len(difference)]
    for start, middle, end in zip(edges, edges[1:], edges[2:], strict=False):
        left, right = difference[start:middle], np.nan_to_num(difference[middle:end])
        if left[0] < 0 and left.min() < -_SWING and right.max() > _SWING:
            return int(middle) - 1
    return None


def _peak(values: Floats) -> int | None:
    """The highest of the inner local maxima."""
    with np.errstate(invalid="ignore"):
        inner = (values[1:-1] > values[:-2]) & (values[1:-1] >= values[2:])
    found = np.flatnonzero(inner) + 1
    return int(found[np.argmax(values[found])]) if len(found) else None


def _zero(points: Floats, values: Floats, i: int) -> tuple[float, float]:
    """Zero of values between points i and i + 1 by interpolation, and the width of the interval."""
    width = points[i + 1] - points[i]
    return float(points[i] - width * values[i] / (values[i + 1] - values[i])), float(width)


def _vertex(points: Floats, values: Floats, i: int) -> tuple[float, float]:
    """Vertex of the parabola through the points i - 1, i, i + 1, and the half of their distance."""
    left, right = points[i - 1] - points[i], points[i + 1] - points[i]
    below, above = values[i - 1] - values[i], values[i + 1] - values[i]
    curvature = below * right - above * left
    if curvature == 0:
        return float(points[i]), float((right - left) / 2)
    shift = 0.5 * (below * right**2 - above * left**2) / curvature
    return float(points[i] + shift), float((right - left) / 2)


def _settled(found: list[tuple[float, float]], reason: str) -> Estimate:
    """The value at the largest scale that has one, uncertain by the spread from half of it on.

    At large scales a transition becomes sharper than any grid.
    """
    values, widths = np.array(found).T
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return Estimate.missing(reason)
    last = known[-1]
    late = values[known[known >= last // 2]]
    spread = np.abs(late - values[last]).max()
    return Estimate(float(values[last]), float(spread + widths[last]))
