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

from campaign import TABLE, Outcome, main
from small_models import TRAININGS

CHILD = """
import copy, signal, sys, tempfile, time
from pathlib import Path
from isingrg import mlrg
from small_models import TRAININGS, same

# A shell starts its background jobs with SIGINT ignored, which children inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
kind, steps = sys.argv[1], int(sys.argv[2])
small = TRAININGS["mlrg" if kind == "many" else kind]
model = small.make()

def work():
    if kind == "many":
        settings = {**small.settings, "steps": steps}
        other = small.make()
        while True:
            mlrg.fit_many([model, other], [settings, settings])
    while True:
        small.fit(model, steps)

small.trained(1)
try:
    print("ready", flush=True)
    work()
except KeyboardInterrupt:
    print(time.clock_gettime(time.CLOCK_MONOTONIC))
done = len(model.history["loss"])
print(done)
if done:
    straight = small.trained(done)
    assert same(copy.copy(model), straight), "not the state of so many steps"
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model"))
        assert same(type(model).load(Path(folder, "model")), straight), "saved differently"
    assert same(small.fit(model, 2), small.fit(straight, 2)), "goes on differently"
else:
    small.fit(model, 1)
"""

#: "many" is `mlrg.fit_many`.
KINDS = [*TRAININGS, "many"]
#: Steps of each call: with few of them most interrupts come between two trainings.
STEPS = [1, 3, 10**6]
#: Seconds from the signal to the exception that are a failure.
LONGEST = 1.0


def trial(number):
    """Seconds to stop, steps done, and what went wrong."""
    chance = random.Random(number)
    arguments = [KINDS[number % len(KINDS)], str(STEPS[number % len(STEPS)])]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], cwd=TABLE,
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
