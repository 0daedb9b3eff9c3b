"""Leaks: everything that holds memory is made, used and destroyed again and again.

Resident memory after the first tenth of the cycles and at the end may differ by a mebibyte.
"""

import ctypes
import gc
import threading
from collections.abc import Callable
from functools import partial

import numpy as np

from campaign import Outcome, main
from isingrg import IsingRGError, _core, ising
from isingrg.mlrg import MLRG, exact_map, fit_many
from small_models import MODELS, Small

LIMIT = 1024  # KiB


class StopError(Exception):
    """What a progress function of this campaign raises."""


def stop(done: int, total: int) -> bool:
    return False


def fail(done: int, total: int) -> None:
    raise StopError


def expect(error: type[BaseException], call: Callable[..., object], *given, **named) -> None:
    try:
        call(*given, **named)
    except error:
        return
    raise AssertionError(f"{call} did not raise {error.__name__}")


def handle(small: Small) -> None:
    model = small.make()._new_native(0)
    for index in range(_core.model_array_count(model)):
        _, shape = _core.model_array_info(model, index)
        values = np.empty(shape)
        _core.model_read_array(model, index, values)
        _core.model_write_array(model, index, values)
    _core.model_destroy(model)


def trained(small: Small) -> None:
    with small.trained(1, seed=1) as model:
        small.evaluate(model)


def left(small: Small) -> None:
    """Not closed: freed with the last reference."""
    for variant in small.variants:
        small.fit(small.make(**variant), 1, seed=1, **small.light)


def refused(small: Small) -> None:
    expect(ValueError, small.make, **small.refused)
    closed = small.trained(1, seed=1, **small.light)
    closed.close()
    expect(IsingRGError, small.evaluate, closed)


def interrupted(small: Small) -> None:
    model = small.make()
    expect(IsingRGError, small.fit, model, 2, seed=1, progress=stop)
    expect(StopError, small.fit, model, 2, seed=1, progress=fail)


def mlrg_flow() -> None:
    with MODELS["mlrg"].trained(1, seed=1) as model:
        model.flow(0.5, 2)


def mlrg_many() -> None:
    settings = dict(steps=1, batch=4, seed=1)
    fit_many([MLRG(hidden=(4,)), MLRG(hidden=(5,))], [settings, settings])


def neuralrg_chains() -> None:
    with MODELS["neuralrg"].trained(1, seed=1) as model:
        model.responses(2)
        model.hmc(2, 2, step_size=0.1, leapfrog=2, seed=1)


def exact_results() -> None:
    spins = ising.sample(8, [0.2, 0.4], 2, n_thermalize=2, n_between=1)
    ising.energy(spins)
    ising.block_spin(spins)
    ising.log_partition(8, 0.4)
    exact_map(0.5)


def errors() -> None:
    expect(ValueError, ising.sample, 7, 0.4, 1)
    expect(ValueError, ising.energy, np.zeros((4, 4)))
    expect(StopError, ising.sample, 8, 0.4, 2, progress=fail)


def message_of_a_thread() -> None:
    thread = threading.Thread(target=expect, args=(ValueError, ising.sample, 7, 0.4, 1))
    thread.start()
    thread.join()


CYCLES = {
    **{
        f"{name} {cycle.__name__}": partial(cycle, small)
        for name, small in MODELS.items()
        for cycle in (handle, trained, left, refused, interrupted)
    },
    **{
        cycle.__name__: cycle
        for cycle in (mlrg_flow, mlrg_many, neuralrg_chains, exact_results, errors,
                      message_of_a_thread)
    },
}  # fmt: skip


def resident() -> int:
    """KiB in memory of what is still in use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


def growth(cycle: Callable[[], None], trials: int) -> int:
    """KiB by which the memory grows from the first tenth of the trials to their end."""
    for _ in range(trials // 10):
        cycle()
    before = resident()
    for _ in range(trials - trials // 10):
        cycle()
    return resident() - before


def campaign(trials: int) -> Outcome:
    grown = {name: growth(cycle, trials) for name, cycle in CYCLES.items()}
    return Outcome(
        f"{len(CYCLES)} ways to make, use and destroy what holds memory, {trials} times each",
        trials * len(CYCLES),
        f"resident memory grew by {max(grown.values())} KiB at most",
        [f"{name}: {kib} KiB" for name, kib in grown.items() if kib > LIMIT],
    )


if __name__ == "__main__":
    main(campaign, short=100, full=10_000)
