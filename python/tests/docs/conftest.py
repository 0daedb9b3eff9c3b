"""The documentation, built once for all tests of its pages."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import isingrg

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The folder of the built pages; a warning of the build is a failure."""
    for package in ("sphinx", "myst_nb", "furo", "math_core"):
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
