"""True fixed points of the loop flow, and the exponents of the flow linearised there.

The map takes the student S of one step, up to a factor, to that of the next one: T is the ring of
S, and S' the minimum of the cost around a loop of T. The gradient g(S'; T) vanishes there, so
dS' = -H^-1 dg, with H the second derivatives in S' and dg the change of the gradient as T changes.
Turning z or a within their charges changes no cost; S' is turned to be nearest to S, and H has no
other directions without slope.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.tensorrg import _split
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg.loop import LoopTNR, mirror_state, ring
from isingrg.tensorrg.states import MirrorState

#: Curvatures below this fraction of the largest are those of turns of z and a.
_FLAT = 1e-9

#: A step of Newton's method moves S by at most this fraction of its norm.
_LONGEST = 0.1


@dataclass(frozen=True, eq=False)
class LoopFixedPoint:
    """A student that one step of the loop flow reproduces, and the flow around it."""

    #: The state of the ring of the fixed student, which `student` of it is.
    state: MirrorState
    #: Squared distance around the loop there.
    distance: float
    #: |S' - S| over |S| that is left.
    residual: float
    #: Eigenvalues of the linearised step, the largest modulus first. That of the scale of S, which
    #: is 2 for the doubled area, is left out.
    eigenvalues: NDArray[np.complex128]

    @property
    def exponents(self) -> Floats:
        """y = 2 log2 |eigenvalue|, shape (p - 1,): a step multiplies lengths by sqrt 2."""
        with np.errstate(divide="ignore"):
            return np.asarray(2 * np.log2(np.abs(self.eigenvalues)))

    @property
    def thermal_exponent(self) -> float:
        """The exponent of the leading direction."""
        return float(self.exponents[0])


def loop_fixed_point(
    scheme: LoopTNR, state: MirrorState, *, tolerance: float = 1e-10, steps: int = 20,
    progress: bool | Callable[[int, int], Any] = False,
) -> LoopFixedPoint:  # fmt: skip
    """The fixed point of the loop flow near a state, by Newton's method with the linearised step.

    The linearised step costs 4 p evaluations of chi^6 for the p ~ chi^3 / 2 entries of S, and p^3:
    up to chi = 8 it takes seconds.

    Parameters
    ----------
    scheme : LoopTNR
        Its chi and mu; the minimum in each step is found to rounding.
    state : MirrorState
        From some steps of a nearly critical flow, such as the eighth of `flow`.
    tolerance : float
        Of |S' - S| over |S|, 1e-14 to 1e-2.
    steps : int
        Of Newton's method, at most: 1 to 1000.
    progress : bool or callable
        Counts steps.

    Returns
    -------
    LoopFixedPoint

    Raises
    ------
    ConvergenceError
        If Newton's method does not settle.
    """
    if not isinstance(scheme, LoopTNR):
        raise TypeError(f"scheme must be a LoopTNR, not {type(scheme).__name__}")
    tolerance = arguments.finite("tolerance", tolerance, 1e-14, 1e-2)
    steps = arguments.integer("steps", steps, 1, 1000)
    student = state.student if isinstance(state, MirrorState) else None
    if student is None or student.shape != (scheme.chi,) * 3:
        raise ArgumentError(
            f"state must have a student of chi = {scheme.chi} states: take one after some steps"
        )
    charges = state.horizontal
    at = _Entries(charges)
    student = student / np.linalg.norm(student)
    with reporting(progress, "fixed point", "steps") as report:
        for done in range(steps + 1):
            tell(report, done, steps)
            image, jacobian, distance = _linearised(scheme, student, charges, at)
            size = float(np.linalg.norm(image))
            residual = float(np.linalg.norm(image / size - student))
            if residual <= tolerance:
                tell(report, steps, steps)  # also where fewer were enough
                return _found(student, charges, state, jacobian / size, distance, residual)
            if done < steps:
                student = _newton(student, image / size, jacobian / size, at)
    raise ConvergenceError(
        f"the fixed point is not reached within {steps} steps: |S' - S| / |S| = {residual:.2g}"
    )


class _Entries:
    """The entries of S that charges permit, in the order of the core."""

    def __init__(self, charges: Charges) -> None:
        n = len(charges)
        z, a, b = np.indices((n, n, n)).reshape(3, -1)
        permitted = np.flatnonzero((charges[z] + charges[a] + charges[b]) % 2 == 0)
        order = np.argsort(charges[z[permitted]], kind="stable")
        self.places = permitted[order]
        self.shape = (n, n, n)

    def __len__(self) -> int:
        return len(self.places)

    def vector(self, student: Floats) -> Floats:
        return student.reshape(-1)[self.places]

    def student(self, vector: Floats) -> Floats:
        array = np.zeros(self.shape)
        array.reshape(-1)[self.places] = vector
        return array


def _newton(student: Floats, image: Floats, jacobian: Floats, at: _Entries) -> Floats:
    """One step towards S = S' / |S'|."""
    s, change = at.vector(student), at.vector(image - student)
    projected = jacobian - np.outer(s, s @ jacobian)  # the norm stays one
    solution = np.linalg.lstsq(np.eye(len(at)) - projected, change, rcond=1e-8)[0]
    step = np.asarray(solution, np.float64)
    step *= min(1.0, _LONGEST / max(float(np.linalg.norm(step)), 1e-300))
    moved = student + at.student(step)
    return np.asarray(moved / np.linalg.norm(moved), np.float64)


def _linearised(
    scheme: LoopTNR, student: Floats, charges: Charges, at: _Entries
) -> tuple[Floats, Floats, float]:
    """S', dS'/dS in the permitted entries, and the squared distance around the loop."""
    even = int((charges == 0).sum())
    letters = ring(student)
    image = _minimum(scheme, letters, charges, _split.scaled_to(student, letters), at)
    image = _split.turned_to(image, charges, student)
    curvature = _Curvature(_hessian(scheme, letters, charges, image, at))
    changes = np.empty((len(at), len(at)))
    h = 1e-5 / math.sqrt(len(at))
    slope = np.empty_like(image)
    s = at.vector(student)
    for i in range(len(at)):
        moved = s.copy()
        slopes = []
        for sign in (1, -1):
            moved[i] = s[i] + sign * h
            _core.tensorrg_loop_cost(ring(at.student(moved)), even, image, even, scheme.mu, slope)
            slopes.append(at.vector(slope))
        changes[:, i] = (slopes[0] - slopes[1]) / (2 * h)
    _, info = scheme._optimise(letters, charges, image, charges)
    return image, -curvature.solve(changes), info.error


def _minimum(
    scheme: LoopTNR, letters: Floats, charges: Charges, start: Floats, at: _Entries
) -> Floats:
    """The student of least cost, to rounding: the optimiser of the scheme, then Newton's method."""
    student, _ = scheme._optimise(letters, charges, start, charges)
    even = int((charges == 0).sum())
    slope = np.empty_like(student)
    best = math.inf
    for _ in range(50):
        # The cost depends on the scale of S, and the scheme left it at the best one without mu.
        _core.tensorrg_loop_cost(letters, even, student, even, scheme.mu, slope)
        size = float(np.abs(slope).max())
        if not size < 0.5 * best:
            break
        best = size
        curvature = _Curvature(_hessian(scheme, letters, charges, student, at))
        step = -curvature.solve(at.vector(slope))
        longest = _LONGEST * float(np.linalg.norm(student))
        step *= min(1.0, longest / max(float(np.linalg.norm(step)), 1e-300))
        student = student + at.student(step)
    return student


def _hessian(
    scheme: LoopTNR, letters: Floats, charges: Charges, student: Floats, at: _Entries
) -> Floats:
    even = int((charges == 0).sum())
    hessian = np.empty((len(at), len(at)))
    _core.tensorrg_loop_hessian(letters, even, student, even, scheme.mu, hessian, None)
    return hessian


class _Curvature:
    """The inverse of second derivatives, turns left out and negative curvature turned round."""

    def __init__(self, hessian: Floats) -> None:
        values, self._vectors = np.linalg.eigh(hessian)
        flat = np.abs(values) <= _FLAT * np.abs(values).max()
        self._inverse = np.where(flat, 0, 1 / np.where(flat, 1, np.abs(values)))

    def solve(self, right: Floats) -> Floats:
        projected = self._vectors.T @ right
        scaled = self._inverse * projected.T
        return np.asarray(self._vectors @ scaled.T)


def _found(
    student: Floats, charges: Charges, state: MirrorState, jacobian: Floats, distance: float,
    residual: float,
) -> LoopFixedPoint:  # fmt: skip
    values = np.linalg.eigvals(jacobian)
    values = values[np.argsort(-np.abs(values), kind="stable")]
    scale = int(np.abs(values - 2).argmin())
    fixed = mirror_state(
        ring(student), charges, 0.0, 1.0, state.sites, student=student, step=state.step
    )
    return LoopFixedPoint(fixed, distance, residual, np.delete(values, scale))
