"""What the rest of the package has to know of this method."""

from __future__ import annotations

from isingrg._shared.records import Method, Paper
from isingrg.multilevel._member import KEYWORDS, member
from isingrg.multilevel.model import MultilevelSampler

_PAPERS = (
    Paper(
        "multilevel",
        "Singha et al.",
        "07_multilevel",
        """\
@inproceedings{singha2025multilevel,
  title = {Multilevel Generative Samplers for Investigating Critical Phenomena},
  author = {Singha, Ankur and Cellini, Elia and Nicoli, Kim A. and Jansen, Karl
            and K{\\"u}hn, Stefan and Nakajima, Shinichi},
  booktitle = {International Conference on Learning Representations},
  year = {2025},
  eprint = {2503.08918},
  archivePrefix = {arXiv},
}
""",
    ),
)

RECORD = Method("multilevel", MultilevelSampler, _PAPERS, member, KEYWORDS)
