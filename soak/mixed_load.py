"""Four processes that call everything at once, each with its own random order and threads.

Every result must equal, bit for bit, that of a single thread in a process of its own. The trials
are the seconds that this goes on; the outcome counts calls.
"""

import dataclasses
import hashlib
import multiprocessing
import pickle
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import campaign
import isingrg
from isingrg import ising, mlrg, neuralrg, statistics
from isingrg._shared.model import NativeModel
from small_models import MODELS, TRAININGS, Small, answer

PROCESSES = 4
J = np.linspace(0.2, 1.4, 9)


def sampled(L: int, algorithm: str) -> Any:
    return ising.sample(
        L,
        [-0.5, 0.0, 0.44],
        8,
        algorithm=algorithm,
        n_chains=3,
        seed=L,
        n_thermalize=20,
        n_between=3,
    )


def observed() -> Any:
    array = ising.sample(16, 0.4, 100, n_chains=4, seed=3)
    values = ising.energy(array), ising.magnetization(array), ising.block_spin(array)
    return values, statistics.mean_and_error(values[0])


def torus() -> Any:
    return ising.log_partition(64, J), ising.mean_energy(63, J), ising.heat_capacity(64, J)


def bulk() -> Any:
    return ising.free_energy_density(J), ising.specific_heat_density(J)


def exact_mlrg() -> Any:
    return (
        mlrg.exact_map(J),
        mlrg.minimum_kl(J, "A1+E"),
        mlrg.boltzmann_tensor([[0.7, 0.1, 0.0, 0.2, 0.1]], "A1+E"),
    )


def trained(representation: str, steps: int, **model: Any) -> Any:
    with mlrg.MLRG(representation, **model) as one:
        one.fit(steps, cd_samples=64, seed=7)
        zeros = np.zeros((len(J), 4)) if representation == "A1+E" else np.empty((len(J), 0))
        points = np.concatenate([J[:, None], zeros], axis=1)
        return state(one), one.velocity(points), one.jacobian(points), one.flow(points, 3)


def many() -> Any:
    models = [mlrg.MLRG(hidden=(6, 5)) for _ in range(5)]
    errors = mlrg.fit_many(models, [{"steps": 30, "seed": seed} for seed in range(5)])
    return [repr(error) for error in errors], [state(model) for model in models]


def critical() -> Any:
    model = mlrg.MLRG().fit(400)
    point = model.fixed_point()
    return point, model.critical_coupling(), model.scaling_dimensions(), model.thermal_exponent()


@cache
def flow() -> neuralrg.NeuralRG:
    """Shared by all calls of a process, as by the caller of a library."""
    return neuralrg.NeuralRG(8, 0.44, layers=4, hidden=(6, 6)).fit(20, 64)


def flow_training() -> Any:
    with neuralrg.NeuralRG(8, 0.44, layers=3, hidden=(5,)) as one:
        one.fit(8, 100)
        return state(one), state(one.fit_samples(flow().sample(50), 4, 40))


def flow_sampling() -> Any:
    x, log_prob = flow().sample_with_log_prob(100, seed=2)
    z, logdet = flow().encode(x)
    return x, log_prob, flow().log_prob(x), z, logdet, flow().decode(z), flow().responses(33)


def flow_chains() -> Any:
    chains = [flow().hmc(10, 5, space=space, seed=4) for space in ("latent", "physical")]
    return [(c.x, c.acceptance) for c in (*chains, flow().metropolis(10, 5, seed=4))]


def flow_integrals() -> Any:
    return flow().free_energy(200), flow().log_partition(200)


@cache
def shared(name: str) -> Any:
    """As `flow`."""
    return MODELS[name].trained(3)


def asked(name: str) -> Any:
    """Every question to a model of the table."""
    return [answered(question, shared(name)) for question in MODELS[name].questions.values()]


def answered(question: Callable[[Any], Any], model: Any) -> Any:
    """What was answered, or that there is no answer."""
    found = answer(question, model)
    return found if isinstance(found, str) else pickle.loads(found)


def trained_small(small: Small, **variant: Any) -> Any:
    with small.fit(small.make(**variant), 2) as one:
        return state(one), small.evaluate(one)


def files() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        states = []
        for name in MODELS:
            path = Path(folder) / name
            shared(name).save(path)
            states.append(state(MODELS[name].kind.load(path)))
        return states


def state(model: Any) -> Any:
    return model._state()


CALLS: dict[str, Callable[[], Any]] = {
    **{
        f"sample {a}": lambda a=a: sampled(16, a)
        for a in ("auto", "wolff", "swendsen-wang", "metropolis")
    },
    **{f"sample {a} of 130": lambda a=a: sampled(130, a) for a in ("heat-bath", "metropolis")},
    "observables": observed,
    "torus": torus,
    "bulk": bulk,
    "exact map": exact_mlrg,
    "monotone": lambda: trained("A1", 30),
    "flow": lambda: trained("A1", 30, moderator="flow", symmetric=True),
    "differential equation": lambda: trained("A1", 10, transport="ode"),
    "sampled divergence": lambda: trained("A1", 5, divergence="cd"),
    "A1+E": lambda: trained("A1+E", 3, frame="consistent"),
    "many models": many,
    "critical point": critical,
    "training of a flow": flow_training,
    "samples of a flow": flow_sampling,
    "chains of a flow": flow_chains,
    "integrals of a flow": flow_integrals,
    **{f"questions to {name}": lambda name=name: asked(name) for name in MODELS},
    **{
        f"training of {name}": lambda s=small: trained_small(s) for name, small in TRAININGS.items()
    },
    **{
        f"training of {name}, {variant}": lambda s=small, v=variant: trained_small(s, **v)
        for name, small in MODELS.items()
        for variant in small.variants
    },
    "files": files,
}


def digest(value: Any) -> str:
    """Of all numbers in nested results, to the last bit."""
    hasher = hashlib.sha256()

    def add(part: Any) -> None:
        if isinstance(part, dict):
            for key in sorted(part):
                hasher.update(str(key).encode())
                add(part[key])
        elif isinstance(part, (list, tuple)):
            for item in part:
                add(item)
        elif dataclasses.is_dataclass(part):
            add(vars(part))
        elif isinstance(part, NativeModel):
            add(state(part))
        elif isinstance(part, str) or part is None:
            hasher.update(str(part).encode())
        else:
            array = np.asarray(part)
            assert array.dtype != object, type(part)
            hasher.update(str((array.shape, array.dtype)).encode() + array.tobytes())

    add(value)
    return hasher.hexdigest()


def reference(name: str) -> str:
    isingrg.set_num_threads(1)
    return digest(CALLS[name]())


@dataclasses.dataclass
class Load:
    """What one process did."""

    calls: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    #: Bytes of resident memory after one round of all calls, and at the end.
    early: int = 0
    late: int = 0


def work(worker: int, seconds: float, expected: dict[str, str]) -> Load:
    chance = random.Random(worker)
    load = Load()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in chance.sample(sorted(CALLS), len(CALLS)):
            threads = chance.randint(1, 4)
            isingrg.set_num_threads(threads)
            try:
                if digest(CALLS[name]()) != expected[name]:
                    load.failures.append(f"{name} with {threads} threads differs")
            except Exception as error:
                load.failures.append(f"{name} with {threads} threads: {error!r}")
            load.calls += 1
        load.late = resident()
        load.early = load.early or load.late
    return load


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def run(seconds: int) -> campaign.Outcome:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        expected = dict(zip(CALLS, pool.map(reference, CALLS), strict=True))
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        loads = [pool.submit(work, worker, seconds, expected) for worker in range(PROCESSES)]
        done = [load.result() for load in loads]
    growth = max(load.late - load.early for load in done) / 2**20
    return campaign.Outcome(
        f"mixed calls of {PROCESSES} processes with 1 to 4 threads each, results bit for bit",
        sum(load.calls for load in done),
        f"{len(CALLS)} kinds of calls for {seconds} s; memory of a process after its first round "
        f"{max(load.early for load in done) / 2**20:.0f} MiB, grown by {growth:.1f} MiB at most",
        [failure for load in done for failure in load.failures],
    )


if __name__ == "__main__":
    campaign.main(run, short=2, full=3600)
