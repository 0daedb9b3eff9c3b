"""Every public function and method, with arguments that it takes."""

import inspect
import sys
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from python_values import Raised, in_any_form

from isingrg import graphvae, ising, mcrg, mlrg, multilevel, neuralrg, plot, statistics, tensorrg
from isingrg._shared.settings import Settings
from isingrg.statistics import Estimate

sys.path.append(str(Path(__file__).parents[1] / "python" / "tests"))
sys.path.append(str(Path(__file__).parents[1] / "python" / "tests" / "docs"))
from public import everything

from small_models import MODELS as SMALL

REPRESENTATIONS = ["A1", "A1+E"]


def _spins(*sizes):
    shapes = [(*leading, L, L) for L in sizes for leading in [(), (0,), (2,), (2, 3), (1, 2, 2)]]
    arrays = st.sampled_from(shapes).flatmap(
        lambda shape: hnp.arrays(np.int8, shape, elements=st.sampled_from([-1, 1]))
    )
    return in_any_form(arrays)


def _reals(shapes, low=-1.0, high=1.0):
    elements = st.floats(low, high)
    far = st.sampled_from([0.0, -0.0, 1.0, 5e-324, -1e-308, 1e-200, 1e154, 1e308, -1e308])
    arrays = st.tuples(st.sampled_from(shapes), st.sampled_from([elements] * 5 + [far])).flatmap(
        lambda drawn: hnp.arrays(np.float64, drawn[0], elements=drawn[1])
    )
    return st.one_of(elements, in_any_form(arrays)) if () in shapes else in_any_form(arrays)


def _stop(done, total):
    return False


def _raise(done, total):
    raise Raised("from a callable")


def _listen(done, total):
    return None


# Models that the examples share; what changes them works on copies.

SPINS = ising.sample(8, [0.3, 0.5], 6, n_thermalize=5)[:, 0]


def _models():
    """By class: trained ones, one that is not, and one that is closed."""
    models = {}
    for small in SMALL.values():
        closed = small.make()
        closed.close()
        trained = [small.trained(5)] + [small.fit(small.make(**v), 2) for v in small.variants]
        # Most examples are of trained ones.
        models[small.kind] = [*trained * 3, small.make(), closed]
    return models


MODELS = _models()
_FLOW, _VAE = MODELS[neuralrg.NeuralRG][0], MODELS[graphvae.GraphVAE][0]
_CHAINS = _FLOW.hmc(2, 60, leapfrog=1)
_RESPONSES = _FLOW.responses(4)
_MAP = _VAE.rg_map(SPINS, resamples=20)
_SAMPLER = MODELS[multilevel.MultilevelSampler][0]
_COMPONENTS = graphvae.PrincipalComponents(np.zeros(2), np.eye(2), np.ones(2) / 2, np.zeros((3, 2)))

_NETWORKS = [
    tensorrg.ising_network(0.4), tensorrg.potts_network(3, 0.5, "honeycomb"),
    tensorrg.Network(np.ones((2, 3, 2, 3))),
]  # fmt: skip
_SCHEMES = [
    tensorrg.TRG(3), tensorrg.BTRG(3), tensorrg.HOTRG(3), tensorrg.CheckerboardLoopTNR(2),
    tensorrg.LoopTNR(2),
]  # fmt: skip
_FLOWS = [scheme.flow(_NETWORKS[0], 2) for scheme in _SCHEMES]
_STATES = [state for flow in _FLOWS for state in flow.states]

_LATTICES = [
    ising.Lattice.square(4), ising.Lattice.honeycomb(2).clock(3), ising.Lattice.chain(5).potts(3),
    ising.Lattice.triangular((3, 2), boundary="open").spin_glass("gaussian"),
    ising.Lattice.graph(3, [(0, 1), (1, 2)]),
]  # fmt: skip
_CHAINS_ON_LATTICES = [ising.Chain(lattice, 0.3, n_chains=2) for lattice in _LATTICES]

_ENERGIES = np.asarray(ising.energy(ising.sample(4, [0.35, 0.4], 200, seed=1)))


def _well(x):
    return -(x**4).sum((1, 2)), -4 * x**3


_BONDS = 0.1 * (np.ones((16, 16)) - np.eye(16))
_TARGETS = [
    neuralrg.DualIsing(bonds=_BONDS), neuralrg.DualIsing((2, 4), (0.2, 0.4)),
    neuralrg.Phi4(4, -1.0, 1.0), neuralrg.Gaussian(spectrum=np.full((2, 2), 0.5)),
    neuralrg.FunctionTarget(_well, 4), neuralrg.FunctionTarget(_raise, 4, check=False),
]  # fmt: skip

_OPERATORS = [
    mcrg.operators(2, 1, reach=1), mcrg.Operators([[(0, 0), (0, 1)]]),
    mcrg.operators(1, 1, reach=1, dimension=3),
]  # fmt: skip
_CRITICAL = ising.sample(8, 0.44, 64)[0]
_BLOCKED = {L: mcrg.simulate(L, n_samples=400, operators=_OPERATORS[0], levels=1) for L in (4, 8)}
_BIASED = mcrg.variational_couplings(9, operators=_OPERATORS[1], steps=2, n_samples=20)

#: An instance on which methods are called.
INSTANCES = {
    **MODELS,
    **{type(scheme): [scheme] for scheme in _SCHEMES},
    ising.Lattice: _LATTICES,
    ising.Chain: _CHAINS_ON_LATTICES,
    ising.Tempering: [ising.Tempering(lattice, [0.1, 0.2, 0.4]) for lattice in _LATTICES[:3]],
    ising.Measurements: [chain.measure(60) for chain in _CHAINS_ON_LATTICES],
    mcrg.Operators: _OPERATORS,
    mcrg.Operator: list(_OPERATORS[0]),
    mcrg.Correlations: list(_BLOCKED.values()),
    mcrg.VariationalResult: [_BIASED],
    mcrg.CriticalExponents: [mcrg.exponents(16, n_samples=400, operators=_OPERATORS[0])],
    tensorrg.Flow: _FLOWS,
    tensorrg.State: _STATES,
    tensorrg.MirrorState: list(_FLOWS[-1].states),
    tensorrg.WeightedState: list(_FLOWS[1].states),
    tensorrg.CheckerboardState: list(_FLOWS[3].states),
    tensorrg.Spectrum: [state.spectrum for state in _STATES],
    mlrg.settings.Training: [mlrg.settings.Training()],
    mlrg.LyapunovFunction: [
        mlrg.MLRG(moderator="flow", hidden=(4,)).fit(9, 8).lyapunov_function(9)
    ],
    mlrg.FixedPoint: mlrg.MLRG(hidden=(4,)).fit(1, 4).fixed_points(4),
    neuralrg.Chains: [_CHAINS],
    neuralrg.Target: _TARGETS,
    neuralrg.DualIsing: _TARGETS[:2],
    neuralrg.Gaussian: [target for target in _TARGETS if isinstance(target, neuralrg.Gaussian)],
    multilevel.Chains: [_SAMPLER.metropolis(2, 60)],
    multilevel.Couplings: [_SAMPLER.couplings()],
    graphvae.RGMap: [_MAP],
    graphvae.PrincipalComponents: [_COMPONENTS],
    plot.Drawing: [plot.configuration(SPINS[0, 0])],
    statistics.Reweighting: [statistics.Reweighting(-_ENERGIES, [0.35, 0.4])],
}

J = _reals([(), (3,), (2, 3), (5,), (2, 5), (0,), (0, 5)])
X = _reals([(4, 4), (3, 4, 4), (2, 1, 4, 4), (0, 4, 4)], -3, 3)
_small = st.integers(1, 3)

#: By the name of the parameter, for all functions that have no entry of their own below.
GOOD = {
    "seed": st.integers(0, 2**64 - 1), "progress": st.sampled_from([False, True, np.True_, _listen,
        _stop, _raise]),
    "J": J, "J0": _reals([(), (3,)]), "J_teacher": J, "J_student": J, "guess": J,
    "internal": st.sampled_from(
        ["Z2"] * 6 + ["S3", "Z4", "Z5-chiral", "Z2xZ2", "S11", [(1, 2, 0)], [(0, 0)], (),
         ("S2", "S3"), ("S3", "S3"), ("S2", "Z3")]
    ),
    "representation": st.sampled_from(REPRESENTATIONS), "machine": st.sampled_from(["teacher",
        "student"]), "frame": st.sampled_from(["published", "consistent"]),
    "moderator": st.sampled_from(["monotone", "flow"]),
    "divergence": st.sampled_from(["kl", "cd", "l2"]),
    "transport": st.sampled_from(["step", "ode"]), "hidden": st.sampled_from([(3,), [2, 2]]),
    "activation": st.sampled_from(["tanh", "relu", "silu", "elu", "gelu"]),
    "layer_norm": st.booleans(), "symmetric": st.booleans(), "gradient": st.booleans(),
    "log": st.booleans(), "adapt": st.booleans(), "paper": st.sampled_from(["hou-you", "shen"]),
    "L": st.sampled_from([4, 8]), "K": _reals([(), (2,), (2, 2), (0,)]), "n": _small,
    "n_samples": _small, "n_chains": _small, "n_thermalize": st.integers(0, 4),
    "n_between": _small, "warmup": _small, "between": _small, "leapfrog": _small,
    "step_size": st.floats(1e-3, 0.5), "space": st.sampled_from(["latent", "physical"]),
    "algorithm": st.sampled_from(["auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"]),
    "ties": st.sampled_from(["up", "random"]), "b": st.sampled_from([1, 2]), "period": _small,
    "k": _small, "steps": st.integers(2, 4), "batch": st.integers(1, 8), "starts": _small,
    "tolerance": st.floats(0, 1), "epochs": _small, "lr": st.floats(1e-4, 1e-2),
    "weight_decay": st.floats(0, 0.1), "method": st.sampled_from(["phase", "monotone",
        "degeneracy"]), "path": st.sampled_from(["a file", b"bytes", "saved", ".", ""]),
    "series": _reals([(60,), (2, 200)]), "spins": _spins(4, 6, 8), "x": X, "z": X,
    "start": _reals([(2, 4, 4)]), "scales": st.sampled_from([None, (0, 1), (1, 2), [0, 2]]),
    "scale": st.sampled_from([None, 0, 1]), "coarse": _reals([(2, 2), (3, 2, 2), (1, 1), (4, 4)]),
    "sites": st.sampled_from([None, [0, 1], np.array([[0, 0], [1, 2]])]),
    "layers": _small, "repeat": _small, "structure": st.sampled_from(["mera", "tebd", "tree"]),
    "depth": st.sampled_from([None, 1, 2]), "masks": st.none(), "latent": _small,
    "token": _small, "levels": st.sampled_from([1, 2]), "decoder": st.sampled_from(["mlp",
        "graph"]), "likelihood": st.sampled_from(["mse", "bernoulli"]),
    "beta": st.floats(0, 1), "lambda_rg": st.floats(0, 1), "anneal": _small,
    "block": _small, "resamples": st.integers(20, 30), "component": st.sampled_from([0, 1]),
    "mu": _reals([(6, 2), (3, 2, 2)]), "reference": _reals([(6,)]),
    "observable": st.sampled_from(["magnetization", "structure_factor", "energy_density"]),
    "samples": _reals([(20, 2), (20, 2, 2)]), "n_neighbors": _small, "n_jobs": st.none(),
    "ax": st.none(), "interval": st.floats(1, 1000), "plane": st.sampled_from([(0, 1), (0,)]),
    "points": st.just(()), "origin": st.none(), "dpi": st.floats(10, 30),
    "values": _reals([(12,), (2, 12), (2, 6, 3)]), "a": _reals([(12,)]),
    "total_steps": st.integers(1, 9), "proposal": st.sampled_from(["squared", "norm"]),
    "replicas": _small, "cd_samples": st.integers(1, 8), "teacher_sweeps": _small,
    "student_sweeps": _small, "record_from": st.integers(0, 3), "hmc_leapfrog": _small,
    "hmc_updates": _small, "record_guess": st.floats(0, 1), "matrix": _reals([(1, 1), (3, 3)]),
    "count": st.integers(0, 4), "statistic": st.sampled_from([np.mean, np.max, _raise]),
    "axis": st.sampled_from([0, -1]), "models": st.just([]), "settings": st.just([]),
    "task": st.sampled_from([lambda a, seed=0: a, "mlrg"]), "seeds": st.sampled_from([None, 2]),
    "executor": st.none(), "store": st.none(), "threads": st.integers(1, 2),
    "model": st.sampled_from([m for models in MODELS.values() for m in models]),
    "chi": _small, "network": st.sampled_from(_NETWORKS), "state": st.sampled_from(_STATES),
    "scheme": st.sampled_from(_SCHEMES), "q": st.integers(2, 4), "field": st.floats(-1, 1),
    "lattice": st.sampled_from(["square", "triangular", "honeycomb"]),
    "K_vertical": st.floats(-1, 1), "weights": _reals([(2, 2, 2, 2), (3, 3, 3, 3)]),
    "tensor": _reals([(2, 2, 2, 2), (1, 2, 1, 2)]), "student": _reals([(2, 2, 2)], 0.1),
    "iterations": st.integers(1, 20), "objective": st.sampled_from(["l2", "kl"]),
    "width": st.floats(1e-3, 1e-2), "sector": st.integers(0, 2), "index": _small,
    "neighbours": st.sampled_from([4, 8]), "linear": st.sampled_from([4, 12]),
    "triples": st.sampled_from([0, 4]), "quintuples": st.sampled_from([0, 4]),
    "colours": st.sampled_from([1, 2, 4]),
    "damping": st.floats(1, 100), "given": st.sampled_from([None, 1, 2]),
    "sampler": st.sampled_from(MODELS[multilevel.MultilevelSampler]),
    "magnetization": _reals([(60,), (2, 200)], -1, 1), "energy": _reals([(60,), (2, 200)]),
    "function": st.sampled_from([lambda *means: means[0], _raise]), "momentum": st.integers(0, 3),
    "conjugate": st.just(-_ENERGIES), "parameters": _reals([(), (3,)], 0.3, 0.45),
    "observables": st.just([_ENERGIES]), "y": _reals([(12,)]), "error": _reals([(), (12,)], 0.1, 1),
    "operators": st.sampled_from(_OPERATORS[:2]), "table": st.sampled_from(_OPERATORS),
    "rule": st.sampled_from(["majority", "decimation", mcrg.Filter(np.ones((4, 4))), _raise]),
    "factor": st.just(2), "dimension": st.sampled_from([2, 2, 3]), "n_blocks": st.none(),
    "n_even": _small, "n_odd": _small, "reach": st.just(1), "most": _small,
    "parity": st.sampled_from(["even", "odd"]), "level": st.sampled_from([0, 1]),
    "large": st.just(_BLOCKED[8]), "small": st.just(_BLOCKED[4]),
    "measurement": st.sampled_from(list(_BLOCKED.values())), "blocks": _spins(2, 4),
    "n_sweeps": _small, "n_walkers": st.integers(4, 6), "sweeps": _small, "sharp": st.booleans(),
    "columns": _small,
    "mass2": st.floats(-2, 2), "spectrum": st.just(np.full((4, 4), 0.5)),
    "covariance": st.none(), "target": st.just(None), "name": st.just("f"), "check": st.booleans(),
    "chains": st.just(_CHAINS), "responses": st.just(_RESPONSES), "rg_map": st.just(_MAP),
}  # fmt: skip

#: Where a function means something else by the name.
OWN = {
    "isingrg.graphvae.GraphVAE": {"representation": st.sampled_from(["mu", "z"]),
                                  "readout": st.sampled_from(["mean", "sites"]),
                                  "hidden": _small, "L": st.sampled_from([8, 16])},
    "isingrg.graphvae.GraphVAE.rg_map": {"levels": st.sampled_from([None, (0, 1)])},
    "isingrg.graphvae.GraphVAE.decode": {"z": _reals([(2,), (3, 2), (0, 2), (4, 4, 2)])},
    "isingrg.graphvae.GraphVAE.prune": {
        "units": st.sampled_from([None, [True, False], [True, True], [False, False]])},
    "isingrg.graphvae.GraphVAE.trajectories": {"steps": st.sampled_from([None, 0, 1])},
    "isingrg.statistics.correlation": {"b": _reals([(12,)])},
    "isingrg.tensorrg.critical_coupling": {
        "network_of": st.just(tensorrg.ising_network), "low": st.floats(0.3, 0.5),
        "high": st.floats(0.4, 0.6)},
    **{f"isingrg.ising.Lattice.{name}": {
        "L": st.sampled_from([2, 3, (2, 4), [3, 3], (2, 2, 2)]), "J": _reals([(), (2,), (3,)]),
        "boundary": st.sampled_from(["periodic", "antiperiodic", ("open", "periodic")]),
        "J2": _reals([(), (2,)])}
       for name in ("chain", "square", "triangular", "honeycomb", "cubic")},
    "isingrg.ising.Lattice.graph": {
        "n_sites": st.integers(1, 4),
        "bonds": st.sampled_from([[(0, 1)], [(0, 1), (1, 2)], [[0]]])},
    "isingrg.ising.Lattice.with_strengths": {"J": _reals([(), (32,), (2,)])},
    "isingrg.ising.Lattice.spin_glass": {
        "distribution": st.sampled_from(["binary", "gaussian"])},
    "isingrg.ising.Lattice.with_field": {"pattern": _reals([(4, 4), (5,), (3,)])},
    "isingrg.ising.Lattice.exact": {"K": _reals([(), (2,)]), "h": _reals([(), (2,), (2, 1)])},
    "isingrg.ising.Lattice.has_order": {"K": st.floats(-2, 2)},
    "isingrg.ising.Lattice.energy": {"spins": _spins(4)},
    "isingrg.ising.Lattice.magnetization": {"spins": _spins(4)},
    **{f"isingrg.ising.{name}": {
        "lattice": st.sampled_from(_LATTICES), "K": st.floats(-2, 2), "h": st.floats(-2, 2),
        "n": st.integers(50, 60), "start": st.sampled_from([None, "random", "ordered"])}
       for name in ("Chain", "measure", "Lattice.sample")},
    **{f"isingrg.ising.{name}": {
        "lattice": st.sampled_from(_LATTICES), "K": _reals([(2,), (3,), ()]), "h": st.floats(-2, 2),
        "n_sweeps": st.integers(1, 3), "n_ladders": _small,
        "start": st.sampled_from([None, "random"])} for name in ("Tempering", "anneal")},
    "isingrg.ising.Tempering.measure": {
        "n": st.integers(50, 60), "bins": st.sampled_from([None, 2, 50])},
    "isingrg.ising.Tempering.proposed_ladder": {
        "acceptance": st.floats(0, 1), "n": st.sampled_from([None, 2, 9])},
    "isingrg.ising.Measurements.of_chains": {"chains": st.sampled_from([0, -1, 2, slice(1)])},
    "isingrg.ising.critical_point": {
        "lattice": st.sampled_from(["square", "triangular", "honeycomb", "cubic"])},
    "isingrg.ising.Chain.load": {"lattice": st.sampled_from(_LATTICES)},
    "isingrg.ising.Chain.measure": {
        "n": st.integers(50, 60), "bins": st.sampled_from([None, 2, 50]),
        "shells": st.integers(0, 2),
        "momenta": st.sampled_from([None, (), [(0, 1)], [(1,)]]),
        "distances": st.integers(0, 2),
        "staggered": st.booleans(), "improved": st.booleans(),
        "energy_edges": st.sampled_from([None, [-9, 0, 9]])},
    "isingrg.ising.Measurements.mean": {"name": st.sampled_from(["energy", "structure_factor"])},
    "isingrg.statistics.Reweighting": {"parameters": st.just([0.35, 0.4])},
    "isingrg.statistics.Reweighting.mean": {"observable": st.just(_ENERGIES)},
    **{f"isingrg.statistics.{name}": {"L": st.just([4, 8, 16] * 4), "K": _reals([(12,)]),
                                      "start": st.none(), "degree": _small}
       for name in ("collapse", "crossings")},
    "isingrg.mcrg.Filter": {"weights": _reals([(2, 2), (4, 4), (2, 2, 2), (2, 3)])},
    "isingrg.mcrg.Operators": {"points": st.sampled_from(
        [[[(0, 0), (0, 1)]], [[(0, 0, 0)]], [[(0, 0)], [(0, 0)]], [[]], [[(0,)]]])},
    "isingrg.mcrg.couplings": {"weights": st.none(), "spins": st.just(_CRITICAL)},
    "isingrg.mcrg.measure": {"spins": st.just(_CRITICAL), "levels": st.just(1)},
    **{f"isingrg.mcrg.{name}": {
        "L": st.sampled_from([8, 16]), "K": st.floats(0, 1), "n_chains": st.integers(4, 6),
        "n_samples": st.integers(12, 40), "levels": st.sampled_from([1, 2])}
       for name in ("simulate", "exponents", "variational_couplings")},
    "isingrg.mcrg.critical_coupling": {"K": st.floats(0, 1)},
    "isingrg.mcrg.refine": {"K": st.floats(0, 1)},
    "isingrg.mcrg.learn_filter": {"width": st.sampled_from([2, 4]), "steps": st.integers(1, 2),
                                  "spins": st.just(_CRITICAL)},
    "isingrg.graphvae.estimate_critical_coupling": {
        "K": st.just(np.linspace(0.3, 0.6, 12)), "values": _reals([(12, 20)])},
    "isingrg.ensemble": {"settings": st.sampled_from([{"a": [1, 2]}, [{"a": 1}, {"a": 0.5}], {}])},
    "isingrg.mlrg.MLRG": {"scheme": st.sampled_from(["star", "loop"])},
    "isingrg.mlrg.fit_many": {
        "settings": st.just([{"steps": 2, "batch": 4}] * 2),
        "models": st.builds(lambda: [mlrg.MLRG(hidden=(3,)), mlrg.MLRG(hidden=(4,))])},
    "isingrg.neuralrg.NeuralRG": {
        "L": st.sampled_from([2, 4, (2, 4), (8,)]), "target": st.sampled_from([None, *_TARGETS])},
    "isingrg.neuralrg.FunctionTarget": {"function": st.sampled_from([_well, _raise]),
                                        "autodiff": st.sampled_from([None, "jax"])},
    "isingrg.neuralrg.Phi4": {
        "coupling": st.floats(0.1, 3), "L": st.sampled_from([4, (2, 4), (6,)])},
    "isingrg.neuralrg.DualIsing": {
        "L": st.sampled_from([None, 2, 4, (2, 4), (4,)]),
        "K": st.sampled_from([None, 0.3, (0.2, -0.4)]), "bonds": st.sampled_from([None, _BONDS])},
    "isingrg.neuralrg.Gaussian": {"L": st.sampled_from([None, 2, (4,)])},
    "isingrg.multilevel.MultilevelSampler.fit": {"start": st.sampled_from(["none", "ladder"]),
                                                 "steps": st.integers(1, 2)},
    "isingrg.multilevel.MultilevelSampler.fit_samples": {
        "start": st.none(), "spins": _spins(4), "steps": st.integers(1, 2)},
    "isingrg.multilevel.MultilevelSampler.refine": {"coarse": _spins(1, 2)},
    "isingrg.multilevel.anneal": {"spins": _spins(4, 8), "K": st.just([0.1, 0.2])},
    **{f"isingrg.multilevel.MultilevelSampler.{name}": {"K": st.floats(0.1, 0.6)}
       for name in ("free_energy", "log_partition", "log_weights")},
    "isingrg.set_num_threads": {"n": st.integers(1, 3)},
    "isingrg.mlrg.symmetry.state_indices": {"spins": in_any_form(hnp.arrays(
        np.int8, st.sampled_from([(3,), (2, 4)]), elements=st.sampled_from([-1, 1])))},
    "isingrg.ising.to_dataset": {
        "spins": st.just(ising.sample(4, [0.1, 0.2], 2)), "K": st.just([0.1, 0.2])},
    **{
        f"isingrg.tensorrg.{name}": {"K": st.floats(-2, 2)}
        for name in ("ising_network", "potts_network", "clock_network")
    },
    "isingrg.tensorrg.ashkin_teller_network": {
        "K": st.floats(-2, 2), "K_four": st.floats(-2, 2)},
    **{
        f"isingrg.{name}": {"mu": st.floats(0, 0.1), "J": _reals([(), (3,), (2,)])}
        for name in (
            "mlrg.tensor_flow", "mlrg.critical_coupling", "mlrg.loop_exponents",
            "tensorrg.LoopTNR",
        )
    },
    "isingrg.mlrg.loop_exponents": {"mu": st.floats(0, 0.1), "J": st.floats(0.7, 0.8)},
    "isingrg.mlrg.loop_distance": {
        "teacher": _reals([(3,), (2, 3), (0, 3)]), "student": _reals([(3,), (2, 3), (0, 3)])},
    "isingrg.mlrg.loop_map": {"J": _reals([(3,), (4,), (2, 3), (0, 3)])},
    "isingrg.mlrg.loop_student": {"J": _reals([(), (3,), (4,), (2,)])},
    "isingrg.mlrg.teacher_state": {"J": _reals([(), (3,), (4,), (2,)])},
    "isingrg.tensorrg.BTRG": {"k": st.floats(-2, 1)},
    "isingrg.tensorrg.CheckerboardLoopTNR": {"mu": st.floats(1e-9, 0.1)},
    "isingrg.plot.energy": {"spins": st.just(SPINS), "K": st.just([0.3, 0.5])},
    "isingrg.plot.magnetization": {"spins": st.just(SPINS), "K": st.just([0.3, 0.5])},
    "isingrg.plot.principal_component": {"spins": st.just(SPINS), "K": st.just([0.3, 0.5])},
    "isingrg.plot.configuration": {"spins": _spins(4).filter(lambda s: np.ndim(s) == 2)},
    "isingrg.plot.animate_block_spins": {"steps": st.sampled_from([None, 1])},
}  # fmt: skip

#: Parameters whose large values are valid, and would start as many processes or threads.
KEPT_SMALL = {"n_jobs", "threads", "n", "executor"}

#: Records of results, which nobody makes but the package.
_RECORDS = {
    "Annealed", "CriticalCouplings", "CriticalPoint", "Couplings", "Estimate", "Exact",
    "ExactFixedPoint", "ExactMinimum", "FixedPoint", "InternalSymmetry", "Levels", "Measurements",
    "TorusLevels", "TransferSpectrum", "Violations",
    "Chains", "Layer", "LogPartition", "Responses", "Basins", "PrincipalComponents", "RGMap",
    "Drawing", "TrainingRecord", "LoopCriticalPoint", "LoopExponents", "LoopMapFixedPoint",
    "LoopMinimum", "LoopDistance", "LyapunovFunction", "Collapse", "CheckerboardState",
    "CriticalCoupling",
    "Correlations", "CriticalExponents", "Exponent", "LearnedFilter", "Operator",
    "VariationalResult",
    "Flow", "Info", "LoopFixedPoint", "MirrorState", "Spectrum", "State", "WeightedState",
}  # fmt: skip

#: Modules whose classes settings and records inherit; the package alone calls their methods.
_MACHINERY = {Settings.__module__, Estimate.__module__}


def targets():
    """(name, function, class or None, strategies by parameter) of everything public."""
    found = []
    for item in everything():
        value = item.value
        owner = _owner(item)
        if getattr(value, "__module__", None) in _MACHINERY:
            continue
        if isinstance(value, property):
            found.append((item.name, value.fget, owner, {}))
        elif inspect.isclass(value):
            if not issubclass(value, Exception) and value.__name__ not in _RECORDS:
                found.append((item.name, value, None, _strategies(item.name, value)))
        else:
            found.append((item.name, value, owner, _strategies(item.name, value, owner)))
    return [target for target in found if target[2] is None or INSTANCES.get(target[2])]


def _owner(item):
    """The class of an instance method or property."""
    parts = item.name.split(".")
    owner = getattr(item.module, parts[-2], None)
    static = inspect.ismethod(item.value)  # of the class: `load`
    return owner if inspect.isclass(owner) and not static else None


def _strategies(name, function, owner=None):
    """Of all parameters but that of the instance, which functions of a class call as they like."""
    own = OWN.get(name, {})
    chosen = {}
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters[owner is not None :]:
        if parameter.kind is not parameter.VAR_KEYWORD:
            default = parameter.default
            usual = GOOD.get(parameter.name, st.just(default))
            if default is parameter.empty and parameter.name not in own | GOOD:
                raise LookupError(f"{name} has a parameter {parameter.name!r} without values here")
            usual = own.get(parameter.name, usual)
            if default is not parameter.empty:
                usual = st.just(default) | st.just(default) | usual
            chosen[parameter.name] = usual
    return chosen
