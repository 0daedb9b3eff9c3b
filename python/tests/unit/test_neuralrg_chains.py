"""Chains, their observables, and the independence Metropolis sampler."""

import functools
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import ising, statistics
from isingrg.neuralrg import Chains, DualIsing, NeuralRG, _samples, log_density, sample_spins

sys.path.append(str(Path(__file__).parent))
from counted_errors import assert_covered


@functools.cache
def trained(steps=150):
    return NeuralRG(4, 0.3, layers=4, hidden=(6, 6)).fit(steps, 128, 5e-3)


@functools.cache
def hmc():
    return trained().hmc(8, 2500, warmup=20, between=1, step_size=0.3, leapfrog=5, seed=4)


@functools.cache
def metropolis():
    return trained().metropolis(8, 5000, warmup=50, seed=5)


# Observables


@pytest.mark.parametrize("L", [2, 4])
def test_observables_are_means_over_the_spins(L):
    """Against the sum over all spins, of the first four sites where there are more."""
    x = np.full((3, 2, L, L), 50.0)
    x[..., :2, :2] = np.random.default_rng(1).normal(size=(3, 2, 2, 2))
    chains = Chains(x, np.ones((3, 2)), DualIsing(2, 0.3))
    expected = np.zeros((3, 3, 2))
    for signs in itertools.product([-1, 1], repeat=4):
        spins = np.ones((L, L))
        spins[:2, :2] = np.reshape(signs, (2, 2))
        weights = (1 / (1 + np.exp(-2 * x * spins))).prod(axis=(-2, -1))
        m = ising.magnetization(spins)
        expected += np.multiply.outer([m, m**2, ising.energy(spins) / L**2], weights)
    found = [chains.magnetization(), chains.structure_factor(), chains.energy_density()]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_observables_do_not_depend_on_the_pieces(monkeypatch):
    before = hmc().structure_factor()
    monkeypatch.setattr(_samples, "_NUMBERS", 16 * 7)
    assert np.array_equal(hmc().structure_factor(), before)


def test_spins():
    assert np.array_equal(metropolis().spins(seed=3), sample_spins(metropolis().x, seed=3))


@pytest.mark.parametrize("chains", [hmc, metropolis])
def test_improved_observables_agree_with_sampled_spins(chains):
    """Their means within four errors, which are smaller than those of sampled spins."""
    spins = chains().spins(seed=1)
    for name, series in (
        ("structure_factor", ising.magnetization(spins) ** 2),
        ("energy_density", ising.energy(spins) / 16),
    ):
        mean, error = chains().mean_and_error(name)
        difference, uncertainty = statistics.mean_and_error(getattr(chains(), name)() - series)
        assert abs(difference) < 4 * uncertainty
        assert error < statistics.mean_and_error(series).error
        assert mean == pytest.approx(getattr(chains(), name)().mean())


def test_statistics_are_those_of_the_package():
    series = hmc().energy_density()
    assert hmc().mean_and_error("energy_density") == statistics.mean_and_error(series)
    assert hmc().autocorrelation_time("energy_density") == statistics.autocorrelation_time(series)
    assert hmc().autocorrelation_time() == statistics.autocorrelation_time(hmc().structure_factor())


def test_error_bars_of_anticorrelated_chains_cover_the_mean():
    """An update of the length 2.5, nearly half a period of normal numbers, takes x to about -0.8 x.

    The mean is 0 by symmetry. 68.3 and 95 % of 400 chains hold it, within the band that holds
    99.99 % of counts: false alarms of 2e-4.
    """
    model = NeuralRG(2, 0.1, layers=4, hidden=(6, 6), symmetric=False).fit(1000, 128, 3e-3)
    chains = model.hmc(
        400, 500, step_size=0.209, leapfrog=12, random_length=False, warmup=20, seed=1
    )
    series = chains.magnetization()
    scores = [abs(mean) / error for mean, error in map(statistics.mean_and_error, series)]
    assert chains.autocorrelation_time("magnetization") < 0.5
    assert_covered(scores, 400)


def test_chains_that_never_move():
    still = Chains(np.ones((2, 60, 2, 2)), np.zeros((2, 60)), DualIsing(2, 0.3))
    mean, error = still.mean_and_error("magnetization")
    assert mean == pytest.approx(math.tanh(1), rel=1e-15) and math.isnan(error)
    with pytest.raises(isingrg.ArgumentError, match="the series is constant"):
        still.autocorrelation_time("magnetization")


# ArviZ


@pytest.mark.parametrize("chains", [hmc, metropolis])
def test_inference_data(chains):
    pytest.importorskip("arviz")
    data = chains().inference_data()
    assert data.posterior.structure_factor.dims == ("chain", "draw")
    for name in ("magnetization", "structure_factor", "energy_density"):
        assert np.array_equal(data.posterior[name], getattr(chains(), name)())
    assert np.array_equal(data.sample_stats.acceptance_rate, chains().acceptance)
    assert np.array_equal(data.sample_stats.lp, log_density(chains().x, 0.3))


def test_attributes_of_the_inference_data():
    pytest.importorskip("arviz")
    common = {
        "inference_library": "isingrg", "inference_library_version": isingrg.__version__,
        "L": 4, "K": 0.3, "between": 1,
    }  # fmt: skip
    special = {"sampler": "hmc", "space": "latent", "leapfrog": 5, "step_size": 0.3, "seed": 4}
    assert hmc().inference_data().attrs.items() >= (common | special | {"warmup": 20}).items()
    special = {"sampler": "independence metropolis", "seed": 5, "warmup": 50}
    attributes = metropolis().inference_data().attrs
    assert attributes.items() >= (common | special).items() and "step_size" not in attributes


@pytest.mark.parametrize("chains", [hmc, metropolis])
@pytest.mark.parametrize("name", ["structure_factor", "energy_density"])
def test_effective_sample_size_of_arviz(chains, name):
    """Two windows of the same sum of autocorrelations."""
    arviz = pytest.importorskip("arviz")
    series = getattr(chains(), name)()
    size = arviz.ess(series, method="mean")
    assert size * chains().autocorrelation_time(name) == pytest.approx(series.size, rel=0.15)


def test_without_arviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[chains\]'"):
        hmc().inference_data()


# Independence Metropolis


def test_chains_depend_on_the_seed_only():
    options = dict(warmup=5, between=3, seed=7)
    chains = trained().metropolis(20, 9, **options)
    assert chains.x.shape == (20, 9, 4, 4) and chains.acceptance.shape == (20, 9)
    assert ((0 <= chains.acceptance) & (chains.acceptance <= 1)).all()
    assert chains.step_size is None and (chains.K, chains.L) == (0.3, 4)
    calls = []
    before = isingrg.get_num_threads()
    isingrg.set_num_threads(1)
    try:
        again = trained().metropolis(20, 9, progress=lambda *call: calls.append(call), **options)
    finally:
        isingrg.set_num_threads(before)
    assert np.array_equal(again.x, chains.x)
    assert np.array_equal(again.acceptance, chains.acceptance)
    assert calls == sorted(calls) and calls[-1] == (20 * 33, 20 * 33)
    assert not np.array_equal(trained().metropolis(20, 9, warmup=5, between=3, seed=8).x, chains.x)


def test_a_chain_does_not_depend_on_the_others(monkeypatch):
    chains = trained().metropolis(20, 9, seed=7)
    assert np.array_equal(trained().metropolis(6, 9, seed=7).x, chains.x[:6])
    # Also where they are computed group by group, here of eight.
    monkeypatch.setattr(_samples, "_NUMBERS", 8 * 16 * 16)
    groups = trained().metropolis(20, 9, seed=7)
    assert np.array_equal(trained().metropolis(11, 9, seed=7).x, groups.x[:11])
    starts = groups.x[:, 0].reshape(20, -1)
    assert len(np.unique(starts, axis=0)) == 20


def test_samples_are_those_of_a_denser_chain():
    dense = trained().metropolis(20, 40, seed=7)
    sparse = trained().metropolis(20, 12, warmup=4, between=3, seed=7)
    assert np.array_equal(dense.x[:, 6::3], sparse.x)
    means = dense.acceptance[:, 4:].reshape(20, 12, 3).mean(axis=2)
    np.testing.assert_allclose(sparse.acceptance, means, rtol=1e-12)


def test_moves_happen_as_often_as_the_acceptance_says():
    """Their difference is a martingale: four standard deviations of it."""
    chains = metropolis()
    moved = (chains.x[:, 1:] != chains.x[:, :-1]).any(axis=(2, 3))
    probability = chains.acceptance[:, 1:]
    deviation = math.sqrt((probability * (1 - probability)).sum())
    assert abs((moved - probability).sum()) < 4 * deviation
    assert 0.05 < probability.mean() < 0.95


def test_the_flow_itself_is_always_accepted(monkeypatch):
    model = trained()
    monkeypatch.setattr(DualIsing, "_log_densities", lambda target, rows: model.log_prob(rows))
    chains = model.metropolis(5, 8)
    np.testing.assert_allclose(chains.acceptance, 1, rtol=1e-9)


def test_an_interruption():
    with pytest.raises(isingrg.Interrupted):
        trained().metropolis(4, 10**6, progress=lambda done, total: done < 1000)
