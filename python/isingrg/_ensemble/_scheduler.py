"""Members on an executor: sent, awaited, tried again, and outlived by pools that break."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from isingrg._ensemble import _pools
from isingrg._ensemble._ledger import Ledger
from isingrg._ensemble._work import Job, Outcome, work

#: Seconds between two reports while no member finishes.
_PATIENCE = 0.05

Tell = Callable[[int], bool] | None


class Scheduler:
    """Brings the missing members of a ledger to their end on an executor.

    A member that fails is tried once more after the others. When a pool of processes breaks, it
    does not say whose fault it was, so nobody is blamed: what was in it is sent again, what is
    lost twice runs alone, and what breaks the pool then is to blame.
    """

    def __init__(self, executor: Executor, jobs: Sequence[Job], ledger: Ledger, tell: Tell) -> None:
        self._pool = _pools.Pool(executor)
        self._jobs, self._ledger, self._tell = jobs, ledger, tell
        self._waiting = deque(ledger.missing)
        self._suspects: deque[int] = deque()
        self._running: dict[Future[Outcome], tuple[int, Executor, bool]] = {}
        self._ended: SimpleQueue[Future[Outcome]] = SimpleQueue()
        self._failures: Counter[int] = Counter()
        self._losses: Counter[int] = Counter()

    def run(self) -> None:
        patient = True
        try:
            while self._waiting or self._running or self._suspects:
                self._report()
                self._fill()
                with suppress(Empty):
                    self._end(self._ended.get(timeout=_PATIENCE if self._tell else None))
            if self._tell is not None:
                self._tell(0)
        except BaseException as error:
            patient = not isinstance(error, KeyboardInterrupt)
            self._stop(None if patient else 0)
            raise
        finally:
            self._pool.close(wait=patient)

    def _report(self) -> None:
        if self._tell is not None and not self._tell(0):
            raise self._ledger.interrupted()

    # Sending

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._pool.width:
            self._send(self._waiting.popleft())
        if self._suspects and not self._running:
            self._send(self._suspects.popleft(), alone=True)

    def _send(self, index: int, alone: bool = False) -> None:
        executor = self._pool.executor
        try:
            future = executor.submit(work, self._jobs[index], secrets.token_hex(8))
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
        if not isinstance(future, Future):
            raise TypeError(
                "executor must return concurrent.futures.Future objects from submit, not "
                f"{type(future).__name__}; a Dask client does with client.get_executor()"
            )
        self._running[future] = index, executor, alone
        future.add_done_callback(self._ended.put)

    # Ends

    def _end(self, future: Future[Outcome]) -> None:
        index, executor, alone = self._running[future]
        error = _exception(future)
        if error is None:
            self._pool.worked = True
            self._decide(index, future.result())
        elif isinstance(error, KeyboardInterrupt):
            raise error
        elif isinstance(error, BrokenExecutor) and self._pool.renew(executor, error):
            self._lose(index, alone, error)
        else:
            self._decide(index, Outcome.failed(error))
        del self._running[future]  # not before it is kept: see _stop

    def _decide(self, index: int, outcome: Outcome) -> None:
        self._failures[index] += bool(outcome.error)
        if outcome.error and self._failures[index] == 1:
            self._waiting.append(index)
        else:
            self._ledger.keep(index, outcome)

    def _lose(self, index: int, alone: bool, error: BaseException) -> None:
        self._losses[index] += 1
        if alone:
            self._ledger.keep(index, Outcome.failed(error))
        elif self._losses[index] == 1:
            self._waiting.appendleft(index)
        else:
            self._suspects.append(index)

    def _stop(self, seconds: float | None) -> None:
        """Takes back what has not begun; what ends within the time is kept."""
        begun = [future for future in self._running if not future.cancel()]
        wait(begun, seconds)
        for future in begun:
            if future.done() and _exception(future) is None and not future.result().error:
                self._ledger.keep(self._running[future][0], future.result())


def _exception(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:  # by someone else, or by Dask when it loses its scheduler
        return error
