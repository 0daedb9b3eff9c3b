"""The critical point of the exact map of the loop student: where it is, and its exponents."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.progress import reporting, tell
from isingrg.mlrg import _loop_tensors
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._loop_group import LoopGroup, loop_group
from isingrg.mlrg._loop_search import nearest_student
from isingrg.mlrg.loop import Progress
from isingrg.mlrg.loop_distance import OBJECTIVES
from isingrg.mlrg.loop_map import free_couplings, loop_map

#: Couplings of the bare line in the disordered and in the ordered phase.
_BRACKET = 0.0, 6.0

#: Lowest dimension of models that have clearly left the critical point, to either side, and steps
#: after which a flow must have.
_ORDERED, _DISORDERED, _STEPS = 0.05, 0.3, 200

#: Newton's steps for a fixed point, and the shift of couplings for its derivatives.
_NEWTON, _SHIFT = 50, 2e-4


@dataclass(frozen=True, eq=False)
class LoopMapFixedPoint:
    """The critical point of the map of a few couplings, from `loop_map_fixed_point`."""

    #: The fixed point, shape (p,), in the order of `loop_terms`.
    J: Floats
    #: The coupling J of the bare line (J, J, 0, ...) that flows to it.
    critical_coupling: float
    #: Distance of teacher and student there.
    distance: float
    #: Eigenvalues of the linearised map, shape (f,) for f free couplings, the largest modulus
    #: first.
    eigenvalues: NDArray[np.complex128]
    #: Scaling dimensions there, shape (q^2,), ascending from 0: those of the mirror column of two
    #: tensors of the teacher.
    dimensions: Floats

    @property
    def exponents(self) -> Floats:
        """y = 2 log2 |eigenvalue|, shape (f,): a step multiplies lengths by sqrt 2."""
        return np.asarray(2 * np.log2(np.abs(self.eigenvalues)))


def loop_map_fixed_point(
    objective: str = "l2", *, couplings: str | None = None, internal: Any = "Z2",
    direction: ArrayLike | None = None, width: float = 1e-12, progress: Progress = False,
) -> LoopMapFixedPoint:  # fmt: skip
    """The critical coupling of the Lieb lattice by the exact map, and its fixed point.

    Parameters
    ----------
    objective, couplings, internal
        As for `loop_map`.
    direction : array_like, shape (r,), optional
        What the bare coupling J multiplies on each bond: weights of the kernels of the symmetry in
        the order of its `kernel_names`, by default 1 for each; finite, at most 10 in magnitude.
    width : float
        The critical coupling is known within it, 1e-13 to 1e-3.
    progress : bool or callable
        Counts flows.

    Returns
    -------
    LoopMapFixedPoint

    Raises
    ------
    ConvergenceError
        If the bare line does not order, or Newton's method does not settle.

    Examples
    --------
    >>> potts = loop_map_fixed_point(internal="S3", width=1e-6)
    >>> print(f"{potts.critical_coupling:.5f} {potts.exponents[0]:.4f} {potts.dimensions[1]:.4f}")
    1.72321 1.2184 0.1320
    """
    objective = arguments.choice("objective", objective, OBJECTIVES)
    width = arguments.finite("width", width, 1e-13, 1e-3)
    group = loop_group(internal)
    line = bare_direction(group, direction)
    flow = _Flow(group, objective, free_couplings(group, couplings))
    low, high = _BRACKET
    slowest, least = np.zeros(len(group.names)), math.inf
    flows = math.ceil(math.log2((high - low) / width))
    with reporting(progress, "fixed point", "flows") as report:
        if not flow.phase(group.bare(high, line))[0]:
            raise ConvergenceError(f"the bare line is not ordered at J = {high}")
        for done in range(flows):
            tell(report, done, flows)
            middle = (low + high) / 2
            is_ordered, trajectory = flow.phase(group.bare(middle, line))
            if is_ordered:
                high = middle
            else:
                low = middle
            speeds = np.linalg.norm(np.diff(trajectory, axis=0), axis=1)
            if len(speeds) and speeds.min() < least:
                least, slowest = float(speeds.min()), trajectory[int(speeds.argmin())]
        tell(report, flows, flows)
    point = flow.fixed_point(slowest)
    values = np.linalg.eigvals(flow.jacobian(point))
    values = values[np.argsort(-np.abs(values), kind="stable")]
    found = loop_map(point, objective=objective, couplings=couplings, internal=internal)
    return LoopMapFixedPoint(
        point, (low + high) / 2, float(found.distance), values.astype(np.complex128),
        _dimensions(group, point),
    )  # fmt: skip


def bare_direction(group: LoopGroup, direction: ArrayLike | None) -> Floats:
    """Weights of the kernels in a bare model, shape (r,)."""
    kernels = group.symmetry.n_kernels
    if direction is None:
        return np.ones(kernels)
    weights = arguments.reals("direction", direction, -10, 10)
    if weights.shape != (kernels,) or not weights.any():
        raise ArgumentError(
            f"direction must have the shape ({kernels},), a weight for each of "
            f"{', '.join(group.symmetry.kernel_names)}, and not be zero, got {weights.tolist()}"
        )
    return weights


def _dimensions(group: LoopGroup, couplings: Floats) -> Floats:
    column = _loop_tensors.columns(
        couplings[None], group.terms.reshape(len(couplings), -1), "teacher"
    )
    values = np.linalg.svd(column[0], compute_uv=False)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values[0] / values) / math.pi)


@dataclass(frozen=True)
class _Flow:
    """The map of students whose couplings are combinations of the columns of `free`."""

    group: LoopGroup
    objective: str
    free: Floats

    def step(self, couplings: Floats) -> Floats:
        return nearest_student(self.group, couplings, self.objective, self.free)[0]

    def phase(self, couplings: Floats) -> tuple[bool, Floats]:
        """Whether a flow orders, by the lowest dimension, and its points."""
        points = [couplings]
        for _ in range(_STEPS):
            lowest = float(_dimensions(self.group, points[-1])[1])
            if not _ORDERED < lowest < _DISORDERED:
                return lowest <= _ORDERED, np.array(points)
            points.append(self.step(points[-1]))
        raise ConvergenceError(f"the flow from {couplings} stays critical for {_STEPS} steps")

    def fixed_point(self, point: Floats) -> Floats:
        for _ in range(_NEWTON):
            jacobian = self.jacobian(point)
            change = np.linalg.lstsq(self.free, self.step(point) - point)[0]
            step = self.free @ np.linalg.solve(np.eye(len(jacobian)) - jacobian, change)
            point = point + step
            if np.abs(step).max() < 1e-12:
                return np.asarray(point)
        raise ConvergenceError(f"Newton's method does not settle within {_NEWTON} steps")

    def jacobian(self, point: Floats) -> Floats:
        """In the couplings that are free, to fourth order in the shift."""

        def image(direction: Floats, shift: float) -> Floats:
            return np.asarray(np.linalg.lstsq(self.free, self.step(point + shift * direction))[0])

        columns = []
        for direction in self.free.T:
            near, far = (image(direction, h) - image(direction, -h) for h in (_SHIFT, 2 * _SHIFT))
            columns.append((8 * near - far) / (12 * _SHIFT))
        return np.array(columns).T
