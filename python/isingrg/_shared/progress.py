"""How a long computation shows how far it is, and how it is stopped.

Every long function takes `progress=`: False for silence, True for a bar, or a callable that
receives the units done and the total about every 50 ms. A callable that returns False stops the
computation with `isingrg.Interrupted`; one that raises stops it with its exception. Ctrl-C stops
it with KeyboardInterrupt whatever `progress` is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from isingrg._shared.errors import Interrupted

Report = Callable[[int, int], Any]

_told_about_tqdm = False


@contextmanager
def reporting(progress: Any, label: str, name: str = "progress") -> Iterator[Report | None]:
    """The callable to hand to the core, or None; what it opened is closed at the end."""
    if isinstance(progress, (bool, np.bool_)):
        bar_type = _tqdm() if progress else None
        if bar_type is None:
            yield None
        else:
            with bar_type(desc=label, total=None, leave=True) as bar:
                yield _bar_report(bar)
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


def _tqdm() -> Any:
    """The bar class, or None with one line of advice the first time it is missing."""
    global _told_about_tqdm
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError:
        if not _told_about_tqdm:
            _told_about_tqdm = True
            print("isingrg: pip install 'isingrg[progress]' to see progress", file=sys.stderr)
        return None
    return tqdm


def _bar_report(bar: Any) -> Report:
    def report(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return report


def _callable_report(function: Callable[[int, int], Any]) -> Report:
    def report(done: int, total: int) -> bool:
        return not stops(function(done, total))

    return report
