"""The papers done again: a notebook executed, its figures and numbers kept as files."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import isingrg
from isingrg._methods import PAPERS
from isingrg._shared.errors import IsingRGError
from isingrg._shared.files import replace_file
from isingrg._shared.progress import is_watched, reporting, tell

#: The form in which the last cell of a notebook holds its numbers and verdicts (notebooks/page.py).
_SUMMARY_TYPE = "application/vnd.isingrg.summary+json"
_PACKAGE = Path(__file__).parents[1]
#: Seconds between two reports while a cell or a training runs.
_PATIENCE = 1.0


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """What a reproduction left."""

    folder: Path
    #: As in summary.json.
    summary: dict[str, Any]

    def text(self) -> str:
        quantities, claims = self.summary["quantities"], self.summary["claims"]
        names = [f"{row['place']}, {row['quantity']}" for row in quantities]
        width = max(map(len, names), default=0)
        lines = [f"{'':{width}} {'ours':>18} {'published':>10} {'exact':>10}"]
        for name, row in zip(names, quantities, strict=True):
            ours, published = _shown(row["ours"], row["error"]), _shown(row["published"])
            lines.append(f"{name:{width}} {ours:>18} {published:>10} {_shown(row['exact']):>10}")
        for row in claims:
            verdict = {True: "holds", False: "DOES NOT HOLD", None: "undecided"}[row["holds"]]
            lines.append(f"{row['place']}: {row['claim']} {verdict}: {row['measured']}")
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
    paper: str, folder: str | os.PathLike[str], full: bool, train: bool, progress: Any
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
        _train(work, paper, progress)
    environment = {key: value for key, value in os.environ.items() if key != "ISINGRG_FAST"}
    environment |= {"ISINGRG_NUM_THREADS": str(isingrg.get_num_threads())}
    environment |= {} if full else {"ISINGRG_FAST": "1"}
    notebook, error = _execute(work / f"{name}.ipynb", environment, progress)
    replace_file(folder / f"{name}.ipynb", json.dumps(notebook, indent=1).encode())
    if error is not None:
        raise IsingRGError(f"{name}.ipynb stopped: {error}; it is kept in {os.fspath(folder)!r}")
    summary = {
        "paper": paper,
        "isingrg": isingrg.__version__,
        "full": full,
        "trained": train,
        **_summary(notebook),
        "figures": _write_figures(notebook, folder / "figures"),
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
    if with_records:
        method = name.partition("_")[2]
        records = sources / "data"
        for path in [records / f"{method}_models.json", *(records / method).glob("*")]:
            target = work / path.relative_to(sources)
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                shutil.copyfile(path, target)


def _train(work: Path, paper: str, progress: Any) -> None:
    """Models that an earlier run recorded before it was stopped are not trained again."""
    script = f"train_{paper}.py"
    with (
        reporting(progress, f"running {script}", "") as report,
        subprocess.Popen(
            [sys.executable, script], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        ) as process,
    ):  # fmt: skip
        printing = threading.Thread(target=_print_above_bar, args=(process.stdout,))
        printing.start()
        while process.poll() is None:
            tell(report, 0, 0)  # nobody knows how many models there will be
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        printing.join()
    if process.returncode != 0:
        raise IsingRGError(f"{script} failed; call again to go on from where it was")


def _print_above_bar(lines: IO[str]) -> None:
    start, end = ("\r", "\x1b[K") if is_watched() else ("", "")
    for line in lines:
        print(f"{start}{line.rstrip()}{end}", file=sys.stderr)


def _execute(path: Path, environment: dict[str, str], progress: Any) -> tuple[Any, str | None]:
    """The notebook with its outputs, and what stopped it."""
    import nbclient
    import nbformat

    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    done, total = 0, len(notebook.cells)
    with reporting(progress, f"running {path.stem}", "cells") as report:

        def count(cell: Any, cell_index: int, execute_reply: Any) -> None:
            nonlocal done
            done = cell_index + 1
            tell(report, done, total)

        runner = nbclient.NotebookClient(
            notebook, timeout=None, kernel_name="python3", on_cell_executed=count,
            extra_arguments=["--IPKernelApp.log_level=40"],  # errors only
            record_timing=False, resources={"metadata": {"path": os.fspath(path.parent)}},
        )  # fmt: skip
        cells = runner.async_execute(env=environment)
        try:
            asyncio.run(_awaited(cells, lambda: tell(report, done, total)))
        except nbclient.exceptions.CellExecutionError as error:
            return notebook, f"{error.ename}: {error.evalue}"
        tell(report, total, total)  # the last cell may be text
    return notebook, None


async def _awaited(work: Coroutine[Any, Any, Any], tick: Callable[[], None]) -> None:
    """Calls `tick` from time to time meanwhile; its exception stops the work."""
    running = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({running}, timeout=_PATIENCE))[0]:
            tick()
        await running
    finally:
        running.cancel()


def _displayed(notebook: Any, kind: str) -> Iterator[tuple[str, Any]]:
    """Everything of a form that a notebook displays, with the heading above it."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ (.*)", cell.source, flags=re.MULTILINE)
            heading = headings[-1] if headings else heading
            continue
        for output in cell.outputs:
            if kind in output.get("data", {}):
                yield heading, output["data"][kind]


def _summary(notebook: Any) -> dict[str, Any]:
    """Numbers and verdicts of the last cell."""
    found = [document for _, document in _displayed(notebook, _SUMMARY_TYPE)]
    return dict(found[-1])


def _write_figures(notebook: Any, folder: Path) -> list[dict[str, str]]:
    """A file for each figure, named for its place and its heading."""
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier reproduction
    folder.mkdir()
    figures = []
    for number, (title, content) in enumerate(_displayed(notebook, "image/png"), 1):
        words = re.sub(r"[^a-z0-9]+", "-", title.partition(":")[0].lower()).strip("-")
        file = f"{number:02}-{words}.png"
        replace_file(folder / file, base64.b64decode(content))
        figures.append({"file": f"figures/{file}", "title": title})
    return figures
