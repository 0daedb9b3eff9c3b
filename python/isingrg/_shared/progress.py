"""How a long computation shows how far it is, and how it is stopped.

Every long function takes `progress=`: False for silence, True for a bar, or one line at the end
where standard error is no terminal and no notebook, or a callable that receives the units done and
the total about every 50 ms. A callable that returns False stops the
computation with `isingrg.Interrupted`; one that raises stops it with its exception. Ctrl-C stops
it with KeyboardInterrupt whatever `progress` is.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np

from isingrg._shared.errors import Interrupted

Report = Callable[[int, int], Any]

_told_about_tqdm = False


@contextmanager
def reporting(
    progress: Any, label: str, units: str, name: str = "progress"
) -> Iterator[Report | None]:
    """The callable to hand to the core, or None; what it opened is closed at the end.

    `label` is what is done, and `units`, in plural, what is counted.
    """
    if isinstance(progress, (bool, np.bool_)):
        if progress:
            with closing(_Shown(label, units)) as shown:
                yield shown.report
        else:
            yield None
    elif callable(progress):
        yield _callable_report(progress)
    else:
        raise TypeError(
            f"{name} must be True, False or a callable of (done, total), "
            f"not {type(progress).__name__}"
        )


class Part:
    """The report of a call of the core that does a part of the units of work of a whole."""

    def __init__(self, report: Report, start: int, units: int, whole: int) -> None:
        self._report = report
        self._start, self._units, self._whole = start, units, whole
        #: Whether the last answer was to stop, which the core does not obey at its end.
        self.stopped = False

    def __call__(self, done: int, total: int) -> Any:
        each = total // self._units  # a unit may be reported as several
        answer = self._report(self._start * each + done, self._whole * each)
        self.stopped = answer is False
        return answer


def stops(answer: Any) -> bool:
    """Whether a callable of the user asks to stop.

    Only a False of Python or NumPy does: one that returns None or 0 meant nothing by it.
    """
    return isinstance(answer, (bool, np.bool_)) and not answer


def tell(report: Report | None, done: int, total: int) -> None:
    """What the core does with a report, for loops in Python.

    Raises
    ------
    Interrupted
        If the answer is to stop.
    """
    if report is not None and report(done, total) is False:
        raise Interrupted(f"interrupted at {done} of {total}")


class _Shown:
    """A bar on a terminal and in a notebook; where nobody watches, one line at the end."""

    #: Of tqdm: how far, how much of what, since when and for how long still, how fast.
    _FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt}{unit} [{elapsed}<{remaining}, {rate_noinv_fmt}]"
    _FORMAT_OF_NO_TOTAL = "{desc} [{elapsed}]"

    def __init__(self, label: str, units: str) -> None:
        self._label, self._units = label, units
        self._start = time.monotonic()
        self._bar_type = _bar_type()
        self._bar: Any = None
        self._last = (0, 0)

    def report(self, done: int, total: int) -> None:
        self._last = done, total
        if self._bar_type is None:
            return
        if self._bar is None:
            form = self._FORMAT if total else self._FORMAT_OF_NO_TOTAL
            unit = f" {self._units}"
            # With miniters=0 the time goes on also where nothing else does.
            self._bar = self._bar_type(
                desc=self._label, total=total, unit=unit, bar_format=form, miniters=0
            )
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        done, total = self._last
        if self._bar is not None:
            self._bar.close()
        elif total and sys.stderr is not None:
            seconds = time.monotonic() - self._start
            line = f"{self._label}: {done} of {total} {self._units} in {seconds:.1f} s"
            print(line, file=sys.stderr)


def is_watched() -> bool:
    """Whether standard error is a terminal or a notebook, where a bar can move."""
    return _is_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _is_notebook() -> bool:
    # A notebook has imported it.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return "IPKernelApp" in getattr(shell, "config", ())


def _bar_type() -> Any:
    """The bar class of tqdm; None where nobody watches, or, after a line of advice, without tqdm.

    Without ipywidgets a notebook has a bar of text, and tqdm is not asked for another one, because
    it would warn.
    """
    global _told_about_tqdm
    if not is_watched():
        return None
    try:
        if _is_notebook() and importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.notebook import tqdm
        else:
            from tqdm import tqdm
    except ModuleNotFoundError:
        if not _told_about_tqdm:
            _told_about_tqdm = True
            print("isingrg: pip install 'isingrg[progress]' to see progress", file=sys.stderr)
        return None
    return tqdm


def _callable_report(function: Callable[[int, int], Any]) -> Report:
    def report(done: int, total: int) -> bool:
        return not stops(function(done, total))

    return report
