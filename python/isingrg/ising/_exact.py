"""Exact results are evaluated coupling by coupling; this is the loop over an array of them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments

Floats = NDArray[np.float64]
Reals = float | Floats

LARGEST_COUPLING = 100.0


def evaluate(
    function: Callable[[Floats, Floats], None], K: ArrayLike, low: float, chunk: int
) -> Reals:
    """Calls function(couplings, results) on pieces of K, so that Ctrl-C is seen in between."""
    couplings = _arguments.reals("K", K, low, LARGEST_COUPLING)
    results = np.empty(couplings.shape)
    inputs, outputs = couplings.reshape(-1), results.reshape(-1)
    for start in range(0, couplings.size, chunk):
        piece = slice(start, start + chunk)
        function(inputs[piece], outputs[piece])
    return float(results) if results.ndim == 0 else results
