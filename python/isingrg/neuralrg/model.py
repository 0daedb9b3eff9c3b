"""The normalizing flow of the neural network renormalization group."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.files import Path
from isingrg._shared.history import Columns, Floats
from isingrg._shared.model import NativeModel
from isingrg._shared.settings import documented
from isingrg._shared.storage import Format
from isingrg._shared.training import Callback, TrainingCall, Watch, alone
from isingrg.ising import K_CRITICAL
from isingrg.ising._couplings import couplings, of_square_lattice
from isingrg.neuralrg import (
    _evaluation,
    _free_energy,
    _hierarchy,
    _metropolis,
    _plots,
    _responses,
    _sampling,
)
from isingrg.neuralrg._configuration import Configuration, Training
from isingrg.neuralrg._hierarchy import Layer, Sites
from isingrg.neuralrg._samples import Samples, Sides, refuse_spins, shape_of
from isingrg.neuralrg._stored_targets import described, of_file
from isingrg.neuralrg._symmetry import whole
from isingrg.neuralrg.dual_ising import DualIsing, coupling_of
from isingrg.neuralrg.function_target import following
from isingrg.neuralrg.targets import Target

Stored = dict[str, Any]
Arrays = dict[str, Floats]

#: Arrays of a file that hold the symmetry: sources and signs.
_GROUP = ("symmetry.permutations", "symmetry.signs")


@documented(Configuration)
class NeuralRG(NativeModel):
    """A hierarchical normalizing flow that learns a density from its logarithm alone.

    By default this is the continuous dual of the Ising model; `target` is any other.

    Bijectors of 2 x 2 sites, or of 4 x 4, layer by layer, carry physical variables x to
    independent normal latent variables z (`encode`) and back (`decode`). At each scale
    disentanglers act across the borders of blocks, then decimators pass one site of each block on
    to the next scale; the others are latent variables of this scale. A bijector is a chain of
    RealNVP coupling layers with random masks that keep half of the sites, or a linear map; the
    bijectors of a layer share their parameters.

    Parameters
    ----------
    {settings}

    Notes
    -----
    Configurations are arrays (n, L, L), or (L, L) for a single one; on a rectangle (n, rows,
    columns), on a ring (n, L). Wherever a shape has (L, L), these take its place. Training computes
    in single precision, everything else in double. The defaults are the published architecture. A
    model may be used from several threads; a call that meets a training in another thread raises
    `IsingRGError`.

    References
    ----------
    S.-H. Li and L. Wang, doi:10.1103/PhysRevLett.121.260601; L. Dinh et al., arXiv:1605.08803.

    Examples
    --------
    >>> model = NeuralRG(L=4, K=0.3, layers=6).fit(100, 64, 4e-3)
    >>> bound, error = model.free_energy(1000)
    >>> bound + 4 * error > -log_partition_dual(4, 0.3)
    True
    """

    _configuration: Configuration
    _format = Format("isingrg.neuralrg", 4)
    _training_type = Training
    _columns = Columns("step", ("loss", "standard_error", "likelihood"))
    _create = staticmethod(_core.neuralrg_create)
    _core_columns = _core.NEURALRG_COLUMNS

    @of_square_lattice
    def __init__(
        self,
        L: Sides = 16,
        K: float = K_CRITICAL,
        *,
        layers: int = 10,
        hidden: Any = (10, 10, 10),
        conditioner: str = "block",
        block: int = 2,
        repeat: int = 1,
        structure: str = "mera",
        depth: int | None = None,
        bijector: str = "coupling",
        symmetric: bool = True,
        symmetry: Any = None,
        target: Target | None = None,
        masks: ArrayLike | str | None = None,
    ) -> None:
        self._configure(Configuration.of(locals()), Training())
        if target is None:
            couplings(self.K)  # warns of a temperature

    @property
    def L(self) -> Sides:
        """Linear size of the lattice; (rows, columns) of a rectangle, (L,) of a ring."""
        return self._configuration.L

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of a configuration: (L, L), (rows, columns), or (L,) of a ring."""
        return shape_of(self.L)

    @property
    def K(self) -> float | tuple[float, float]:
        """Coupling J/T of the dual Ising model, or one for each axis; other targets have none."""
        return coupling_of(self.target)

    @property
    def target(self) -> Target:
        """The density that the flow learns."""
        return self._configuration.target or DualIsing(self.L, self._configuration.K)

    @property
    def hierarchy(self) -> tuple[Layer, ...]:
        """Layers of bijectors in the order of encoding, the finest scale first (Figs. 1 and 2).

        Each has is_decimator, scale and sites, the table (blocks, 4) of the sites i L + j that
        each of its bijectors acts on.
        """
        return _hierarchy.layers(self._any())

    @property
    def latent_scales(self) -> Sites:
        """Scale at which each site becomes a latent variable, (L, L); the depth at the last."""
        return _hierarchy.latent_scales(self._any(), self._shape)

    @property
    def depth(self) -> int:
        """Scales of the hierarchy; of "tebd" pairs of layers."""
        return self._configuration.depth or self._configuration.scales

    @property
    def masks(self) -> _hierarchy.Masks:
        """Which sites the coupling layers keep, (hierarchy layers, coupling layers, 2, 2).

        The last axes are those of a block: (4, 4), or (2,) on a ring. Where the blocks of a lattice
        have several shapes this is a tuple of such arrays, one for each layer of the hierarchy.
        Linear bijectors have no coupling layers.
        """
        blocks = self._configuration.blocks
        if self._configuration.bijector == "linear":
            return np.empty((len(self.hierarchy), 0, *blocks[0]), bool)
        return _hierarchy.masks(self._ready(), blocks)

    @documented(Training)
    @alone
    def fit(
        self,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        *,
        schedule: str | None = None,
        final_lr: float | None = None,
        total_steps: int | None = None,
        weight_decay: float | None = None,
        seed: int | None = None,
        checkpoint: Path | None = None,
        callback: Callback | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> NeuralRG:
        """Train, or train further, by probability density distillation (Eqs. 3 and 5).

        Each step decodes a batch of new latent variables and moves by Adam down the gradient of the
        mean of ln q(x) - ln pi(x). The first call makes the network. A training in pieces is the
        same, bit for bit, as one in a single call. An argument that is not given keeps its value of
        the call before, but for `steps`; the first call takes the default.

        Parameters
        ----------
        {settings}
        seed : int, optional
            Seed of the network, its masks and the latent variables. By default 0, and later that of
            the call before. A later seed changes the latent variables only.
        checkpoint : str or os.PathLike, optional
            A file that gets the model, as by `save`, after every so many steps, at the end, and
            when the training is stopped or fails; what is there is replaced. `load` gives a
            model that `fit` continues bit for bit.
        callback : callable, optional
            Receives an `isingrg.TrainingRecord` after every so many steps and at the end. When it
            returns False, the training ends there without an exception.
        every : int, optional
            Steps between two checkpoints, by default 100, and between two calls of `callback`, by
            default 1; 1 to 10**9.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        NeuralRG
            This model.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped. The model stays at its last complete step, which
            a note on the exception names; `fit` continues from it.
        NonFiniteError
            If the loss stops being finite; the model stays at the step before.
        MemoryError
            If the machine cannot hold the gradients or the history.
        OSError
            If the checkpoint cannot be written. The error comes before the training where that
            can be seen; otherwise the model stays at the step that a note names, and the last
            good file is untouched.

        Examples
        --------
        A training that is killed at any moment goes on when the same is run again:

        >>> import os
        >>> path = "flow.safetensors"
        >>> model = NeuralRG.load(path) if os.path.exists(path) else NeuralRG(L=4)
        >>> if model.step < 20:
        ...     model = model.fit(20 - model.step, 64, checkpoint=path, every=5)
        >>> NeuralRG.load(path).step
        20
        """
        given = dict(locals())
        watch = Watch.checked(checkpoint, every, callback, progress, default=100)
        call = self._call(given, seed, likelihood=0.0)
        with following(self.target):
            self._train(call, _core.neuralrg_fit, watch)
        return self

    @alone
    def fit_samples(
        self,
        x: ArrayLike,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        *,
        reverse: float | None = None,
        schedule: str | None = None,
        final_lr: float | None = None,
        total_steps: int | None = None,
        weight_decay: float | None = None,
        seed: int | None = None,
        checkpoint: Path | None = None,
        callback: Callback | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> NeuralRG:
        """Train, or train further, by maximum likelihood on given samples.

        Each step takes a batch of the samples at random and moves by Adam down the gradient of
        the mean of -ln q(x). This needs samples and no energy. The flow can learn the samples by
        heart: compare `log_prob` of other samples. `reverse` mixes this loss with that of `fit`,
        which needs the energy: samples show all that the target has, and the energy says how
        likely it is.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
            Continuous configurations, at least one: such as those of `hmc`, or those that
            `sample_fields` draws for given spins.
        reverse : float, optional
            Share of the loss of `fit` in that of each step, by default 0 and below 1: the loss is
            the sum of (1 - reverse) (-ln q) over samples and reverse (ln q - ln pi) over the
            flow's own.
        steps, batch, lr, schedule, final_lr, total_steps
            As for `fit`.
        weight_decay, seed, checkpoint, callback, every, progress
            As for `fit`. To continue from a checkpoint, x is to be the same again.

        Returns
        -------
        NeuralRG
            This model.

        Raises
        ------
        ArgumentError
            Also if x holds spins, that is no values but -1, 0 and 1: the likelihood of discrete
            values has no bound.
        KeyboardInterrupt, Interrupted, NonFiniteError, MemoryError, OSError
            As for `fit`.
        """
        given = dict(locals())
        samples = Samples("x", x, self._shape)
        if not len(samples):
            raise ArgumentError("x must hold at least one configuration")
        refuse_spins("x", samples.rows)
        watch = Watch.checked(checkpoint, every, callback, progress, default=100)
        reverse = 0.0 if reverse is None else arguments.finite("reverse", reverse, 0, 1)
        if reverse == 1:
            raise ArgumentError("reverse must be below 1: fit takes no samples")
        call = self._call(given, seed, likelihood=1 - reverse)

        def steps_on(native: Any, record: dict[str, Any], rows: Floats, report: Any) -> Any:
            return _core.neuralrg_fit_samples(native, samples.native, record, rows, report)

        with following(self.target):
            self._train(call, steps_on, watch)
        return self

    def _call(self, given: dict[str, Any], seed: int | None, likelihood: float) -> TrainingCall:
        """A checked training, in whose loss that of samples has this share."""
        training = self._changed(given)
        if training.schedule != "constant" and training.total_steps is None:
            training = dataclasses.replace(training, total_steps=self.step + training.steps)
        call = self._begin(training, seed)
        record = call.record | {"reverse": 1 - likelihood if likelihood else 0.0}
        return dataclasses.replace(call, record=record, columns=(likelihood,))

    def _learning_rate(self, step: int) -> float:
        training: Any = self._training
        return float(training.learning_rate(step - 1))

    sample = _evaluation.sample
    sample_with_log_prob = _evaluation.sample_with_log_prob
    log_prob = _evaluation.log_prob
    latent_energy = _evaluation.latent_energy
    encode = _evaluation.encode
    decode = _evaluation.decode
    free_energy = _free_energy.free_energy
    log_partition = _free_energy.log_partition
    responses = _responses.responses
    sample_given = _responses.sample_given
    metropolis = _metropolis.metropolis
    hmc = _sampling.hmc
    plot_samples = _plots.plot_samples
    plot_responses = _plots.plot_responses

    @classmethod
    def load(cls, path: Path, *, target: Target | None = None) -> NeuralRG:
        """Read a model that `save` wrote; `fit` continues it exactly where it was.

        Parameters
        ----------
        path : str or os.PathLike
            The file.
        target : Target, optional
            A `FunctionTarget` of the name that the file has; of other targets a file holds all.

        Returns
        -------
        NeuralRG

        Raises
        ------
        OSError
            If the file cannot be read.
        IsingRGError
            If it is not such a file, which names the class that reads it if there is one, if it is
            damaged, if its format is newer, or if its target is a function and none is given.
        """
        return cls._load(path, target=target)

    @staticmethod
    def _to_file(metadata: Stored, arrays: Arrays) -> tuple[Stored, Arrays]:
        configuration = dict(metadata["configuration"])
        arrays = dict(arrays)
        if configuration["target"] is not None:
            configuration["target"], of_target = described(configuration["target"])
            arrays |= of_target
        if configuration["symmetry"] is not None:
            for name, values in zip(_GROUP, configuration["symmetry"], strict=True):
                arrays[name] = np.array(values, float)
            configuration["symmetry"] = "arrays"
        return metadata | {"configuration": configuration}, arrays

    @staticmethod
    def _from_file(
        metadata: Stored, arrays: Arrays, target: Target | None = None
    ) -> tuple[Stored, Arrays]:
        configuration, arrays = dict(metadata["configuration"]), dict(arrays)
        configuration["target"] = of_file(configuration.get("target"), arrays, target)
        if configuration.get("symmetry") is not None:
            configuration["symmetry"] = tuple(whole(name, arrays.pop(name)) for name in _GROUP)
        return metadata | {"configuration": configuration}, arrays

    @classmethod
    def _check_sizes(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        configuration = Configuration.of(metadata["configuration"])
        if configuration.weights > arrays["parameters"].size:
            # Told before a network is made, which may need all of the memory.
            raise ArgumentError(
                f"the array 'parameters' must hold more than {configuration.weights} numbers"
            )

    @staticmethod
    def _upgrade(version: int, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        # The first version did not remember the settings, and the third knew no schedule.
        metadata["training"] = dataclasses.asdict(Training()) | metadata.get("training", {})
