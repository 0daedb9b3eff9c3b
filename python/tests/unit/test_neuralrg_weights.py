"""ln Z from importance weights: of the Ising model itself, and when it warns."""

import itertools
import math
import warnings

import numpy as np
import pytest

from isingrg import ising
from isingrg.neuralrg import NeuralRG, _free_energy, log_partition_dual

pytestmark = pytest.mark.filterwarnings("ignore:.* samples have an effective sample size")


def flow(L, K, steps=3):
    return NeuralRG(L, K, layers=2, hidden=(4,)).fit(steps, 8)


@pytest.mark.filterwarnings("ignore:at K = .* frozen:UserWarning")
@pytest.mark.parametrize("L, K", [(2, 0.3), (4, 0.44), (8, -0.7), (16, 0.0), (16, 2.5)])
def test_the_fields_leave_the_ising_model(L, K):
    """What both exact partition functions differ by, one of them Kaufman's."""
    found = flow(L, K).log_partition(20)
    exact = log_partition_dual(L, K) - ising.log_partition(L, K)
    assert found.value - found.ising.value == pytest.approx(exact, rel=1e-12, abs=1e-9)


def test_the_smallest_ising_model():
    """By the sum over its 16 states, both bonds between two neighbours counted: four errors."""
    K = 0.3
    states = np.array(list(itertools.product([-1, 1], repeat=4))).reshape(-1, 2, 2)
    exact = math.log(np.exp(-K * ising.energy(states)).sum())
    found = NeuralRG(2, K, layers=4, hidden=(6, 6)).fit(300, 128, 5e-3).log_partition(4000)
    assert abs(found.ising.value - exact) < 4 * found.error < 0.1


@pytest.mark.parametrize(
    "n, equal, warned",
    [(200, 100, False), (200, 99, True), (60, 30, False), (60, 29, True),
     (1000, 100, False), (1000, 99, True), (20_000, 200, False), (20_000, 199, True)],
)  # fmt: skip
def test_when_weights_are_not_to_be_trusted(monkeypatch, n, equal, warned):
    """So many samples of equal weight, and others of none."""
    model = flow(4, 0.3)
    logarithms = np.where(np.arange(n) < equal, 3.0, -2000.0)
    monkeypatch.setattr(_free_energy, "_log_weights", lambda *_: logarithms)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = model.log_partition(n)
    assert found.effective_sample_size == pytest.approx(equal, rel=1e-12)
    assert found.value == pytest.approx(3 + math.log(equal / n), rel=1e-12)
    assert bool(caught) == warned


def test_the_warning_says_what_to_do():
    with pytest.warns(
        RuntimeWarning, match=r"2000 samples have an effective sample size .*Train .*free_energy"
    ) as w:
        found = flow(16, ising.K_CRITICAL).log_partition(2000)
    assert found.effective_sample_size < 20 and w[0].filename == __file__
    exact = log_partition_dual(16, ising.K_CRITICAL)
    assert found.value < exact - 4 * found.error  # too low, as it says
