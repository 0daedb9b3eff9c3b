"""How exact results take couplings and give numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments

Floats = NDArray[np.float64]
Reals = float | Floats

LARGEST_COUPLING = 100.0


def evaluate(function: Callable[[Floats, Floats], None], K: ArrayLike, low: float) -> Reals:
    """Calls function(couplings, results), and gives results the shape of K."""
    couplings = arguments.reals("K", K, low, LARGEST_COUPLING)
    results = np.empty(couplings.shape)
    if couplings.size:
        function(couplings.reshape(-1), results.reshape(-1))
    return float(results) if results.ndim == 0 else results
