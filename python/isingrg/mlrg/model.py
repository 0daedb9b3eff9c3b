"""The model of the machine-learning renormalization group."""

from __future__ import annotations

from typing import Any

import numpy as np

from isingrg import _core
from isingrg._shared import arguments, state
from isingrg._shared.errors import ArgumentError
from isingrg._shared.history import Columns, Floats
from isingrg._shared.model import NativeModel
from isingrg._shared.settings import documented
from isingrg._shared.storage import Format
from isingrg.mlrg import _dimensions, _evaluation, _family, _fitting, _plots, _transition
from isingrg.mlrg._configuration import Configuration
from isingrg.mlrg.settings import Training, default_training


@documented(Configuration)
class MLRG(NativeModel):
    """A moderator network that learns the renormalization-group flow J -> J' of couplings.

    In each training step the network proposes couplings J of teachers where its flow is slow,
    carries them to students J', and is corrected by the divergence between the two.

    Parameters
    ----------
    {settings}

    Notes
    -----
    Couplings J are numbers or arrays of any shape for one coupling (A1), and arrays (..., c) in
    general; results have the same shape. A model may be used from several threads; a call that
    meets a training in another thread raises `IsingRGError`.

    References
    ----------
    W. Hou and Y.-Z. You, arXiv:2306.11054; J. Shen, "Learning Renormalization Group Flows for
    Lattices".

    Examples
    --------
    >>> model = MLRG("A1").fit(seed=0)
    >>> round(model.critical_coupling(), 2), round(model.thermal_exponent(), 2)
    (0.81, 0.88)
    """

    _configuration: Configuration
    _training: Training
    _format = Format("isingrg.mlrg", 5)
    _training_type = Training
    _columns = Columns(
        "step",
        ("loss", "acceptance", "swap_rate", "beta", "fixed_point"),
        frozenset({"acceptance", "swap_rate", "fixed_point"}),
    )
    _free_rows = frozenset({"proposal.couplings"})
    _create = staticmethod(_core.mlrg_create)
    #: The length of the schedules, 0 before the first training.
    _total_steps = 0

    def __init__(
        self,
        representation: str = "A1",
        *,
        internal: Any = "Z2",
        scheme: str = "star",
        moderator: str = "monotone",
        divergence: str = "kl",
        transport: str = "step",
        frame: str = "published",
        hidden: Any = None,
        activation: str | None = None,
        layer_norm: bool | None = None,
        symmetric: bool = False,
    ) -> None:
        configuration = Configuration.of(locals())
        training = default_training(scheme, moderator, divergence, configuration.internal)
        self._configure(configuration, training)

    @property
    def _count(self) -> int:
        """Number of couplings."""
        return self._configuration.count

    @property
    def proposals(self) -> Floats:
        """Couplings J that were proposed in the last step, shape (batch,), or (batch, c)."""
        couplings = state.read_one(self._ready(), "proposal.couplings")
        return couplings[:, 0] if self._count == 1 else couplings

    fit = _fitting.fit
    at = _family.at
    critical_line = _family.critical_line
    monotone = _evaluation.monotone
    velocity = _evaluation.velocity
    jacobian = _evaluation.jacobian
    curl = _evaluation.curl
    flow = _evaluation.flow
    bare_flow = _evaluation.bare_flow
    critical_coupling = _transition.critical_coupling
    critical_coupling_estimates = _transition.critical_coupling_estimates
    fixed_point = _transition.fixed_point
    fixed_points = _transition.fixed_points
    newton_step = _transition.newton_step
    monotone_violations = _evaluation.monotone_violations
    lyapunov_function = _evaluation.lyapunov_function
    ground_state_degeneracy = _dimensions.ground_state_degeneracy
    scaling_dimensions = _dimensions.scaling_dimensions
    exponents = _dimensions.exponents
    thermal_exponent = _dimensions.thermal_exponent
    plot_beta_function = _plots.plot_beta_function
    plot_monotone = _plots.plot_monotone
    plot_flow = _plots.plot_flow

    def _learning_rate(self, step: int) -> float:
        return _fitting.learning_rate(self._training, step, self._total_steps)

    # Keeping

    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        metadata, arrays = super()._state()
        return metadata | {"total_steps": self._total_steps}, arrays

    @classmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> MLRG:
        model = super()._restored(metadata, arrays)
        model._total_steps = arguments.integer("total_steps", metadata["total_steps"], 1, 10**9)
        _fitting.guess(model, model._training)
        if len(arrays["proposal.couplings"]) != model._training.batch:
            raise ArgumentError("the proposals are not as many as the batch of the training")
        return model

    @staticmethod
    def _upgrade(version: int, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        if version < 2:
            metadata["configuration"]["symmetric"] = False
            metadata["training"] |= {"proposal": "squared", "replicas": 1, "ray": 0.0}
            arrays["history.swap_rate"] = np.full_like(arrays["history.loss"], np.nan)
        if version < 3:
            metadata["network_seed"] = metadata["seed"]
        if version < 4:
            metadata["configuration"]["scheme"] = "star"
            metadata["training"] |= {"ray_range": None, "ray_steps": 0.0, "ray_noise": 0.0}
        if version < 5:
            metadata["configuration"]["internal"] = "Z2"
