"""The papers done again: a notebook executed, its figures and numbers kept as files."""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import isingrg
from isingrg._methods import PAPERS
from isingrg._shared.errors import IsingRGError
from isingrg._shared.files import replace_file
from isingrg.cli import _running
from isingrg.cli._plain_text import plain_text

#: The form in which the last cell of a notebook holds its numbers and verdicts (notebooks/page.py).
_SUMMARY_TYPE = "application/vnd.isingrg.summary+json"
_PACKAGE = Path(__file__).parents[1]

#: What stands beside our numbers: keys of a summary and headings. The exact RG map is what a model
#: is to learn, the Ising model what the map stands for.
_BESIDE = {"published": "published", "exact_map": "exact RG map", "ising": "Ising model"}


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """What a reproduction left."""

    folder: Path
    #: As in summary.json.
    summary: dict[str, Any]

    def text(self) -> str:
        quantities, claims = self.summary["quantities"], self.summary["claims"]
        names = [plain_text(f"{row['place']}, {row['quantity']}") for row in quantities]
        width = max(map(len, names), default=0)
        heads = "".join(f" {head:>12}" for head in _BESIDE.values())
        lines = [f"{'':{width}} {'ours':>20}{heads}"]
        for name, row in zip(names, quantities, strict=True):
            ours = "none" if row["ours"] is None else _shown(row["ours"], row["error"])
            beside = "".join(f" {_shown(row[key]):>12}" for key in _BESIDE)
            lines.append(f"{name:{width}} {ours:>20}{beside}")
        for row in claims:
            verdict = row["verdict"].upper() if row["holds"] is False else row["verdict"]
            claim = f"{row['place']}: {row['claim']} {verdict}: {row['measured']}"
            lines.append(plain_text(claim))
        lines.append(f"{len(self.summary['figures'])} figures in {self.folder / 'figures'}")
        return "\n".join(lines)


def _shown(value: float | None, error: float | None = None) -> str:
    """A number, to two digits of its error if it has one."""
    if value is None:
        return "-"
    if not error:
        return f"{value:.5g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def run(
    paper: str,
    folder: str | os.PathLike[str],
    full: bool,
    train: bool,
    progress: Any,
    dpi: float = 200.0,
) -> Reproduction:
    """Execute the notebook of a paper.

    Parameters
    ----------
    paper : str
        A name of `isingrg._methods.PAPERS`.
    folder : path
        Gets figures, summary.json, the executed notebook, and, in the folder "notebook", what it
        was made from. Made if need be; what an earlier reproduction left is replaced, but for
        trained models and their records.
    full : bool
        Everything at the length of the committed notebook, or fewer samples and points.
    train : bool
        Train all models whose records the notebook reads again, hours, or take the records that
        come with the library.
    progress : bool or callable
        As everywhere, counting cells.
    dpi : float
        Dots per inch of the figures as PNG; they are written as PDF as well.

    Raises
    ------
    ImportError
        If a package of the extra "notebooks" is absent.
    IsingRGError
        If a cell fails; the notebook is kept as far as it came.
    OSError
        If the folder cannot be written.
    """
    _require_notebooks()
    folder, name = Path(folder), PAPERS[paper].notebook
    work = folder / "notebook"
    work.mkdir(parents=True, exist_ok=True)
    _copy_sources(work, name, with_records=not train)
    if train:
        _running.train(work, paper, progress)
    environment = {key: value for key, value in os.environ.items() if key != "ISINGRG_FAST"}
    environment |= {"ISINGRG_NUM_THREADS": str(isingrg.get_num_threads())}
    environment |= {"ISINGRG_DPI": str(dpi)}
    environment |= {} if full else {"ISINGRG_FAST": "1"}
    notebook, error = _running.execute(work / f"{name}.ipynb", environment, progress)
    figures = _taken_figures(notebook)
    replace_file(folder / f"{name}.ipynb", json.dumps(notebook, indent=1).encode())
    if error is not None:
        raise IsingRGError(f"{name}.ipynb stopped: {error}; it is kept in {os.fspath(folder)!r}")
    summary = {
        "paper": paper,
        "isingrg": isingrg.__version__,
        "full": full,
        "trained": train,
        **_summary(notebook),
        "figures": _write_figures(figures, folder / "figures"),
    }
    replace_file(folder / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
    return Reproduction(folder, summary)


def _require_notebooks() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("nbclient", "ipykernel")):
        raise ImportError("reproductions execute notebooks: pip install 'isingrg[notebooks]'")


def _sources() -> Path:
    """The notebooks: in the package, or, where it is used from its source tree, beside it."""
    for folder in (_PACKAGE / "notebooks", _PACKAGE.parents[1] / "notebooks"):
        if (folder / "page.py").exists():
            return folder
    raise IsingRGError("this installation has no notebooks; install isingrg from a wheel")


def _copy_sources(work: Path, name: str, with_records: bool) -> None:
    """The notebook and its modules; records and models only where none are yet."""
    sources = _sources()
    for path in [sources / f"{name}.ipynb", *sources.glob("*.py")]:
        shutil.copyfile(path, work / path.name)
    (work / "data").mkdir(exist_ok=True)
    method = name.partition("_")[2]
    records = sources / "data"
    given = records.glob(f"{method}_published.json")  # what others trained
    trained = [*records.glob(f"{method}_*.json"), *(records / method).glob("*")]
    for path in trained if with_records else given:
        target = work / path.relative_to(sources)
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            shutil.copyfile(path, target)


def _with_headings(notebook: Any) -> Iterator[tuple[Any, str]]:
    """Each cell of code, with the heading above it."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ (.*)", cell.source, flags=re.MULTILINE)
            heading = headings[-1] if headings else heading
        else:
            yield cell, heading


def _summary(notebook: Any) -> dict[str, Any]:
    """Numbers and verdicts of the last cell."""
    outputs = [output for cell, _ in _with_headings(notebook) for output in cell.outputs]
    found = [output["data"] for output in outputs if _SUMMARY_TYPE in output.get("data", {})]
    return dict(found[-1][_SUMMARY_TYPE])


def _taken_figures(notebook: Any) -> list[tuple[str, dict[str, bytes]]]:
    """Title and content by format of each figure. The notebook keeps the PNG only."""
    figures = []
    for cell, title in _with_headings(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                forms = {"png": data["image/png"], "pdf": data.pop("application/pdf", None)}
                figures.append(
                    (title, {form: base64.b64decode(text) for form, text in forms.items() if text})
                )
    return figures


def _write_figures(
    figures: list[tuple[str, dict[str, bytes]]], folder: Path
) -> list[dict[str, str]]:
    """Files for each figure, named for its place and its heading."""
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier reproduction
    folder.mkdir()
    written = []
    for number, (title, forms) in enumerate(figures, 1):
        words = re.sub(r"[^a-z0-9]+", "-", title.partition(":")[0].lower()).strip("-")
        name = f"{number:02}-{words}"
        for form, content in forms.items():
            replace_file(folder / f"{name}.{form}", content)
        files = {form: f"figures/{name}.{form}" for form in forms}
        written.append({"file": files.pop("png"), **files, "title": title})
    return written
