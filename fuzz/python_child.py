"""One batch of examples of python_api.py: report file, seed, seconds, part of the names."""

import collections
import copy
import faulthandler
import itertools
import json
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

import arviz  # noqa: F401  # an import that is interrupted cannot be repeated
import dask.array  # noqa: F401
import hypothesis
import matplotlib.animation  # noqa: F401
import numpy as np
import safetensors.numpy  # noqa: F401
import scipy.sparse.linalg  # noqa: F401
import sklearn.decomposition
import sklearn.feature_selection  # noqa: F401
import tqdm.auto  # noqa: F401
import xarray  # noqa: F401
from hypothesis import strategies as st
from python_targets import INSTANCES, KEPT_SMALL, targets
from python_values import Raised, hostile, plain

import isingrg
from isingrg import ising, plot

REPORT, SEED, SECONDS, ONLY = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
LAST = os.open(REPORT.with_suffix(".last"), os.O_RDWR | os.O_CREAT)
#: Of a call before it is interrupted, and between that and its end on a busy machine.
PATIENCE, STOPPING = 0.5, 5.0
TOGETHER = 20
#: Of classes whose methods change them, beside models.
CHAINS = {ising.Chain, ising.Tempering}
#: Arrays from this size on are not looked at; no view of a single number ends the memory.
LARGE = 10**6

#: What may come out: the wrong kind, the wrong value, too large, and what hostile objects raise.
DOCUMENTED = (isingrg.IsingRGError, TypeError, MemoryError, ImportError, OSError, Raised)
#: Results that say NaN where there is nothing.
MAY_BE_NAN = {
    "isingrg.mlrg.MLRG.newton_step", "isingrg.mlrg.MLRG.history", "isingrg.mlrg.settings.Network",
    "isingrg.mlrg.settings.Training", "isingrg.ensemble",
    "isingrg.neuralrg.mutual_information", "isingrg.mlrg.MLRG.critical_coupling_estimates",
    "isingrg.statistics.mean_and_error", "isingrg.neuralrg.Chains.mean_and_error",
    "isingrg.multilevel.MultilevelSampler.history",
    "isingrg.multilevel.Chains.mean_and_error", "isingrg.statistics.derived",
    *(f"isingrg.ising.{name}" for name in (
        "susceptibility", "connected_susceptibility", "binder_cumulant", "specific_heat",
        "correlation_length",
    )),
    *(f"isingrg.ising.Measurements.{name}" for name in (
        "mean", "susceptibility", "connected_susceptibility", "binder_cumulant", "specific_heat",
        "correlation_length",
    )),
    "isingrg.ising.critical_point",
    "isingrg.ising.Tempering.acceptance",  # before the first exchange
    "isingrg.tensorrg.Flow.central_charge", "isingrg.tensorrg.Flow.minus_log_partition",
    *(f"isingrg.tensorrg.State.{name}" for name in ("log_partition", "minus_log_partition")),
}  # fmt: skip


class TooLong(BaseException):
    """Raised by the timer."""


def _too_long(*_):
    raise TooLong


signal.signal(signal.SIGALRM, _too_long)
counts = collections.defaultdict(collections.Counter)
failures = {}


def shown(value):
    if isinstance(value, np.ndarray):
        kind = type(value).__name__
        text = f"<{kind} {value.shape} {value.dtype.str} strides {value.strides}"
        return text + (f" {value.tolist()}>" if 0 < value.size < 60 else ">")
    try:
        return repr(value)[:300]
    except Exception as error:
        return f"<{type(value).__name__}: repr raises {type(error).__name__}>"


def described(name, model, arguments):
    where = "" if model is None else f" of {shown(model)}"
    return f"{name}{where} " + ", ".join(f"{k}={shown(v)}" for k, v in arguments.items())


def numbers(result):
    """All numbers in a result, as arrays."""
    if isinstance(result, (float, complex, np.ndarray, np.generic)):
        yield np.asarray(result) if np.size(result) < LARGE else np.zeros(0)
    elif isinstance(result, dict):
        yield from itertools.chain.from_iterable(map(numbers, result.values()))
    elif isinstance(result, (list, tuple)):
        yield from itertools.chain.from_iterable(map(numbers, result))
    elif hasattr(result, "__dataclass_fields__") and not isinstance(result, plot.Drawing):
        yield from numbers(vars(result))


def content(value):
    """What is compared before and after a call."""
    if isinstance(value, np.ndarray) and value.size < LARGE and value.dtype != object:
        return value.tobytes(), value.shape, value.dtype.str
    return None


def finite(arguments):
    return all(
        np.isfinite(a).all()
        for a in map(np.asarray, arguments.values())
        if a.dtype.kind == "f" and a.size < LARGE
    )


def copied(model):
    """Its own model for every example, unless that is closed or a result."""
    changes = getattr(model, "_closed", True) is False or type(model) in CHAINS
    return copy.deepcopy(model) if changes else model


def call(function, model, arguments):
    """What comes of it: ("returned", result), ("refused", exception), ("too long", seconds)."""
    subject = () if model is None else (copied(model),)
    start = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                warnings.filterwarnings("ignore", r"\d+ samples have an effective")  # documented
                warnings.filterwarnings("ignore", "at K = .* the lattice is frozen")  # likewise
                warnings.filterwarnings("ignore", "chi = .* (splits|cuts)")
                warnings.filterwarnings("ignore", "the simulations are worth")
                return "returned", function(*subject, **arguments)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except TooLong:
        return "too long", time.monotonic() - start - PATIENCE
    except BaseException as error:
        return "refused", error


def _position(error):
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "python_child" not in f[0]]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"


def judge(name, outcome, value, arguments):
    """What is wrong with an outcome, or None."""
    if outcome == "too long":
        return f"{name} stopped after {value:.0f} s" if value > STOPPING else None
    if outcome == "refused":
        if isinstance(value, DOCUMENTED) and (str(value) or isinstance(value, MemoryError)):
            return None
        return f"{name} raised {type(value).__name__} at {_position(value)}: {str(value)[:200]}"
    if name not in MAY_BE_NAN and any(
        a.dtype.kind in "fc" and np.isnan(a).any() for a in numbers(value)
    ):
        return f"{name} returned NaN" if finite(arguments) else None
    return None


def same(a, b):
    first, second = list(numbers(a)), list(numbers(b))
    return len(first) == len(second) and all(
        np.array_equal(x, y, equal_nan=x.dtype.kind in "fc")
        for x, y in zip(first, second, strict=True)
    )


def examine(name, function, model, arguments, hostile_ones):
    example = described(name, model, arguments)
    encoded = example[:8000].encode(errors="replace")
    os.pwrite(LAST, encoded, 0)
    os.ftruncate(LAST, len(encoded))
    before = {key: content(value) for key, value in arguments.items()}
    outcome, value = call(function, model, arguments)
    counts[name].update(["examples", outcome])
    wrong = judge(name, outcome, value, arguments)
    if any(content(value) != before[key] for key, value in arguments.items()):
        wrong = f"{name} changed an argument"
    if wrong is None and outcome == "returned" and not hostile_ones:
        copies = {key: plain(value) for key, value in arguments.items()}
        again, expected = call(function, model, copies)
        if again == "returned":
            counts[name]["compared"] += 1
            if not same(value, expected):
                wrong = f"{name} depends on the form of an array"
    if wrong is not None:
        failures.setdefault(wrong, example)
    if name == "isingrg.set_num_threads":
        isingrg.set_num_threads(2)


def _property(name, function, owner, strategies):
    @st.composite
    def examples(draw):
        chosen = sorted(strategies)
        bad = draw(st.sets(st.sampled_from(chosen), max_size=2)) if chosen else set()
        arguments = {}
        for key, strategy in strategies.items():
            arguments[key] = draw(hostile if key in bad else strategy)
            if key in KEPT_SMALL and key in bad and isinstance(arguments[key], int):
                arguments[key] = -1 - abs(arguments[key])
        model = None if owner is None else draw(st.sampled_from(INSTANCES[owner]))
        return model, arguments, bad

    @hypothesis.settings(
        max_examples=TOGETHER, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(examples())
    def check(example):
        examine(name, function, *example)

    return check


def main():
    with open(os.devnull, "w") as nowhere:  # for progress bars
        errors = os.fdopen(os.dup(2), "w")
        faulthandler.enable(errors)
        os.dup2(nowhere.fileno(), 2)
    try:
        run()
    except BaseException:
        traceback.print_exc(file=errors)
        errors.flush()
        os._exit(1)


def run():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    isingrg.set_num_threads(2)
    chosen = [target for target in targets() if ONLY in target[0]]
    end, seed = time.monotonic() + SECONDS, SEED * 10**6
    order = np.random.default_rng(SEED).permutation(len(chosen))
    for index in itertools.cycle(order):
        if time.monotonic() > end:
            break
        name, function, owner, strategies = chosen[index]
        hypothesis.seed(seed := seed + 1)(_property(name, function, owner, strategies))()
        close_figures()
        REPORT.write_text(json.dumps({"counts": counts, "failures": failures}))


def close_figures():
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


if __name__ == "__main__":
    main()
