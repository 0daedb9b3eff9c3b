"""The executor an ensemble runs on, and its successors when it is a pool that breaks."""

from __future__ import annotations

import math
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any

#: Pools in a row that may break before a single member has come back. A script without
#: `if __name__ == "__main__"`, or an initializer that fails, breaks every pool.
_MOST_BREAKS = 16


class Here(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, call: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(call(*args, **keywords))
        return future


class Pool:
    """The user's executor, or the pool of processes that has taken its place."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        #: Whether any member has come back.
        self.worked = False
        self._owned = False
        self._breaks = 0

    @property
    def width(self) -> float:
        """Members it should hold at a time.

        A pool of processes only those being worked on: no others are lost with it, and after
        Ctrl-C, which ends what its workers do, they find nothing more to do.
        """
        if not isinstance(self.executor, ProcessPoolExecutor):
            return 1 if isinstance(self.executor, Here) else math.inf
        pool: Any = self.executor
        return int(pool._max_workers)

    def renew(self, broken: Executor, error: BrokenExecutor) -> bool:
        """Replaces a pool of processes by one like it, unless that is done; False for others."""
        if not isinstance(broken, ProcessPoolExecutor):
            return False
        if broken is not self.executor:
            return True
        self._breaks += 1
        if self._breaks == _MOST_BREAKS and not self.worked:
            error.add_note(
                f"isingrg: {_MOST_BREAKS} pools of processes broke before any member was done. "
                "A script that starts processes must do so under if __name__ == '__main__'."
            )
            raise error
        self.close(wait=True)
        old: Any = broken  # whose arguments are not public, but there in every Python from 3.11 on
        self.executor = ProcessPoolExecutor(
            old._max_workers,
            mp_context=old._mp_context,
            initializer=old._initializer,
            initargs=old._initargs,
            max_tasks_per_child=old._max_tasks_per_child,
        )
        self._owned = True
        return True

    def close(self, wait: bool) -> None:
        """Ends a pool of our own; the user's is the user's."""
        if self._owned:
            self.executor.shutdown(wait=wait, cancel_futures=True)
