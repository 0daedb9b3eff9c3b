"""What the rest of the package has to know of this method."""

from __future__ import annotations

from isingrg._shared.records import Method, Paper
from isingrg.graphvae._member import KEYWORDS, member
from isingrg.graphvae.model import GraphVAE

_PAPERS = (
    Paper(
        "graphvae",
        "Meng",
        "04_graphvae",
        """\
@misc{meng-hierarchical,
  title = {Learning Renormalization-Group-Like Latent Variables with a Hierarchical GNN-VAE
           for the 2D Ising Model},
  author = {Meng, Tingyu},
  note = {University of Wisconsin--Madison, extended abstract},
}
""",
    ),
)

RECORD = Method("graphvae", GraphVAE, _PAPERS, member, KEYWORDS)
