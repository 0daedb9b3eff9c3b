"""How many existing files a new method touches, counted for one that is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

#: The names of a method that no other method's files need.
NAMES = re.compile(r"graphvae|vaemodel", re.IGNORECASE)
#: Its own rooms; tests, and small wrong changes that tests have to see; pages and notebooks.
ELSEWHERE = (
    "Sources/GraphVAE/", "python/isingrg/graphvae/", "Tests/", "python/tests/", "docs/",
    "notebooks/", "fuzz/corpus/", "soak/mutation/changes/",
)  # fmt: skip
MOST = 11


@pytest.fixture(scope="module")
def files():
    """Files that name the method outside its rooms and files, tests, pages and notebooks."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("the sources are not a clone")
    found = []
    for name in listed.stdout.splitlines():
        own = NAMES.search(Path(name).name)
        if not own and not name.startswith(ELSEWHERE) and not name.endswith(".md"):
            path = ROOT / name
            if path.is_file() and NAMES.search(path.read_text(errors="replace")):
                found.append(name)
    return found


def test_few_files_name_a_method(files):
    assert len(files) <= MOST, files


def test_the_guide_lists_them_all(files):
    """The table of CONTRIBUTING.md, which says what a new method adds to each."""
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    section = guide.split("### Existing files that a new method touches")[1].split("\n##")[0]
    assert re.findall(r"^\| `([^`]+)` \|", section, flags=re.M) == sorted(files)
