"""Ctrl-C at random moments of trainings, long ones and many short ones.

Each trial is a process that gets SIGINT. It has to come to KeyboardInterrupt soon; the model then
is at a complete step, equal to the last bit to a model that was trained for so many steps without
a stop, it can be copied and saved, and goes on like that one.
"""

import random
import signal
import subprocess
import sys
import time

from campaign import Outcome, main

CHILD = """
import copy, signal, sys, tempfile, time
from pathlib import Path
import numpy as np
import safetensors.numpy
from isingrg import graphvae, ising, mlrg, neuralrg

SPINS = ising.sample(8, [0.3, 0.5], 10, n_thermalize=5, seed=1)[:, 0]
X = np.full((4000, 4, 4), 0.9)
# A shell starts its background jobs with SIGINT ignored, which children inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
kinds = {
    "mlrg": (lambda: mlrg.MLRG(hidden=(6,)), lambda m, n: m.fit(n, 16, total_steps=10**7)),
    "many": (lambda: mlrg.MLRG(hidden=(6,)), lambda m, n: m.fit(n, 16, total_steps=10**7)),
    "neuralrg": (lambda: neuralrg.NeuralRG(L=4, layers=2), lambda m, n: m.fit(n, 64)),
    "samples": (lambda: neuralrg.NeuralRG(L=4, layers=2), lambda m, n: m.fit_samples(X, n, 64)),
    "graphvae": (lambda: graphvae.GraphVAE(L=8, levels=2, hidden=6), lambda m, n: m.fit(SPINS, n)),
}
kind, steps = sys.argv[1], int(sys.argv[2])
make, fit = kinds[kind]
model = make()

def same(a, b):
    (_, first), (_, second) = a._state(), b._state()
    return all(np.array_equal(first[n], second[n], equal_nan=True) for n in first | second)

def work():
    if kind == "many":
        other = make()
        while True:
            mlrg.fit_many([model, other], [{"steps": steps, "batch": 16, "total_steps": 10**7}] * 2)
    while True:
        fit(model, steps)

fit(make(), 1)
try:
    print("ready", flush=True)
    work()
except KeyboardInterrupt:
    print(time.clock_gettime(time.CLOCK_MONOTONIC))
done = len(model.history["loss"])
print(done)
if done:
    straight = fit(make(), done)
    assert same(copy.copy(model), straight), "not the state of so many steps"
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model"))
        assert same(type(model).load(Path(folder, "model")), straight), "saved differently"
    assert same(fit(model, 2), fit(straight, 2)), "goes on differently"
else:
    fit(model, 1)
"""

KINDS = ["mlrg", "many", "neuralrg", "samples", "graphvae"]
#: Steps of each call: with few of them most interrupts come between two trainings.
STEPS = [1, 3, 10**6]
#: Seconds from the signal to the exception that are a failure.
LONGEST = 1.0


def trial(number):
    """Seconds to stop, steps done, and what went wrong."""
    chance = random.Random(number)
    arguments = [KINDS[number % len(KINDS)], str(STEPS[number % len(STEPS)])]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.5) ** 2)
        sent = time.clock_gettime(time.CLOCK_MONOTONIC)
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            return 120.0, 0, f"{' '.join(arguments)}: did not end"
    lines = output.split()
    if process.returncode != 0 or len(lines) != 2:
        return 0.0, 0, f"{' '.join(arguments)}: code {process.returncode}, {errors[-300:]}"
    seconds = float(lines[0]) - sent
    slow = f"{' '.join(arguments)}: {seconds:.2f} s to stop" if seconds > LONGEST else ""
    return seconds, int(lines[1]), slow


def campaign(trials):
    results = [trial(number) for number in range(trials)]
    times = sorted(seconds for seconds, _, _ in results)
    figures = (
        f"longest time to stop {times[-1]:.2f} s, median {times[len(times) // 2]:.3f} s, "
        f"{sum(steps for _, steps, _ in results)} steps done and none lost"
    )
    failures = [f"trial {n}: {wrong}" for n, (_, _, wrong) in enumerate(results) if wrong]
    return Outcome("Ctrl-C at a random moment of a training", trials, figures, failures)


if __name__ == "__main__":
    main(campaign, short=6, full=300)
