"""Critical coupling from what changes with the scale l along flows from bare couplings.

The maximum of C(J(J0, l)) (Eq. 21 of Hou & You), and the crossing of Z(J(J0, l)) at neighbouring l
(their Sec. III D). A flow is followed as far as the wall of the proposals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isingrg import _core
from isingrg.mlrg._bare_flows import (
    bare_couplings,
    degeneracies_of,
    largest_bare_coupling,
    trajectories,
)
from isingrg.mlrg._couplings import Floats
from isingrg.statistics import Estimate

#: The grid of the other two: its start, the width and the change of a degeneracy that need no
#: finer grid, and its limits, which only a flow without a clear transition reaches.
_START, _FINE, _FLAT = 65, 1e-6, 0.2

_ROUNDS, _REFINED = 24, 96

#: What a degeneracy must change by, on both sides of a crossing, to count.
_SWING = 1e-3


def from_scales(model: Any, steps: int) -> tuple[Estimate, Estimate]:
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
        Z = np.concatenate([Z, degeneracies_of(model, paths)], axis=1)[:, order]
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
