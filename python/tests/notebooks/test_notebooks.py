"""Every notebook runs from its first cell to its last, as `isingrg reproduce` runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isingrg._methods import PAPERS

ROOT = Path(__file__).parents[3]
#: Seconds. A notebook is to take less than five minutes on two idle cores; a busy machine may need
#: twice as long.
LIMIT = 600
DPI = 120


def reproduce(paper, folder):
    command = [sys.executable, "-m", "isingrg", "reproduce", paper, "--quiet", "--output", folder]
    command += ["--dpi", str(DPI)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_reproduced(paper):
    """What comes of it is left in .build/notebooks; the committed notebook keeps its outputs."""
    pytest.importorskip("nbclient", reason="pip install 'isingrg[notebooks]'")
    folder = ROOT / ".build" / "notebooks" / paper
    run = reproduce(paper, folder)
    assert run.returncode == 0, run.stderr[-4000:]
    summary = json.loads((folder / "summary.json").read_text())
    assert len(summary["figures"]) >= 9
    for figure in summary["figures"]:
        content = (folder / figure["file"]).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20]) == 7 * DPI, "pixels of page width"
        assert (folder / figure["pdf"]).read_bytes().startswith(b"%PDF")
    assert summary["quantities"]
    for row in summary["quantities"]:
        assert (row["ours"] is None) == ("none in" in row["quantity"]), row
        assert row["error"] is not None or "median" not in row["quantity"], row
        compared = (row[name] for name in ("published", "exact_map", "ising"))
        assert any(number is not None for number in compared), row
    assert all(claim["measured"] for claim in summary["claims"])
    names = {path.name for path in folder.glob("*.ipynb")}
    assert names == {f"{PAPERS[paper].notebook}.ipynb"}
    assert "application/pdf" not in (folder / f"{PAPERS[paper].notebook}.ipynb").read_text()


def test_a_notebook_that_fails_is_kept_as_far_as_it_came(tmp_path):
    pytest.importorskip("nbclient", reason="pip install 'isingrg[notebooks]'")
    records = tmp_path / "notebook" / "data" / "graphvae_models.json"
    records.parent.mkdir(parents=True)
    records.write_text("no JSON")
    run = reproduce("graphvae", tmp_path)
    assert run.returncode == 1
    assert "04_graphvae.ipynb stopped: JSONDecodeError" in run.stderr
    kept = json.loads((tmp_path / "04_graphvae.ipynb").read_text())
    assert any("traceback" in out for cell in kept["cells"] for out in cell.get("outputs", []))
    assert not (tmp_path / "summary.json").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "taken").write_text("mine")
    run = reproduce("mlrg", tmp_path / "taken")
    assert run.returncode == 1 and "Not a directory" in run.stderr
    assert (tmp_path / "taken").read_text() == "mine"
