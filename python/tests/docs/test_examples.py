"""The examples in docstrings and on the pages run, and print what they show.

On a page all blocks of ```python share their names, like the cells of a notebook. A block with
prompts is compared with its output, any other only runs. A page says <!-- not run: why --> before a
block that does not; in docstrings that is # doctest: +SKIP.
"""

import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg

sys.path.append(str(Path(__file__).parent))
from public import everything

ROOT = Path(__file__).parents[3]
PACKAGE = Path(isingrg.__file__).parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

#: Each once, though some have several names.
DOCUMENTED = list(
    {id(i.value): i for i in everything() if ">>>" in (i.value.__doc__ or "")}.values()
)
PAGES = sorted((ROOT / "docs").rglob("*.md"))
PYTHON = re.compile(r"(<!-- not run: .+? -->\n)?^```python\n(.*?)^```$", re.S | re.M)
C_AND_OUTPUT = re.compile(r"^```c\n(.*?)^```$.*?^```text\n(.*?)^```$", re.S | re.M)


def check(text, names, title):
    """Runs prompts and compares what they print; `names` keeps what they define."""
    example = doctest.DocTestParser().get_doctest(text, {}, title, None, 0)
    example.globs = names
    said = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=said.append, clear_globs=False)
    assert not said, "".join(said)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Examples write files; threads stay as they were."""
    monkeypatch.chdir(tmp_path)
    threads = isingrg.get_num_threads()
    yield tmp_path
    isingrg.set_num_threads(threads)


@pytest.mark.parametrize("item", DOCUMENTED, ids=[item.name for item in DOCUMENTED])
def test_docstring(item, folder):
    check(item.value.__doc__, {"np": np, "isingrg": isingrg, **vars(item.module)}, item.name)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_page(page, folder):
    names = {"__name__": "__main__"}
    for skipped, code in PYTHON.findall(page.read_text()):
        if skipped:
            compile(code, page.name, "exec")
        elif ">>>" in code:
            check(code, names, page.name)
        else:
            exec(compile(code, page.name, "exec"), names)


@pytest.mark.parametrize("page", [page for page in PAGES if C_AND_OUTPUT.search(page.read_text())])
def test_c_program(page, folder):
    if shutil.which("gcc") is None:
        pytest.skip("there is no C compiler")
    for code, output in C_AND_OUTPUT.findall(page.read_text()):
        (folder / "program.c").write_text(code)
        command = [
            "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "program.c", "-o", "program",
            f"-I{ROOT / 'Sources' / 'CIsingRG' / 'include'}", f"-L{PACKAGE}", "-lisingrg",
            f"-Wl,-rpath,{PACKAGE}",
        ]  # fmt: skip
        subprocess.run(command, check=True)
        run = subprocess.run(["./program"], capture_output=True, text=True, check=True, timeout=60)
        assert run.stdout == output
