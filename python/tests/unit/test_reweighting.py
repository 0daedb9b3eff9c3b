"""Several simulations as one against exact sums of the torus, and against all states of L = 2."""

import functools
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, ising
from isingrg.statistics import Reweighting

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered

COUPLINGS, ASKED, RUNS = [0.3, 0.4, 0.5], [0.35, 0.45], 200


@functools.cache
def simulations():
    """200 times three simulations of L = 4, whose samples are correlated."""
    spins = ising.sample(
        4, COUPLINGS, 1000, n_chains=RUNS, algorithm="metropolis", n_between=3, seed=3
    )
    return np.swapaxes(ising.energy(spins), 0, 1)


@functools.cache
def scores():
    """How many errors each of the 200 results is from the exact one."""
    results = {"mean": [], "ln Z": [], "heat": []}
    exact = {
        "mean": ising.mean_energy(4, ASKED),
        "ln Z": ising.log_partition(4, ASKED) - ising.log_partition(4, COUPLINGS[0]),
        "heat": ising.heat_capacity(4, ASKED) / np.square(ASKED),
    }
    for E in simulations():
        several = Reweighting(-E, COUPLINGS)
        found = {
            "mean": several.mean(E, ASKED),
            "ln Z": several.log_partition(ASKED),
            "heat": several.derived(lambda e, e2: e2 - e**2, [E, E**2], ASKED),
        }
        for name, (value, error) in found.items():
            results[name].append((value - exact[name]) / error)
    return {name: np.array(rows) for name, rows in results.items()}


@pytest.mark.parametrize("name", ["mean", "ln Z", "heat"])
def test_error_bars_cover_the_exact_value(name):
    """68.3 and 95 % of 200 runs, in bands of 99.99 %: 4e-4 for each name, at two couplings."""
    for column in scores()[name].T:
        assert_covered(column, RUNS)


@pytest.mark.parametrize("name", ["mean", "ln Z", "heat"])
def test_no_bias(name):
    """The mean of 200 scores is within 4.5 / sqrt(200): 3e-5 for each name."""
    assert np.abs(scores()[name].mean(0)).max() < 4.5 / math.sqrt(RUNS)


def test_the_equations_hold():
    """The weights for each simulation add up to its Z, and the first Z is one."""
    E = simulations()[0]
    several = Reweighting(-E, COUPLINGS)
    ratios = several.log_partition(COUPLINGS)
    assert ratios.value[0] == ratios.error[0] == 0
    tau = 1 / several._share.reshape(3, -1)[:, 0]
    N = 1000 / tau
    denominators = np.log(
        sum(n * np.exp(-E * k - z) for n, k, z in zip(N, COUPLINGS, ratios.value, strict=True))
    )
    for k, z in zip(COUPLINGS, ratios.value, strict=True):
        total = np.sum(np.exp(-E * k - denominators) / tau[:, None])
        assert math.log(total) == pytest.approx(z, abs=1e-9)


def test_a_single_simulation_is_the_formula_of_ferrenberg_and_swendsen():
    E = simulations()[1, 1]
    weights = np.exp(-(0.42 - 0.4) * (E - E.mean()))
    found = Reweighting([-E], [0.4]).mean([E], 0.42)
    assert found.value == pytest.approx(weights @ E / weights.sum(), rel=1e-12)


def test_order_and_chains_do_not_matter():
    E = simulations()[2]
    one = Reweighting(-E, COUPLINGS).mean(E, ASKED)
    other = Reweighting(-E[::-1], COUPLINGS[::-1]).mean(E[::-1], ASKED)
    assert other.value == pytest.approx(one.value, rel=1e-9)
    assert other.error == pytest.approx(one.error, rel=1e-6)
    chains = np.swapaxes(simulations()[:2], 0, 1)  # (couplings, chains, samples)
    assert Reweighting(-chains, COUPLINGS).mean(chains, 0.35).n == 6000


def test_two_parameters():
    """Energy and field: independent draws of all states of a 2 x 2 torus."""
    states = np.array(list(itertools.product([1, -1], repeat=4)))
    E, M = ising.energy(states.reshape(-1, 2, 2)), states.sum(1)
    points = np.array([[0.1, 0.0], [0.2, 0.3], [0.3, 0.1]])
    random = np.random.default_rng(5)

    def weights(point):
        w = np.exp(-point[0] * E + point[1] * M)
        return w / w.sum(), math.log(w.sum())

    draws = [random.choice(16, 4000, p=weights(point)[0]) for point in points]
    conjugate = [np.stack([-E[d], M[d]], axis=-1) for d in draws]
    several = Reweighting(conjugate, points)
    for target in ([0.15, 0.1], [0.25, 0.2]):
        p, log_total = weights(target)
        value, error = several.mean([M[d] for d in draws], target)
        assert abs(value - p @ M) < 4.5 * error < 0.5
        value, error = several.log_partition(target)
        assert abs(value - log_total + weights(points[0])[1]) < 4.5 * error < 0.2
    shape = several.mean([M[d] for d in draws], np.full((3, 2, 2), 0.1)).value.shape
    assert shape == (3, 2)


def test_shapes_of_results():
    E = simulations()[3]
    several = Reweighting(-E, COUPLINGS)
    assert isinstance(several.mean(E, 0.35).value, float)
    assert several.mean(E, [[0.35, 0.4]]).value.shape == (1, 2)
    assert several.mean(E, [[0.35], [0.4]]).value.shape == (2, 1)
    pairs = several.derived(lambda e: np.array([e, -e]), [E], ASKED)
    assert pairs.value.shape == pairs.error.shape == (2, 2)
    sizes = several.effective_sample_size(ASKED)
    assert sizes.shape == (2,) and 50 < sizes.min() <= sizes.max() < 3000


def test_too_far_away_warns():
    E = ising.energy(ising.sample(16, [0.3, 0.31], 400, seed=1))
    with pytest.warns(RuntimeWarning, match="independent samples"):
        Reweighting(-E, [0.3, 0.31]).mean(E, 0.4)


def test_simulations_without_overlap_are_refused():
    E = ising.energy(ising.sample(32, [0.2, 0.6], 400, seed=1))
    with pytest.raises(ConvergenceError, match="do not overlap"):
        Reweighting(-E, [0.2, 0.6])


@pytest.mark.parametrize(
    ("conjugate", "parameters", "message"),
    [
        (np.zeros((2, 100)), [0.1, 0.2], "conjugate must vary"),
        (np.arange(100.0)[None], [0.1, 0.2], "conjugate must have 2 arrays"),
        (np.arange(200.0).reshape(2, 100), [0.1, 0.1], "all be different"),
        (np.arange(200.0).reshape(2, 100), 0.1, "parameters must have the shape"),
        (np.arange(200.0).reshape(2, 100), [[0.1], [0.2]], "conjugate must have 2 arrays"),
        ([[1.0, math.nan]], [0.1], "conjugate must"),
    ],
)
def test_bad_simulations(conjugate, parameters, message):
    with pytest.raises(ArgumentError, match=message):
        Reweighting(conjugate, parameters)


def test_bad_questions():
    E = simulations()[0]
    several = Reweighting(-E, COUPLINGS)
    for call, message in (
        (lambda: several.mean(E[:2], 0.4), "observable must have the samples"),
        (lambda: several.mean(E[:, :5], 0.4), "observable must have the samples"),
        (lambda: several.derived(lambda: 1.0, [], 0.4), "observables must be one or more"),
        (lambda: several.mean(E, math.nan), "parameters must"),
    ):
        with pytest.raises(ArgumentError, match=message):
            call()
