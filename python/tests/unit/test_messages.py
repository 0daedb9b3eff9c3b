"""What trips a new user is answered with what to do instead, wherever it comes."""

import contextlib
import inspect
import os
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import (
    ArgumentError,
    ConvergenceError,
    NonFiniteError,
    cli,
    graphvae,
    ising,
    mcrg,
    mlrg,
    multilevel,
    neuralrg,
    plot,
)
from isingrg._methods import METHODS
from isingrg._shared import files

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "docs")]
from public import everything

from small_models import MODELS, TRAININGS

# Spins of other conventions

BITS = np.random.default_rng(1).random((3, 8, 8)) < 0.5
COUPLINGS = [0.3, 0.4, 0.5]


def vae():
    return MODELS["graphvae"].trained(1)


def sampler(K=0.3):
    return multilevel.MultilevelSampler(8, K, neighbours=4, linear=4, triples=4, quintuples=0)


def trained():
    return sampler().fit(1, 8, start="none")


#: Every public function that takes spins, by its name below `isingrg`.
TAKERS = {
    "ising.energy": ising.energy,
    "ising.magnetization": ising.magnetization,
    "ising.block_spin": ising.block_spin,
    "ising.correlation_length": ising.correlation_length,
    "ising.structure_factor": ising.structure_factor,
    "ising.Lattice.energy": lambda s: ising.Lattice.square(8).energy(s),
    "ising.Lattice.magnetization": lambda s: ising.Lattice.square(8).magnetization(s),
    "ising.to_dataset": lambda s: ising.to_dataset(s[:, None, None], COUPLINGS),
    "mlrg.symmetry.state_indices": mlrg.symmetry.state_indices,
    "neuralrg.sample_fields": lambda s: neuralrg.sample_fields(s, 0.3),
    "neuralrg.DualIsing.sample_fields": lambda s: neuralrg.DualIsing(8, 0.3).sample_fields(s),
    "graphvae.GraphVAE.fit": lambda s: MODELS["graphvae"].make().fit(s),
    "graphvae.GraphVAE.basins": lambda s: vae().basins(s),
    "graphvae.GraphVAE.encode": lambda s: vae().encode(s),
    "graphvae.GraphVAE.level_distances": lambda s: vae().level_distances(s),
    "graphvae.GraphVAE.loss": lambda s: vae().loss(s),
    "graphvae.GraphVAE.plot_principal_component": lambda s: vae().plot_principal_component(
        s[:, None], COUPLINGS
    ),
    "graphvae.GraphVAE.prune": lambda s: vae().prune(s),
    "graphvae.GraphVAE.rg_map": lambda s: vae().rg_map(s),
    "graphvae.GraphVAE.trajectories": lambda s: vae().trajectories(s),
    "mcrg.block": mcrg.block,
    "mcrg.couplings": lambda s: mcrg.couplings(s[[0] * 4], NEAREST),
    "mcrg.learn_filter": lambda s: mcrg.learn_filter(s[[0] * 4]),
    "mcrg.measure": lambda s: mcrg.measure(s[[0] * 4], operators=NEAREST),
    "multilevel.MultilevelSampler.fit_samples": lambda s: sampler().fit_samples(s, 1),
    "multilevel.MultilevelSampler.log_prob": lambda s: trained().log_prob(s),
    "multilevel.MultilevelSampler.log_weights": lambda s: trained().log_weights(s),
    "multilevel.anneal": lambda s: multilevel.anneal(s, [0.1, 0.2]),
    "plot.animate_block_spins": lambda s: plot.animate_block_spins(s[0]),
    "plot.configuration": lambda s: plot.configuration(s[0]),
    "plot.energy": lambda s: plot.energy(s[:, None], COUPLINGS),
    "plot.magnetization": lambda s: plot.magnetization(s[:, None], COUPLINGS),
    "plot.principal_component": lambda s: plot.principal_component(vae(), s[:, None], COUPLINGS),
}


def test_no_function_of_spins_is_left_out():
    public = {i.name for i in everything() if i.is_function and "spins" in i.arguments}
    assert {f"isingrg.{name}" for name in TAKERS} == public


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, np.float64, bool])
def test_spins_0_and_1_are_answered_with_what_makes_them_ours(name, dtype):
    pytest.importorskip("xarray")
    pytest.importorskip("matplotlib")
    s = BITS.astype(dtype)
    with pytest.raises(TypeError if dtype is bool else ArgumentError) as caught:
        TAKERS[name](s)
    formula = re.search(r"of spins 0 and 1, (2\*s.* - 1) makes -1 and \+1$", str(caught.value))[1]
    np.testing.assert_array_equal(eval(formula), np.where(BITS, 1, -1))


def test_spins_0_among_others_are_no_other_convention():
    diluted = BITS.astype(np.int8) - 1
    for take in (ising.energy, mlrg.symmetry.state_indices):
        with pytest.raises(ArgumentError) as caught:
            take(diluted)
        assert "2*s" not in str(caught.value)


# A loss that became NaN


#: The small one stays finite.
WIDE = {"graphvae": {"hidden": 64, "token": 16}}


#: Their loss is finite for every network.
BOUNDED = {
    "mlrg": "mlrg_fit", "multilevel": "multilevel_fit", "spins": "multilevel_fit_samples",
}  # fmt: skip


@pytest.mark.parametrize("name", TRAININGS)
def test_a_loss_that_becomes_nan_names_the_setting_to_lower(name, monkeypatch):
    """With lr = 10, the largest that is permitted."""
    small = TRAININGS[name]
    model = small.make(**WIDE.get(name, {}))
    if name in BOUNDED:
        monkeypatch.setattr(isingrg._core, BOUNDED[name], not_finite)
    with pytest.raises(NonFiniteError, match=r"became .*; lower lr \(it is 10\)") as caught:
        small.fit(model, 1000, lr=10.0)
    assert f"{small.kind._columns.row} " in caught.value.__notes__[0]


def not_finite(*arguments):
    return 0, NonFiniteError("the loss became nan with a gradient of norm nan; the model is at 0")


def test_settings_that_are_not_in_force_are_not_named():
    training = mlrg.settings.Training()
    assert training.with_smaller_steps() == "lower lr (it is 0.02) or clip_norm (it is 0.02)"
    assert training.changed(clip_norm=0).with_smaller_steps() == "lower lr (it is 0.02)"


def test_every_method_has_a_setting_to_lower():
    for method in METHODS.values():
        assert "lower lr (it is" in method.model._training_type().with_smaller_steps()


def test_a_flow_that_becomes_too_stiff_names_it_as_well():
    model = mlrg.MLRG(hidden=(8,), transport="ode")
    with pytest.raises(ConvergenceError, match=r"RG time; lower lr \(it is 10\)"):
        model.fit(50, lr=10.0, clip_norm=0.0)
    errors = mlrg.fit_many(
        [mlrg.MLRG(hidden=(8,), transport="ode")], [{"steps": 50, "lr": 10.0, "clip_norm": 0.0}]
    )
    assert re.search(r"RG time; lower lr \(it is 10\)$", str(errors[0]))


def test_an_error_of_a_callback_is_not_changed():
    error = NonFiniteError("mine")

    def fail(record):
        raise error

    with pytest.raises(NonFiniteError) as caught:
        MODELS["mlrg"].trained(3, callback=fail)
    assert caught.value is error and str(error) == "mine"


# A folder that is not there


def drawing():
    return plot.configuration(ising.sample(4, 0.4, 1)[0, 0])


WRITERS = {
    "save": lambda path: MODELS["mlrg"].trained(1).save(path),
    "checkpoint": lambda path: MODELS["mlrg"].trained(1, checkpoint=path),
    "plot": lambda path: drawing().save(path),
    "replace_file": lambda path: files.replace_file(path, b""),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_missing_folder_is_named(write, tmp_path):
    folder = tmp_path / "results"
    with pytest.raises(FileNotFoundError) as caught:
        write(folder / "a.png")
    assert caught.value.filename == str(folder / "a.png")
    assert caught.value.strerror == f"the folder {str(folder)!r} does not exist"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_file_in_the_place_of_a_folder_is_named(write, tmp_path):
    (tmp_path / "results").write_text("mine")
    with pytest.raises(NotADirectoryError) as caught:
        write(tmp_path / "results" / "a.png")
    assert caught.value.filename == str(tmp_path / "results" / "a.png")
    assert caught.value.strerror == f"{str(tmp_path / 'results')!r} is no folder"


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_folder_that_refuses_is_told_of_the_file_that_is_wanted(write, tmp_path, monkeypatch):
    """No temporary file is named. Root is refused nothing, so the refusal is made up."""
    action = drawing().save if write is WRITERS["plot"] else write
    real = os.open

    def refuse(path, flags, *rest, **keywords):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, *rest, **keywords)

    monkeypatch.setattr(os, "open", refuse)
    path = tmp_path / "a.png"
    with pytest.raises(PermissionError) as caught:
        action(path)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize(
    "command",
    [
        ["demo", "--output", "none/demo.png"],
        ["sample", "--size", "8", "--output", "none/a.npz"],
        ["critical-point", "--output", "none/a.json"],
    ],
)
def test_commands_name_a_missing_folder(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(command) == 2
    folder = str(tmp_path / "none")
    assert f"the folder {folder!r} does not exist" in capsys.readouterr().err


def test_a_store_makes_its_folder_whatever_is_missing(tmp_path):
    isingrg.ensemble(twice, {"x": [1, 2]}, store=tmp_path / "none" / "runs")
    assert len(list((tmp_path / "none" / "runs").iterdir())) == 2


def twice(x):
    return 2 * x


# A file of another class


@pytest.mark.parametrize("saved", MODELS)
@pytest.mark.parametrize("loading", MODELS)
def test_a_wrong_class_names_the_one_that_fits(saved, loading, tmp_path):
    path = tmp_path / "model"
    model = MODELS[saved].trained(1)
    model.save(path)
    right, wrong = METHODS[saved].model, METHODS[loading].model
    if right is wrong:
        assert right.load(path).parameter_count == model.parameter_count
        return
    with pytest.raises(isingrg.IsingRGError) as caught:
        wrong.load(path)
    named = re.search(r"but one that (isingrg\.\w+)\.(\w+)\.load reads$", str(caught.value))
    assert getattr(sys.modules[named[1]], named[2]) is right


# Temperatures in the place of couplings

TEMPERATURE = (
    r"at K = 2\.269, 5\.1 times .* frozen.* if 2\.269 is a temperature, give 1/T = 0\.4407"
)
FIELDS = np.random.default_rng(1).normal(size=(1, 4, 4))
ENERGIES = np.random.default_rng(1).normal(size=200)
UP = np.ones((1, 4, 4), np.int8)
NEAREST = mcrg.Operators([[(0, 0), (1, 0)]])
BLOCKED = {
    L: mcrg.measure(ising.sample(L, 0.4, 64)[0], operators=NEAREST, levels=1) for L in (4, 8)
}


def trained_sampler():
    return MODELS["multilevel"].trained(1)


def frozen_exponents(K):
    with contextlib.suppress(ConvergenceError):  # as all frozen configurations are one
        mcrg.exponents(16, K, n_samples=128, operators=mcrg.operators(1, 1, reach=1))


#: Every public function of K on the square lattice, by its name below `isingrg`.
OF_COUPLINGS = {
    "ising.sample": lambda K: ising.sample(16, K, 1),
    "ising.sampling_plan": lambda K: ising.sampling_plan(16, K),
    "ising.to_dataset": lambda K: ising.to_dataset(UP[None], K),
    "ising.log_partition": lambda K: ising.log_partition(4, K),
    "ising.mean_energy": lambda K: ising.mean_energy(4, K),
    "ising.heat_capacity": lambda K: ising.heat_capacity(4, K),
    "ising.specific_heat": lambda K: ising.specific_heat(ENERGIES, 4, K),
    "ising.free_energy_density": ising.free_energy_density,
    "ising.internal_energy_density": ising.internal_energy_density,
    "ising.specific_heat_density": ising.specific_heat_density,
    "ising.spontaneous_magnetization": ising.spontaneous_magnetization,
    "neuralrg.log_density": lambda K: neuralrg.log_density(FIELDS, K),
    "neuralrg.log_partition_dual": lambda K: neuralrg.log_partition_dual(4, K),
    "neuralrg.sample_fields": lambda K: neuralrg.sample_fields(UP, K),
    "neuralrg.DualIsing": lambda K: neuralrg.DualIsing(4, K),
    "neuralrg.NeuralRG": lambda K: neuralrg.NeuralRG(4, K),
    "mcrg.critical_coupling": lambda K: mcrg.critical_coupling(BLOCKED[8], BLOCKED[4], K),
    "mcrg.exponents": frozen_exponents,
    "mcrg.refine": lambda K: mcrg.refine(UP, K),
    "mcrg.simulate": lambda K: mcrg.simulate(8, K, n_samples=128, operators=NEAREST),
    "mcrg.variational_couplings": lambda K: mcrg.variational_couplings(
        9, K, operators=NEAREST, steps=2, n_samples=5
    ),
    "multilevel.MultilevelSampler": sampler,
    "multilevel.MultilevelSampler.free_energy": lambda K: trained_sampler().free_energy(9, K=K),
    "multilevel.MultilevelSampler.log_partition": lambda K: trained_sampler().log_partition(9, K=K),
    "multilevel.MultilevelSampler.log_weights": lambda K: trained_sampler().log_weights(
        np.ones((1, 4, 4), np.int8), K=K
    ),
    "multilevel.anneal": lambda K: multilevel.anneal(UP, [K, K]),
    "graphvae.GraphVAE.plot_principal_component": lambda K: vae().plot_principal_component(
        np.where(BITS, 1, -1)[None], [K]
    ),
    "graphvae.estimate_critical_coupling": lambda K: graphvae.estimate_critical_coupling(
        K + np.linspace(-0.1, 0.1, 9),
        np.tanh(20 * np.linspace(-0.1, 0.1, 9))[:, None] + [0, 0],
        resamples=20,
    ),
    "plot.energy": lambda K: plot.energy(np.where(BITS, 1, -1), K),
    "plot.magnetization": lambda K: plot.magnetization(np.where(BITS, 1, -1), K),
    "plot.principal_component": lambda K: plot.principal_component(
        vae(), np.where(BITS, 1, -1)[None], [K]
    ),
}


def test_no_function_of_couplings_is_left_out():
    public = {
        i.name
        for i in everything()
        if (i.is_function or inspect.isclass(i.value)) and "K" in given(i)
    }
    assert {f"isingrg.{name}" for name in OF_COUPLINGS} == public - RECORDS


#: They are not made by users, or their lattice has another critical coupling.
RECORDS = (
    {"isingrg.multilevel.Chains"}
    | {f"isingrg.tensorrg.{name}_network" for name in ("ising", "potts", "clock", "ashkin_teller")}
    | {f"isingrg.statistics.{name}" for name in ("collapse", "crossings")}
    | {
        f"isingrg.ising.{name}"
        for name in ("Chain", "CriticalPoint", "Measurements", "Tempering", "anneal", "measure")
    }
    | {
        f"isingrg.ising.Lattice.{name}"
        for name in ("exact", "has_order", "log_partition", "sample")
    }
)


def given(item):
    try:
        return item.arguments
    except ValueError:  # of classes without a signature
        return []


@pytest.mark.parametrize("name", OF_COUPLINGS)
@pytest.mark.filterwarnings("ignore:PC1", "ignore:9 samples have")
def test_a_temperature_in_the_place_of_a_coupling_is_noticed(name):
    with pytest.warns(UserWarning, match="is a temperature, give 1/T") as caught:
        OF_COUPLINGS[name](2.269)
    assert caught[0].filename == __file__  # the line of the user, not one of the package
    if name != "graphvae.estimate_critical_coupling":
        assert re.match(TEMPERATURE, str(caught[0].message))


@pytest.mark.parametrize(
    "K",
    [
        1.76,  # T = 0.57, a quarter of the critical temperature
        -2.269,  # an antiferromagnet; temperatures are positive
        5.1,  # a quench to zero temperature
        np.linspace(0.2, 2.5, 24),  # a scan into the ordered phase
        [0.44, 3.0],
        [],
    ],
)
def test_cold_runs_are_left_in_peace(K):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ising.log_partition(4, K)
        ising.sample(4, K, 1)


@pytest.mark.parametrize("K", [1.8, 5.0, np.linspace(1.5, 3.5, 9), [0.5, 2.0, 3.0]])
def test_temperatures_of_scans_are_noticed(K):
    with pytest.warns(UserWarning, match="frozen"):
        ising.log_partition(4, K)


@pytest.mark.filterwarnings("default")
def test_commands_warn_in_one_line(capsys, tmp_path):
    path = str(tmp_path / "a.npz")
    code = cli.main(["sample", "--size", "8", "--coupling", "2.269", "--quiet", "--output", path])
    err = capsys.readouterr().err
    assert code == 0
    assert re.fullmatch(rf"isingrg: warning: {TEMPERATURE}\n", err)


# What is not supported

KEYWORDS = {
    "h": "external fields are not supported",
    "H": "external fields are not supported",
    "T": "give the coupling K = J/T",
    "temperature": "give the coupling K = J/T",
    "beta": "give the coupling K = beta J",
    "J": "give the coupling K = J/T",
}
FUNCTIONS = {
    ising.sample: (8, 0.4, 1),
    ising.to_dataset: (UP[None], 0.4),
    ising.log_partition: (4, 0.4),
    ising.mean_energy: (4, 0.4),
    ising.heat_capacity: (4, 0.4),
    ising.free_energy_density: (0.4,),
    ising.internal_energy_density: (0.4,),
    ising.specific_heat_density: (0.4,),
    ising.spontaneous_magnetization: (0.4,),
    neuralrg.NeuralRG: (4, 0.4),
    neuralrg.log_density: (FIELDS, 0.4),
    neuralrg.log_partition_dual: (4, 0.4),
    neuralrg.sample_fields: (UP, 0.4),
}


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_fields_and_temperatures_as_keywords(function, keyword):
    expected = f"{function.__name__} takes no {keyword}: {KEYWORDS[keyword]}"
    with pytest.raises(TypeError, match=re.escape(expected)):
        function(*FUNCTIONS[function], **{keyword: 0.1})
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        function(*FUNCTIONS[function], colour=1)


@pytest.mark.parametrize("L", [(8, 16), [8, 8], np.array([8, 16])], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda L: ising.sample(L, 0.4, 1),
        lambda L: ising.log_partition(L, 0.4),
        lambda L: ising.mean_energy(L, 0.4),
        lambda L: ising.heat_capacity(L, 0.4),
        lambda L: neuralrg.log_partition_dual(L, 0.4),
        neuralrg.haar_matrix,
        graphvae.GraphVAE,
        lambda L: graphvae.published_data(L=L),
    ],
)
def test_sizes_of_rectangles(call, L):
    kind = type(L).__name__
    with pytest.raises(TypeError, match=f"L must be .*not {kind}; lattices are square, L x L$"):
        call(L)


def test_configurations_that_are_no_squares():
    with pytest.raises(ArgumentError, match=r"shape \(\.\.\., L, L\)"):
        ising.energy(np.ones((8, 16)))


GENERATORS = {
    "Generator": (np.random.default_rng(1), r"give generator\.integers\(2\*\*63\)$"),
    "RandomState": (np.random.RandomState(1), "give a number drawn from it$"),
    "PCG64": (np.random.PCG64(1), "give a number drawn from it$"),
    "SeedSequence": (np.random.SeedSequence(1), "give a number drawn from it$"),
}
SEEDED = {
    "sample": lambda seed: ising.sample(4, 0.4, 1, seed=seed),
    "block_spin": lambda seed: ising.block_spin(UP, seed=seed),
    "fit": lambda seed: MODELS["mlrg"].trained(1, seed=seed),
    "exact_minimum": lambda seed: mlrg.exact_minimum(0.4, seed=seed),
    "sample_spins": lambda seed: neuralrg.sample_spins(FIELDS, seed=seed),
    "bootstrap": lambda seed: isingrg.statistics.bootstrap(np.mean, np.arange(9), seed=seed),
    "ensemble": lambda seed: isingrg.ensemble(twice, {"x": 1}, seeds=seed),
}


@pytest.mark.parametrize("kind", GENERATORS)
@pytest.mark.parametrize("call", SEEDED.values(), ids=SEEDED)
def test_generators_in_the_place_of_seeds(call, kind):
    generator, advice = GENERATORS[kind]
    with pytest.raises(TypeError, match=f"seeds? must be an integer, not {kind}; .*{advice}"):
        call(generator)


@pytest.mark.parametrize("name", SEEDED.keys() - {"fit", "ensemble"})  # whose None says something
def test_no_seed(name):
    with pytest.raises(TypeError, match=r"seed must be .*not NoneType; .*secrets\.randbits\(64\)$"):
        SEEDED[name](None)


def test_the_advice_of_seeds_works():
    import secrets

    generator = np.random.default_rng(1)
    for seed in (generator.integers(2**63), secrets.randbits(64)):
        assert ising.sample(4, 0.4, 1, seed=seed).shape == (1, 1, 4, 4)
