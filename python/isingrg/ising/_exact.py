"""How exact results take couplings and give numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared.results import plain
from isingrg.ising._couplings import couplings

Floats = NDArray[np.float64]
Reals = float | Floats

LARGEST_COUPLING = 100.0


def evaluate(function: Callable[[Floats, Floats], None], K: ArrayLike, low: float) -> Reals:
    """Calls function(couplings, results), and gives results the shape of K."""
    array = couplings(K, low, LARGEST_COUPLING)
    results = np.empty(array.shape)
    if array.size:
        function(array.reshape(-1), results.reshape(-1))
    return plain(results)
