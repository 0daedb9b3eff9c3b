"""What small wrong changes of the code did unseen: each test is of one change in soak/mutation."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

import isingrg
from isingrg import _core, cli, ising, mlrg, neuralrg, statistics
from isingrg._shared import arguments, files
from isingrg._shared.errors import ArgumentError
from isingrg.graphvae import GraphVAE, _interpretation, principal_components
from isingrg.graphvae._critical import _steepest
from isingrg.mlrg import MLRG, _scales

# isingrg.ising


def test_a_series_of_small_numbers_is_not_constant():
    series = np.random.default_rng(2).normal(size=(2, 1000))
    mean, error = statistics.mean_and_error(series)
    small = statistics.mean_and_error(1e-6 * series)
    assert tuple(small) == pytest.approx((1e-6 * mean, 1e-6 * error), rel=1e-9)


@pytest.mark.parametrize("algorithm", ["metropolis", "heat-bath"])
def test_rare_flips(algorithm):
    """At K = 1.4 one spin in 73,000 points against its four neighbours, 57.5 in four lattices of
    2^20. A Poisson number is within 5 sqrt(57.5) = 38 of its mean but for a chance of 1e-6.
    """
    rate = math.exp(-11.2) if algorithm == "metropolis" else 1 / (1 + math.exp(11.2))
    spins = ising.sample(1024, 1.4, 4, algorithm=algorithm, n_thermalize=4, n_between=3, seed=5)
    up = (spins == 1).sum(axis=(2, 3))
    assert np.minimum(up, 2**20 - up).sum() == pytest.approx(4 * 2**20 * rate, abs=38)


@pytest.mark.parametrize(("L", "n_chains"), [(260, 1), (8, 64)])
def test_both_signs_of_ordered_lattices(L, n_chains):
    """A coin decides the sign of each sample: all 30 of a chain agree with a chance of 2^-29."""
    spins = ising.sample(
        L, 1.0, 30, algorithm="metropolis", n_chains=n_chains, n_thermalize=2, n_between=1, seed=1
    )
    assert set(np.sign(ising.magnetization(spins[0]))) == {-1, 1}


@pytest.mark.parametrize("algorithm", ["wolff", "swendsen-wang", "metropolis", "heat-bath"])
def test_samples_come_in_the_order_of_the_chain(algorithm):
    settings = dict(algorithm=algorithm, n_thermalize=5, n_between=2, seed=3)
    first = ising.sample(8, 0.4, 1, **settings)
    np.testing.assert_array_equal(ising.sample(8, 0.4, 4, **settings)[:, :1], first)


def test_no_warm_up():
    """Without any sweep a chain of clusters still measures how many of them are one."""
    assert abs(ising.sample(8, 0.3, 20, n_thermalize=0, seed=2)).all()


# isingrg.mlrg


def test_the_width_of_the_last_interval_is_uncertain():
    found = _scales._settled([(1.0, 0.3), (1.5, 0.2), (1.5, 0.1)], "")
    assert found.value == 1.5
    assert found.error == pytest.approx(0.1 + 0.0)
    found = _scales._settled([(1.0, 0.3), (1.4, 0.2), (1.5, 0.1)], "")
    assert found.error == pytest.approx(0.1 + 0.1)


# The extension


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_library_of_another_version(difference, tmp_path):
    """A function of this name comes before that of the library, as if that were another one."""
    (tmp_path / "other.c").write_text(
        f"int isingrg_abi_version(void) {{ return {isingrg.abi_version() + difference}; }}\n"
    )
    other = tmp_path / "other.so"
    subprocess.run(["cc", "-shared", "-fPIC", other.with_suffix(".c"), "-o", other], check=True)
    run = subprocess.run(
        [sys.executable, "-c", "import isingrg"], capture_output=True, text=True, timeout=60,
        env=os.environ | {"LD_PRELOAD": str(other)},
    )  # fmt: skip
    assert run.returncode == 1
    assert f"has ABI version {isingrg.abi_version() + difference}, this package needs" in run.stderr


def test_optional_results_must_be_writable():
    energy = np.empty(1)
    energy.flags.writeable = False
    with pytest.raises(ArgumentError, match="energy must be writable"):
        _core.ising_exact_torus(4, np.array([0.3]), None, energy, None, None)


# The C interface


def test_terms_of_the_loss_are_in_their_places():
    """Eq. 4 and Eq. 6 from the latent variables, and the weighted sum."""
    spins = ising.sample(8, [0.2, 0.6], 4, seed=3)[:, 0]
    model = GraphVAE(8, levels=2, hidden=6, beta=0.3, lambda_rg=0.7).fit(spins, 2, seed=1)
    (fine, _), (mu, logvar) = model.encode(spins)
    kl = -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum(axis=-1).mean()
    rg = np.square(mu - fine).sum(axis=-1).mean()
    terms = model.loss(spins)
    assert terms["kl"] == pytest.approx(kl, rel=1e-9) and kl > 0
    assert terms["rg"] == pytest.approx(rg, rel=1e-9) and abs(kl - rg) > 1e-3
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + 0.3 * kl + 0.7 * rg, rel=1e-9)
    assert model.history["kl"].shape == model.history["rg"].shape
    np.testing.assert_allclose(
        model.history["loss"],
        model.history["reconstruction"] + 0.3 * model.history["kl"] + 0.7 * model.history["rg"],
        rtol=1e-6,
    )


# isingrg.neuralrg


def test_the_number_of_neighbours_matters():
    """Of 300 pairs with the correlation 0.8, as scikit-learn estimates them."""
    feature_selection = pytest.importorskip("sklearn.feature_selection")
    random = np.random.default_rng(1)
    x = random.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300)
    for n_neighbors in (1, 10):
        found = neuralrg.mutual_information(x, n_neighbors=n_neighbors)[0, 1]
        (expected,) = feature_selection.mutual_info_regression(
            x[:, :1], x[:, 1], n_neighbors=n_neighbors, random_state=0
        )
        assert found == pytest.approx(expected, abs=1e-6)


def test_columns_of_a_training_history():
    """Acceptances are shares above zero; exchanges there are with replicas only."""
    plain = MLRG().fit(3, 32, seed=1).history
    assert ((plain["acceptance"] > 0) & (plain["acceptance"] <= 1)).all()
    assert np.isnan(plain["swap_rate"]).all() and (plain["beta"] >= 0).all()
    ladder = MLRG().fit(3, 32, seed=1, replicas=4).history
    assert np.isfinite(ladder["swap_rate"]).all()


# The flow


@pytest.fixture(scope="module")
def flow():
    return neuralrg.NeuralRG(L=2, layers=2).fit(1, 8, seed=1)


def test_the_adapted_step_is_the_average(flow):
    """Tiny steps are always accepted, so that dual averaging is a closed formula."""
    error, average = 0.0, math.log(1e-4)
    for t in (1, 2, 3):
        error += (0.65 - 1 - error) / (t + 10)
        tried = math.log(1e-3) - math.sqrt(t) / 0.05 * error
        average += t**-0.75 * (tried - average)
        chains = flow.hmc(
            2, 2, space="physical", step_size=1e-4, leapfrog=1, warmup=t, adapt=True, seed=3
        )
        assert chains.step_size == pytest.approx(math.exp(average), rel=1e-5)


def test_acceptances_are_means_over_the_updates(flow):
    for between in (1, 3):
        chains = flow.hmc(2, 5, step_size=1e-4, leapfrog=1, between=between, seed=3)
        np.testing.assert_allclose(chains.acceptance, 1, atol=1e-3)


def test_chains_start_apart(flow):
    chains = flow.hmc(8, 1, space="physical", step_size=1e-9, leapfrog=1, seed=3)
    assert len(np.unique(chains.x[:, 0, 0, 0])) == 8


def test_the_two_networks_of_a_coupling_start_apart():
    (row, *others) = (
        neuralrg.NeuralRG(L=2, layers=2).fit(1, 8, lr=1e-12, seed=1)._state()[1]["parameters"]
    )
    half = (len(row) - 4) // 2
    assert np.abs(row[:half] - row[half : 2 * half]).mean() > 0.1
    assert all(np.abs(row[:half] - other[:half]).mean() > 0.1 for other in others)


def test_every_step_draws_other_samples():
    model = neuralrg.NeuralRG(L=2, layers=2).fit(4, 8, lr=1e-12, seed=2)
    assert len(np.unique(model.history["loss"].round(6))) == 4


# isingrg.graphvae


def test_directions_follow_a_reference_wherever_the_points_are():
    """Points that rise along the first axis with the reference, far below zero."""
    pytest.importorskip("sklearn")
    t = np.linspace(0, 1, 50)
    mu = np.stack([t - 100, 0.01 * np.cos(9 * t)], axis=-1)
    found = principal_components(mu, reference=t)
    assert found.directions[0, 0] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(found.projections[:, 0], t - t.mean(), atol=0.01)


def test_basins_measure_the_nearest_of_three():
    spins = ising.sample(8, [0.0, 0.7], 6, seed=4)[:, 0]
    model = GraphVAE(8, levels=2, hidden=6).fit(spins, 3, seed=1)
    found = model.basins(spins, resamples=20)
    means = np.stack([mu for mu, _ in model.encode(spins)])  # (levels, K, n, d)
    distances = np.linalg.norm(means[None] - found.centres[:, :, None, None], axis=-1)
    np.testing.assert_allclose(found.distance.value, distances.min(0).mean(-1), rtol=1e-12)
    nearer = distances[:2].min(0) < distances[2]
    np.testing.assert_allclose(found.ordered.value, nearer.mean(-1), rtol=1e-12)
    assert not nearer.all() and nearer.any()


def test_the_largest_permitted_couplings():
    """The RG map of +-4 itself, an odd function."""
    assert mlrg.exact_map(4.0) == -mlrg.exact_map(-4.0) > 4


@pytest.mark.parametrize("seed", range(6))
def test_the_steepest_change_is_that_of_a_natural_smoothing_spline(seed):
    """SciPy's, whose smoothing is the best of all, not of 121: places agree to 0.004."""
    interpolate = pytest.importorskip("scipy.interpolate")
    x = np.array([0, 0.1, 0.25, 0.35, 0.5, 0.6, 0.8, 1])
    y = np.tanh((x - 0.15) / 0.1) + np.random.default_rng(seed).normal(0, 0.02, 8)
    grid = np.linspace(0, 1, 4001)
    slopes = np.abs(interpolate.make_smoothing_spline(x, y).derivative()(grid))
    assert _steepest(x)(y) == pytest.approx(grid[slopes.argmax()], abs=0.004)


# isingrg


@pytest.mark.parametrize("place", range(10))
def test_every_number_of_a_large_array_is_looked_at(place, monkeypatch):
    monkeypatch.setattr(arguments, "_PIECE", 4)
    values = np.zeros(10)
    arguments.reals("K", values)
    values[place] = np.nan
    with pytest.raises(ArgumentError, match="K must be finite, got nan"):
        arguments.reals("K", values)


def test_ctrl_c_before_the_renaming_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    path = tmp_path / "model"
    files.replace_file(path, b"old")
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.replace_file(path, b"new")
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"old"


def test_no_result_mixes_two_states_of_a_model(monkeypatch):
    """A training comes in between the two calls of the core that a trajectory makes."""
    spins = ising.sample(16, 0.4, 4, seed=3)[0]
    model = GraphVAE(16, levels=2, hidden=6).fit(spins, 1, seed=1)

    def training(*arguments):
        model.fit(spins, 1, seed=2)
        return ising.block_spin(*arguments)

    assert model.trajectories(spins, 1).shape == (2, 2, 4, 4)
    monkeypatch.setattr(_interpretation, "block_spin", training)
    with pytest.raises(isingrg.IsingRGError, match="in use by another call"):
        model.trajectories(spins, 1)


@pytest.mark.parametrize("rho", [0.6, -0.6])
def test_the_autocorrelation_time_of_the_formulas(rho):
    """Its definition once more, for 1000 samples, of which lags leave out some."""
    noise = np.random.default_rng(4).normal(size=1000)
    x = lfilter([1.0], [1.0, -rho], noise)
    count, deviations = len(x), x - x.mean()

    def covariance(lag):
        return np.mean(deviations[: count - lag] * deviations[lag:])

    correlations, length = [], 1.0
    while len(correlations) < 8 * length:
        correlations.append(covariance(len(correlations) + 1) / covariance(0))
        r = np.array(correlations)
        length = max(1.0, 1 + 2 * r.sum(), 1 + 2 * (r**2 - 1 / count).sum())
    u = np.clip((np.arange(1, len(r) + 1) / length - 2) / 6, 0, 1)
    weights = 1 - u**3 * (10 - 15 * u + 6 * u**2)
    time = (1 + 2 * weights @ r) * (1 - 1 / count) / (1 - (1 + 2 * weights.sum()) / count)
    assert statistics.autocorrelation_time(x) == pytest.approx(time, rel=1e-10)


def test_no_training_while_a_model_is_read():
    spins = ising.sample(8, 0.4, 4, seed=3)[0]
    model = GraphVAE(8, levels=2, hidden=6).fit(spins, 1, seed=1)
    messages = []

    def train(*_):
        try:
            model.fit(spins, 1, seed=2)
        except isingrg.IsingRGError as error:
            messages.append(str(error))

    model.encode(spins, progress=train)
    assert messages and all("in use by another call" in message for message in messages)
    assert len(model.history["loss"]) == 1


@pytest.mark.parametrize("place", [0, 63])
def test_few_spins_are_looked_at_too(place):
    spins = np.ones((1, 8, 8), np.int8)
    model = GraphVAE(8, levels=2, hidden=6).fit(spins, 1)
    spins.flat[place] = 0
    with pytest.raises(ArgumentError, match=f"spin {place} is 0"):
        model.encode(spins)


# The command line


@pytest.mark.parametrize("seed", range(6))
def test_a_mean_of_magnitudes(seed, tmp_path, capsys):
    """One ordered configuration, of either sign among these seeds."""
    path = tmp_path / "spins.npz"
    given = ["sample", "--size", 8, "--coupling", 0.9, "--samples", 1, "--seed", seed]
    assert cli.main([*map(str, given), "--output", str(path), "--quiet", "--json"]) == 0
    (magnitude,) = json.loads(capsys.readouterr().out)["abs_magnetization"]
    with np.load(path) as data:
        assert magnitude == abs(data["spins"].mean()) > 0.9


# Numerics

CHILD_OF_TWO_THREADS = """
import os
import isingrg
import numpy as np
spins = np.ones((64, 64, 64), np.int8)
isingrg.set_num_threads(2)
isingrg.ising.energy(spins)
before = len(os.listdir("/proc/self/task"))
if os.fork() == 0:
    alone = len(os.listdir("/proc/self/task"))
    isingrg.ising.energy(spins)
    print(before, alone, len(os.listdir("/proc/self/task")), flush=True)
    os._exit(0)
os.wait()
"""


def test_a_child_has_threads_of_its_own():
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    run = subprocess.run(
        [sys.executable, "-c", CHILD_OF_TWO_THREADS], capture_output=True, text=True, timeout=60,
        env=environment,
    )  # fmt: skip
    assert run.stdout.split() == ["2", "1", "2"], run.stdout + run.stderr
