"""Fixed points of a model's flow: the one that governs its transition, and all that are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg import _analysis
from isingrg.mlrg._bare_flows import bare_couplings, largest_bare_coupling, trajectories
from isingrg.mlrg._couplings import Couplings, Floats
from isingrg.mlrg._phases import phase_bracket

#: Two results of Newton's method that are nearer than this are the same point.
_SAME = 1e-6
#: Starts on the bare axis, and how far beyond the wall of the proposals a point may lie.
_BARE_STARTS, _BEYOND = 17, 1.25
#: The critical flow is followed as long as both ends of its bracket stay this near, at most so
#: many steps, and Newton starts from at most so many of its slowest points.
_TOGETHER, _LONGEST, _TRIALS = 1e-3, 512, 8


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A zero of v(J) and what the model is there.

    Attributes
    ----------
    J : ndarray, shape (c,)
        The point, of its copies the one with the largest J0, then J1, and so on.
    monotone : float or None
        C(J); None for moderator "flow".
    residual : float
        |v(J)|.
    eigenvalues : ndarray of complex, shape (c,)
        Eigenvalues of dJ'/dJ, the largest modulus first.
    unstable_directions : int
        How many of them are outside the unit circle.
    degeneracy : float
    scaling_dimensions : ndarray
        The first four, or 2**m if that is less.
    gauge_copies : int
        Points found that are this one up to the signs and the order of components, 1 or more.
    gauge_spread : float
        How far the images of the copies are from J at most, in any coupling: what the network
        lacks of the symmetry.
    components : list of tuple of int
        Groups of components that no coupling above the tolerance joins.
    """

    J: Floats
    monotone: float | None
    residual: float
    eigenvalues: NDArray[np.complex128]
    unstable_directions: int
    degeneracy: float
    scaling_dimensions: Floats
    gauge_copies: int
    gauge_spread: float
    components: list[tuple[int, ...]]

    @property
    def stability(self) -> str:
        """ "stable", "saddle" or "unstable", for none, some or all directions that grow."""
        if self.unstable_directions == 0:
            return "stable"
        return "unstable" if self.unstable_directions == len(self.J) else "saddle"

    @property
    def is_decoupled_a1(self) -> bool:
        """Whether the first component is an A1 model of its own, beside others or alone."""
        return (0,) in self.components


# The transition


def critical_fixed_point(model: Any) -> Floats:
    """The fixed point that the flow from (J0*, 0, ...) passes, (c,).

    Both ends of the bracket of J0* flow side by side towards it and part when they leave it;
    Newton starts where they are slowest before. A point with a single unstable direction is
    preferred. One without a direction that grows steadily, by an eigenvalue beyond +1, is refused:
    a phase can be unstable too, to steps that jump over it and back.
    """
    J0 = np.array(phase_bracket(model))
    paths = trajectories(model, bare_couplings(model, J0), _LONGEST)
    with np.errstate(invalid="ignore"):
        together = np.abs(paths[:, 0] - paths[:, 1]).max(axis=1) < _TOGETHER
    path = paths[: len(paths) if together.all() else int(np.argmin(together)), 0]
    speeds = np.linalg.norm(np.reshape(model.velocity(path), path.shape), axis=1)
    best: tuple[int, Floats] | None = None
    for start in path[np.argsort(speeds, kind="stable")[:_TRIALS]]:
        point = _newton(model, start)
        if point is None:
            continue
        multipliers = _analysis.multipliers(model, Couplings(point, len(point)))[0]
        if not np.any((multipliers.real > 1) & (multipliers.imag == 0)):
            continue
        unstable = _unstable(multipliers)
        if unstable == 1:
            return point
        if best is None or unstable < best[0]:
            best = unstable, point
    if best is None:
        raise ConvergenceError(
            f"no unstable fixed point near the flow from the critical coupling J0 = "
            f"{J0[0]:.6g}, whose velocity falls to {speeds.min():.3g}"
        )
    return best[1]


def _newton(model: Any, guess: Floats) -> Floats | None:
    point = np.empty(len(guess))
    try:
        _core.mlrg_fixed_point(model._ready(), np.ascontiguousarray(guess), point, None)
    except ConvergenceError:
        return None
    return point


def _unstable(multipliers: NDArray[np.complex128]) -> int:
    return int(np.count_nonzero(np.abs(multipliers) > 1))


# All of them


def fixed_points(model: Any, starts: int, seed: int, tolerance: float) -> list[FixedPoint]:
    """See `MLRG.fixed_points`."""
    training, count = model._training, model._configuration.count
    bound = training.coupling_bound
    random = np.random.default_rng(seed).normal(0, training.proposal_scale, (starts, count))
    axis = np.linspace(0, largest_bare_coupling(model), _BARE_STARTS)
    random = np.clip(model._configuration.rules.starts(random), -bound, bound)
    guesses = [*bare_couplings(model, axis), *random]
    try:
        guesses.append(critical_fixed_point(model))
    except ConvergenceError:
        pass  # there is no transition along the bare axis
    found: list[Floats] = []
    for guess in guesses:
        point = _newton(model, guess)
        if point is None or np.abs(point).max() > _BEYOND * bound:
            continue
        if all(np.abs(point - other).max() > _SAME for other in found):
            found.append(point)
    merged = _merged(model, found, tolerance)
    return sorted(merged, key=lambda point: float(np.linalg.norm(point.J)))


def _merged(model: Any, found: list[Floats], tolerance: float) -> list[FixedPoint]:
    """One `FixedPoint` for each class of points that are images of each other."""
    configuration = model._configuration
    if not found:
        return []
    points = np.array(sorted(found, key=lambda J: J.round(6).tolist(), reverse=True))
    multipliers = _analysis.multipliers(model, Couplings(points, configuration.count))
    unstable = [_unstable(values) for values in multipliers]
    free = list(range(len(points)))
    result = []
    while free:
        first, copies, spread = free.pop(0), 1, 0.0
        images = _images(model, points[first])
        for other in list(free):
            distance = np.abs(images - points[other]).max(axis=1).min(initial=np.inf)
            if distance <= tolerance and unstable[other] == unstable[first]:
                free.remove(other)
                copies, spread = copies + 1, max(spread, float(distance))
        result.append(
            _described(model, points[first], multipliers[first], copies, spread, tolerance)
        )
    return result


def _images(model: Any, J: Floats) -> Floats:
    """Couplings that only rename components or states.

    What leaves J as it is is not among them: a point near J is another point.
    """
    images = model._configuration.rules.images(J)
    return np.asarray(images[np.abs(images - J).max(axis=1) > _SAME])


def _point(J: Floats) -> Any:
    """A single J as users write it: a number if there is one coupling."""
    return J if len(J) > 1 else float(J[0])


def _described(
    model: Any, J: Floats, multipliers: NDArray[np.complex128], copies: int, spread: float,
    tolerance: float,
) -> FixedPoint:  # fmt: skip
    configuration, point = model._configuration, _point(J)
    return FixedPoint(
        J=J,
        monotone=model.monotone(point) if configuration.moderator == "monotone" else None,
        residual=float(np.linalg.norm(model.velocity(point))),
        eigenvalues=multipliers,
        unstable_directions=_unstable(multipliers),
        degeneracy=model.ground_state_degeneracy(point),
        scaling_dimensions=model.scaling_dimensions(point),
        gauge_copies=copies,
        gauge_spread=spread,
        components=configuration.rules.components(J, tolerance),
    )
