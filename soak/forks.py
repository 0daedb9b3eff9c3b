"""Forks while other threads are inside the library, at their first calls, and inside `progress`.

Each trial is a fork. The child has to come to its end in time: it asks the models that the
parent's threads are asking, trains them and one of its own, and samples, all to the same bits as
the parent. A model that a thread was training is in use there for ever.
"""

import os
import random
import signal
import threading
import time
import traceback
from functools import partial

import numpy as np

from campaign import Outcome, main
from isingrg import Interrupted, IsingRGError, ising, set_num_threads
from small_models import MODELS

#: Seconds until a process counts as one that hangs; the signal ends it. On a machine that has more
#: to run than processors, a process waits for its turn and does not hang.
LONGEST = 60 * (1 + int(os.getloadavg()[0] / os.cpu_count()))
#: Forks of one process under load.
FORKS = 10


def spins():
    return ising.sample(8, [0.3, 0.5], 10, n_thermalize=5, seed=1)[:, 0]


def work(small):
    """What a process computes that no other one has touched."""
    return [spins(), *small.evaluate(small.trained(3))]


def same(found, right):
    return all(np.array_equal(a, b) for a, b in zip(found, right, strict=True))


def finite(arrays):
    return all(np.isfinite(array).all() for array in arrays)


def forked(child):
    """Whether a child that does this comes to its end, in time and without an error."""
    process = os.fork()
    if not process:
        run(child)
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        print(f"ended by the signal {os.WTERMSIG(status)}, of {LONGEST} s at most", flush=True)
    return status == 0


def run(function):
    """All that this process still does."""
    signal.alarm(LONGEST)
    try:
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def threads(*functions):
    """Runs each in a thread of its own, again and again. Returns what ends that."""
    done = threading.Event()

    def repeat(function):
        while not done.is_set():
            function()

    running = [threading.Thread(target=repeat, args=(function,)) for function in functions]
    for thread in running:
        thread.start()

    def stop():
        done.set()
        for thread in running:
            thread.join()

    return stop


def under_load(small, chance, forks):
    """Two threads ask a model, one trains another, one samples."""
    ask, fit = small.evaluate, small.fit
    right = work(small)
    asked, busy = small.trained(3), small.trained(3)
    trained = ask(fit(small.trained(3), 2))

    def in_child():
        assert same(ask(asked), right[1:]), "the child answers otherwise"
        assert same(ask(fit(asked, 2)), trained), "the child trains otherwise"
        try:
            assert finite(ask(busy))
        except IsingRGError as error:
            assert "in use" in str(error), error
        assert same(work(small), right), "the child computes otherwise"

    stop = threads(lambda: ask(asked), lambda: ask(asked), lambda: fit(busy, 1), spins)
    failed = 0
    for _ in range(forks):
        time.sleep(chance.uniform(0, 0.01))
        failed += not forked(in_child)
    stop()
    assert same(ask(asked), right[1:]), "the parent answers otherwise"
    assert not failed, f"{failed} children failed"


def at_the_first_call(small, chance):
    """The threads are inside calls that no one has made before them in this process."""
    stop = threads(lambda: work(small), lambda: work(small))
    time.sleep(chance.uniform(0, 0.003))
    ended = forked(lambda: work(small))
    stop()
    assert ended, "the child failed"


def inside_progress(small, chance):
    """The child returns from `progress` into the computation, which goes on in the parent alone."""
    right = work(small)
    model, when, children = small.trained(3), chance.randrange(4), []

    def report(done, total):
        nonlocal when
        when -= 1
        if when == -1:
            children.append(os.fork())
            if not children[-1]:
                signal.alarm(LONGEST)
        return when > -20

    stop = threads(lambda: work(small))
    sampling = chance.random() < 0.5
    try:
        if sampling:
            ising.sample(256, [0.4] * 4, 200, progress=report)
        else:
            small.fit(model, 10**7, progress=report)
    except Interrupted as error:
        if children == [0]:
            run(partial(check_child, str(error), small, model, right))
    stop()
    assert children[0], "the child went on"
    assert os.waitpid(children[0], 0)[1] == 0, "the child failed"
    assert same(work(small), right), "the parent computes otherwise"


def check_child(message, small, model, right):
    assert "forked" in message, message
    assert finite(small.evaluate(small.fit(model, 1)))
    assert same(work(small), right), "the child computes otherwise"


def process(number, forks):
    """What the process of this number does, with so many forks."""
    small = [*MODELS.values()][number // 3 % len(MODELS)]
    chance = random.Random(number)
    set_num_threads(1 + number % 4)
    if number % 3 == 0:
        under_load(small, chance, forks)
    elif number % 3 == 1:
        at_the_first_call(small, chance)
    else:
        inside_progress(small, chance)


def campaign(trials):
    failures, done, number = [], 0, 0
    while done < trials:
        forks = min(FORKS, trials - done) if number % 3 == 0 else 1
        # This process makes no call itself, so that the first calls are those of its children.
        if not forked(partial(process, number, forks)):
            failures.append(f"process {number}, see above")
        done += forks
        number += 1
    figures = f"in {number} processes; no child may hang or compute anything else"
    return Outcome("forks while threads are inside the library", trials, figures, failures)


if __name__ == "__main__":
    main(campaign, short=24, full=1000)
