"""One member: what a worker does, and what comes back."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from isingrg._ensemble._plan import Array
from isingrg._shared import arguments
from isingrg._shared.library import set_num_threads
from isingrg._shared.records import Settings

#: Names this process; forked ones share the first half, and others may have the second.
_TOKEN = secrets.token_hex(8)


def process() -> tuple[str, int]:
    """An identity of this process among those of all machines."""
    return _TOKEN, os.getpid()


class Outcome(NamedTuple):
    """The values of a member, or none and the reason."""

    values: dict[str, Array]
    error: str = ""

    @classmethod
    def failed(cls, error: BaseException) -> Outcome:
        return cls({}, f"{type(error).__name__}: {error}")

    @classmethod
    def of(cls, result: Any) -> Outcome:
        """What a task returned, as arrays; a single result is called "value"."""
        named = result if isinstance(result, Mapping) else {"value": result}
        values = {}
        for name, value in named.items():
            array = np.array(_without_mask(value))
            if not isinstance(name, str) or array.dtype.kind not in "biufcU":
                raise TypeError(
                    "task must return a number, an array or a mapping of names to those, "
                    f"but {name!r} is {type(value).__name__}"
                )
            values[name] = array
        return cls(values)


def _without_mask(value: Any) -> Any:
    """What is masked becomes what stands for missing members: NaN, or "" among strings."""
    if not arguments.is_masked(value):
        return value
    value = np.ma.array(value)
    if value.dtype.kind == "U":
        return value.filled("")
    return value.astype(np.result_type(value.dtype, np.float64)).filled(np.nan)


@dataclass(frozen=True)
class Job:
    """A call of a task, to be sent to a worker."""

    task: Callable[..., Any]
    settings: Settings
    #: Threads of the core, in a worker that is not the process `home`.
    threads: int
    home: tuple[str, int]


def work(job: Job, call: str) -> Outcome:
    """Does the job. Only KeyboardInterrupt comes out, everything else is an outcome.

    Exceptions stay here because some of them cannot be sent, and break a pool of processes.
    `call` is different in every call: Dask takes the result of an equal call for the answer.
    """
    if job.home != process():
        set_num_threads(job.threads)
    try:
        return Outcome.of(job.task(**job.settings))
    except (Exception, SystemExit) as error:
        return Outcome.failed(error)
