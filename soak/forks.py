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
from isingrg import Interrupted, IsingRGError, graphvae, ising, mlrg, neuralrg, set_num_threads

#: Seconds until a process counts as one that hangs; the signal ends it.
LONGEST = 60
#: Forks of one process under load.
FORKS = 10

J = np.linspace(-1, 1, 9)
X = np.random.default_rng(1).normal(size=(6, 4, 4))


def spins():
    return ising.sample(8, [0.3, 0.5], 10, n_thermalize=5, seed=1)[:, 0]


#: Of each kind: a small model, how to train it, and a question.
KINDS = {
    "mlrg": (
        lambda: mlrg.MLRG(hidden=(4,)),
        lambda m, n, **k: m.fit(n, 8, total_steps=10**8, **k),
        lambda m: m.velocity(J),
    ),
    "neuralrg": (
        lambda: neuralrg.NeuralRG(L=4, layers=2, hidden=(3,)),
        lambda m, n, **k: m.fit(n, 64, **k),
        lambda m: m.encode(X)[0],
    ),
    "graphvae": (
        lambda: graphvae.GraphVAE(L=8, levels=2, hidden=4, latent=2),
        lambda m, n, **k: m.fit(spins(), n, **k),
        lambda m: m.encode(spins())[0][0],
    ),
}


def work(kind):
    """What a process computes that no other one has touched."""
    make, fit, ask = KINDS[kind]
    return [spins(), ask(fit(make(), 3))]


def same(found, right):
    return all(np.array_equal(a, b) for a, b in zip(found, right, strict=True))


def forked(child):
    """Whether a child that does this comes to its end, in time and without an error."""
    process = os.fork()
    if not process:
        run(child)
    return os.waitpid(process, 0)[1] == 0


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


def under_load(kind, chance, forks):
    """Two threads ask a model, one trains another, one samples."""
    make, fit, ask = KINDS[kind]
    right = work(kind)
    asked, busy = fit(make(), 3), fit(make(), 3)
    trained = ask(fit(fit(make(), 3), 2))

    def in_child():
        assert same([ask(asked)], right[1:]), "the child answers otherwise"
        assert same([ask(fit(asked, 2))], [trained]), "the child trains otherwise"
        try:
            assert np.isfinite(ask(busy)).all()
        except IsingRGError as error:
            assert "in use" in str(error), error
        assert same(work(kind), right), "the child computes otherwise"

    stop = threads(lambda: ask(asked), lambda: ask(asked), lambda: fit(busy, 1), spins)
    failed = 0
    for _ in range(forks):
        time.sleep(chance.uniform(0, 0.01))
        failed += not forked(in_child)
    stop()
    assert same([ask(asked)], right[1:]), "the parent answers otherwise"
    assert not failed, f"{failed} children failed"


def at_the_first_call(kind, chance):
    """The threads are inside calls that no one has made before them in this process."""
    stop = threads(lambda: work(kind), lambda: work(kind))
    time.sleep(chance.uniform(0, 0.003))
    ended = forked(lambda: work(kind))
    stop()
    assert ended, "the child failed"


def inside_progress(kind, chance):
    """The child returns from `progress` into the computation, which goes on in the parent alone."""
    make, fit, _ = KINDS[kind]
    right = work(kind)
    model, when, children = fit(make(), 3), chance.randrange(4), []

    def report(done, total):
        nonlocal when
        when -= 1
        if when == -1:
            children.append(os.fork())
            if not children[-1]:
                signal.alarm(LONGEST)
        return when > -20

    stop = threads(lambda: work(kind))
    sampling = chance.random() < 0.5
    try:
        if sampling:
            ising.sample(256, [0.4] * 4, 200, progress=report)
        else:
            fit(model, 10**7, progress=report)
    except Interrupted as error:
        if children == [0]:
            run(partial(check_child, str(error), kind, model, right))
    stop()
    assert children[0], "the child went on"
    assert os.waitpid(children[0], 0)[1] == 0, "the child failed"
    assert same(work(kind), right), "the parent computes otherwise"


def check_child(message, kind, model, right):
    _, fit, ask = KINDS[kind]
    assert "forked" in message, message
    assert np.isfinite(ask(fit(model, 1))).all()
    assert same(work(kind), right), "the child computes otherwise"


def process(number, forks):
    """What the process of this number does, with so many forks."""
    kind, chance = [*KINDS][number // 3 % 3], random.Random(number)
    set_num_threads(1 + number % 4)
    if number % 3 == 0:
        under_load(kind, chance, forks)
    elif number % 3 == 1:
        at_the_first_call(kind, chance)
    else:
        inside_progress(kind, chance)


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
