"""The multilevel sampler against enumeration, exact partition functions, and what it promises."""

import itertools
import math

import numpy as np
import pytest

import isingrg
from isingrg import ising, multilevel, neuralrg, plot
from isingrg.multilevel import MultilevelSampler

#: All configurations of 4 x 4.
ALL = (1 - 2 * ((np.arange(2**16)[:, None] >> np.arange(16)) & 1)).reshape(-1, 4, 4).astype(np.int8)


def log_weights(spins, K, field=0.0):
    """ln of the Boltzmann weights."""
    spins = spins.astype(float)
    bonds = (spins * np.roll(spins, 1, -1)).sum((-2, -1)) + (spins * np.roll(spins, 1, -2)).sum(
        (-2, -1)
    )
    return K * bonds + field * spins.sum((-2, -1))


def log_sum(values):
    return float(np.log(np.exp(values - values.max()).sum()) + values.max())


@pytest.fixture(scope="module")
def sampler():
    return MultilevelSampler(L=8).fit(2, 8192, seed=3)


@pytest.fixture(scope="module")
def small():
    """By coupling and field."""
    cases = (ising.K_CRITICAL, 0.0), (-0.44, 0.0), (0.3, 0.1)
    return {
        case: MultilevelSampler(4, case[0], field=case[1]).fit(2, 8192, lr=1.0) for case in cases
    }


def test_probabilities_of_all_configurations_add_up_to_one(small):
    for model in small.values():
        assert math.fsum(np.exp(model.log_prob(ALL))) == pytest.approx(1, abs=1e-12)


def test_both_divergences_from_the_target_are_small(small):
    """By all configurations: 4 x 4 spins have almost no conditional probability left to learn."""
    for (K, field), model in small.items():
        log_q, log_w = model.log_prob(ALL), log_weights(ALL, K, field)
        log_p = log_w - log_sum(log_w)
        assert 0 <= math.fsum(np.exp(log_p) * (log_p - log_q)) < 2e-3
        assert 0 <= math.fsum(np.exp(log_q) * (log_q - log_p)) < 2e-3


def test_samples_and_their_probabilities(sampler):
    spins, log_prob = sampler.sample_with_log_prob(1000, seed=4)
    assert spins.dtype == np.int8 and spins.shape == (1000, 8, 8)
    np.testing.assert_array_equal(sampler.log_prob(spins), log_prob)
    np.testing.assert_array_equal(sampler.sample(10, seed=4), spins[:10])
    np.testing.assert_array_equal(sampler.log_prob(-spins), log_prob)
    assert isinstance(sampler.log_prob(spins[0]), float)
    assert sampler.log_prob(spins.reshape(10, 100, 8, 8)).shape == (10, 100)


def test_the_bound_and_the_weights_give_the_exact_partition_function(sampler):
    """Within five standard errors; the bound is above."""
    exact = ising.log_partition(8, sampler.K)
    bound, estimate = sampler.free_energy(20_000), sampler.log_partition(20_000)
    assert bound.value + exact > -5 * bound.error
    assert abs(estimate.value - exact) < 5 * estimate.error
    assert estimate.n == 20_000 and 0.99 * 20_000 < estimate.effective_sample_size <= 20_000
    history = sampler.history
    assert abs(history["log_partition"][-1] - exact) < 5 * history["log_partition_error"][-1]
    assert abs(history["forward_kl"][-1]) < 5 * history["forward_kl_error"][-1] + 0.002
    assert (0.99 < history["effective_share"]).all()


def test_another_target_by_reweighting(sampler):
    """Within five standard errors, at another coupling and, of 4 x 4, with a field."""
    for K in (0.42, 0.46):
        estimate = sampler.log_partition(50_000, K=K)
        assert abs(estimate.value - ising.log_partition(8, K)) < 5 * estimate.error
        assert estimate.effective_sample_size < 45_000
    model = MultilevelSampler(4, 0.3).fit(1, 4096)
    estimate = model.log_partition(50_000, field=0.05)
    assert abs(estimate.value - log_sum(log_weights(ALL, 0.3, 0.05))) < 5 * estimate.error
    with pytest.warns(RuntimeWarning, match="effective sample size"):
        sampler.log_partition(1000, K=1.5)


def test_a_field_in_the_ordered_phase_by_reweighting():
    """Both phases, against all eigenvalues of the transfer matrix, within five standard errors."""
    K, field = 0.5, 0.02
    rows = 1.0 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
    within = K * (rows * np.roll(rows, 1, axis=1)).sum(1) + field * rows.sum(1)
    matrix = np.exp(K * rows @ rows.T + (within[:, None] + within) / 2)
    exact = math.log((np.linalg.eigvalsh(matrix) ** 8).sum())
    model = MultilevelSampler(8, K).fit(2, 8192)
    estimate = model.log_partition(50_000, field=field)
    assert abs(estimate.value - exact) < 5 * estimate.error
    assert estimate.effective_sample_size > 20_000


def test_log_weights_are_those_of_the_definition(sampler):
    spins = sampler.sample(20)
    expected = log_weights(spins, 0.3, -0.2) - sampler.log_prob(spins)
    np.testing.assert_allclose(sampler.log_weights(spins, K=0.3, field=-0.2), expected, atol=1e-9)
    usual = log_weights(spins, sampler.K) - sampler.log_prob(spins)
    np.testing.assert_allclose(sampler.log_weights(spins), usual, atol=1e-9)
    assert isinstance(sampler.log_weights(spins[0]), float)


def test_fine_configurations_given_coarse_ones(sampler):
    coarse = sampler.sample(30)[:, ::2, ::2].reshape(5, 6, 4, 4)
    spins, log_prob = sampler.refine(coarse, seed=1)
    assert spins.shape == (5, 6, 8, 8)
    np.testing.assert_array_equal(spins[..., ::2, ::2], coarse)
    np.testing.assert_array_equal(sampler.log_prob(spins, given=4), log_prob)
    again, _ = sampler.refine(np.ones((1, 1)), seed=1)
    assert again.shape == (8, 8) and again[0, 0] == 1
    assert sampler.refine(np.ones((0, 2, 2)))[0].shape == (0, 8, 8)


def test_probabilities_of_levels_add_up():
    """ln q(s) = ln q(coarse) + ln q(s | coarse), summed over all coarse configurations of 2 x 2."""
    model = MultilevelSampler(4, 0.4).fit(1, 2048)
    rest = model.log_prob(ALL, given=2)
    coarse = ALL[:, ::2, ::2].reshape(-1, 4)
    for pattern in itertools.product([-1, 1], repeat=4):
        chosen = (coarse == pattern).all(1)
        assert math.fsum(np.exp(rest[chosen])) == pytest.approx(1, abs=1e-12)


def test_refined_exact_configurations_have_the_exact_energy(sampler):
    """Decimated cluster configurations, refined, are almost the model's: 5 standard errors."""
    spins = ising.sample(8, sampler.K, 50, n_chains=100, n_between=5)
    fine, _ = sampler.refine(spins[..., ::2, ::2], seed=2)
    energies = np.asarray(ising.energy(fine)).mean(1) / 64
    error = energies.std() / 10
    assert abs(energies.mean() - ising.mean_energy(8, sampler.K) / 64) < 5 * error


def test_chains_have_the_exact_energy(sampler):
    chains = sampler.metropolis(20, 500, seed=3)
    assert chains.spins.shape == (20, 500, 8, 8) and chains.spins.dtype == np.int8
    assert chains.acceptance.min() >= 0 and 0.95 < chains.acceptance.mean() <= 1
    estimate = chains.mean_and_error("energy_density")
    assert abs(estimate.value - ising.mean_energy(8, sampler.K) / 64) < 5 * estimate.error
    assert chains.autocorrelation_time() < 1.5
    few = sampler.metropolis(3, 500, seed=3)
    np.testing.assert_array_equal(few.spins, chains.spins[:3])


def test_chains_say_of_themselves_what_those_of_the_flow_do():
    """Their observables are those of the spins, and ln of the target is that of the definition."""
    arviz = pytest.importorskip("arviz")
    chains = MultilevelSampler(4, 0.3, field=0.1).fit(1, 2048).metropolis(8, 500, warmup=5, seed=2)
    m = np.asarray(ising.magnetization(chains.spins))
    np.testing.assert_array_equal(chains.structure_factor(), m**2)
    data = chains.inference_data()
    for name in ("magnetization", "structure_factor", "energy_density"):
        np.testing.assert_array_equal(data.posterior[name], getattr(chains, name)())
    np.testing.assert_allclose(data.sample_stats.lp, log_weights(chains.spins, 0.3, 0.1))
    np.testing.assert_array_equal(data.sample_stats.acceptance_rate, chains.acceptance)
    expected = {
        "L": 4, "K": 0.3, "field": 0.1, "sampler": "independence metropolis", "seed": 2,
        "warmup": 5,
    }  # fmt: skip
    assert data.attrs.items() >= expected.items()
    size = arviz.ess(m, method="mean")
    assert size * chains.autocorrelation_time("magnetization") == pytest.approx(m.size, rel=0.15)
    artists = chains.plot("energy_density").artists
    np.testing.assert_allclose(
        artists["mean"].get_ydata(), chains.energy_density().mean(0), rtol=1e-12
    )
    assert len(artists["traces"]) == 8 and artists["autocorrelation"].get_ydata()[0] == 1


def test_couplings_can_be_read(sampler):
    found = sampler.couplings()
    assert isinstance(found, multilevel.Couplings) and len(found) == sampler.parameter_count
    assert set(found.order) == {1, 3, 5} and set(found.spacing) == {4, 2, 1}
    nearest = (found.spacing == 1) & (found.position == "B") & (found.colour == 0)
    nearest &= (found.order == 1) & (found.distance < 1.5)
    assert nearest.sum() == 1 and found.products[nearest] == 4
    assert 0.1 < found.J[nearest][0] < 0.6
    assert 0 in MultilevelSampler(4, field=0.1).fit(1, 64, start="none").couplings().order


def test_couplings_as_a_figure(sampler):
    """A line for each spacing: single spins around the first sites B, the nearest first."""
    artists = sampler.plot_couplings().artists
    assert set(artists) == {"a = 1", "a = 2", "a = 4"}
    found = sampler.couplings()
    for spacing in (1, 2, 4):
        chosen = (found.spacing == spacing) & (found.position == "B") & (found.colour == 0)
        chosen &= found.order == 1
        distance, J = artists[f"a = {spacing}"].get_data()
        np.testing.assert_array_equal(distance, found.distance[chosen])
        np.testing.assert_array_equal(J, found.J[chosen])
        assert (np.diff(distance) > 0).all() and abs(distance[0] - math.sqrt(2)) < 1e-12
    with pytest.raises(TypeError, match="model must be a MultilevelSampler, not int"):
        plot.effective_couplings(3)


@pytest.mark.parametrize(("L", "seed"), [(8, 0), (8, 1), (8, 2), (16, 1), (16, 3)])
def test_a_ladder_needs_no_monte_carlo_and_loses_nothing(L, seed):
    """Forward divergence and ln Z beside Kaufman's, within 4.5 errors, 7e-6 for each. Without the
    bound of the fields the divergence of L = 16 was 0.18 and 0.87 nat, and ln Z up to 58 errors
    too low."""
    model = MultilevelSampler(L).fit(3, 8192, seed=seed, start="ladder")
    last = {name: column[-1] for name, column in model.history.items()}
    assert last["effective_share"] > (0.99 if L == 8 else 0.97)
    assert abs(last["forward_kl"]) < 0.02 + 4.5 * last["forward_kl_error"]
    value, error = model.log_partition(20_000, seed=9)
    assert abs(value - ising.log_partition(L, model.K)) < 4.5 * error < 0.01


def test_given_configurations_are_learned():
    spins = ising.sample(8, ising.K_CRITICAL, 100, n_chains=100, n_between=3)
    model = MultilevelSampler(8).fit_samples(spins, 5, 4096, lr=1.0)
    assert model.history["effective_share"][-1] > 0.98
    assert len(model.fit(1).history["loss"]) == 6


def test_couplings_of_half_the_size_are_a_beginning(sampler):
    model = MultilevelSampler(16).adopt(sampler)
    assert model.log_partition(4000).effective_sample_size > 100
    model.fit(8, 8192, lr=1.0)
    assert model.history["effective_share"][-1] > 0.95
    with pytest.warns(RuntimeWarning):
        nothing = MultilevelSampler(16).fit(1, 64, lr=1e-9, start="none").log_partition(4000)
    assert nothing.effective_sample_size < 20
    with pytest.raises(isingrg.ArgumentError, match="not been trained"):
        model.adopt(sampler)
    with pytest.raises(isingrg.ArgumentError, match="L = 32 or half"):
        MultilevelSampler(32).adopt(sampler)
    with pytest.raises(isingrg.ArgumentError, match="equal numbers"):
        MultilevelSampler(8, colours=2).adopt(sampler)
    with pytest.raises(TypeError, match="MultilevelSampler, not int"):
        MultilevelSampler(8).adopt(3)


def test_annealing_from_a_sampler_and_from_random_spins(sampler):
    """ln Z of another coupling within five standard errors, and weights that vary less for more
    steps."""
    exact = ising.log_partition(8, 0.46)
    spins, log_prob = sampler.sample_with_log_prob(20_000, seed=5)
    first = np.asarray(sampler.log_weights(spins))
    shares = []
    for steps in (1, 40):
        K = np.linspace(sampler.K, 0.46, 2 * steps + 1)[::2]  # a view that is not contiguous
        moved, work = multilevel.anneal(spins, K, seed=6)
        weights = np.exp(first + work - exact)
        assert abs(weights.mean() - 1) < 5 * weights.std() / math.sqrt(len(weights))
        shares.append(weights.mean() ** 2 / (weights**2).mean())
    assert shares[1] > shares[0] + 0.005
    assert moved.shape == spins.shape and (moved != spins).any()
    np.testing.assert_array_equal(sampler.log_prob(spins), log_prob)  # as they were
    start = np.random.default_rng(1).choice([-1, 1], (2, 1000, 8, 8))
    moved, work = multilevel.anneal(start, np.linspace(0, 0.3, 31))
    assert moved.dtype == np.int8 and work.shape == (2, 1000)
    weights = np.exp(work + 64 * math.log(2) - ising.log_partition(8, 0.3))
    assert abs(weights.mean() - 1) < 5 * weights.std() / math.sqrt(weights.size)
    few = multilevel.anneal(start[0, :100], np.linspace(0, 0.3, 31))
    np.testing.assert_array_equal(few[0], moved[0, :100])
    assert multilevel.anneal(np.ones((0, 4, 4)), [0.1])[1].shape == (0,)


def test_the_dual_of_the_flow_through_the_joint_space(sampler):
    estimate = neuralrg.log_partition_dual_from(sampler, 20_000)
    exact = neuralrg.log_partition_dual(8, sampler.K)
    assert abs(estimate.value - exact) < 5 * estimate.error
    assert abs(estimate.ising.value - ising.log_partition(8, sampler.K)) < 5 * estimate.error
    assert estimate.effective_sample_size > 0.99 * 20_000
    with pytest.raises(isingrg.ArgumentError, match="without a field"):
        neuralrg.log_partition_dual_from(MultilevelSampler(4, field=0.1), 100)
    with pytest.raises(TypeError, match="sampler must"):
        neuralrg.log_partition_dual_from(3, 100)


@pytest.mark.parametrize("call, error, message", [
    (lambda: MultilevelSampler(12), isingrg.ArgumentError, "L must be a power of two"),
    (lambda: MultilevelSampler(512), isingrg.ArgumentError, "L must be from 4 to 256"),
    (lambda: MultilevelSampler(8, math.nan), isingrg.ArgumentError, "K must be"),
    (lambda: MultilevelSampler(8, neighbours=17), isingrg.ArgumentError, "neighbours must be"),
    (lambda: MultilevelSampler(8, neighbours=4), isingrg.ArgumentError, "triples must be"),
    (lambda: MultilevelSampler(8, colours=3), isingrg.ArgumentError, "colours must be 1, 2, 4"),
    (lambda: MultilevelSampler(8, field="a"), TypeError, "field must"),
    (lambda: MultilevelSampler(8).sample(1), isingrg.IsingRGError, "has not been trained"),
    (lambda: MultilevelSampler(8).fit(1, 0), isingrg.ArgumentError, "batch must be from 1"),
    (lambda: MultilevelSampler(8).fit(1, start="cold"), isingrg.ArgumentError, "start must be one"),
    (lambda: MultilevelSampler(8).fit_samples(np.ones((3, 4, 4))), isingrg.ArgumentError,
     r"spins must have the shape \(\.\.\., 8, 8\)"),
    (lambda: MultilevelSampler(8).fit_samples(np.ones((0, 8, 8))), isingrg.ArgumentError,
     "at least 1|1 to"),
    (lambda: MultilevelSampler(8).fit_samples(np.zeros((1, 8, 8), np.int8), 1),
     isingrg.ArgumentError, "spin"),
    (lambda: multilevel.anneal(np.ones((6, 6)), [0.1]), isingrg.ArgumentError,
     "the size of spins must be a power of two"),
    (lambda: multilevel.anneal(np.ones((512, 512)), [0.1]), isingrg.ArgumentError,
     "the size of spins must be from 4 to 256"),
    (lambda: multilevel.anneal(np.ones((4, 4)), 0.1), isingrg.ArgumentError, "K must have the"),
    (lambda: multilevel.anneal(np.ones((4, 4)), []), isingrg.ArgumentError, "K must have the"),
    (lambda: multilevel.anneal(np.ones((4, 4)), [0.1, 200]), isingrg.ArgumentError, "K must be"),
    (lambda: multilevel.anneal(np.ones((4, 4)), [0.1], field=math.inf), isingrg.ArgumentError,
     "field must be"),
    (lambda: multilevel.anneal(np.zeros((4, 4), np.int8), [0.1]), isingrg.ArgumentError, "spin"),
])  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("call, message", [
    (lambda m: m.sample(0), "n must be"),
    (lambda m: m.log_prob(np.ones((4, 4))), "spins must have the shape"),
    (lambda m: m.log_prob(np.zeros((8, 8))), "spin"),
    (lambda m: m.log_prob(np.ones((8, 8)), given=8), "given must be"),
    (lambda m: m.log_prob(np.ones((8, 8)), given=3), "given must be a power of two"),
    (lambda m: m.refine(np.ones((8, 8))), "the size of coarse must be"),
    (lambda m: m.refine(np.ones((3, 3))), "the size of coarse must be a power"),
    (lambda m: m.log_partition(1), "n must be"),
    (lambda m: m.log_partition(10, K=math.inf), "K must be"),
    (lambda m: m.log_weights(np.ones((8, 8)), field=1e3), "field must be"),
    (lambda m: m.metropolis(0, 1), "n_chains must be"),
    (lambda m: m.metropolis(1, 1, between=0), "between must be"),
])  # fmt: skip
def test_what_a_trained_sampler_refuses(sampler, call, message):
    with pytest.raises(isingrg.ArgumentError, match=message):
        call(sampler)


def transfer_matrix_log_partition(L, K, field):
    """ln Z of the torus by its transfer matrix of 2^L states."""
    rows = 1 - 2 * ((np.arange(2**L)[:, None] >> np.arange(L)) & 1)
    inside = K * (rows * np.roll(rows, 1, 1)).sum(1) + field * rows.sum(1)
    exponents = inside[:, None] / 2 + inside / 2 + K * rows @ rows.T
    values = np.linalg.eigvalsh(np.exp(exponents - exponents.max()))
    return L * (exponents.max() + math.log(values[-1])) + math.log(
        np.sum((values / values[-1]) ** L)
    )


@pytest.mark.parametrize(("K", "field"), [(0.7, 0.005), (1.0, -0.01), (0.6, 0.05), (-0.7, 0.5)])
def test_both_phases_are_drawn_where_a_small_field_tells_them_apart(K, field):
    """ln Z within 4.5 errors of the exact one, 7e-6 for each; of a dropped phase it was 700 off."""
    model = MultilevelSampler(8, K, field=field).fit(3, 8192, seed=1)
    value, error = model.log_partition(20_000, seed=2)
    exact = transfer_matrix_log_partition(8, K, field)
    assert abs(value - exact) < 4.5 * error < 0.01
    last = {name: column[-1] for name, column in model.history.items()}
    assert abs(last["forward_kl"]) < 0.02 + 4.5 * last["forward_kl_error"]


@pytest.mark.parametrize(
    ("K", "field"),
    [(0.5, 0.02), (0.6, 0.01), (0.7, 0.005), (1.0, -0.01), (-0.7, 0.5), (-0.9, 2.0)],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_without_monte_carlo_no_part_is_lost_in_a_field_either(K, field, seed):
    """ln Z within 4.5 errors and 5e-4 of the exact one, 7e-6 for each. With couplings as noisy as
    a batch left them, and a start without products of even numbers of spins, it was 0.003 to 0.04
    too low, and two phases of the antiferromagnet were one."""
    model = MultilevelSampler(8, K, field=field).fit(3, 8192, seed=seed, start="ladder")
    value, error = model.log_partition(20_000, seed=2)
    exact = transfer_matrix_log_partition(8, K, field)
    assert abs(value - exact) < 4.5 * error + 5e-4 < 0.01
    last = {name: column[-1] for name, column in model.history.items()}
    assert last["effective_share"] > 0.95
    assert abs(last["forward_kl"]) < 0.01 + 4.5 * last["forward_kl_error"] < 0.05


def test_exact_configurations_and_the_error_of_their_divergence():
    """Against enumeration, in 150 seeds: scores have deviation 1, within 4.5 of its errors."""
    scores = []
    for seed in range(150):
        model = MultilevelSampler(
            4, 0.44, colours=1, neighbours=4, linear=4, triples=0, quintuples=0
        )
        model.fit(1, 64, lr=1e-12, seed=seed, start="none")
        if not scores:
            log_w, log_q = log_weights(ALL, 0.44), model.log_prob(ALL)
            exact = np.exp(log_w - log_sum(log_w)) @ (log_w - log_sum(log_w) - log_q)
        last = {name: column[-1] for name, column in model.history.items()}
        scores.append((last["forward_kl"] - exact) / last["forward_kl_error"])
    assert abs(np.std(scores) - 1) < 4.5 / math.sqrt(300)
    assert abs(np.mean(scores)) < 4.5 / math.sqrt(150)


@pytest.mark.parametrize(("L", "batch", "lr", "seed"), [(16, 256, 0.3, 1), (8, 512, 1.0, 3)])
def test_small_batches_do_not_spoil_a_good_start(L, batch, lr, seed):
    model = MultilevelSampler(L).fit(20, batch, lr, seed=seed)
    assert model.history["effective_share"].min() > 0.9
    assert model.history["forward_kl"][-1] < 0.1


def test_a_dropped_phase_is_told():
    """That of spins down, which the given configurations do not show."""
    given = ising.sample(8, 1.5, 10, n_chains=100).reshape(-1, 8, 8)
    up = given * np.sign(given.sum((1, 2), keepdims=True)).astype(np.int8)
    model = MultilevelSampler(8, 1.5, field=0.001).fit_samples(up, 8, 4096, lr=1.0)
    assert model.history["forward_kl"][-1] > 1 and model.history["effective_share"][-1] > 0.9
    with pytest.warns(RuntimeWarning, match="lost a part of the target"):
        model.log_partition(20_000)
