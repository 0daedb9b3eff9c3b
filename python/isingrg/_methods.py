"""The methods of the package: a new one adds a line here."""

from __future__ import annotations

from isingrg._shared.records import Method, Paper
from isingrg.graphvae._record import RECORD as _graphvae
from isingrg.mlrg._record import RECORD as _mlrg
from isingrg.multilevel._record import RECORD as _multilevel
from isingrg.neuralrg._record import RECORD as _neuralrg

METHODS: dict[str, Method] = {
    method.name: method for method in (_mlrg, _neuralrg, _graphvae, _multilevel)
}

#: By the names of the command line.
PAPERS: dict[str, Paper] = {
    paper.name: paper for method in METHODS.values() for paper in method.papers
}
