"""Members that run side by side in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from isingrg._ensemble._ledger import Ledger
from isingrg._ensemble._work import Outcome
from isingrg._shared.progress import Report
from isingrg._shared.records import Settings, Together

#: Members side by side at a time: enough for every core, few enough to be kept often.
TOGETHER = 32


def run_together(
    together: Together, members: Sequence[Settings], ledger: Ledger, report: Report | None
) -> None:
    """Brings the missing members of a ledger to their end, some at a time; failed ones twice."""
    tell = ledger.reporter(report)
    failed: list[int] = []

    def run(indices: Sequence[int], last: bool) -> None:
        for start in range(0, len(indices), TOGETHER):
            chunk = indices[start : start + TOGETHER]
            if tell is not None and not tell(0):
                raise ledger.interrupted()
            inner = None if tell is None else _part_of(tell, len(chunk))
            results = together([members[index] for index in chunk], inner)
            for index, result in zip(chunk, results, strict=True):
                if not isinstance(result, Exception):
                    ledger.keep(index, Outcome.of(result))
                elif last:
                    ledger.keep(index, Outcome.failed(result))
                else:
                    failed.append(index)

    run(ledger.missing, last=False)
    run(failed, last=True)
    if tell is not None:
        tell(0)


def _part_of(tell: Callable[[int], bool], members: int) -> Report:
    """Progress of a chunk in steps as so many members' worth of work.

    The last of them counts when all are kept: until then, stopping loses the chunk.
    """
    return lambda done, total: tell(min(members * done // max(total, 1), members - 1))
