"""The notebooks that belong to no paper run from their first cell to their last."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isingrg._methods import PAPERS

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
OWN = sorted(
    path.name for path in NOTEBOOKS.glob("*.ipynb")
    if path.stem not in {paper.notebook for paper in PAPERS.values()}
)  # fmt: skip

#: Executes a notebook in its folder and fails where a cell does.
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=500).execute()
outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
images = [o for o in outputs if "image/png" in o.get("data", {})]
print(len(images))
"""


def test_there_are_some():
    assert OWN == ["05_convergence.ipynb", "06_mcrg.ipynb", "08_potts.ipynb"]


@pytest.mark.parametrize("name", OWN)
def test_a_notebook_runs(name):
    pytest.importorskip("nbclient", reason="pip install 'isingrg[notebooks]'")
    run = subprocess.run(
        [sys.executable, "-c", EXECUTE, name], cwd=NOTEBOOKS, capture_output=True, text=True,
        timeout=600, env=os.environ | {"ISINGRG_FAST": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-4000:]
    assert int(run.stdout) >= 5
