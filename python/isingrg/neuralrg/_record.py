"""What the rest of the package has to know of this method."""

from __future__ import annotations

from isingrg._shared.records import Method, Paper
from isingrg.neuralrg._member import KEYWORDS, member
from isingrg.neuralrg.model import NeuralRG

_PAPERS = (
    Paper(
        "neuralrg",
        "Li and Wang",
        "03_neuralrg",
        """\
@article{li2018neural,
  title = {Neural Network Renormalization Group},
  author = {Li, Shuo-Hui and Wang, Lei},
  journal = {Phys. Rev. Lett.},
  volume = {121},
  pages = {260601},
  year = {2018},
  eprint = {1802.02840},
  archivePrefix = {arXiv},
}
""",
    ),
)

RECORD = Method("neuralrg", NeuralRG, _PAPERS, member, KEYWORDS)
