"""The pages build without a warning and show every public name."""

import importlib
import sys
import zlib
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from public import MODULES

ROOT = Path(__file__).parents[3]


def test_every_public_name_has_a_place(pages):
    inventory = (pages / "objects.inv").read_bytes().split(b"\n", 4)[4]
    listed = {line.split(" ")[0] for line in zlib.decompress(inventory).decode().splitlines()}
    listing = [m for m in map(importlib.import_module, MODULES) if hasattr(m, "__all__")]
    public = {f"{module.__name__}.{name}" for module in listing for name in module.__all__}
    assert public - listed == set()


def test_notebooks_are_shown(pages):
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(path.stem for path in (pages / "notebooks").glob("*.html")) == notebooks
