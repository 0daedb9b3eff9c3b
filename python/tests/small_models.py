"""A small model of every method: how it is made, trained and asked. A new method adds an entry.

The tests, the fuzzers and the campaigns of soak/ do the same to all of `METHODS` by this table.
Nothing of the core is called before a function of the table is.
"""

import dataclasses
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.random import default_rng  # here: a fork must not meet an import

from isingrg import ArgumentError, ConvergenceError
from isingrg._methods import METHODS
from isingrg._shared.model import NativeModel

J = np.linspace(-1, 1, 9)


@cache
def spins(L: int = 8) -> np.ndarray:
    """Twenty configurations, ordered ones and random ones."""
    random = default_rng(1)
    share = np.repeat([0.5, 0.95], 10)[:, None, None]
    return np.where(random.random((20, L, L)) < share, 1, -1).astype(np.int8)


@cache
def reals(L: int = 4) -> np.ndarray:
    """Nine configurations of real numbers."""
    return default_rng(4).normal(size=(9, L, L))


@dataclasses.dataclass(frozen=True)
class Small:
    """A small model of one method, and one way to train it."""

    #: The class.
    kind: type[NativeModel]
    #: Arguments of the constructor.
    options: dict[str, Any]
    #: What the constructor refuses.
    refused: dict[str, Any]
    #: Further arguments that make the model another one, each set by itself.
    variants: tuple[dict[str, Any], ...]
    #: Keywords of the training, unless others are given.
    settings: dict[str, Any]
    #: Settings with which a step is little work, whatever the model.
    light: dict[str, Any]
    #: Arrays that depend on all parameters, of a trained model of any arguments.
    evaluate: Callable[[Any], list[np.ndarray]]
    #: By the name of each public method and property, but those that train, draw, save or close:
    #: what a small model is asked. The answer can be pickled.
    questions: dict[str, Callable[[Any], Any]]
    #: Steps, or epochs, that take about a second with `settings`.
    second: int
    #: Arguments of the training before the number of steps.
    data: Callable[[Any], tuple[Any, ...]] = lambda model: ()
    #: The method that trains.
    method: str = "fit"

    def make(self, **others: Any) -> Any:
        """A model that is not trained."""
        return self.kind(**{**self.options, **others})

    def fit(self, model: Any, n: int, **keywords: Any) -> Any:
        """The same model with n more rows of history: steps, or epochs."""
        train = getattr(model, self.method)
        return train(*self.data(model), n, **{**self.settings, **keywords})

    def trained(self, n: int, **keywords: Any) -> Any:
        return self.fit(self.make(), n, **keywords)


#: What all models are asked.
_ALIKE: dict[str, Callable[[Any], Any]] = {
    "history": lambda m: list(m.history.values()),
    "parameter_count": lambda m: m.parameter_count,
    "step": lambda m: m.step,
    "save": pickle.dumps,
}


def _single(model: Any) -> Any:
    """The model itself, or of a family the model of three states."""
    internal = model._configuration.internal
    return model.at(3) if internal == ("S2", "S3") else model


_MLRG = Small(
    METHODS["mlrg"].model,
    options={"hidden": (4,)},
    refused={"representation": "A3"},
    variants=(
        {"representation": "A1+E", "frame": "consistent"},
        {"moderator": "flow", "symmetric": True, "layer_norm": True},
        {"moderator": "flow", "divergence": "cd", "transport": "ode"},
        {"scheme": "loop", "moderator": "flow", "divergence": "l2"},
        {"scheme": "loop", "representation": "A1", "transport": "ode"},
        {"internal": "S3"},
        {"internal": ((1, 2, 3, 0), (3, 2, 1, 0)), "moderator": "flow"},
        {"internal": ("S2", "S3"), "moderator": "flow"},
    ),
    settings={"batch": 8, "total_steps": 10**8, "cd_samples": 8, "teacher_sweeps": 1},
    light={
        "batch": 4, "replicas": 1, "hmc_leapfrog": 1, "hmc_updates": 1, "cd_samples": 8,
        "teacher_sweeps": 1, "student_sweeps": 1,
    },
    evaluate=lambda m: [_single(m).velocity(np.tile(J[:, None], m._count))],
    questions=_ALIKE | {
        "at": lambda m: m.at(3).velocity(J),
        "bare_flow": lambda m: m.bare_flow(J, 3),
        "critical_coupling": lambda m: m.critical_coupling(),
        "critical_coupling_estimates": lambda m: m.critical_coupling_estimates(),
        "critical_line": lambda m: m.critical_line(3.5),
        "curl": lambda m: m.curl(J),
        "exponents": lambda m: m.exponents(J),
        "fixed_point": lambda m: m.fixed_point(0.8),
        "fixed_points": lambda m: [point.J for point in m.fixed_points(2)],
        "flow": lambda m: m.flow(J, 3),
        "ground_state_degeneracy": lambda m: m.ground_state_degeneracy(J),
        "jacobian": lambda m: m.jacobian(J),
        "monotone": lambda m: m.monotone(J),
        "monotone_violations": lambda m: m.monotone_violations(J),
        "newton_step": lambda m: m.newton_step(J),
        "proposals": lambda m: m.proposals,
        "scaling_dimensions": lambda m: m.scaling_dimensions(0.8),
        "thermal_exponent": lambda m: m.thermal_exponent(0.8),
        "velocity": lambda m: m.velocity(J),
    },
    second=10_000,
)  # fmt: skip

_NEURALRG = Small(
    METHODS["neuralrg"].model,
    options={"L": 4, "K": 0.3, "layers": 2, "hidden": (3,)},
    refused={"L": 5},
    variants=({"structure": "tebd", "symmetric": False}, {"structure": "tree", "L": 8}),
    settings={"batch": 16},
    light={"batch": 4},
    evaluate=lambda m: [m.log_prob(reals(m.L)), *m.encode(reals(m.L)), m.sample(2)],
    questions=_ALIKE | {
        "K": lambda m: m.K,
        "L": lambda m: m.L,
        "decode": lambda m: m.decode(reals()),
        "depth": lambda m: m.depth,
        "encode": lambda m: m.encode(reals()),
        "free_energy": lambda m: m.free_energy(50),
        "hierarchy": lambda m: [layer.sites for layer in m.hierarchy],
        "hmc": lambda m: m.hmc(2, 3).x,
        "latent_energy": lambda m: m.latent_energy(reals()),
        "latent_scales": lambda m: m.latent_scales,
        "target": lambda m: m.target.K,
        "log_partition": lambda m: m.log_partition(50),
        "log_prob": lambda m: m.log_prob(reals()),
        "masks": lambda m: m.masks,
        "metropolis": lambda m: m.metropolis(2, 3).x,
        "responses": lambda m: m.responses(20).mean,
        "sample": lambda m: m.sample(10),
        "sample_given": lambda m: m.sample_given(reals()[:2, ::2, ::2]),
        "sample_with_log_prob": lambda m: m.sample_with_log_prob(10),
    },
    second=2000,
)  # fmt: skip

_GRAPHVAE = Small(
    METHODS["graphvae"].model,
    options={"L": 8, "levels": 2, "hidden": 4, "token": 3, "latent": 2, "anneal": 6},
    refused={"levels": 7},
    variants=(
        {"likelihood": "bernoulli", "decoder": "graph", "representation": "z"},
        {"readout": "sites"},
    ),
    settings={"batch": 8},
    light={"batch": 4},
    data=lambda m: (spins(m.L),),
    evaluate=lambda m: [m.decode(m.encode(spins(m.L))[-1][0])],
    questions=_ALIKE | {
        "L": lambda m: m.L,
        "basins": lambda m: m.basins(spins(), resamples=20).centres,
        "decode": lambda m: m.decode(m.sample_with_z(3)[1]),
        "encode": lambda m: m.encode(spins()),
        "epoch": lambda m: m.epoch,
        "latent": lambda m: m.latent,
        "level_distances": lambda m: m.level_distances(spins()),
        "levels": lambda m: m.levels,
        "loss": lambda m: list(m.loss(spins()).values()),
        "prune": lambda m: m.prune(spins(), [True, False]).encode(spins()),
        "readout": lambda m: m.readout,
        "sample": lambda m: m.sample(10),
        "sample_with_z": lambda m: m.sample_with_z(10),
        "rg_map": lambda m: m.rg_map(spins(), resamples=20).weight,
        "trajectories": lambda m: m.trajectories(spins()),
    },
    second=500,
)  # fmt: skip

_MULTILEVEL = Small(
    METHODS["multilevel"].model,
    options={"L": 4, "K": 0.3, "neighbours": 8, "triples": 8, "quintuples": 4},
    refused={"L": 6},
    variants=({"colours": 1, "K": -0.4}, {"field": 0.2}, {"L": 8, "linear": 8}),
    settings={"batch": 64},
    light={"batch": 8, "start": "none"},
    evaluate=lambda m: [m.log_prob(spins(m.L)), m.sample(2)],
    questions=_ALIKE | {
        "K": lambda m: m.K,
        "L": lambda m: m.L,
        "couplings": lambda m: [m.couplings().J, m.couplings().distance],
        "field": lambda m: m.field,
        "free_energy": lambda m: m.free_energy(200),
        "log_partition": lambda m: m.log_partition(200),
        "log_prob": lambda m: m.log_prob(spins(m.L)),
        "log_weights": lambda m: m.log_weights(spins(m.L), K=0.2, field=0.1),
        "metropolis": lambda m: m.metropolis(2, 3).spins,
        "refine": lambda m: m.refine(spins(m.L)[:, ::2, ::2]),
        "sample": lambda m: m.sample(10),
        "sample_with_log_prob": lambda m: m.sample_with_log_prob(10),
    },
    second=200,
)  # fmt: skip

#: By the names of `METHODS`.
MODELS = {
    "mlrg": _MLRG, "neuralrg": _NEURALRG, "graphvae": _GRAPHVAE, "multilevel": _MULTILEVEL,
}  # fmt: skip

#: Every way to train, the second one of a method under a name of its own.
TRAININGS = MODELS | {
    "samples": dataclasses.replace(
        _NEURALRG, method="fit_samples", data=lambda m: (reals(m.L),), settings={"batch": 4}
    ),
    "spins": dataclasses.replace(
        _MULTILEVEL, method="fit_samples", data=lambda m: (spins(m.L),), settings={"batch": 8}
    ),
}


def answer(question: Callable[[Any], Any], model: Any) -> bytes | str:
    """The result as bytes, to be compared; that there is none, say of a fixed point, is one too."""
    try:
        return pickle.dumps(question(model))
    except (ArgumentError, ConvergenceError) as error:
        return str(error)


def same(first: Any, second: Any) -> bool:
    """Whether two models, or two states of one, are equal to the last bit."""
    (_, a), (_, b) = first._state(), second._state()
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a | b)
