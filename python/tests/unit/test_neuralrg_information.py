"""Mutual information by Kraskov's estimator against exact values."""

import math
import sys

import numpy as np
import pytest

import isingrg
from isingrg.neuralrg import mutual_information

pytest.importorskip("sklearn")

N = 4000
#: Deviation of the estimates of pairs of N samples with three neighbours: about 1 / sqrt(N).
DEVIATION = 0.02


def correlated(rho):
    """Variables 0 and 1 with the correlation rho, 2 and 3 with -rho / 2, 4 alone."""
    matrix = np.eye(5)
    matrix[0, 1] = matrix[1, 0] = rho
    matrix[2, 3] = matrix[3, 2] = -rho / 2
    exact = np.zeros((5, 5))
    exact[0, 1] = exact[1, 0] = -math.log(1 - rho**2) / 2
    exact[2, 3] = exact[3, 2] = -math.log(1 - rho**2 / 4) / 2
    np.fill_diagonal(exact, np.nan)
    samples = np.random.default_rng(1).multivariate_normal(np.zeros(5), matrix, N)
    return samples, exact


@pytest.mark.parametrize("rho", [0.3, 0.7, 0.95])
def test_gaussian_variables(rho):
    """Ten pairs at four standard deviations: wrong once in 1600 draws of the samples."""
    samples, exact = correlated(rho)
    found = mutual_information(samples)
    assert np.array_equal(found, found.T, equal_nan=True)
    assert np.isnan(np.diag(found)).all()
    np.testing.assert_allclose(found, exact, rtol=0, atol=4 * DEVIATION)


def test_information_does_not_change_with_coordinates():
    samples, exact = correlated(0.7)
    bent = np.sinh(samples) * [1e-3, 10, 1, 1, 1e6]
    np.testing.assert_allclose(mutual_information(bent), exact, rtol=0, atol=4 * DEVIATION)


def test_configurations_and_sites():
    x = np.random.default_rng(2).normal(size=(300, 4, 4))
    x[:, 1, 2] += x[:, 0, 0]
    everything = mutual_information(x)
    assert everything.shape == (16, 16)
    assert np.nanargmax(everything) == 6
    chosen = mutual_information(x, sites=[6, 0, 3])
    expected = everything[np.ix_([6, 0, 3], [6, 0, 3])]
    # The noise that separates equal numbers is another one.
    np.testing.assert_allclose(chosen, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        mutual_information(x.reshape(300, 16), sites=(6, 0, 3)), chosen, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("neighbours", [1, 3, 8, 30])
def test_neighbours_are_those_asked_for(neighbours):
    """The estimator of scikit-learn, which is said to be used, up to its noise of 1e-10."""
    from sklearn.feature_selection import mutual_info_regression

    a, b = correlated(0.7)[0][:400, :2].T
    expected = mutual_info_regression(a[:, None], b, n_neighbors=neighbours, random_state=0)[0]
    found = mutual_information(np.stack([a, b], axis=1), n_neighbors=neighbours)
    assert found[0, 1] == pytest.approx(expected, abs=1e-6)


def test_results_depend_on_the_seed_only():
    samples, _ = correlated(0.7)
    ties = np.round(samples[:300], 1)  # so that the noise matters
    first = mutual_information(ties, seed=2**64 - 1)
    calls = []
    second = mutual_information(
        ties, seed=2**64 - 1, n_jobs=2, progress=lambda *call: calls.append(call)
    )
    assert np.array_equal(first, second, equal_nan=True)
    assert not np.array_equal(first, mutual_information(ties, seed=1), equal_nan=True)
    assert calls == [(0, 10), (1, 10), (3, 10), (6, 10), (10, 10)]


def test_an_interruption():
    with pytest.raises(isingrg.Interrupted):
        mutual_information(correlated(0.3)[0], progress=lambda done, total: False)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.feature_selection", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[analysis\]'"):
        mutual_information(np.zeros((9, 2)))
