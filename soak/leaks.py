"""Leaks: everything that holds memory is made, used and destroyed again and again.

Resident memory after the first tenth of the cycles and at the end may differ by a mebibyte.
"""

import ctypes
import gc
import threading
from collections.abc import Callable

import numpy as np

from campaign import Outcome, main
from isingrg import IsingRGError, _core, ising
from isingrg.graphvae import GraphVAE
from isingrg.mlrg import MLRG, exact_map, fit_many
from isingrg.neuralrg import NeuralRG

LIMIT = 1024  # KiB
SPINS = ising.sample(8, 0.4, 4, seed=1).reshape(-1, 8, 8)


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


def mlrg_handle() -> None:
    model = _core.mlrg_create("A1", 0, 0, 0, 0, 0, 0, 0, (4,), 0)
    for index in range(_core.mlrg_array_count(model)):
        _, shape = _core.mlrg_array_info(model, index)
        values = np.empty(shape)
        _core.mlrg_read_array(model, index, values)
        _core.mlrg_write_array(model, index, values)
    _core.mlrg_destroy(model)


def mlrg_model() -> None:
    with MLRG(hidden=(4,)).fit(1, 4, seed=1) as model:
        model.flow(0.5, 2)
        model.velocity(0.5)


def mlrg_sampled() -> None:
    MLRG(hidden=(4,), moderator="flow", divergence="cd", transport="ode").fit(
        1, 4, seed=1, cd_samples=4, teacher_sweeps=1
    )  # not closed: freed with its last reference


def mlrg_many() -> None:
    settings = dict(steps=1, batch=4, seed=1)
    fit_many([MLRG(hidden=(4,)), MLRG(hidden=(5,))], [settings, settings])


def neuralrg_model() -> None:
    with NeuralRG(4, layers=1, hidden=(4,)).fit(1, 8, seed=1) as model:
        x = model.sample(2)
        model.encode(x)
        model.responses(2)


def neuralrg_chains() -> None:
    with NeuralRG(4, layers=1, hidden=(4,)).fit(1, 8, seed=1) as model:
        model.hmc(2, 2, step_size=0.1, leapfrog=2, seed=1)


def graphvae_model() -> None:
    with GraphVAE(8, latent=2, hidden=4, token=4, levels=2).fit(SPINS, 1, 4, seed=1) as model:
        model.decode(model.encode(SPINS)[-1][0])


def exact_results() -> None:
    spins = ising.sample(8, [0.2, 0.4], 2, n_thermalize=2, n_between=1)
    ising.energy(spins)
    ising.block_spin(spins)
    ising.log_partition(8, 0.4)
    exact_map(0.5)


def errors() -> None:
    expect(ValueError, ising.sample, 7, 0.4, 1)
    expect(ValueError, ising.energy, np.zeros((4, 4)))
    expect(ValueError, MLRG, "A3")
    expect(ValueError, NeuralRG, 5)
    expect(ValueError, GraphVAE, 8, levels=9)
    closed = MLRG(hidden=(4,)).fit(1, 4, seed=1)
    closed.close()
    expect(IsingRGError, closed.velocity, 0.5)


def interrupted() -> None:
    model = MLRG(hidden=(4,))
    expect(IsingRGError, model.fit, 2, 4, seed=1, progress=stop)
    expect(StopError, model.fit, 2, 4, seed=1, progress=fail)
    expect(StopError, ising.sample, 8, 0.4, 2, progress=fail)
    flow = NeuralRG(4, layers=1, hidden=(4,))
    expect(StopError, flow.fit, 1, 4, seed=1, progress=fail)
    vae = GraphVAE(8, latent=2, hidden=4, token=4, levels=2)
    expect(IsingRGError, vae.fit, SPINS, 1, 4, seed=1, progress=stop)


def message_of_a_thread() -> None:
    thread = threading.Thread(target=expect, args=(ValueError, ising.sample, 7, 0.4, 1))
    thread.start()
    thread.join()


CYCLES = (
    mlrg_handle, mlrg_model, mlrg_sampled, mlrg_many, neuralrg_model, neuralrg_chains,
    graphvae_model, exact_results, errors, interrupted, message_of_a_thread,
)  # fmt: skip


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
    grown = {cycle.__name__: growth(cycle, trials) for cycle in CYCLES}
    return Outcome(
        f"{len(CYCLES)} ways to make, use and destroy what holds memory, {trials} times each",
        trials * len(CYCLES),
        f"resident memory grew by {max(grown.values())} KiB at most",
        [f"{name}: {kib} KiB" for name, kib in grown.items() if kib > LIMIT],
    )


if __name__ == "__main__":
    main(campaign, short=200, full=10_000)
