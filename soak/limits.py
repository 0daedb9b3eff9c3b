"""Sizes beyond the memory: refused with the bytes they need, and no crash where memory runs out.

First, calls that need more than the machine has must be refused at once and say how many bytes
they need. Then each call works in an address space with little room left, of a random size: it
returns or raises MemoryError, and the process goes on. In full, large calls that fit are made as
well. The trials are the sizes for each call.

With less than about 130 KiB left, as nothing here is, the smallest objects of Swift cannot be had
any more, which ends a process before the library can refuse.
"""

import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import campaign
import isingrg
from isingrg import graphvae, ising, mlrg, multilevel, neuralrg, statistics

#: Of a refusal: seconds, and growth of resident memory.
QUICK, SMALL = 1.0, 256 << 20
#: Room of the address space in KiB, from and to.
LEAST, MOST = 256, 65536
FULL = 100


def many(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    """An array without memory of its own."""
    return np.broadcast_to(dtype(1), shape)


def flow(L: int = 4) -> neuralrg.NeuralRG:
    return neuralrg.NeuralRG(L, 0.3, layers=2, hidden=(4,)).fit(1, 8)


def moderator() -> mlrg.MLRG:
    return mlrg.MLRG(hidden=(6, 5)).fit(1)


def autoencoder() -> graphvae.GraphVAE:
    spins = ising.sample(8, 0.4, 20)[0]
    return graphvae.GraphVAE(8, levels=2, hidden=8, token=4, latent=2).fit(spins, 1)


def sampler(L: int = 4) -> multilevel.MultilevelSampler:
    return multilevel.MultilevelSampler(L, neighbours=4, triples=4, quintuples=0).fit(
        1, 64, start="none"
    )


#: What a machine with up to 10^11 bytes cannot do.
REFUSED: dict[str, Callable[[], Any]] = {
    "ising.sample": lambda: ising.sample(16384, 0.4, 400),
    "ising.sample, many chains": lambda: ising.sample(4, 0.4, 2**30, n_chains=2**24),
    "ising.block_spin": lambda: ising.block_spin(many(10**6, 1024, 1024, dtype=np.int8)),
    "ising.energy": lambda: ising.energy(many(10**6, 1024, 1024, dtype=np.int8)),
    "statistics.mean_and_error": lambda: statistics.mean_and_error(many(10**9, 64)),
    "mlrg.exact_map": lambda: mlrg.exact_map(many(2 * 10**10)),
    "mlrg.divergence": lambda: mlrg.divergence(many(2 * 10**10), many(2 * 10**10)),
    "mlrg.boltzmann_tensor": lambda: mlrg.boltzmann_tensor(np.zeros((20_000, 25)), "5A1"),
    "MLRG.fit, batch": lambda: mlrg.MLRG(hidden=(1024,) * 16).fit(1, 10**6),
    "MLRG.fit, steps": lambda: mlrg.MLRG(hidden=(6, 5)).fit(10**9, total_steps=10**9),
    "MLRG.velocity": lambda: moderator().velocity(many(2 * 10**10)),
    "MLRG.flow": lambda: moderator().flow(np.linspace(0, 1, 10**4), 2**20),
    "neuralrg.log_density": lambda: neuralrg.log_density(many(10**10, 4, 4), 0.3),
    "neuralrg.sample_spins": lambda: neuralrg.sample_spins(many(10**10, 4, 4)),
    "NeuralRG.fit, network": lambda: neuralrg.NeuralRG(
        64, layers=40, hidden=(256,) * 3, repeat=16
    ).fit(1, 10**6),
    "NeuralRG.fit_samples": lambda: flow().fit_samples(many(10**10, 4, 4), 1),
    "NeuralRG.sample": lambda: flow().sample(2**32),
    "NeuralRG.free_energy": lambda: flow().free_energy(2**32),
    "NeuralRG.encode": lambda: flow().encode(many(10**10, 4, 4)),
    "NeuralRG.hmc": lambda: flow().hmc(2**20, 2**14),
    "NeuralRG.metropolis": lambda: flow().metropolis(2**20, 2**14),
    "NeuralRG.responses": lambda: flow().responses(2**32),
    "NeuralRG.sample_given": lambda: flow().sample_given(np.zeros((2, 2)), 2**32),
    "GraphVAE.fit, epochs": lambda: autoencoder().fit(np.ones((2, 8, 8), np.int8), 10**9),
    "GraphVAE.encode": lambda: autoencoder().encode(many(10**11, 8, 8, dtype=np.int8)),
    "GraphVAE.decode": lambda: autoencoder().decode(many(10**10, 2)),
    "MultilevelSampler.fit, batch": lambda: multilevel.MultilevelSampler(256).fit(1, 2**24),
    "MultilevelSampler.fit, steps": lambda: sampler().fit(10**9),
    "MultilevelSampler.sample": lambda: sampler(64).sample(2**31),
    "MultilevelSampler.log_prob": lambda: sampler().log_prob(many(2**40, 4, 4, dtype=np.int8)),
    "MultilevelSampler.metropolis": lambda: sampler().metropolis(2**20, 2**24),
    "statistics.bootstrap": lambda: statistics.bootstrap(
        lambda x: x.mean(-1), np.zeros((10**5, 2)), resamples=10**6
    ),
    "graphvae.published_data": lambda: graphvae.published_data(L=256, n_samples=10**7),
}  # fmt: skip

#: Work of some MiB.
SQUEEZED: dict[str, str] = {
    **{a: f"ising.sample(512, 0.4, 8, algorithm={a!r}, n_thermalize=0, n_between=1)"
       for a in ("wolff", "swendsen-wang", "metropolis", "heat-bath")},
    "chains": "ising.sample(16, 0.4, 8, algorithm='metropolis', n_chains=4000, n_thermalize=0, "
              "n_between=1)",
    "observables": "ising.block_spin(np.ones((8, 1024, 1024), np.int8))",
    "exact map": "mlrg.exact_map(np.full((1, 5), 0.3), 'A1+E')",
    "tensor": "mlrg.boltzmann_tensor(np.zeros((40, 9)), '3A1')",
    "mlrg, kl": "mlrg.MLRG(hidden=(16, 16)).fit(1, 4000)",
    "mlrg, cd": "mlrg.MLRG('4A1', divergence='cd', hidden=(8,)).fit(1, 64, cd_samples=1, "
                "teacher_sweeps=1)",
    "mlrg, flow": "mlrg.MLRG(moderator='flow').fit(1).flow(np.linspace(0, 1, 10**5), 4)",
    "flow, training": "neuralrg.NeuralRG(8, layers=4, hidden=(32, 32)).fit(1, 256)",
    "flow, samples": "limits.flow(8).sample(10_000)",
    "flow, chains": "limits.flow(4).hmc(5000, 2, space='physical', warmup=0, adapt=False)",
    "flow, metropolis": "limits.flow(4).metropolis(5000, 2)",
    "autoencoder": "graphvae.GraphVAE(16, hidden=64).fit(np.ones((64, 16, 16), np.int8), 1, 64)",
    "encode": "limits.autoencoder().encode(np.ones((20_000, 8, 8), np.int8))",
    "sampler, training": "multilevel.MultilevelSampler(16).fit(1, 1000, start='none')",
    "sampler, samples": "limits.sampler(8).sample(100_000)",
    "bootstrap": "statistics.bootstrap(np.mean, np.ones((4, 100_000)), resamples=20)",
}  # fmt: skip

#: The largest sizes in every direction, in calls that must hold; `memory` is a number of bytes.
LARGEST: dict[str, str] = {
    "sample of L = 16384": "assert len(ising.sample(16384, 0.4, memory >> 28, n_thermalize=0, "
                           "n_between=1, algorithm='metropolis')[0]) == memory >> 28",
    "energy of L = 32768": "assert ising.energy(np.ones((32768, 32768), np.int8)) == -(2**31)",
    "torus of L = 4096": "assert 2 * 4096**2 < ising.log_partition(4096, 1.0) < 2.1 * 4096**2",
    "divergence of 5A1": "assert mlrg.divergence(np.full(25, 0.1), np.zeros(25), '5A1') > 0",
    "a million couplings": "assert mlrg.MLRG().fit(1, 10**6).step == 1",
    "a flow of L = 64": "assert len(limits.flow(64).sample(memory >> 17)) == memory >> 17",
    "a sampler of L = 256": "assert limits.sampler(256).sample(memory >> 24).shape[1] == 256",
    "an autoencoder of L = 256": "assert graphvae.GraphVAE(256, hidden=256, latent=256, token=256, "
                                 "levels=7).fit(np.ones((2, 256, 256), np.int8), 1).step == 1",
}  # fmt: skip

IMPORTS = """
import resource, sys, time
import numpy as np
import numpy.random  # loaded at its first use, for which there may be no room
sys.path.insert(0, {folder!r})
import limits
from isingrg import graphvae, ising, mlrg, multilevel, neuralrg, statistics
"""

#: One process for each call: what has been warm in memory before stays outside the limit.
SQUEEZE = """
limits.isingrg.set_num_threads(2)
ising.sample(256, 0.4, 1)
refused = 0
for room in {rooms}:
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    print(room, flush=True)
    resource.setrlimit(resource.RLIMIT_AS, (used + (room << 10), resource.RLIM_INFINITY))
    try:
        {call}
    except MemoryError:
        refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
print(refused)
"""

GROW = """
memory = {memory}
start = time.monotonic()
{call}
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def refuse(failures: list[str]) -> float:
    """The most seconds that a refusal took."""
    slowest = 0.0
    for name, call in REFUSED.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        try:
            call()
            failures.append(f"{name} was not refused")
        except MemoryError as error:
            if not re.search(r"\d\.? (bytes|[KMGTPE]iB)", str(error)):
                failures.append(f"{name} does not say how many bytes it needs: {error}")
        slowest = max(slowest, time.process_time() - start)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
        if grown > SMALL or time.process_time() - start > QUICK:
            failures.append(f"{name} took {grown >> 20} MiB and {slowest:.1f} s")
    return slowest


def child(code: str, **values: Any) -> tuple[list[str], str]:
    """What code in a process of its own printed, and how it failed."""
    code = (IMPORTS + code).format(folder=str(Path(__file__).parent), **values)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    reason = f"ended with {run.returncode}: {run.stderr.strip()[-200:]}"
    return run.stdout.split(), reason if run.returncode else ""


def squeeze(name: str, sizes: int, failures: list[str]) -> int:
    """How many of so many sizes were refused."""
    chance = random.Random(name)
    rooms = [int(LEAST * (MOST / LEAST) ** chance.random()) for _ in range(sizes)]
    printed, failure = child(SQUEEZE, rooms=rooms, call=SQUEEZED[name])
    if failure:
        failures.append(f"{name} with {printed[-1:]} KiB {failure}")
        return 0
    return int(printed[-1])


def grow(failures: list[str]) -> str:
    """Seconds and memory of large calls."""
    with open("/proc/meminfo") as file:
        available = next(int(line.split()[1]) for line in file if "MemAvailable" in line)
    figures = []
    for name, call in LARGEST.items():
        printed, failure = child(GROW, memory=available << 8, call=call)  # a quarter
        if failure:
            failures.append(f"{name} {failure}")
        else:
            seconds, memory = map(float, printed)
            figures.append(f"{name} {seconds:.1f} s and {memory:.1f} GiB")
    return ", ".join(figures)


def run(sizes: int) -> campaign.Outcome:
    failures: list[str] = []
    slowest = refuse(failures)
    refused = sum(squeeze(name, sizes, failures) for name in SQUEEZED)
    figures = [
        f"{len(REFUSED)} sizes refused with their bytes in {slowest:.2f} s at most",
        f"{len(SQUEEZED)} calls with {LEAST} to {MOST} KiB of address space left, {refused} times "
        "MemoryError",
    ]
    large = sizes >= FULL
    if large:
        figures.append(grow(failures))
    return campaign.Outcome(
        "sizes beyond the memory",
        len(REFUSED) + sizes * len(SQUEEZED) + large * len(LARGEST),
        "; ".join(figures),
        failures,
    )


if __name__ == "__main__":
    isingrg.set_num_threads(2)
    campaign.main(run, short=2, full=FULL)
