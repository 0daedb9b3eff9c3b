"""Critical coupling and thermal exponent from the flow of a model."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._errors import ConvergenceError
from isingrg.mlrg._couplings import Couplings, Floats, Reals
from isingrg.mlrg.tensor import degeneracies

#: Where the transition is sought, and how well it is bracketed.
LARGEST_BARE_COUPLING = 2.0
TOLERANCE = 1e-10

#: Starting points per round; the core evaluates 32 at the price of one.
_POINTS = 33
#: RG steps between two looks at the phase, and when to stop. A distance of 1e-10 from the exact
#: fixed point grows by 1.357 per step and is large after 80.
_STRIDE, _LOOKS = 8, 64


def critical_coupling(model: Any) -> float:
    """J0 that separates flows into the disordered from flows into the ordered phase."""
    low, high = 0.0, LARGEST_BARE_COUPLING
    while True:
        points = np.linspace(low, high, _POINTS)
        ordered = _end_ordered(model, points)
        # The first place where a disordered point has an ordered neighbour.
        changes = np.flatnonzero(~ordered[:-1] & ordered[1:])
        if not len(changes):
            phase = "ordered" if ordered[0] else "disordered"
            raise ConvergenceError(
                f"no critical coupling between 0 and {LARGEST_BARE_COUPLING:g}: the flow from "
                f"J0 = {low:.6g} to {high:.6g} ends in the {phase} phase"
            )
        low, high = points[changes[0]], points[changes[0] + 1]
        if high - low <= TOLERANCE:
            return float(0.5 * (low + high))


def _end_ordered(model: Any, bare: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each J0, whether the flow from (J0, 0, ...) ends where the degeneracy is 2."""
    configuration = model._configuration
    couplings = np.zeros((len(bare), configuration.count))
    couplings[:, 0] = bare
    ordered = np.zeros(len(bare), dtype=bool)
    open_ = np.arange(len(bare))  # indices of the flows that have not reached a phase
    for _ in range(_LOOKS):
        rows = couplings[open_] if configuration.count > 1 else couplings[open_, 0]
        ends = model.flow(rows, _STRIDE)[-1].reshape(len(open_), configuration.count)
        values = degeneracies(ends, configuration.representation)
        couplings[open_] = ends
        ordered[open_] = values > 1.5
        open_ = open_[(values > 1.02) & (values < 1.98)]
        if not len(open_):
            return ordered
    # What has not arrived sits at a stable fixed point; it belongs to a phase if it is near one.
    values = degeneracies(couplings[open_], configuration.representation)
    for index, value in zip(open_, values, strict=True):
        if 1.25 < value < 1.9:
            raise ConvergenceError(
                f"the flow from J0 = {bare[index]:.6g} ends in neither phase: at J = "
                f"{couplings[index]} the degeneracy is {value:.4f}"
            )
    return ordered


def thermal_exponent(model: Any, J: ArrayLike, transport: str) -> Reals:
    """ln(leading eigenvalue of dJ'/dJ) / ln(sqrt 2) at each J."""
    count = model._configuration.count
    couplings = Couplings(J, count)
    jacobian = np.reshape(model.jacobian(J), (len(couplings), count, count))
    eigenvalues = np.linalg.eigvals(jacobian)
    # Logarithm of the modulus of the eigenvalues of 1 + dv/dJ, or of exp(dv/dJ).
    with np.errstate(divide="ignore"):
        growth = np.log(np.abs(1 + eigenvalues)) if transport == "step" else eigenvalues.real
    return couplings.scalars(growth.max(axis=1) / (0.5 * math.log(2.0)))
