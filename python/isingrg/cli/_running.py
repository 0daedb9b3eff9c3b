"""What takes long in a reproduction: training its models, and executing its notebook.

Both report once in a second, whatever they are at, and end by Ctrl-C with what they started.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from isingrg._shared.errors import IsingRGError
from isingrg._shared.progress import is_watched, reporting, tell

#: Seconds between two reports.
_PATIENCE = 1.0


def train(work: Path, paper: str, progress: Any) -> None:
    """Models that an earlier run recorded before it was stopped are not trained again."""
    script = f"train_{paper}.py"
    with (
        reporting(progress, f"running {script}", "") as report,
        subprocess.Popen(
            [sys.executable, script], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        ) as process,
    ):  # fmt: skip
        printing = threading.Thread(target=_print_above_bar, args=(process.stdout,), daemon=True)
        printing.start()
        try:
            while process.poll() is None:
                tell(report, 0, 0)  # nobody knows how many models there will be
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PATIENCE)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):  # which the script gets as well
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PATIENCE)
            process.kill()
            raise
        printing.join()
    if process.returncode != 0:
        raise IsingRGError(f"{script} failed; call again to go on from where it was")


def _print_above_bar(lines: IO[str]) -> None:
    start, end = ("\r", "\x1b[K") if is_watched() else ("", "")
    for line in lines:
        print(f"{start}{line.rstrip()}{end}", file=sys.stderr)


def execute(path: Path, environment: dict[str, str], progress: Any) -> tuple[Any, str | None]:
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
    """Calls `tick` from time to time meanwhile; its exception stops the work, as Ctrl-C does."""
    running, interrupted = asyncio.ensure_future(work), asyncio.Event()
    await asyncio.sleep(0)
    with suppress(RuntimeError):  # outside the main thread, where there is no Ctrl-C
        # Instead of the handler of nbclient, which leaves an AssertionError.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    interruption = asyncio.ensure_future(interrupted.wait())
    try:
        while not running.done():
            tick()
            await asyncio.wait(
                {running, interruption}, timeout=_PATIENCE, return_when="FIRST_COMPLETED"
            )
            if interrupted.is_set():
                raise KeyboardInterrupt
        running.result()
    finally:
        interruption.cancel()
        if running.cancel():
            with suppress(Exception, asyncio.CancelledError):
                await running  # until the kernel has ended
