"""How to cite the papers whose methods and exact results the package implements."""

from __future__ import annotations

from isingrg._methods import PAPERS


def citation() -> str:
    """BibTeX entries of the four papers behind `isingrg`.

    Cite the paper of the method used. The exact results of `isingrg.ising` are by Onsager
    (doi:10.1103/PhysRev.65.117), Kaufman (doi:10.1103/PhysRev.76.1232) and Yang
    (doi:10.1103/PhysRev.85.808).

    Returns
    -------
    str
        Entries for BibTeX.
    """
    return "\n".join(paper.citation for paper in PAPERS.values())
