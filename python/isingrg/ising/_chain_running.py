"""How chains are let go on by calls of the core, none of which takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared.progress import Report
from isingrg.ising._lattice import Lattice
from isingrg.ising._sampling import ALGORITHMS

Floats = NDArray[np.float64]

#: Updates of sites by one call of the core, after which the chains are kept: about a second of the
#: slowest.
_PIECE = {"metropolis": 2**27, "heat-bath": 2**27, "wolff": 2**25, "swendsen-wang": 2**26}


class Running:
    """The state of chains, and how it goes on."""

    _lattice: Lattice
    #: K and h of each chain, shape (n_chains,).
    _K: Floats
    _h: Floats
    _algorithm: str
    _seed: int
    _sweeps: int
    #: Of a sweep of Wolff's algorithm, shape (n_chains,).
    _clusters: NDArray[np.int32]
    #: Shape (n_chains, n_sites).
    _spins: NDArray[np.int8]

    @property
    def n_chains(self) -> int:
        """Number of chains."""
        return len(self._K)

    def _settle(self) -> None:
        """Chains of Wolff's algorithm that have not advanced do not know yet what a sweep is."""
        if self._algorithm == "wolff" and not self._clusters.all():
            self._advance(8, None, 0, 8)

    def _advance(self, n: int, report: Report | None, done: int, total: int) -> None:
        """Sweeps in pieces, after each of which the chains are kept."""
        if self._algorithm == "wolff" and n and not self._clusters.all():
            tuning = -(-3 * n // 4)
            each = self._piece
            clusters = self._clusters
            for first in range(0, tuning, each):
                self._clusters = np.zeros_like(clusters)
                self._run(min(each, tuning - first), 1, _part(report, done + first, total), {})
            n, done = n - tuning, done + tuning
        for first in range(0, n, self._piece):
            rows = min(self._piece, n - first)
            self._run(rows, 1, _part(report, done + first, total), {})

    @property
    def _piece(self) -> int:
        """Sweeps of one call of the core."""
        return max(1, _PIECE[self._algorithm] // (self._lattice.n_sites * self.n_chains))

    def _rows(
        self, n: int, between: int, report: Report | None,
        keep: Callable[[int, int], dict[str, Any]],
        take: Callable[[int, int, dict[str, Any]], None],
    ) -> None:  # fmt: skip
        """n times some sweeps, with outputs that `keep` makes and `take` takes, in pieces."""
        each = max(1, min(self._piece // between, 2**22 // (self._lattice.n_sites * self.n_chains)))
        for first in range(0, n, each):
            rows = min(each, n - first)
            if between > self._piece:  # a piece is less than a row
                self._advance(between - 1, report, first * between, n * between)
                outputs = keep(first, rows)
                part = _part(report, first * between + between - 1, n * between)
                self._run(rows, 1, part, outputs)
            else:
                outputs = keep(first, rows)
                self._run(rows, between, _part(report, first * between, n * between), outputs)
            take(first, rows, outputs)

    def _run(self, rows: int, between: int, report: Any, outputs: dict[str, Any]) -> None:
        spins, clusters = self._spins.copy(), self._clusters.copy()
        told = report and report(self.n_chains * rows * between, rows * between)
        _core.lattice_advance(
            self._lattice._in_core, self._K, self._h, ALGORITHMS[self._algorithm], self._seed,
            self._sweeps, between, rows, spins, clusters, outputs.get("weights"),
            outputs.get("partners"), outputs.get("improved", 0), outputs.get("table"),
            outputs.get("samples"), told,
        )  # fmt: skip
        self._spins, self._clusters = spins, clusters
        self._sweeps += rows * between


def _part(report: Report | None, done: int, total: int) -> Any:
    """Makes the report of the whole from that of a call of the core, which counts all chains."""
    if report is None:
        return None
    return lambda units, sweeps: (
        lambda so_far, _: report(done + so_far * sweeps // max(units, 1), total)
    )
