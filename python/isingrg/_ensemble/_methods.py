"""Tasks that are known by name."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from isingrg._ensemble import _mlrg, _neuralrg
from isingrg._ensemble._ledger import Ledger
from isingrg._ensemble._plan import Plan, Settings
from isingrg._ensemble._work import Outcome
from isingrg._errors import ArgumentError
from isingrg._progress import Report

#: Members side by side at a time: enough for every core, few enough to be kept often.
TOGETHER = 32


Together = Callable[[Sequence[Settings], Report | None], list[dict[str, Any] | Exception]]


@dataclass(frozen=True)
class Method:
    """What an ensemble has to know of a method."""

    #: One member, in any process.
    member: Callable[..., dict[str, Any]]
    #: Settings it takes.
    keywords: frozenset[str]
    #: Several at once in this process, with the same results; errors of single ones are returned.
    #: None if a single one keeps all cores busy.
    together: Together | None = None
    #: Settings that have no default.
    required: frozenset[str] = frozenset()

    def check_keywords(self, plan: Plan) -> None:
        """An unknown setting is answered with the nearest."""
        for name in sorted(self.required):
            if not all(name in member for member in plan.members):
                raise ArgumentError(f"settings must give {name!r}")
        for name in dict.fromkeys(name for member in plan.members for name in member):
            if name not in self.keywords:
                near = difflib.get_close_matches(name, self.keywords, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ArgumentError(f"settings must be keywords of the method, got {name!r}{hint}")


METHODS = {
    "mlrg": Method(_mlrg.member, _mlrg.KEYWORDS, _mlrg.together),
    "neuralrg": Method(_neuralrg.member, _neuralrg.KEYWORDS, required=frozenset({"epochs"})),
}


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
