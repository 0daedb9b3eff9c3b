"""The path of somebody new: the sources unpacked in an empty folder, and nothing but the README.

Every command of its blocks marked sh, and then every block of Python, is copied and run as it is.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.compile(r"^```(sh|python)\n(.*?)^```$", re.S | re.M)
#: Seconds; compiling the core takes most of it.
LIMIT = 1200


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The source distribution, unpacked."""
    pytest.importorskip("build", reason="pip install 'isingrg[test]'")
    folder = tmp_path_factory.mktemp("newcomer")
    # Made from a copy, so that nothing is left in the sources, of what git would give.
    copy = shutil.copytree(
        ROOT, folder / "copy", symlinks=True,
        ignore=shutil.ignore_patterns(".git", ".build", ".venv", "dist", "*.so", "*.egg-info"),
    )  # fmt: skip
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", folder, copy]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def test_readme(sources):
    blocks = BLOCKS.findall((sources / "README.md").read_text())
    commands = "".join(code for kind, code in blocks if kind == "sh")
    program = "\n".join(code for kind, code in blocks if kind == "python")
    assert "pip install" in commands and ".save(" in program and "isingrg.plot" in program
    script = f"set -e\n{commands}\npython - <<'END'\n{program}\nEND\n"
    # As in a new terminal, without the environment of this test.
    paths = [
        path for path in os.environ["PATH"].split(":") if Path(path) != Path(sys.prefix, "bin")
    ]
    environment = {"PATH": ":".join(paths), "HOME": os.environ.get("HOME", "/")}
    run = subprocess.run(
        ["bash", "-c", script], cwd=sources, env=environment, timeout=LIMIT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:]
    for left in ("demo.png", "a1.safetensors", "spins.npz", "history.png", "generation.gif"):
        assert (sources / left).stat().st_size > 1000
