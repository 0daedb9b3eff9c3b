"""How `isingrg reproduce` shows that it is alive, and is stopped; with short notebooks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import isingrg
from isingrg.cli import _notebook

nbformat = pytest.importorskip("nbformat", reason="pip install 'isingrg[notebooks]'")

SUMMARY = """
from IPython.display import display
summary = {"quantities": [], "claims": []}
display({"application/vnd.isingrg.summary+json": summary}, raw=True)
"""


@pytest.fixture
def reproduce(tmp_path, monkeypatch):
    """Reproduces a notebook of such cells, or trains with such a script."""
    sources = tmp_path / "sources"
    (sources / "data").mkdir(parents=True)
    (sources / "data" / "mlrg_models.json").write_text("{}")
    (sources / "page.py").touch()
    monkeypatch.setattr(_notebook, "_sources", lambda: sources)

    def run(*cells, script=None, progress=False):
        cells = [nbformat.v4.new_code_cell(cell) for cell in (*cells, SUMMARY)]
        cells.append(nbformat.v4.new_markdown_cell("The end."))
        notebook = nbformat.v4.new_notebook(cells=cells)
        nbformat.write(notebook, sources / "01_mlrg.ipynb")
        if script is not None:
            (sources / "train_mlrg.py").write_text(script)
        folder = tmp_path / "reproduction"
        return _notebook.run("mlrg", folder, False, script is not None, progress)

    return run


def test_a_long_cell_is_reported_meanwhile(reproduce):
    calls = []
    reproduce("import time; time.sleep(4)", progress=lambda *call: calls.append(call))
    assert calls.count((0, 3)) >= 3
    assert sorted(calls) == calls and calls[-1] == (3, 3)


def test_a_long_cell_is_stopped_by_a_report(reproduce):
    with pytest.raises(isingrg.Interrupted):
        reproduce("import time; time.sleep(600)", progress=lambda done, total: False)


@pytest.mark.skipif(
    not Path("/proc/self/task", str(os.getpid()), "children").exists(), reason="needs Linux"
)
def test_ctrl_c_during_a_cell_is_code_130_and_ends_the_kernel(tmp_path):
    command = [sys.executable, "-m", "isingrg", "reproduce", "mlrg", "--output", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (kernels := children(process.pid)) and process.poll() is None:
        time.sleep(0.1)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (130, "isingrg: interrupted")
    assert not any(Path(f"/proc/{kernel}").exists() for kernel in kernels)


def children(process):
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def test_a_long_training_is_reported_meanwhile(reproduce, capsys):
    calls = []
    script = (
        "import sys, time\n"
        "print('first', flush=True)\n"
        "time.sleep(4)\n"
        "print('second', file=sys.stderr)\n"
    )
    reproduce(script=script, progress=lambda *call: calls.append(call))
    assert calls.count((0, 0)) >= 3
    assert capsys.readouterr().err == "first\nsecond\n"


def test_a_long_training_is_stopped_by_a_report(reproduce, tmp_path):
    script = "import os, time\nopen('process', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    process = tmp_path / "reproduction" / "notebook" / "process"

    def stop_when_it_runs(done, total):
        return not (process.exists() and process.read_text())

    with pytest.raises(isingrg.Interrupted):
        reproduce(script=script, progress=stop_when_it_runs)
    with pytest.raises(ProcessLookupError):
        os.kill(int(process.read_text()), 0)


def test_a_training_that_fails(reproduce, capsys):
    with pytest.raises(isingrg.IsingRGError, match=r"train_mlrg\.py failed; call again"):
        reproduce(script="print('so far'); raise SystemExit(3)")
    assert capsys.readouterr().err == "so far\n"


def test_the_threads_of_the_kernel_are_those_of_the_command(reproduce):
    before = isingrg.get_num_threads()
    isingrg.set_num_threads(3)
    try:
        reproduce("import isingrg; assert isingrg.get_num_threads() == 3")
    finally:
        isingrg.set_num_threads(before)
