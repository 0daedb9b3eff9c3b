"""Ctrl-C: every long function stops within a second, and no training loses a step by it."""

import copy
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import IsingRGError, _core, graphvae, mlrg, neuralrg

sys.path.append(str(Path(__file__).parents[1] / "docs"))
from public import everything

SPINS = np.random.default_rng(0).choice([-1, 1], (20, 8, 8))
#: A model of each kind, how it is trained by so many steps, and the function of the core that does.
KINDS = {
    "mlrg_fit": (mlrg.MLRG, {"hidden": (4,)}, lambda m, n: m.fit(n, 8, total_steps=99)),
    "neuralrg_fit": (neuralrg.NeuralRG, {"L": 4, "layers": 2}, lambda m, n: m.fit(n, 8)),
    "neuralrg_fit_samples": (
        neuralrg.NeuralRG, {"L": 4, "layers": 2},
        lambda m, n: m.fit_samples(SPINS[:, :4, :4] * 0.9, n, 8),
    ),
    "graphvae_fit": (
        graphvae.GraphVAE, {"L": 8, "levels": 2, "hidden": 4}, lambda m, n: m.fit(SPINS, n)
    ),
}  # fmt: skip


def equal(a, b):
    (_, first), (_, second) = a._state(), b._state()
    return all(np.array_equal(first[n], second[n], equal_nan=True) for n in first | second)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param, *KINDS[request.param]


@pytest.fixture
def cut_off(monkeypatch):
    """A training that is interrupted after the core has done its steps, before they are kept."""

    def train(function, fit, model, steps):
        native = getattr(_core, function)

        def interrupted(*arguments):
            native(*arguments)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(_core, function, interrupted)
            with pytest.raises(KeyboardInterrupt):
                fit(model, steps)

    return train


@pytest.mark.parametrize("before", [0, 2])
def test_steps_that_the_core_has_done_are_kept(kind, cut_off, before, tmp_path):
    function, cls, options, fit = kind
    model = cls(**options)
    if before:
        fit(model, before)
    cut_off(function, fit, model, 3)
    straight = fit(cls(**options), before + 3)
    twin = copy.deepcopy(model)
    assert len(model.history["loss"]) == before + 3 and model.step == straight.step
    assert equal(model, straight) and equal(twin, straight)
    model.save(tmp_path / "model")
    assert equal(cls.load(tmp_path / "model"), straight)
    assert equal(fit(twin, 2), fit(straight, 2))


def test_another_training_goes_on_from_them(kind, cut_off):
    function, cls, options, fit = kind
    model = cls(**options)
    cut_off(function, fit, model, 2)
    cut_off(function, fit, model, 1)
    assert equal(fit(model, 2), fit(cls(**options), 5))


def test_several_models_at_once(cut_off):
    models = [mlrg.MLRG(hidden=(4,)), mlrg.MLRG(hidden=(3,))]
    settings = [{"steps": 4, "batch": 8}, {"steps": 6, "batch": 8}]
    cut_off("mlrg_fit_many", mlrg.fit_many, models, settings)
    assert [model.step for model in models] == [4, 6]
    assert equal(models[0], mlrg.MLRG(hidden=(4,)).fit(4, 8))
    models[0].fit(1)


def test_training_inside_its_own_progress_is_refused(kind):
    _, cls, options, fit = kind
    model, errors = fit(cls(**options), 1), []

    def meddle(done, total):
        for use in (lambda: fit(model, 1), lambda: copy.copy(model), lambda: model.save("a file")):
            try:
                use()
            except IsingRGError as error:
                errors.append(str(error))

    arguments = (SPINS, 2) if cls is graphvae.GraphVAE else (2, 8)
    model.fit(*arguments, progress=meddle)
    assert len(errors) >= 3 and all("in use" in error for error in errors)
    assert len(model.history["loss"]) == 3
    untrained, errors[:] = cls(**options), []
    with pytest.raises(IsingRGError, match="in use"):
        untrained.fit(*arguments, progress=lambda *_: fit(untrained, 1))
    done = len(untrained.history["loss"])
    assert equal(fit(untrained, 3 - done), fit(cls(**options), 3))


# Every long function, in a process of its own

PREPARE = {
    "file": "from isingrg import ising; import tempfile, xarray, h5netcdf, h5py; "
    "file = tempfile.mkdtemp() + '/a.nc'",
    "lattice": "from isingrg import ising; lattice = ising.Lattice.square(99); "
    "chain = ising.Chain(lattice, 0.44); ladder = ising.Tempering(lattice, [0.3, 0.4]); "
    "small = ising.Lattice.square(5)",
    "ising": "from isingrg import ising; s = np.ones((4, 2048, 2048, 4), np.int8)",
    "mlrg": "from isingrg import mlrg; J = np.full((20000, 9), 0.3); j = np.full(10**6, 0.3); "
    "R = np.random.default_rng(0).normal(0, 0.3, (50, 17))",
    "model": "model = mlrg.MLRG('A1+E').fit(2, 8); P = np.zeros((10**6, 5))",
    # Only their linear algebra, not what the matrices are made by.
    "matrices": "from isingrg.mlrg import _analysis, _transfer; "
    "random = np.random.default_rng(0); j = np.full(10**6, 0.3); P = np.zeros((10**6, 5)); "
    "model = mlrg.MLRG('A1+E').fit(2, 8); many = random.normal(size=(300_000, 5, 5)); "
    "_analysis.jacobians = lambda *_: many.copy(); rings = random.random((10**6, 2, 2)); "
    "_transfer.transfer_matrices = lambda *_: (rings, np.zeros(10**6))",
    "flow": "from isingrg import neuralrg; model = neuralrg.NeuralRG().fit(1, 8); "
    "x = np.full((16384, 16, 16), 0.9)",
    "vae": "from isingrg import graphvae; model = graphvae.GraphVAE().fit("
    "np.ones((8, 16, 16), np.int8), 1); x = np.ones((100_000, 16, 16), np.int8); "
    "x[::2, 1, :] = -1; z = np.ones((2_000_000, 4))",
    "graph": "from isingrg import graphvae; import scipy.interpolate; K = np.linspace(.3, .6, 9); "
    "v = np.tanh(20 * (K[:, None] - .44)) + np.random.default_rng(0).normal(0, .1, (9, 100))",
    "dual": "from isingrg import neuralrg; x = np.ones((2000, 64, 64)); "
    "m = np.random.default_rng(0).random((999, 60)); import sklearn.feature_selection",
    # Correlated over 30,000 samples; every lag takes a sum over all.
    "series": "from isingrg import ising; "
    "walk = np.repeat(np.random.default_rng(0).normal(size=200), 30_000)",
    "sampler": "from isingrg import multilevel, neuralrg; "
    "model = multilevel.MultilevelSampler(64).fit(1, 64, start='none'); "
    "x = np.ones((20_000, 64, 64), np.int8)",
    "tensors": "from isingrg import mlrg, tensorrg; "
    "network = tensorrg.ising_network(0.44068679350977); "
    "state = tensorrg.TRG(16).init(network); ring = tensorrg.HOTRG(8).init(network); "
    "weighted = tensorrg.BTRG(16).init(network); loop = tensorrg.LoopTNR(4); "
    "board = tensorrg.CheckerboardLoopTNR(8); "
    "mirror = loop.flow(network, 9).states[-1]",
    "blocks": "from isingrg import mcrg; x = np.ones((3000, 128, 128), np.int8); "
    "x[np.random.default_rng(0).random(x.shape) < 0.4] = -1",
    "all": "import isingrg",
}  # fmt: skip

#: By public name: what takes long, and what it needs; called again and again, as fast machines are
#: done soon. Those with `progress` must all be there.
LONG = {
    "isingrg.ensemble": ("isingrg.ensemble('mlrg', {'steps': 10**6}, seeds=2)", "all"),
    "isingrg.ising.sample": ("ising.sample(32, 0.44, 1, n_thermalize=2**40)", "ising"),
    "isingrg.ising.Lattice.density_of_states": ("small.density_of_states()", "lattice"),
    "isingrg.ising.Lattice.exact": ("small.exact(np.full(99, 0.4))", "lattice"),
    "isingrg.ising.Lattice.sample": ("lattice.sample(0.44, 9, n_thermalize=2**40)", "lattice"),
    "isingrg.ising.Chain.advance": ("chain.advance(2**40)", "lattice"),
    "isingrg.ising.Chain.measure": ("chain.measure(2**20, bins=9)", "lattice"),
    "isingrg.ising.Chain.sample": ("chain.sample(2, n_between=2**20)", "lattice"),
    "isingrg.ising.Tempering.advance": ("ladder.advance(2**40)", "lattice"),
    "isingrg.ising.Tempering.measure": ("ladder.measure(2**20, bins=9)", "lattice"),
    "isingrg.ising.anneal": ("ising.anneal(lattice, [0.1, 0.2], n_sweeps=2**30)", "lattice"),
    "isingrg.ising.torus_density_of_states": ("ising.torus_density_of_states(32)", "lattice"),
    "isingrg.ising.reference": ("ising.reference(file, n_measurements=2**24)", "file"),
    "isingrg.ising.measure": ("ising.measure(lattice, 0.44, 2**20, bins=9)", "lattice"),
    "isingrg.statistics.autocorrelation_time": ("statistics.autocorrelation_time(walk)", "series"),
    "isingrg.mlrg.MLRG.fit": ("model.fit(10**7)", "model"),
    "isingrg.mlrg.divergence": ("mlrg.divergence(J, J, '3A1')", "mlrg"),
    "isingrg.mlrg.exact_map": ("mlrg.exact_map(R, '3A1+E')", "mlrg"),
    "isingrg.mlrg.exact_minimum": ("mlrg.exact_minimum(J, '3A1')", "mlrg"),
    "isingrg.mlrg.fit_many": ("mlrg.fit_many([mlrg.MLRG()], [{'steps': 10**7}])", "mlrg"),
    "isingrg.mlrg.minimum_kl": ("mlrg.minimum_kl(j, '2A1')", "mlrg"),
    "isingrg.mlrg.MLRG.fixed_points": ("model.fixed_points(10**5)", "model"),
    "isingrg.mlrg.MLRG.exponents": ("model.exponents(P[:300_000])", "matrices"),
    "isingrg.mlrg.MLRG.newton_step": ("model.newton_step(P[:300_000])", "matrices"),
    "isingrg.mlrg.central_charge": ("mlrg.central_charge(j, period=1)", "matrices"),
    "isingrg.mlrg.MLRG.flow": ("mlrg.MLRG().fit(1, 8).flow(0.1, 2**24)", "mlrg"),
    "isingrg.mlrg.MLRG.jacobian": ("model.jacobian(P)", "model"),
    "isingrg.mlrg.scaling_dimensions": ("mlrg.scaling_dimensions(j, 'A1', 4, 6)", "mlrg"),
    "isingrg.neuralrg.NeuralRG.decode": ("model.decode(x)", "flow"),
    "isingrg.neuralrg.NeuralRG.encode": ("model.encode(x)", "flow"),
    "isingrg.neuralrg.NeuralRG.fit": ("model.fit(10**6)", "flow"),
    "isingrg.neuralrg.NeuralRG.fit_samples": ("model.fit_samples(x, 10**6)", "flow"),
    "isingrg.neuralrg.NeuralRG.free_energy": ("model.free_energy(10**5)", "flow"),
    "isingrg.neuralrg.NeuralRG.hmc": ("model.hmc(512, 10**3)", "flow"),
    "isingrg.neuralrg.NeuralRG.log_partition": ("model.log_partition(10**5)", "flow"),
    "isingrg.neuralrg.NeuralRG.latent_energy": ("model.latent_energy(x)", "flow"),
    "isingrg.neuralrg.NeuralRG.log_prob": ("model.log_prob(x)", "flow"),
    "isingrg.neuralrg.NeuralRG.metropolis": ("model.metropolis(512, 10**3)", "flow"),
    "isingrg.neuralrg.NeuralRG.responses": ("model.responses(x=x)", "flow"),
    "isingrg.neuralrg.NeuralRG.sample": ("model.sample(10**5)", "flow"),
    "isingrg.neuralrg.NeuralRG.sample_given": ("model.sample_given(x[:, :4, :4])", "flow"),
    "isingrg.neuralrg.NeuralRG.sample_with_log_prob": (
        "model.sample_with_log_prob(10**5)", "flow"),
    "isingrg.neuralrg.log_density": ("neuralrg.log_density(x, 0.4)", "dual"),
    "isingrg.neuralrg.mutual_information": ("neuralrg.mutual_information(m)", "dual"),
    "isingrg.graphvae.GraphVAE.basins": ("model.basins(x)", "vae"),
    "isingrg.graphvae.GraphVAE.decode": ("model.decode(z)", "vae"),
    "isingrg.graphvae.GraphVAE.encode": ("model.encode(x)", "vae"),
    "isingrg.graphvae.GraphVAE.fit": ("model.fit(x, 9, 65536)", "vae"),
    "isingrg.graphvae.GraphVAE.level_distances": ("model.level_distances(x)", "vae"),
    "isingrg.graphvae.GraphVAE.loss": ("model.loss(x)", "vae"),
    "isingrg.graphvae.GraphVAE.prune": ("model.prune(x, [True] * 4)", "vae"),
    "isingrg.graphvae.GraphVAE.sample": ("model.sample(2_000_000)", "vae"),
    "isingrg.graphvae.GraphVAE.sample_with_z": ("model.sample_with_z(2_000_000)", "vae"),
    "isingrg.graphvae.GraphVAE.rg_map": ("model.rg_map(x[:99], resamples=10**6)", "vae"),
    "isingrg.graphvae.GraphVAE.trajectories": ("model.trajectories(x)", "vae"),
    "isingrg.multilevel.MultilevelSampler.fit": ("model.fit(10**6)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.fit_samples": ("model.fit_samples(x, 99)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.free_energy": ("model.free_energy(10**5)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.log_partition": ("model.log_partition(10**5)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.log_prob": ("model.log_prob(x)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.log_weights": ("model.log_weights(x)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.metropolis": ("model.metropolis(64, 999)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.refine": ("model.refine(x[:, ::2, ::2])", "sampler"),
    "isingrg.multilevel.MultilevelSampler.sample": ("model.sample(10**5)", "sampler"),
    "isingrg.multilevel.MultilevelSampler.sample_with_log_prob": (
        "model.sample_with_log_prob(10**5)", "sampler"),
    "isingrg.multilevel.anneal": ("multilevel.anneal(x, np.linspace(0, 0.4, 999))", "sampler"),
    "isingrg.neuralrg.log_partition_dual_from": (
        "neuralrg.log_partition_dual_from(model, 10**5)", "sampler"),
    "isingrg.mlrg.critical_coupling": ("mlrg.critical_coupling(8)", "tensors"),
    "isingrg.mlrg.loop_exponents": ("mlrg.loop_exponents(6, 0.7643)", "tensors"),
    "isingrg.mlrg.loop_distance": (
        "mlrg.loop_distance(*np.full((2, 20000, 31), 0.1), '2A1', objective='kl')", "tensors"),
    "isingrg.mlrg.loop_map": ("mlrg.loop_map(np.full((999, 3), 0.4))", "tensors"),
    "isingrg.mlrg.loop_map_fixed_point": ("mlrg.loop_map_fixed_point()", "tensors"),
    "isingrg.mlrg.tensor_flow": ("mlrg.tensor_flow(0.7643, 8, 999)", "tensors"),
    "isingrg.tensorrg.critical_coupling": (
        "tensorrg.critical_coupling(tensorrg.ising_network, tensorrg.BTRG(24), 0.4, 0.5)",
        "tensors"),
    "isingrg.tensorrg.loop_fixed_point": (
        "tensorrg.loop_fixed_point(loop, mirror)", "tensors"),
    "isingrg.tensorrg.Scheme.flow": (
        "tensorrg.Scheme.flow(tensorrg.TRG(16), network, 999)", "tensors"),
    "isingrg.tensorrg.Scheme.follow": (
        "tensorrg.Scheme.follow(tensorrg.TRG(16), state, 999)", "tensors"),
    "isingrg.tensorrg.TRG.flow": ("tensorrg.TRG(16).flow(network, 999)", "tensors"),
    "isingrg.tensorrg.TRG.follow": ("tensorrg.TRG(16).follow(state, 999)", "tensors"),
    "isingrg.tensorrg.BTRG.flow": ("tensorrg.BTRG(16).flow(network, 999)", "tensors"),
    "isingrg.tensorrg.BTRG.follow": ("tensorrg.BTRG(16).follow(weighted, 999)", "tensors"),
    "isingrg.tensorrg.HOTRG.flow": ("tensorrg.HOTRG(8).flow(network, 999)", "tensors"),
    "isingrg.tensorrg.HOTRG.follow": ("tensorrg.HOTRG(8).follow(ring, 999)", "tensors"),
    "isingrg.tensorrg.CheckerboardLoopTNR.flow": ("board.flow(network, 999)", "tensors"),
    "isingrg.tensorrg.CheckerboardLoopTNR.follow": (
        "board.follow(board.init(network), 999)", "tensors"),
    "isingrg.tensorrg.LoopTNR.flow": ("loop.flow(network, 999)", "tensors"),
    "isingrg.tensorrg.LoopTNR.follow": ("loop.follow(mirror, 999)", "tensors"),
    "isingrg.mcrg.block": ("mcrg.block(x, levels=5)", "blocks"),
    "isingrg.mcrg.couplings": ("mcrg.couplings(x, mcrg.operators())", "blocks"),
    "isingrg.mcrg.exponents": ("mcrg.exponents(256, n_samples=10**7)", "blocks"),
    "isingrg.mcrg.learn_filter": ("mcrg.learn_filter(x)", "blocks"),
    "isingrg.mcrg.measure": ("mcrg.measure(x)", "blocks"),
    "isingrg.mcrg.refine": ("mcrg.refine(x)", "blocks"),
    "isingrg.mcrg.simulate": ("mcrg.simulate(256, n_samples=10**7)", "blocks"),
    "isingrg.mcrg.variational_couplings": ("mcrg.variational_couplings(243)", "blocks"),
    "isingrg.statistics.bootstrap": ("statistics.bootstrap(np.mean, v, resamples=10**6)", "graph"),
    "isingrg.statistics.jackknife": ("statistics.jackknife(np.mean, walk)", "series"),
    "isingrg.statistics.correlation": ("statistics.correlation(v, v, resamples=10**6)", "graph"),
    "isingrg.graphvae.estimate_critical_coupling": (
        "graphvae.estimate_critical_coupling(K, v, resamples=10**6)", "graph"),
    "isingrg.graphvae.published_data": ("graphvae.published_data(L=1024)", "graph"),
}  # fmt: skip


def test_every_function_with_progress_has_a_case():
    functions = [item for item in everything() if inspect.isroutine(item.value)]
    assert {item.name for item in functions if "progress" in item.arguments} <= LONG.keys()
    assert LONG.keys() <= {item.name for item in functions}


@pytest.mark.parametrize("name", LONG)
def test_control_c_stops_it_within_a_second(seconds_to_stop, name):
    call, needs = LONG[name]
    prepare = PREPARE["mlrg"] + "; " + PREPARE[needs] if needs == "model" else PREPARE[needs]
    assert seconds_to_stop(f"while True: {call}", prepare) < 1


# A single step or a single configuration of the widest networks and largest settings takes from
# seconds to hours, too long to train a model first: its initial network does.
UNTRAINED = "; model._native = model._new_native(0)"
WIDE_MLRG = (
    "J = np.full((64, 5), 0.3); model = mlrg.MLRG('A1+E', hidden=(1024,) * 8, symmetric=True)"
    + UNTRAINED
)
WIDE_FLOW = (
    "from isingrg import neuralrg; x = np.ones((32, 32, 32)); "
    "model = neuralrg.NeuralRG(32, layers=1, hidden=(256,) * 8)" + UNTRAINED
)
WIDE_VAE = (
    "from isingrg import graphvae; x = np.ones((4, 1024, 1024), np.int8); "
    "model = graphvae.GraphVAE(256, hidden=256, token=256, decoder='graph')" + UNTRAINED
)
WIDE = {
    "jacobian": ("model.jacobian(J)", WIDE_MLRG),
    "flow": ("model.flow(J, 100)", WIDE_MLRG),
    "fixed_point": ("model.fixed_point(J[0])", WIDE_MLRG),
    "step": ("model.fit(1, 64)", WIDE_MLRG),
    "leapfrog": ("mlrg.MLRG(hidden=(2,)).fit(1, 8, hmc_leapfrog=10_000, hmc_updates=10_000)", ""),
    "recording": (
        "model.fit(1, 1, hmc_leapfrog=1, hmc_updates=1, record_from=0, record_guess=5.0)",
        WIDE_MLRG,
    ),
    "samples": (
        "mlrg.MLRG('A1+E', divergence='cd').fit(1, 1, cd_samples=10**6, teacher_sweeps=10**6)", ""),
    "student": ("mlrg.MLRG(divergence='cd').fit(1, 1, cd_samples=1000, student_sweeps=10**6)", ""),
    "density": ("model.log_prob(x)", WIDE_FLOW),
    "distillation": ("model.fit(1, 64)", WIDE_FLOW),
    "chains": ("model.hmc(32, 1, warmup=0)", WIDE_FLOW),
    "encoding": ("model.encode(x)", WIDE_VAE),
    "autoencoder": ("model.fit(x[:, :256, :256], 1)", WIDE_VAE),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_control_c_stops_the_widest_networks(seconds_to_stop, name):
    call, prepare = WIDE[name]
    assert seconds_to_stop(f"while True: {call}", prepare) < 1
