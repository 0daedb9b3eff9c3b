"""How to cite the papers whose methods and exact results the package implements."""

_ENTRIES = """\
@article{hou2023machine,
  title = {Machine Learning Renormalization Group for Statistical Physics},
  author = {Hou, Wanda and You, Yi-Zhuang},
  year = {2023},
  eprint = {2306.11054},
  archivePrefix = {arXiv},
}

@misc{shen-learning,
  title = {Learning Renormalization Group Flows for Lattices},
  author = {Shen, Jay},
  note = {University of Chicago},
}

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

@misc{meng-hierarchical,
  title = {Learning Renormalization-Group-Like Latent Variables with a Hierarchical GNN-VAE
           for the 2D Ising Model},
  author = {Meng, Tingyu},
  note = {University of Wisconsin--Madison, extended abstract},
}
"""


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
    return _ENTRIES
