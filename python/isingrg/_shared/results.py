"""Results in the shape of what was asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def plain(values: NDArray[np.float64]) -> float | NDArray[np.float64]:
    """An array of no dimensions as a float."""
    return float(values) if values.ndim == 0 else values
