"""Trains by the recipes of Hou & You and writes what the models say to data/mlrg_recipes.json.

    python notebooks/train_mlrg_published.py                              # all that starts from scratch
    python notebooks/train_mlrg_published.py published_mlrg_networks.safetensors   # continuations, too

Hours, from cheap to dear. Every training leaves checkpoints in checkpoints/ and goes on from there when it was
stopped. A record holds settings, seed and the steps that were done; records of trainings that are not
complete are made anew.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import safetensors.numpy

import isingrg
import record_file
from isingrg import mlrg
from measure_mlrg import measure, rounded
from published_mlrg import load, rewritten, with_bound, with_network

FILE = Path(__file__).parent / "data" / "mlrg_recipes.json"
CHECKPOINTS = Path(__file__).parent / "checkpoints"
#: Networks from which continuations start: one of those that the box of A1+E shows, and the one that
#: the authors' recipe loads, beside the ten networks of each of its trials in EverettYou/MLRG at
#: commit 459ed0b.
BOXED, LOADED = "A1E/trial1/0", "A1E/recipestart/0"

#: The text of the paper: batch, learning rate, 32 leapfrog steps, replica exchange, beta to 5 (10 in
#: the paper's couplings). Ours: the number of replicas, how beta rises, and the wall, for on an
#: unbounded space no distribution is uniform.
TEXT = {
    "batch": 200, "lr": 5e-4, "final_lr": 5e-4, "clip_norm": 0.0, "replicas": 4,
    "proposal": "norm", "beta_max": 10.0, "beta_rate": 8.0, "beta_midpoint": 0.5,
    "proposal_scale": 0.5, "coupling_bound": 1.5, "hmc_step": 0.005, "hmc_leapfrog": 32,
}  # fmt: skip
#: The programs: no replicas, no wall that matters, 8 updates. Their J is twice that of the paper, so
#: that widths and leapfrog steps are halved here and beta is doubled.
PROGRAM = TEXT | {"replicas": 1, "batch": 1000, "coupling_bound": 10.0, "hmc_updates": 8}
STILL = {"hmc_step": 1e-6, "hmc_leapfrog": 1, "hmc_updates": 1}
CD_5 = {"cd_samples": 5000, "teacher_sweeps": 50, "student_sweeps": 5}


def constant(lr, beta):
    """A schedule that does not rise has half of its largest beta."""
    return {"lr": lr, "final_lr": lr, "beta_max": 2 * beta, "beta_rate": 0.0}


def recipes():
    """name -> representation, keywords of MLRG, keywords of fit, whether couplings are drawn anew in
    every step, the published network it starts from, number of models."""
    samples = {"batch": 200, "cd_samples": 1000, "teacher_sweeps": 20, "student_sweeps": 1}
    restart = PROGRAM | STILL | constant(1e-2, 0) | samples | {"proposal_scale": 0.7, "steps": 200}
    twenty = PROGRAM | CD_5 | constant(1e-3, 20) | {"steps": 20}
    hundreds = PROGRAM | CD_5 | constant(1e-4, 10) | {"steps": 200}
    fresh = PROGRAM | constant(1e-3, 10) | {"batch": 200, "steps": 5000}
    text, short = TEXT | {"steps": 30000}, TEXT | {"steps": 3000}
    cd = short | CD_5 | {"teacher_sweeps": 20}
    kl, ode = {"divergence": "kl"}, {"divergence": "kl", "transport": "ode"}
    return {
        "restart-A1": ("A1", {}, restart, True, None, 10),
        "continue-20": ("A1+E", {}, twenty, True, BOXED, 10),
        "recipe-20-mixed": ("A1+E", {}, twenty, True, LOADED, 6),
        "recipe-20": ("A1+E", {}, twenty, True, LOADED, 2),
        "text-kl-A1+E": ("A1+E", kl, text, False, None, 10),
        "text-kl-2A1+E": ("2A1+E", kl, text, False, None, 10),
        "text-kl-A1": ("A1", kl, text | {"steps": 10000, "coupling_bound": 2.0}, False, None, 10),
        "fresh-kl-A1+E": ("A1+E", kl, fresh, True, None, 10),
        "continue-200": ("A1+E", {}, hundreds, False, BOXED, 10),
        "text-ode-A1": ("A1", ode, text | {"steps": 10000, "coupling_bound": 2.0}, False, None, 3),
        "text-ode-A1+E": ("A1+E", ode, text, False, None, 10),
        "text-cd-A1+E": ("A1+E", {}, cd, False, None, 3),
        "text-cd-2A1+E": ("2A1+E", {}, cd, False, None, 3),
        "short-kl-A1+E": ("A1+E", kl, short, False, None, 3),
        "short-kl-2A1+E": ("2A1+E", kl, short, False, None, 3),
    }


def start(representation, changes, fit, seed, stored, published):
    """An untrained model, or one with a published network and a new optimiser."""
    settings, _ = mlrg.published_settings("hou-you", representation)
    model = mlrg.MLRG(representation, **(settings | changes))
    if stored is None:
        return model
    # The step that makes the state; its network is replaced.
    quick = {"cd_samples": 1, "teacher_sweeps": 1, "student_sweeps": 1, "steps": 1}
    model.fit(**(fit | quick), total_steps=total_steps(fit, stored), seed=seed)

    def forget(arrays, _):
        for name in ("adam.first_moment", "adam.second_moment"):
            arrays[name][:] = 0

    return rewritten(with_network(model, published, stored), forget)


def total_steps(fit, stored):
    """Of the state: the first one of a continuation only makes it."""
    return fit["steps"] + (stored is not None)


def with_couplings(model, couplings):
    """The model with other couplings for its next step."""

    def put(arrays, _):
        arrays["proposal.couplings"][:] = couplings.reshape(arrays["proposal.couplings"].shape)

    return rewritten(model, put)


def fresh_step(model, keywords, seed, mixed):
    """A step at couplings that begin normally distributed. Of those that the Monte Carlo leaves, the
    last `mixed` are carried one RG step further.

    The stored recipe passes 600 of its 1000 to a function f(J, network, 1), and the others to
    f(J, network, 0), which is not stored.
    """
    random = np.random.default_rng([seed, model.step])
    drawn = random.normal(0, keywords["proposal_scale"], model.proposals.shape)
    if not mixed:
        return with_couplings(model, drawn).fit(1, **keywords)
    quick = {"cd_samples": 1, "teacher_sweeps": 1, "student_sweeps": 1, "lr": 1e-12, "final_lr": 0.0}
    moved = with_couplings(model, drawn).fit(1, **(keywords | quick)).proposals
    moved[-mixed:] = model.flow(moved[-mixed:], 1)[1]
    return with_couplings(model, moved).fit(1, **(keywords | STILL))


def advanced(model, name, seed, path):
    """The model at the end of its training, with checkpoints on the way."""
    _, _, fit, fresh, stored, _ = recipes()[name]
    total = total_steps(fit, stored)
    keywords = {key: value for key, value in fit.items() if key != "steps"}
    keywords |= {"seed": seed, "total_steps": total}
    if fresh:
        mixed = 600 if name.endswith("mixed") else 0
        for step in range(model.step, total):
            model = fresh_step(model, keywords, seed, mixed) if step else model.fit(1, **keywords)
            if step % max(1, total // 25) == 0 or step == total - 1:
                model.save(path)
    elif model.step < total:
        model.fit(total - model.step, **keywords, checkpoint=path, every=50)
    return model


def train(name, seed, checkpoints, networks):
    """The record of a model that is trained, or trained further."""
    isingrg.set_num_threads(1)
    representation, changes, fit, _, stored, _ = recipes()[name]
    path = checkpoints / f"{name}-{seed}.safetensors"
    if path.with_suffix(".stopped").exists():
        return record(name, seed, path)
    if path.exists():
        model = mlrg.MLRG.load(path)
    else:
        model = start(representation, changes, fit, seed, stored, load(networks) if stored else None)
    begun, first = time.process_time(), model.step
    try:
        model = advanced(model, name, seed, path)
    except isingrg.ConvergenceError as error:  # a flow that became too stiff for its equation
        model.save(path)
        path.with_suffix(".stopped").write_text(str(error))
    if model.step > first:  # core seconds of what was done now
        spent = (time.process_time() - begun) / (model.step - first)
        path.with_suffix(".seconds").write_text(f"{spent}")
    return record(name, seed, path)


def parameters(path):
    """All parameters of a network, as one vector."""
    arrays = safetensors.numpy.load_file(path)
    return np.concatenate([arrays[key].ravel() for key in sorted(arrays) if key.startswith("network.")])


def distance(one, two):
    return float(np.linalg.norm(one - two) / np.linalg.norm(two))


def record(name, seed, path):
    """What a checkpoint says."""
    representation, changes, fit, fresh, stored, _ = recipes()[name]
    model = mlrg.MLRG.load(path)
    loss = np.asarray(model.history["loss"])[int(stored is not None) :]
    seconds, stopped = path.with_suffix(".seconds"), path.with_suffix(".stopped")
    before = path.with_name(f"{name}-{seed - 1}.safetensors")
    about = {
        "recipe": name,
        "representation": representation,
        "seed": seed,
        "model": changes,
        "fit": fit | {"fresh": fresh, "start": stored},
        "steps": len(loss),
        "stopped": stopped.read_text() if stopped.exists() else None,
        "seconds_per_step": float(seconds.read_text()) if seconds.exists() else None,
        "distance_to_previous": distance(*map(parameters, (path, before))) if before.exists() else None,
        "loss": [float(part.mean()) for part in np.array_split(loss, min(10, len(loss)))],
    }
    bound = 2.0 if representation == "A1" else 1.5
    return rounded(about) | measure(with_bound(model, bound), representation)


def keep(fresh):
    records = [r for r in record_file.load(FILE) if (r["recipe"], r["seed"]) != (fresh["recipe"], fresh["seed"])]
    order = list(recipes())
    record_file.save(FILE, sorted([*records, fresh], key=lambda r: (order.index(r["recipe"]), r["seed"])))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", type=Path, nargs="?", help="published networks")
    parser.add_argument("--only", action="append", choices=list(recipes()))
    parser.add_argument("--seed", action="append", type=int, help="only this one")
    parser.add_argument("--record", action="store_true", help="no training, records of all checkpoints")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    options.checkpoints.mkdir(exist_ok=True)
    wanted = {name: recipe for name, recipe in recipes().items() if not options.only or name in options.only}
    jobs = [(name, seed) for name, recipe in wanted.items() for seed in range(recipe[-1]) if options.seed is None or seed in options.seed]
    done = {(r["recipe"], r["seed"]) for r in record_file.load(FILE) if r["steps"] == r["fit"]["steps"]}
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(options.processes, mp_context=context) as pool:
        waiting = []
        for name, seed in jobs:
            path = options.checkpoints / f"{name}-{seed}.safetensors"
            if options.record and path.exists():
                waiting.append(pool.submit(record, name, seed, path))
            elif not options.record and (name, seed) not in done and (options.networks or wanted[name][4] is None):
                waiting.append(pool.submit(train, name, seed, options.checkpoints, options.networks))
        for future in concurrent.futures.as_completed(waiting):
            keep(future.result())
            print(future.result()["recipe"], future.result()["seed"], flush=True)


if __name__ == "__main__":
    main()
