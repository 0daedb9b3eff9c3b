"""The pages build without a warning and show every public name."""

import importlib
import importlib.util
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import isingrg

sys.path.append(str(Path(__file__).parent))
from public import MODULES

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    for package in ("sphinx", "myst_nb", "furo"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is missing: pip install 'isingrg[docs]'")
    folder = tmp_path_factory.mktemp("pages")
    path = os.pathsep.join([str(Path(isingrg.__file__).parents[1]), *filter(None, sys.path)])
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", ROOT / "docs", folder],
        env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300,
    )  # fmt: skip
    if run.returncode != 0:
        pytest.fail(run.stdout[-4000:], pytrace=False)
    return folder


def test_every_public_name_has_a_place(pages):
    inventory = (pages / "objects.inv").read_bytes().split(b"\n", 4)[4]
    listed = {line.split(" ")[0] for line in zlib.decompress(inventory).decode().splitlines()}
    listing = [m for m in map(importlib.import_module, MODULES) if hasattr(m, "__all__")]
    public = {f"{module.__name__}.{name}" for module in listing for name in module.__all__}
    assert public - listed == set()


def test_notebooks_are_shown(pages):
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(path.stem for path in (pages / "notebooks").glob("*.html")) == notebooks
