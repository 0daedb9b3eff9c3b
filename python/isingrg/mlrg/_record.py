"""What the rest of the package has to know of this method."""

from __future__ import annotations

from isingrg._shared.records import Method, Paper
from isingrg.mlrg._member import KEYWORDS, member, together
from isingrg.mlrg.model import MLRG

_PAPERS = (
    Paper(
        "mlrg",
        "Hou and You",
        "01_mlrg",
        """\
@article{hou2023machine,
  title = {Machine Learning Renormalization Group for Statistical Physics},
  author = {Hou, Wanda and You, Yi-Zhuang},
  year = {2023},
  eprint = {2306.11054},
  archivePrefix = {arXiv},
}
""",
    ),
    Paper(
        "flow",
        "Shen",
        "02_flow",
        """\
@misc{shen-learning,
  title = {Learning Renormalization Group Flows for Lattices},
  author = {Shen, Jay},
  note = {University of Chicago},
}
""",
    ),
)

RECORD = Method("mlrg", MLRG, _PAPERS, member, KEYWORDS, together)
