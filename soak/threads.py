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
from isingrg import IsingRGError
from small_models import MODELS, answer


def train(small, model, part, **keywords):
    """So many parts of a training that others can meet."""
    return small.fit(model, part * max(small.second // 50, 1), **keywords)


def ask(name, model, right, done, seed, failures, counts):
    """Asks in random order until `done`, and then once more."""
    questions = MODELS[name].questions
    random = np.random.default_rng(seed)
    last = False
    while not last:
        last = done.is_set()
        for asked in random.permutation([*questions]):
            try:
                found = answer(questions[asked], model)
            except IsingRGError as error:
                counts["refused"] += 1
                if "in use" not in str(error) and "closed" not in str(error):
                    failures.append(f"{name}, {asked}: {error!r}")
            except BaseException as error:
                failures.append(f"{name}, {asked}: {error!r}")
            else:
                counts["right"] += 1
                if found not in right[asked]:
                    failures.append(f"{name}, {asked} is of no state of the model")


def shared(name, seed, closes, counts):
    """One model: seven threads ask, one trains it, or closes it."""
    small = MODELS[name]
    model = train(small, small.make(), 1, seed=seed)
    states = [copy.deepcopy(model)]
    if not closes:
        states.append(train(small, copy.deepcopy(model), 3))
    right = {
        asked: [answer(question, state) for state in states]
        for asked, question in small.questions.items()
    }
    done, failures = threading.Event(), []
    arguments = (name, model, right, done)
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
                train(small, model, 3)
            break
        except IsingRGError:
            counts["refused"] += 1
    done.set()
    for thread in threads:
        thread.join()
    if not closes and answer(pickle.dumps, model) != right["save"][-1]:
        failures.append(f"{name}: the training differs")
    return failures


def separate(seed):
    """Eight models, each in a thread of its own."""
    names = [[*MODELS][(seed + i) % len(MODELS)] for i in range(8)]
    kinds = [MODELS[name] for name in names]
    serial = [answer(pickle.dumps, train(k, k.make(), 1, seed=i)) for i, k in enumerate(kinds)]
    models = [small.make() for small in kinds]
    threads = [
        threading.Thread(target=train, args=(small, model, 1), kwargs={"seed": i})
        for i, (small, model) in enumerate(zip(kinds, models, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [
        f"{name} {i} of eight differs"
        for i, (name, model) in enumerate(zip(names, models, strict=True))
        if answer(pickle.dumps, model) != serial[i]
    ]


def campaign(trials):
    counts, failures = Counter(), []
    for trial in range(trials):
        name, closes = [*MODELS][trial // 3 % len(MODELS)], trial % 3 == 1
        found = separate(trial) if trial % 3 == 2 else shared(name, trial, closes, counts)
        failures += [f"trial {trial}: {failure}" for failure in found]
    figures = f"{counts['right']} answers right, {counts['refused']} calls refused"
    return Outcome("eight threads use one model, or eight", trials, figures, failures)


if __name__ == "__main__":
    main(campaign, short=9, full=300)
