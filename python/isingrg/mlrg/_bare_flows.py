"""Flows from bare couplings (J0, 0, ...), and the degeneracy along them.

They are looked at where the network was trained: at bare couplings up to the wall of the proposals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isingrg import _core
from isingrg._shared.errors import ConvergenceError
from isingrg.mlrg._couplings import Floats

#: Where the transition of Ising spins is sought at most, and how well its bracket is to be known.
LARGEST_BARE_COUPLING = 2.0


def largest_bare_coupling(model: Any) -> float:
    """The end of the search: the wall of the proposals, or for Ising spins 2, if that is less."""
    bound = float(model._training.coupling_bound)
    is_ising = model._configuration.internal == "Z2"
    return min(LARGEST_BARE_COUPLING, bound) if is_ising else bound


def bare_couplings(model: Any, J0: Floats) -> Floats:
    """(J0, 0, ...) or (J0, J0, 0, ...), shape (n, c)."""
    return model._configuration.rules.bare(J0)  # type: ignore[no-any-return]


def trajectories(model: Any, rows: Floats, steps: int) -> Floats:
    """Flows of (n, c) couplings, (steps + 1, n, c); NaN from where one is no longer finite."""
    paths = np.full((steps + 1, *rows.shape), np.nan)
    paths[0] = rows
    try:
        if len(rows):
            _core.mlrg_flow(model._ready(), rows, steps, paths, None)
    except ConvergenceError:  # too stiff an ordinary differential equation somewhere
        paths[1:] = np.nan
        if len(rows) > 1:
            half = len(rows) // 2
            paths[:, :half] = trajectories(model, rows[:half], steps)
            paths[:, half:] = trajectories(model, rows[half:], steps)
        elif steps > 1:
            paths[:steps] = trajectories(model, rows, steps - 1)
    lost = np.logical_or.accumulate(~np.isfinite(paths).all(axis=2), axis=0)
    paths[lost] = np.nan
    return paths


def degeneracies_of(model: Any, couplings: Floats) -> Floats:
    """Degeneracy of couplings (..., c), in their leading shape; NaN where there is none."""
    configuration = model._configuration
    rows = couplings.reshape(-1, configuration.count)
    values = np.full(len(rows), np.nan)
    finite = np.isfinite(rows).all(axis=1)
    with np.errstate(all="ignore"):
        values[finite] = configuration.rules.degeneracies(rows[finite], "teacher")
    values[~np.isfinite(values)] = np.nan
    return values.reshape(couplings.shape[:-1])
