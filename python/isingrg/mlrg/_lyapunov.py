"""A function that falls along the flow of a trained model, learned beside it.

A monotone whose gradient is the flow need not exist: the flow of the loop student winds into its
critical line, which no gradient does. A function that only falls, as the c-function of
two-dimensional theories, is a weaker demand. Here it solves

    C(J') - C(J) = -|J' - J|^2

as well as a layer of tanh with random weights can, whose last weights are a least-squares solution.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg.mlrg import _analysis, _bare_flows
from isingrg.mlrg._analysis import Violations
from isingrg.mlrg._couplings import Couplings, Floats, Reals

#: So many flows are followed for so many steps, so many points are noisy copies of each that they
#: pass, and at most so many are proposals of the training.
_FLOWS, _STEPS, _COPIES, _PROPOSALS = 64, 12, 4, 1024
#: Standard deviation of the noise, and the velocity below which the equation counts less, both over
#: the bound of the couplings.
_NOISE, _SLOW = 0.05, 0.01
#: Ridge of the least squares, over the largest singular value.
_RIDGE = 1e-10


class LyapunovFunction:
    """C(J) that falls along the flow of a model; made by `MLRG.lyapunov_function`.

    C(J) = output tanh(J weights + offsets).

    Parameters
    ----------
    count : int
        Number of couplings c, 1 or more.
    weights : ndarray, shape (c, features)
        Of the layer.
    offsets : ndarray, shape (features,)
        Of the layer.
    output : ndarray, shape (features,)
        What the features add to C.

    Attributes
    ----------
    violations : Violations
        Where it grows in one RG step, on points that it was not fitted to: the fraction of
        them, and the largest increase.
    """

    violations: Violations

    def __init__(self, count: int, weights: Floats, offsets: Floats, output: Floats) -> None:
        self._count, self._weights = count, weights
        self._offsets, self._output = offsets, output

    def __call__(self, J: ArrayLike) -> Reals:
        """C(J), up to a constant.

        Parameters
        ----------
        J : float or array_like
            Couplings: any shape for one coupling (A1), (..., c) in general.

        Returns
        -------
        float or ndarray, shape (...)
        """
        couplings = Couplings(J, self._count)
        return couplings.scalars(self._values(couplings.rows))

    def _values(self, rows: Floats) -> Floats:
        return np.asarray(np.tanh(rows @ self._weights + self._offsets) @ self._output)


def lyapunov_function(model: Any, features: int, seed: int) -> LyapunovFunction:
    """See `MLRG.lyapunov_function`."""
    random = np.random.default_rng(seed)
    bound, count = float(model._training.coupling_bound), model._count
    points, images = _pairs(model, random, bound)
    if len(points) < 2:
        raise ConvergenceError("the flow leaves the trained region at once")
    weights = random.normal(0, 2 / bound, (count, features))
    offsets = random.normal(0, 1, features)
    found = LyapunovFunction(count, weights, offsets, np.zeros(features))
    squares = ((images - points) ** 2).sum(axis=1)
    scales = 1 / (squares + (_SLOW * bound) ** 2)
    layer = np.tanh(images @ weights + offsets) - np.tanh(points @ weights + offsets)
    fitted = np.arange(len(points)) % 2 == 0
    matrix, target = layer * scales[:, None], -squares * scales
    left, values, right = np.linalg.svd(matrix[fitted], full_matrices=False)
    damped = values / (values**2 + (_RIDGE * values[0]) ** 2)
    found._output = right.T @ (damped * (left.T @ target[fitted]))
    growth = layer[~fitted] @ found._output
    found.violations = Violations(float(np.mean(growth > 0)), float(max(0.0, growth.max())))
    return found


def _pairs(model: Any, random: np.random.Generator, bound: float) -> tuple[Floats, Floats]:
    """Points near flows from bare couplings, and where an RG step carries them."""
    largest = _bare_flows.largest_bare_coupling(model)
    bare = _bare_flows.bare_couplings(model, random.uniform(0, largest, _FLOWS))
    paths = _bare_flows.trajectories(model, bare, _STEPS).reshape(-1, model._count)
    paths = paths[np.isfinite(paths).all(axis=1)]
    points = np.repeat(paths, _COPIES, axis=0)
    points = points + random.normal(0, _NOISE * bound / 2, points.shape)
    points = np.concatenate([points, _analysis.proposals(model)[:_PROPOSALS]])
    points = random.permutation(points[np.abs(points).max(axis=1) <= bound])
    images = _bare_flows.trajectories(model, points, 1)[1]
    inside = np.abs(images).max(axis=1) <= bound  # not where they are NaN
    return points[inside], images[inside]


def checked(features: Any, seed: Any) -> tuple[int, int]:
    """Arguments of `MLRG.lyapunov_function`."""
    return arguments.integer("features", features, 1, 512), arguments.seed(seed)


def require_flow(model: Any) -> None:
    """A monotone has its C(J) already."""
    if model._configuration.moderator == "monotone":
        raise ArgumentError(
            "moderator must be 'flow': the monotone C(J) of this model falls along its own flow"
        )
