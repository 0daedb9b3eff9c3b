"""Several models of one kind, trained at once, and what they agree on."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isingrg._errors import ConvergenceError, NonFiniteError
from isingrg._library import get_num_threads
from isingrg._progress import Report
from isingrg.mlrg.model import MLRG

#: The universal numbers of a model.
NUMBERS = ("critical_coupling", "degeneracy", "delta_1", "thermal_exponent")


@dataclass(frozen=True)
class Trained:
    """A trained model and its universal numbers.

    What a model has no answer to is NaN, and `failures` holds the reason under its name.
    """

    model: MLRG
    seed: int
    critical_coupling: float
    degeneracy: float
    delta_1: float
    thermal_exponent: float
    seconds: float
    failures: dict[str, str] = field(default_factory=dict)


def train(
    seeds: Sequence[int], model: dict[str, Any], fit: dict[str, Any], report: Report | None = None
) -> list[Trained]:
    """One model for each seed, several at a time; `report` hears of the steps of all together.

    Whatever ends one of the trainings, Ctrl-C included, ends all. A model without a transition is
    a result: see `Trained`.
    """
    stop = threading.Event()
    failures: list[BaseException] = []
    done = dict.fromkeys(seeds, 0)

    def one(seed: int) -> Trained | None:
        def progress(steps: int, total: int) -> bool:
            done[seed] = steps
            if stop.is_set():
                return False
            return report is None or report(sum(done.values()), total * len(seeds)) is not False

        if stop.is_set():
            return None
        try:
            start = time.perf_counter()
            trained = MLRG(**model).fit(**fit, seed=seed, progress=progress)
            return _measure(trained, seed, time.perf_counter() - start)
        except BaseException as failure:
            failures.append(failure)  # those after the first follow from it
            stop.set()
            return None

    with ThreadPoolExecutor(min(len(seeds), get_num_threads())) as pool:
        tasks = [pool.submit(one, seed) for seed in seeds]
        try:
            results = [task.result() for task in tasks]
        except BaseException:
            stop.set()
            raise
    if failures:
        raise failures[0]
    return [result for result in results if result is not None]


def _measure(model: MLRG, seed: int, seconds: float) -> Trained:
    numbers = dict.fromkeys(NUMBERS, math.nan)
    failures: dict[str, str] = {}

    def attempt(names: Sequence[str], function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (ConvergenceError, NonFiniteError, np.linalg.LinAlgError) as error:
            failures.update(dict.fromkeys(names, str(error)))
            return None

    critical = attempt(NUMBERS[:1], model.critical_coupling)
    if critical is not None:
        numbers["critical_coupling"] = critical
    point = attempt(NUMBERS[1:], model.fixed_point)
    if point is not None:
        for name, function in (
            ("degeneracy", lambda: model.ground_state_degeneracy(point)),
            ("delta_1", lambda: model.scaling_dimensions(point, k=2)[1]),
            ("thermal_exponent", lambda: model.thermal_exponent(point)),
        ):
            value = attempt([name], function)
            if value is not None:
                numbers[name] = float(value)
    return Trained(model, seed, **numbers, seconds=seconds, failures=failures)
