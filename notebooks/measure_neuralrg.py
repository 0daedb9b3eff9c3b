"""Measures how fast Hamiltonian Monte Carlo forgets, in latent and in physical space; writes data/neuralrg_hmc.json.

    python notebooks/measure_neuralrg.py    # about twenty minutes of one core

Both spaces get the same care: the step is tuned to an acceptance of 0.65 for each of several lengths of a trajectory,
and the length that forgets the structure factor in the fewest gradients is taken. Chains begin in equilibrium. What is
recorded already is not measured again.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import scipy.fft

import isingrg
import record_file
from isingrg import ising, neuralrg, statistics
from train_neuralrg import kept_model
from train_neuralrg_depth import exact_samples, kept_flow

FILE = Path(__file__).parent / "data" / "neuralrg_hmc.json"
CHAINS = 32
#: Mean leapfrog steps of an update, to choose from.
LENGTHS = {"latent": (3, 10, 30), "physical": (10, 30, 100)}
#: Gradients of each chain, by space and size; a third of them to choose a length.
GRADIENTS = {("latent", 16): 12000, ("latent", 32): 12000, ("physical", 16): 90000, ("physical", 32): 90000}
#: Steps and lengths of the paper's program: ten steps of 0.2, always.
PUBLISHED = {"leapfrog": 10, "step_size": 0.2, "random_length": False}
SETTINGS = ("published", "tuned")
#: Updates between two looks at the chains.
PIECE = 200


def oriented(flow, x, seed):
    """x or -x, as the flow without its symmetrisation has it: the structure factor is the same."""

    def log_density(x):
        z, logdet = flow.encode(x)
        return logdet - 0.5 * np.sum(z**2, axis=(1, 2))

    gap = log_density(x) - log_density(-x)
    stays = np.random.default_rng(seed).random(len(x)) < 0.5 * (1 + np.tanh(gap / 2))
    return np.where(stays[:, None, None], x, -x)


def tuned_step(flow, space, leapfrog, start):
    return flow.hmc(CHAINS, 1, space=space, leapfrog=leapfrog, warmup=100, adapt=True, start=start, seed=1).step_size


def series(flow, space, updates, start, seed, **keywords):
    """The structure factor of each chain after every update, the mean acceptance, and the seconds used."""
    found, acceptance, seconds = [], [], 0.0
    while sum(part.shape[1] for part in found) < updates:
        begun = time.process_time()
        chains = flow.hmc(CHAINS, PIECE, space=space, start=start, seed=2**32 * (seed + 1) + len(found), **keywords)
        seconds += time.process_time() - begun
        found.append(chains.structure_factor())
        acceptance.append(chains.acceptance.mean())
        start = chains.x[:, -1]
    return np.concatenate(found, axis=1), float(np.mean(acceptance)), seconds


def autocorrelation_time(values):
    """Integrated autocorrelation time in updates and its bootstrap error, from the scatter of the chains' means.

    Chains that begin in equilibrium need no window for this; one of n updates gives too little by a share of about tau / n.
    """

    def ratio(chains):
        return chains.shape[1] * chains.mean(axis=1).var(ddof=1) / chains.var()

    return statistics.bootstrap(ratio, values, axis=0, resamples=500)


def measured(flow, space, gradients, start, seed, leapfrog, **keywords):
    values, acceptance, seconds = series(
        flow, space, gradients // leapfrog, start, seed, leapfrog=leapfrog, **keywords)  # fmt: skip
    tau = autocorrelation_time(values)
    return {
        "leapfrog": leapfrog, "acceptance": acceptance, "updates": values.shape[1], "tau": tau.value, "tau_error": tau.error,
        "mean": float(values.mean()), "mean_error": float(values.mean(axis=1).std(ddof=1) / np.sqrt(CHAINS)),
        "seconds_per_gradient": seconds / values.size / leapfrog,
    }  # fmt: skip


def runs():
    """Key of each measurement and what makes its flow; physical chains need one of the size only."""
    for L in (16, 32):
        for seed in range(3):
            yield {"space": "physical", "flow": None, "L": L, "seed": seed}, lambda L=L: neuralrg.NeuralRG(L, layers=1).fit(1, 32)
    for seed in range(3):
        yield {"space": "latent", "flow": "ours", "L": 16, "seed": seed}, lambda seed=seed: kept_flow(16, seed)
    yield {"space": "latent", "flow": "published", "L": 16, "seed": 0}, lambda: kept_model("critical", seed=0)
    yield {"space": "latent", "flow": "ours", "L": 32, "seed": 0}, lambda: kept_flow(32, 0)


def forces(L):
    """Seconds of a gradient of ln pi for one chain, by fast Fourier transform and by a dense matrix."""
    waves = np.cos(2 * np.pi * np.arange(L) / L)
    stiffness = 1 / (2 * ising.K_CRITICAL * (waves[:, None] + waves + 2) + 0.1)
    first = np.fft.ifft2(stiffness).real
    i, j = np.divmod(np.arange(L * L), L)
    matrix = first[(i[:, None] - i) % L, (j[:, None] - j) % L]
    x = exact_samples(L, CHAINS, 5)

    def by_fft():
        waves = scipy.fft.rfft2(x, workers=1) * stiffness[:, : L // 2 + 1]
        return np.tanh(x) - scipy.fft.irfft2(waves, s=(L, L), workers=1)

    def dense():
        return (np.tanh(x).reshape(CHAINS, -1) - x.reshape(CHAINS, -1) @ matrix).reshape(x.shape)

    np.testing.assert_allclose(by_fft(), dense(), rtol=0, atol=1e-10)
    found = {}
    for name, force in (("fft", by_fft), ("dense", dense)):
        times = []
        for _ in range(9):
            begun = time.process_time()
            for _ in range(20):
                force()
            times.append((time.process_time() - begun) / 20 / CHAINS)
        found[name] = float(np.median(times))
    return found


def keep(record):
    print(record, flush=True)
    record_file.save(FILE, [*record_file.load(FILE), record])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["latent", "physical"])
    only = parser.parse_args(arguments).only
    isingrg.set_num_threads(1)
    for L in (8, 16, 32, 64):
        key = {"force": True, "L": L}
        if not record_file.has(FILE, key):
            keep(key | forces(L))
    for key, make in runs():
        if only not in (None, key["space"]) or all(record_file.has(FILE, key | {"settings": s}) for s in SETTINGS):
            continue
        flow = make()
        gradients = GRADIENTS[key["space"], key["L"]]
        x = exact_samples(key["L"], CHAINS, 300 + key["seed"])
        start = oriented(flow, x, key["seed"]) if key["space"] == "latent" else x
        for settings in SETTINGS:
            record = key | {"settings": settings}
            if record_file.has(FILE, record):
                continue
            if settings == "published":
                keep(record | measured(flow, key["space"], gradients, start, key["seed"], **PUBLISHED))
                continue
            trials = []
            for leapfrog in LENGTHS[key["space"]]:
                step = tuned_step(flow, key["space"], leapfrog, start)
                trial = measured(flow, key["space"], gradients // 3, start, 100 + key["seed"], leapfrog, step_size=step)
                trials.append({"step_size": step} | {k: trial[k] for k in ("leapfrog", "tau", "tau_error", "acceptance")})
            best = min(trials, key=lambda trial: trial["tau"] * trial["leapfrog"])
            chosen = {"leapfrog": best["leapfrog"], "step_size": best["step_size"]}
            keep(record | chosen | measured(flow, key["space"], gradients, start, key["seed"], **chosen) | {"trials": trials})


if __name__ == "__main__":
    main()
