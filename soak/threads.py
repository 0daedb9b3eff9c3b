"""One model asked by seven threads while an eighth trains or closes it; eight models at once.

Every answer has to be that of the model before or after the training, to the last bit, or
`IsingRGError`, and the training that of a model which nobody asks.
"""

import copy
import pickle
import threading
import time
from collections import Counter

import numpy as np

from campaign import Outcome, main
from isingrg import ArgumentError, ConvergenceError, IsingRGError, graphvae, ising, mlrg, neuralrg

SPINS = ising.sample(8, [0.3, 0.5], 10, n_thermalize=5, seed=1)[:, 0]
X = np.random.default_rng(1).normal(size=(6, 4, 4))
J = np.linspace(-1, 1, 9)

#: Every method and property by what it is asked; the tests compare the names with the public ones.
ASKED = {
    mlrg.MLRG: {
        "bare_flow": lambda m: m.bare_flow(J, 3),
        "critical_coupling": lambda m: m.critical_coupling(),
        "critical_coupling_estimates": lambda m: m.critical_coupling_estimates(),
        "curl": lambda m: m.curl(J),
        "exponents": lambda m: m.exponents(J),
        "fixed_point": lambda m: m.fixed_point(0.8),
        "fixed_points": lambda m: [point.J for point in m.fixed_points(2)],
        "flow": lambda m: m.flow(J, 3),
        "ground_state_degeneracy": lambda m: m.ground_state_degeneracy(J),
        "history": lambda m: list(m.history.values()),
        "jacobian": lambda m: m.jacobian(J),
        "monotone": lambda m: m.monotone(J),
        "monotone_violations": lambda m: m.monotone_violations(J),
        "newton_step": lambda m: m.newton_step(J),
        "proposals": lambda m: m.proposals,
        "scaling_dimensions": lambda m: m.scaling_dimensions(0.8),
        "step": lambda m: m.step,
        "thermal_exponent": lambda m: m.thermal_exponent(0.8),
        "velocity": lambda m: m.velocity(J),
        "save": pickle.dumps,
    },
    neuralrg.NeuralRG: {
        "K": lambda m: m.K,
        "L": lambda m: m.L,
        "decode": lambda m: m.decode(X),
        "depth": lambda m: m.depth,
        "encode": lambda m: m.encode(X),
        "free_energy": lambda m: m.free_energy(50),
        "hierarchy": lambda m: [layer.sites for layer in m.hierarchy],
        "history": lambda m: list(m.history.values()),
        "hmc": lambda m: m.hmc(2, 3).x,
        "latent_scales": lambda m: m.latent_scales,
        "log_partition": lambda m: m.log_partition(50),
        "log_prob": lambda m: m.log_prob(X),
        "masks": lambda m: m.masks,
        "metropolis": lambda m: m.metropolis(2, 3).x,
        "parameter_count": lambda m: m.parameter_count,
        "responses": lambda m: m.responses(20).mean,
        "sample": lambda m: m.sample(10),
        "sample_given": lambda m: m.sample_given(X[:2, ::2, ::2]),
        "sample_with_log_prob": lambda m: m.sample_with_log_prob(10),
        "step": lambda m: m.step,
        "save": pickle.dumps,
    },
    graphvae.GraphVAE: {
        "L": lambda m: m.L,
        "basins": lambda m: m.basins(SPINS, resamples=20).centres,
        "decode": lambda m: m.decode(np.ones((3, m.latent))),
        "encode": lambda m: m.encode(SPINS),
        "epoch": lambda m: m.epoch,
        "history": lambda m: list(m.history.values()),
        "latent": lambda m: m.latent,
        "level_distances": lambda m: m.level_distances(SPINS),
        "levels": lambda m: m.levels,
        "loss": lambda m: list(m.loss(SPINS).values()),
        "parameter_count": lambda m: m.parameter_count,
        "rg_map": lambda m: m.rg_map(SPINS, resamples=20).weight,
        "step": lambda m: m.step,
        "trajectories": lambda m: m.trajectories(SPINS),
        "save": pickle.dumps,
    },
}

#: How each kind is made and trained.
MAKE = {
    mlrg.MLRG: lambda: mlrg.MLRG(hidden=(4,)),
    neuralrg.NeuralRG: lambda: neuralrg.NeuralRG(L=4, layers=2, hidden=(3,)),
    graphvae.GraphVAE: lambda: graphvae.GraphVAE(L=8, levels=2, hidden=4, latent=2),
}
TRAIN = {
    mlrg.MLRG: lambda m, n, **k: m.fit(100 * n, 8, total_steps=10**4, **k),
    neuralrg.NeuralRG: lambda m, n, **k: m.fit(20 * n, 64, **k),
    graphvae.GraphVAE: lambda m, n, **k: m.fit(SPINS, 20 * n, **k),
}


def answer(question, model):
    """The result as bytes, to be compared; that there is none, say of a fixed point, is one too."""
    try:
        return pickle.dumps(question(model))
    except (ArgumentError, ConvergenceError) as error:
        return str(error)


def ask(kind, model, right, done, seed, failures, counts):
    """Asks in random order until `done`, and then once more."""
    random = np.random.default_rng(seed)
    last = False
    while not last:
        last = done.is_set()
        for name in random.permutation([*ASKED[kind]]):
            try:
                found = answer(ASKED[kind][name], model)
            except IsingRGError as error:
                counts["refused"] += 1
                if "in use" not in str(error) and "closed" not in str(error):
                    failures.append(f"{kind.__name__}.{name}: {error!r}")
            except BaseException as error:
                failures.append(f"{kind.__name__}.{name}: {error!r}")
            else:
                counts["right"] += 1
                if found not in right[name]:
                    failures.append(f"{kind.__name__}.{name} is of no state of the model")


def shared(kind, seed, closes, counts):
    """One model: seven threads ask, one trains it, or closes it."""
    model = TRAIN[kind](MAKE[kind](), 1, seed=seed)
    states = [copy.deepcopy(model)]
    if not closes:
        states.append(TRAIN[kind](copy.deepcopy(model), 3))
    right = {
        name: [answer(question, state) for state in states]
        for name, question in ASKED[kind].items()
    }
    done, failures = threading.Event(), []
    arguments = (kind, model, right, done)
    threads = [
        threading.Thread(target=ask, args=(*arguments, seed * 7 + i, failures, counts))
        for i in range(7)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.01 * (seed % 5))
    while True:  # a training, too, may meet a question
        try:
            if closes:
                model.close()
            else:
                TRAIN[kind](model, 3)
            break
        except IsingRGError:
            counts["refused"] += 1
    done.set()
    for thread in threads:
        thread.join()
    if not closes and answer(pickle.dumps, model) != right["save"][-1]:
        failures.append(f"{kind.__name__}: the training differs")
    return failures


def separate(seed):
    """Eight models, each in a thread of its own."""
    kinds = [[*MAKE][(seed + i) % 3] for i in range(8)]
    serial = [answer(pickle.dumps, TRAIN[k](MAKE[k](), 1, seed=i)) for i, k in enumerate(kinds)]
    models = [MAKE[kind]() for kind in kinds]
    threads = [
        threading.Thread(target=TRAIN[kind], args=(model, 1), kwargs={"seed": i})
        for i, (kind, model) in enumerate(zip(kinds, models, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [
        f"{type(model).__name__} {i} of eight differs"
        for i, model in enumerate(models)
        if answer(pickle.dumps, model) != serial[i]
    ]


def campaign(trials):
    counts, failures = Counter(), []
    for trial in range(trials):
        kind, closes = [*MAKE][trial // 3 % 3], trial % 3 == 1
        found = separate(trial) if trial % 3 == 2 else shared(kind, trial, closes, counts)
        failures += [f"trial {trial}: {failure}" for failure in found]
    figures = f"{counts['right']} answers right, {counts['refused']} calls refused"
    return Outcome("eight threads use one model, or eight", trials, figures, failures)


if __name__ == "__main__":
    main(campaign, short=9, full=300)
