"""Every notebook runs from its first cell to its last, in its fast mode."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: Seconds for a whole notebook and for a single cell. In fast mode a notebook is to take less than
#: five minutes on two idle cores; a busy machine may need twice as long.
LIMIT, CELL_LIMIT = 600, 300


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_runs(path):
    """On a copy, left in .build/notebooks; the committed notebook keeps its outputs."""
    for package in ("nbconvert", "ipykernel"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is missing: pip install 'isingrg[notebooks]'")
    command = [
        sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", str(path),
        "--output-dir", str(ROOT / ".build" / "notebooks"),
        f"--ExecutePreprocessor.timeout={CELL_LIMIT}", "--ExecutePreprocessor.kernel_name=python3",
    ]  # fmt: skip
    run = subprocess.run(
        command, env=os.environ | {"ISINGRG_FAST": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=LIMIT,
    )  # fmt: skip
    if run.returncode != 0:
        pytest.fail(run.stdout[-4000:], pytrace=False)
