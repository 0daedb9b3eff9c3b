"""A small model of each method as the extension makes it, and good calls of all its functions."""

import importlib
import re
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest

from isingrg import Interrupted, _core


@dataclass(frozen=True)
class Method:
    """Good arguments, which a test changes one by one."""

    name: str
    config: dict
    training: dict
    #: The setting that counts the rows of the history.
    rows: str
    columns: int
    largest_batch: int
    #: Functions that take a model: their other arguments.
    calls: dict
    #: Settings whose model takes some megabytes.
    large: dict
    #: Arrays that a training takes before its settings.
    data: dict = field(default_factory=dict)

    def create(self, **changed):
        return getattr(_core, f"{self.name}_create")(self.config | changed)

    def new(self, **changed):
        """The same as a call that is still to be made, as with all functions below."""
        return lambda: self.create(**changed)

    def fit(self, model=None, *, training=None, history=None, progress=None, **changed):
        """A training of one row. The history stays so long where other settings change."""
        data = [changed.pop(name, good) for name, good in self.data.items()]
        training = self.training | changed if training is None else training
        if history is None:
            history = np.zeros((1, self.columns))

        def call():
            trained = self.create() if model is None else model
            return getattr(_core, f"{self.name}_fit")(trained, *data, training, history, progress)

        return call

    def call(self, function, model):
        """A good call of one of `calls`."""
        return lambda: getattr(_core, function)(model, *self.calls[function])

    def fit_long(self, model=None, **changed):
        """A training of so many rows that it is stopped before its end."""
        history = np.zeros((10**5, self.columns))
        return self.fit(model, history=history, **{self.rows: 10**5}, **changed)

    def on_model(self, function, *arguments):
        return lambda: getattr(_core, function)(self.create(), *arguments)

    def closed(self):
        model = self.create()
        _core.model_destroy(model)
        return model


ONE, ROW = np.zeros(1), np.zeros((1, 1))

MLRG = Method(
    "mlrg",
    config=dict(
        representation="A1", scheme=_core.MLRG_STAR, moderator=_core.MLRG_MONOTONE,
        divergence=_core.MLRG_KL, transport=_core.MLRG_STEP, frame=_core.MLRG_PUBLISHED,
        activation=_core.MLRG_TANH, layer_norm=1, symmetric=0, hidden=(6, 8), symmetries=(), seed=0,
    ),
    training=dict(
        steps=1, schedule_steps=1, batch=4, learning_rate=1e-3, final_learning_rate=1e-3,
        weight_decay=0.0, clip_norm=0.0, beta_max=5.0, beta_rate=1.0, beta_midpoint=0.5,
        proposal=_core.MLRG_SQUARED, replicas=1, ray=0.0, ray_low=-1.0, ray_high=1.0,
        ray_steps=0.0, ray_noise=0.0, proposal_scale=1.0, coupling_bound=4.0,
        hmc_step=0.01, hmc_leapfrog=2, hmc_updates=1, cd_samples=4, teacher_sweeps=1,
        student_sweeps=1, record_from=0, record_guess=np.array([0.8]), seed=0,
    ),
    rows="steps",
    columns=_core.MLRG_COLUMNS,
    largest_batch=10**6,
    calls={
        "mlrg_monotone": (ROW, ONE.copy(), None),
        "mlrg_velocity": (ROW, ROW.copy(), np.zeros((1, 1, 1)), None),
        "mlrg_flow": (ROW, 3, np.zeros((4, 1, 1)), None),
        "mlrg_fixed_point": (np.array([-1.0]), ONE.copy(), None),
    },
    large=dict(hidden=(400, 400)),
)  # fmt: skip

X, THREE = np.zeros((3, 4, 4)), np.zeros(3)
CHAINS = dict(
    space=0, adapts=0, warmup=0, between=1, leapfrog=1, random_length=1, step_size=0.1, seed=0
)

NEURALRG = Method(
    "neuralrg",
    config=dict(
        rows=4, columns=4, coupling=0.3, structure=_core.NEURALRG_MERA, block=2, depth=0, repeats=1,
        bijector=_core.NEURALRG_COUPLING, layers=2,
        hidden=(3,), neighbours=0, symmetric=1, masks=None, seed=0, kind=-1, strength=0.0,
        form=None,
        function=None, symmetry_sources=None, symmetry_signs=None,
    ),
    training=dict(
        steps=1, batch=4, learning_rate=1e-3, decay=0, final_learning_rate=1e-4, schedule_steps=1,
        weight_decay=0.0, reverse=0.0, seed=0,
    ),
    rows="steps",
    columns=_core.NEURALRG_COLUMNS,
    largest_batch=10**6,
    calls={
        "neuralrg_sample": (0, X.copy(), X.copy(), THREE.copy(), None),
        "neuralrg_hmc": (CHAINS, X[:, None].copy(), None, np.zeros((3, 1)), None),
        "neuralrg_log_probability": (X, THREE.copy(), None),
        "neuralrg_encode": (X, 0, 4, X.copy(), THREE.copy(), None),
        "neuralrg_decode": (X, 0, 4, X.copy(), THREE.copy(), None),
        "neuralrg_responses":
            (X, np.array([0, 5], "i"), np.zeros((2, 4, 4)), np.zeros((2, 4, 4)), None),
        "neuralrg_layer_count": (),
        "neuralrg_layer_info": (0,),
        "neuralrg_layer_sites": (0, np.zeros((4, 4), "i")),
        "neuralrg_latent_scales": (np.zeros((4, 4), "i"),),
    },
    large=dict(hidden=(64, 64), layers=20),
)  # fmt: skip

SPINS = np.random.default_rng(0).choice([-1, 1], (3, 8, 8)).astype(np.int8)

GRAPHVAE = Method(
    "graphvae",
    config=dict(
        size=8, latent=2, hidden=5, token=3, levels=2, likelihood=0, decoder=0, representation=0,
        readout=0, beta=0.1, lambda_rg=0.5, anneal=0, seed=0,
    ),
    training=dict(epochs=1, batch=2, learning_rate=1e-3, weight_decay=0.0, seed=0),
    rows="epochs",
    columns=_core.GRAPHVAE_COLUMNS,
    largest_batch=65536,
    calls={
        "graphvae_encode": (SPINS, np.zeros((6, 2)), np.zeros((6, 2)), None),
        "graphvae_decode": (np.zeros((3, 1, 2)), np.zeros((3, 8, 8)), None),
        "graphvae_sample": (0, np.zeros((3, 1, 2)), SPINS.copy(), None),
        "graphvae_loss": (SPINS, 0, np.zeros(4), None),
    },
    large=dict(hidden=200, token=200),
    data=dict(spins=SPINS),
)  # fmt: skip

SAMPLER = dict(
    size=8, coupling=0.3, field=0.0, neighbours=4, linear=4, triples=4, quintuples=0, colours=2
)
OTHER = _core.multilevel_create(SAMPLER)
ORBITS = np.zeros((_core.model_parameter_count(OTHER), _core.MULTILEVEL_ORBIT_COLUMNS), "i")

MULTILEVEL = Method(
    "multilevel",
    config=SAMPLER,
    training=dict(steps=1, batch=4, learning_rate=0.5, damping=100.0, start=2, seed=0),
    rows="steps",
    columns=_core.MULTILEVEL_COLUMNS,
    largest_batch=2**24,
    calls={
        "multilevel_sample": (None, 0, SPINS.copy(), np.zeros(3), None),
        "multilevel_log_probability": (SPINS, 0, np.zeros(3), None),
        "multilevel_adopt": (OTHER,),
        "multilevel_orbits": (ORBITS,),
    },
    large=dict(size=64, neighbours=16),
)  # fmt: skip

METHODS = {method.name: method for method in (MLRG, NEURALRG, GRAPHVAE, MULTILEVEL)}


def state(model):
    """All arrays of the state by name."""
    arrays = {}
    for index in range(_core.model_array_count(model)):
        name, shape = _core.model_array_info(model, index)
        arrays[name] = np.zeros(shape)
        _core.model_read_array(model, index, arrays[name])
    return arrays


def refused(error, pattern, call, *arguments):
    with pytest.raises(Exception) as caught:
        call(*arguments)
    assert type(caught.value) is error
    assert re.match(pattern, str(caught.value)), str(caught.value)


def check_progress(call):
    """A call without its last argument tells its progress, is stopped by it, and needs none."""
    error, told = LookupError("mine"), []

    def fail(done, total):
        raise error

    refused(TypeError, "progress must be a callable or None, not int", call, 1)
    refused(Interrupted, ".+", call, lambda done, total: False)
    with pytest.raises(LookupError) as caught:
        call(fail)
    assert caught.value is error
    call(lambda done, total: told.append((done, total)))
    assert told and told[-1][1] in (told[-1][0], 0)
    call(None)


if __name__ == "__main__":  # all cases of a file, in a process that must survive them
    for error, pattern, call in importlib.import_module(sys.argv[1]).CASES:
        refused(error, pattern, call)
