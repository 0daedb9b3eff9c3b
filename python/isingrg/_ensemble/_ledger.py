"""What is known of the members while an ensemble runs."""

from __future__ import annotations

from collections.abc import Callable

from isingrg._ensemble._store import Store
from isingrg._ensemble._work import Outcome
from isingrg._shared.errors import Interrupted
from isingrg._shared.progress import Report


class Ledger:
    """Outcomes of the members by index, those in the store included from the start."""

    def __init__(self, count: int, store: Store | None) -> None:
        self._store = store
        self.outcomes: list[Outcome | None] = [None] * count
        if store is not None:
            self.outcomes = [store.read(index) for index in range(count)]
            store.warn_of_other_code()
        self.missing = [i for i, outcome in enumerate(self.outcomes) if outcome is None]
        self._done = count - len(self.missing)
        self._reported = 0

    def keep(self, index: int, outcome: Outcome) -> None:
        """The end of a member. What has no error is in the store when this returns."""
        if self._store is not None and not outcome.error:
            self._store.write(index, outcome)
        self.outcomes[index] = outcome
        self._done += 1

    def reporter(self, report: Report | None) -> Callable[[int], bool] | None:
        """Tells how many members are done, and others' worth of work; False asks to stop."""
        if report is None:
            return None

        def tell(others: int = 0) -> bool:
            self._reported = max(self._reported, self._done + others)
            return report(self._reported, len(self.outcomes)) is not False

        return tell

    def interrupted(self) -> Interrupted:
        return Interrupted(
            f"progress returned False: {self._done} of {len(self.outcomes)} members are done"
        )
