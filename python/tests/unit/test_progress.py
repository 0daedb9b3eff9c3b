"""Progress is reported, and every way of stopping a computation works."""

import importlib.util
import re
import subprocess
import sys
import tempfile
import time
import types
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import graphvae, ising, mcrg, mlrg, multilevel, neuralrg, statistics, tensorrg
from isingrg._shared import progress
from isingrg.ising import K_CRITICAL

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "docs")]
from public import everything

from small_models import MODELS, TRAININGS, reals

LATTICE = ising.Lattice.square((3, 4))
NETWORK = tensorrg.ising_network(K_CRITICAL)
LOOP = tensorrg.LoopTNR(2)
SCHEMES = {
    "TRG": tensorrg.TRG(4), "BTRG": tensorrg.BTRG(4), "HOTRG": tensorrg.HOTRG(4), "LoopTNR": LOOP,
    "CheckerboardLoopTNR": tensorrg.CheckerboardLoopTNR(4),
    "Scheme": tensorrg.TRG(4),
}  # fmt: skip


def sampler():
    return MODELS["multilevel"].trained(1)


BLOCKS = ising.sample(8, 0.4, 64, seed=3)[0]
NEAREST = mcrg.Operators([[(0, 0), (1, 0)]])


ENDLESS = dict(n_thermalize=2**40)


def test_callable_receives_done_and_total():
    calls = []
    ising.sample(64, 0.44, 50, n_chains=4, progress=lambda *call: calls.append(call))
    done, total = zip(*calls, strict=True)
    assert len(set(total)) == 1
    assert sorted(done) == list(done)
    assert done[-1] == total[-1]


def test_reports_do_not_change_the_result():
    silent = ising.sample(16, 0.4, 20)
    assert np.array_equal(ising.sample(16, 0.4, 20, progress=lambda done, total: None), silent)


@pytest.mark.parametrize("answer", [False, np.False_])
def test_returning_false_stops(answer):
    start = time.monotonic()
    with pytest.raises(isingrg.Interrupted):
        ising.sample(64, 0.44, 1, progress=lambda done, total: answer, **ENDLESS)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("answer", [None, 0, True, ""])
def test_other_answers_go_on(answer):
    assert ising.sample(8, 0.4, 2, progress=lambda done, total: answer).shape == (1, 2, 8, 8)


def test_exceptions_of_the_callable_come_out_unchanged():
    error = LookupError("mine")

    def fail(done, total):
        raise error

    with pytest.raises(LookupError) as caught:
        ising.sample(64, 0.44, 1, progress=fail, **ENDLESS)
    assert caught.value is error
    assert "fail" in [entry.name for entry in caught.traceback]


def test_interruption_leaves_the_library_usable():
    with pytest.raises(isingrg.Interrupted):
        ising.sample(64, 0.44, 1, n_chains=8, progress=lambda done, total: False, **ENDLESS)
    assert ising.sample(8, 0.4, 2, n_chains=4).shape == (4, 2, 8, 8)


# The end of every long function


def spins(*shape):
    return np.random.default_rng(1).choice([-1, 1], shape)


def flow():
    return MODELS["neuralrg"].trained(1)


def encoder():
    return MODELS["graphvae"].trained(1)


def reference(progress):
    pytest.importorskip("h5netcdf")
    with tempfile.TemporaryDirectory() as folder:
        ising.reference(
            f"{folder}/a.nc", sizes=[4], n_samples=2, n_measurements=2000, progress=progress
        )


VALUES, LATENT = np.random.default_rng(2).normal(size=(2, 40)), np.ones((3, 2))

#: Every public function that takes progress, by its name below `isingrg`.
CALLS = {
    "ensemble": lambda p: isingrg.ensemble(lambda x: x, {"x": [1, 2]}, progress=p),
    "ising.sample": lambda p: ising.sample(8, [0.3, 0.5], 9, n_chains=3, progress=p),
    "ising.Lattice.density_of_states": lambda p: LATTICE.density_of_states(progress=p),
    "ising.Lattice.exact": lambda p: LATTICE.exact([0.3, 0.4], progress=p),
    "ising.Lattice.sample": lambda p: LATTICE.sample([0.3, 0.5], 9, n_chains=3, progress=p),
    "ising.Chain.advance": lambda p: ising.Chain(LATTICE, 0.4, n_chains=5).advance(9, progress=p),
    "ising.Chain.measure": lambda p: ising.Chain(LATTICE, 0.4).measure(9, progress=p),
    "ising.Chain.sample": lambda p: ising.Chain(LATTICE, 0.4).sample(9, progress=p),
    "ising.Tempering.advance": lambda p: ising.Tempering(LATTICE, [0.1, 0.2]).advance(
        9, progress=p
    ),
    "ising.Tempering.measure": lambda p: ising.Tempering(LATTICE, [0.1, 0.2]).measure(
        9, progress=p
    ),
    "ising.anneal": lambda p: ising.anneal(LATTICE, [0.1, 0.2], n_chains=5, progress=p),
    "ising.torus_density_of_states": lambda p: ising.torus_density_of_states(4, progress=p),
    "ising.measure": lambda p: ising.measure(LATTICE, 0.4, 9, progress=p),
    "ising.reference": reference,
    "mlrg.MLRG.fit": lambda p: MODELS["mlrg"].trained(5, progress=p),
    "mlrg.divergence": lambda p: mlrg.divergence([0.3, 0.4], [0.3, 0.4], progress=p),
    "mlrg.exact_map": lambda p: mlrg.exact_map([0.3, 0.4], progress=p),
    "mlrg.exact_minimum": lambda p: mlrg.exact_minimum([0.3, 0.4], progress=p),
    "mlrg.fit_many": lambda p: mlrg.fit_many(
        [mlrg.MLRG(hidden=(3,)), mlrg.MLRG(hidden=(3,))], [{"steps": 5}] * 2, progress=p
    ),
    "mlrg.minimum_kl": lambda p: mlrg.minimum_kl([0.3, 0.4], progress=p),
    "neuralrg.NeuralRG.decode": lambda p: flow().decode(reals(), progress=p),
    "neuralrg.NeuralRG.encode": lambda p: flow().encode(reals(), progress=p),
    "neuralrg.NeuralRG.fit": lambda p: MODELS["neuralrg"].trained(5, progress=p),
    "neuralrg.NeuralRG.fit_samples": lambda p: TRAININGS["samples"].trained(5, progress=p),
    "neuralrg.NeuralRG.free_energy": lambda p: flow().free_energy(20, progress=p),
    "neuralrg.NeuralRG.hmc": lambda p: flow().hmc(2, 3, warmup=4, progress=p),
    "neuralrg.NeuralRG.log_partition": lambda p: flow().log_partition(2, progress=p),
    "neuralrg.NeuralRG.latent_energy": lambda p: flow().latent_energy(reals(), progress=p),
    "neuralrg.NeuralRG.log_prob": lambda p: flow().log_prob(reals(), progress=p),
    "neuralrg.NeuralRG.metropolis": lambda p: flow().metropolis(2, 3, progress=p),
    "neuralrg.NeuralRG.responses": lambda p: flow().responses(20, progress=p),
    "neuralrg.NeuralRG.sample": lambda p: flow().sample(20, progress=p),
    "neuralrg.NeuralRG.sample_given": lambda p: flow().sample_given(
        reals()[:2, ::2, ::2], progress=p
    ),
    "neuralrg.NeuralRG.sample_with_log_prob": lambda p: flow().sample_with_log_prob(9, progress=p),
    "neuralrg.log_density": lambda p: neuralrg.log_density(reals(), 0.3, progress=p),
    "neuralrg.mutual_information": lambda p: neuralrg.mutual_information(
        VALUES.reshape(20, 4), progress=p
    ),
    "graphvae.GraphVAE.basins": lambda p: encoder().basins(
        spins(9, 8, 8), resamples=20, progress=p
    ),
    "graphvae.GraphVAE.decode": lambda p: encoder().decode(LATENT, progress=p),
    "graphvae.GraphVAE.encode": lambda p: encoder().encode(spins(9, 8, 8), progress=p),
    "graphvae.GraphVAE.fit": lambda p: MODELS["graphvae"].trained(3, progress=p),
    "graphvae.GraphVAE.level_distances": lambda p: encoder().level_distances(
        spins(9, 8, 8), progress=p
    ),
    "graphvae.GraphVAE.loss": lambda p: encoder().loss(spins(9, 8, 8), progress=p),
    "graphvae.GraphVAE.prune": lambda p: encoder().prune(spins(9, 8, 8), [True, False], progress=p),
    "graphvae.GraphVAE.rg_map": lambda p: encoder().rg_map(
        spins(20, 8, 8), resamples=20, progress=p
    ),
    "graphvae.GraphVAE.sample": lambda p: encoder().sample(20, progress=p),
    "graphvae.GraphVAE.sample_with_z": lambda p: encoder().sample_with_z(20, progress=p),
    "graphvae.GraphVAE.trajectories": lambda p: encoder().trajectories(spins(9, 8, 8), progress=p),
    "graphvae.published_data": lambda p: graphvae.published_data(L=8, n_samples=2, progress=p),
    "multilevel.MultilevelSampler.fit": lambda p: MODELS["multilevel"].trained(3, progress=p),
    "multilevel.MultilevelSampler.fit_samples": lambda p: TRAININGS["spins"].trained(3, progress=p),
    "multilevel.MultilevelSampler.free_energy": lambda p: sampler().free_energy(99, progress=p),
    "multilevel.MultilevelSampler.log_partition": lambda p: sampler().log_partition(99, progress=p),
    "multilevel.MultilevelSampler.log_prob": lambda p: sampler().log_prob(
        spins(9, 4, 4), progress=p
    ),
    "multilevel.MultilevelSampler.log_weights": lambda p: sampler().log_weights(
        spins(9, 4, 4), progress=p
    ),
    "multilevel.MultilevelSampler.metropolis": lambda p: sampler().metropolis(2, 60, progress=p),
    "multilevel.MultilevelSampler.refine": lambda p: sampler().refine(spins(9, 2, 2), progress=p),
    "multilevel.MultilevelSampler.sample": lambda p: sampler().sample(99, progress=p),
    "multilevel.MultilevelSampler.sample_with_log_prob": lambda p: sampler().sample_with_log_prob(
        99, progress=p
    ),
    "multilevel.anneal": lambda p: multilevel.anneal(spins(9, 4, 4), [0.1, 0.2], progress=p),
    "neuralrg.log_partition_dual_from": lambda p: neuralrg.log_partition_dual_from(
        sampler(), 99, progress=p
    ),
    "mlrg.critical_coupling": lambda p: mlrg.critical_coupling(2, progress=p),
    "mlrg.loop_exponents": lambda p: mlrg.loop_exponents(2, progress=p),
    "mlrg.loop_distance": lambda p: mlrg.loop_distance([0.5, 0.5, 0], [0.2, 0.5, 0.1], progress=p),
    "mlrg.loop_map": lambda p: mlrg.loop_map([0.5, 0.5, 0], progress=p),
    "mlrg.loop_map_fixed_point": lambda p: mlrg.loop_map_fixed_point(progress=p),
    "mlrg.tensor_flow": lambda p: mlrg.tensor_flow(0.7, 2, 3, progress=p),
    "tensorrg.critical_coupling": lambda p: tensorrg.critical_coupling(
        tensorrg.ising_network, LOOP, 0.4, 0.5, width=1e-2, progress=p
    ),
    "tensorrg.loop_fixed_point": lambda p: tensorrg.loop_fixed_point(
        LOOP, LOOP.flow(NETWORK, 12).states[-1], progress=p
    ),
    **{
        f"tensorrg.{name}.flow": lambda p, scheme=scheme: scheme.flow(NETWORK, 3, progress=p)
        for name, scheme in SCHEMES.items()
    },
    **{
        f"tensorrg.{name}.follow": lambda p, scheme=scheme: scheme.follow(
            scheme.init(NETWORK), 3, progress=p
        )
        for name, scheme in SCHEMES.items()
    },
    "mcrg.block": lambda p: mcrg.block(BLOCKS, progress=p),
    "mcrg.couplings": lambda p: mcrg.couplings(BLOCKS, NEAREST, progress=p),
    "mcrg.exponents": lambda p: mcrg.exponents(
        16, n_samples=128, operators=mcrg.operators(1, 1, reach=1), progress=p
    ),
    "mcrg.learn_filter": lambda p: mcrg.learn_filter(
        BLOCKS, steps=1, operators=mcrg.operators(1, 1), progress=p
    ),
    "mcrg.measure": lambda p: mcrg.measure(BLOCKS, levels=1, operators=NEAREST, progress=p),
    "mcrg.refine": lambda p: mcrg.refine(BLOCKS, progress=p),
    "mcrg.simulate": lambda p: mcrg.simulate(8, n_samples=128, operators=NEAREST, progress=p),
    "mcrg.variational_couplings": lambda p: mcrg.variational_couplings(
        9, operators=NEAREST, steps=2, n_samples=5, progress=p
    ),
    "statistics.bootstrap": lambda p: statistics.bootstrap(np.mean, VALUES, progress=p),
    "statistics.jackknife": lambda p: statistics.jackknife(np.mean, VALUES, progress=p),
}


def test_no_long_function_is_left_out():
    public = {i.name for i in everything() if i.is_function and "progress" in i.arguments}
    assert {f"isingrg.{name}" for name in CALLS} == public


@pytest.mark.parametrize("name", CALLS)
def test_every_count_reaches_its_total(name):
    """Also where a function has several parts, one count after the other."""
    calls = []
    CALLS[name](lambda *call: calls.append(call))
    assert calls
    for (done, total), (following, of) in pairwise(calls):
        assert 0 <= done <= total
        assert (of == total and following >= done) or done == total
    done, total = calls[-1]
    assert done == total > 0


@pytest.mark.parametrize("algorithm", ising._sampling.ALGORITHMS)
@pytest.mark.parametrize("L, n_chains", [(4, 1), (6, 70), (8, 130)])
def test_sweeps_of_every_algorithm_reach_their_total(algorithm, L, n_chains):
    calls = []
    ising.sample(
        L, [0.2, 0.6], 4, n_chains=n_chains, algorithm=algorithm,
        progress=lambda *call: calls.append(call),
    )  # fmt: skip
    done, total = calls[-1]
    assert done == total > 0


# What True shows


@pytest.mark.parametrize("name", CALLS)
def test_without_a_terminal_every_part_is_one_line(name, capsys):
    CALLS[name](True)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    for line in lines:
        done, total = re.fullmatch(r"[\w ]+: (\d+) of (\d+) [a-z ]*s in \d+\.\d s", line).groups()
        assert done == total


#: A process whose standard error is a terminal of 100 columns.
ON_TERMINAL = """
import fcntl, os, pty, struct, sys, termios
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
try:
    while content := os.read(terminal, 4096):
        os.write(1, content)
except OSError:  # the end
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""


def shown_on_terminal(code):
    """The states of the last line of a terminal, one after the other."""
    command = [sys.executable, "-c", ON_TERMINAL, code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [line for line in re.split(r"[\r\n]+", result.stdout) if line]


@pytest.mark.parametrize(
    "call, label, total, units",
    [
        ("ising.sample(8, 0.4, 20, n_thermalize=10, n_between=2, progress=True)",
         "sampling", 48, "sweeps"),
        ("mlrg.MLRG(hidden=(4,)).fit(250, every=100, callback=len, progress=True)",
         "training", 250, "steps"),
        ("isingrg.ensemble('mlrg', {'steps': 5}, seeds=3, progress=True)",
         "ensemble", 3, "members"),
        ("graphvae.GraphVAE(8, levels=2).fit(ising.sample(8, 0.4, 10), 2, progress=True)",
         "training", 20, "configurations"),
    ],
)  # fmt: skip
def test_a_terminal_has_a_bar_that_says_what_it_counts_and_ends_at_100(call, label, total, units):
    pytest.importorskip("tqdm")
    call = call.replace("callback=len", "callback=lambda record: None")
    shown = shown_on_terminal(f"import isingrg; from isingrg import graphvae, ising, mlrg; {call}")
    assert shown[0].startswith(f"{label}:   0%|") and f"| 0/{total} {units} [" in shown[0]
    assert shown[-1].startswith(f"{label}: 100%|") and f"| {total}/{total} {units} [" in shown[-1]


def test_a_bar_moves_where_only_time_does():
    pytest.importorskip("tqdm")
    shown = shown_on_terminal(
        "import time\n"
        "from isingrg._shared.progress import reporting\n"
        "with reporting(True, 'waiting', 'cells') as report:\n"
        "    for _ in range(12): report(1, 3); time.sleep(0.2)\n"
        "with reporting(True, 'running', '') as report:\n"
        "    for _ in range(12): report(0, 0); time.sleep(0.2)\n"
    )
    for elapsed in ("00:01", "00:02"):
        assert any(f"1/3 cells [{elapsed}" in state for state in shown)
        assert f"running [{elapsed}]" in shown


def test_without_tqdm_a_terminal_has_advice_once_and_a_line():
    shown = shown_on_terminal(
        "import sys; sys.modules['tqdm'] = None; from isingrg import ising\n"
        "for _ in range(2): ising.sample(8, 0.4, 2, progress=True)"
    )
    assert [line.partition(" in ")[0] for line in shown] == [
        "isingrg: pip install 'isingrg[progress]' to see progress",
        "sampling: 205 of 205 sweeps",
        "sampling: 205 of 205 sweeps",
    ]


def test_what_stopped_on_the_way_says_how_far_it_came(capsys):
    with pytest.raises(ZeroDivisionError), progress.reporting(True, "working", "units") as report:
        report(3, 7)
        1 / 0  # noqa: B018
    assert capsys.readouterr().err.startswith("working: 3 of 7 units in ")


def test_no_standard_error_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert ising.sample(8, 0.4, 2, progress=True).shape == (1, 2, 8, 8)


@pytest.fixture
def notebook(monkeypatch):
    """A session that looks like one of Jupyter; the names of the bars that it gets."""
    shell = types.SimpleNamespace(config={"IPKernelApp": {}})
    package = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", package)
    return lambda: progress._bar_type().__module__


def test_a_notebook_without_ipywidgets_has_a_bar_of_text_and_no_warning(notebook, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert notebook() == "tqdm.std"


def test_a_notebook_with_ipywidgets_has_their_bar(notebook, monkeypatch):
    pytest.importorskip("tqdm")
    bars = types.ModuleType("tqdm.notebook")
    bars.tqdm = type("tqdm", (), {"__module__": "tqdm.notebook"})
    monkeypatch.setitem(sys.modules, "tqdm.notebook", bars)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert notebook() == "tqdm.notebook"


# Ctrl-C


@pytest.mark.parametrize("algorithm", ["wolff", "swendsen-wang", "metropolis", "heat-bath"])
@pytest.mark.parametrize("L, n_chains", [(32, 3), (4096, 1)])
def test_control_c_returns_within_half_a_second(seconds_to_stop, algorithm, L, n_chains):
    options = f"n_chains={n_chains}, algorithm={algorithm!r}, n_thermalize=2**40"
    assert seconds_to_stop(f"ising.sample({L}, 0.44, 1, {options})") < 0.5


def test_control_c_between_pieces_of_an_exact_result(seconds_to_stop):
    assert seconds_to_stop("ising.log_partition(4096, [0.44] * 10**6)") > 0


def test_loops_in_python_stop_at_false_alone():
    for answer in (None, 0, "", True):
        progress.tell(lambda done, total, answer=answer: answer, 1, 2)
    progress.tell(None, 1, 2)
    with pytest.raises(isingrg.Interrupted, match="interrupted at 1 of 2"):
        progress.tell(lambda done, total: False, 1, 2)
