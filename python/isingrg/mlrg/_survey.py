"""Several models of one kind, trained at once, and what they agree on."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from isingrg._library import get_num_threads
from isingrg._progress import Report
from isingrg.mlrg.model import MLRG


@dataclass(frozen=True)
class Trained:
    """A trained model and its universal numbers."""

    model: MLRG
    seed: int
    critical_coupling: float
    degeneracy: float
    delta_1: float
    thermal_exponent: float
    seconds: float


def train(
    seeds: Sequence[int], model: dict[str, Any], fit: dict[str, Any], report: Report | None = None
) -> list[Trained]:
    """One model for each seed, several at a time; `report` hears of the steps of all together.

    Whatever ends one of them, Ctrl-C included, ends all.
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
    critical = model.critical_coupling()
    point = model.fixed_point()
    return Trained(
        model,
        seed,
        critical,
        float(model.ground_state_degeneracy(point)),
        float(model.scaling_dimensions(point)[1]),
        float(model.thermal_exponent(point)),
        seconds,
    )
