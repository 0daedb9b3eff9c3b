"""The normalizing flow of the neural network renormalization group."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError
from isingrg._files import Path
from isingrg._training import TrainingCall, alone
from isingrg.ising import K_CRITICAL
from isingrg.neuralrg import _storage
from isingrg.neuralrg._configuration import Configuration
from isingrg.neuralrg._plots import Plots
from isingrg.neuralrg._samples import Floats, Samples, refuse_spins

_MOST_EPOCHS, _LARGEST_BATCH = 10**9, 10**6

#: Columns of the native history by name, and which training a step belongs to.
_COLUMNS = {
    "loss": _core.NEURALRG_LOSS,
    "standard_error": _core.NEURALRG_STANDARD_ERROR,
    "likelihood": _core.NEURALRG_COLUMNS,
}


class NeuralRG(Plots):
    """A hierarchical normalizing flow that learns the dual of the Ising model from its energy.

    Bijectors of 2 x 2 sites, layer by layer, carry physical variables x to independent normal
    latent variables z (`encode`) and back (`decode`). At each scale disentanglers act across the
    borders of blocks, then decimators pass one site of each block on to the next scale; the other
    three are latent variables of this scale. A bijector is a chain of RealNVP coupling layers with
    random masks that keep half of the sites; the bijectors of a layer share their parameters.

    Parameters
    ----------
    L : int
        Linear size of the torus, a power of two from 2 to 64.
    K : float
        Coupling J/T of the target (see `log_density`), at most 100 in magnitude.
    layers : int
        Coupling layers of each bijector, 1 to 64.
    hidden : sequence of int
        Widths of the 1 to 8 hidden layers, 1 to 256 each, of the networks s and t of a coupling
        layer y = x exp(s) + t, with ELU; s ends in a learned scale times tanh.
    repeat : int
        Times the layers of each scale are repeated, 1 to 16.
    structure : {"mera", "tebd", "tree"}
        Disentanglers and decimators; disentanglers only, all at the finest scale (Fig. 2a); or
        decimators only (Fig. 2b).
    depth : int, optional
        Scales, 1 to log2(L), by default all; of "tebd" pairs of layers, 1 to 64, by default
        log2(L). What is left after the last scale is latent too.
    symmetric : bool
        Symmetrise the density under a flip of all spins, q(x) = (q0(x) + q0(-x)) / 2.
    masks : array_like of bool, optional
        Which of its 2 x 2 sites each coupling layer keeps, one to three of them: shape (layers, 2,
        2), or with one more leading axis for the layers of `hierarchy`. By default half of the
        sites at random. As integers 1 to 14 of the shape (hierarchy, layers), bit 2 i + j stands
        for site (i, j).

    Notes
    -----
    Configurations are arrays (n, L, L), or (L, L) for a single one. Training computes in single
    precision, everything else in double. The defaults are the published architecture. A model may
    be used from several threads; a call that meets a training in another thread raises
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

    def __init__(
        self,
        L: int = 16,
        K: float = K_CRITICAL,
        *,
        layers: int = 10,
        hidden: Any = (10, 10, 10),
        repeat: int = 1,
        structure: str = "mera",
        depth: int | None = None,
        symmetric: bool = True,
        masks: ArrayLike | None = None,
    ) -> None:
        self._configuration = Configuration.checked(
            L, K, layers, hidden, repeat, structure, depth, symmetric, masks
        )
        _core.neuralrg_destroy(self._configuration.create(0))  # the core has the last word
        self._network_seed = 0
        self._seed = 0
        self._history = np.empty((0, len(_COLUMNS)))

    def __repr__(self) -> str:
        names = dataclasses.asdict(self._configuration)
        listed = ", ".join(f"{name}={value!r}" for name, value in names.items())
        state = "closed" if self._closed else f"step {self.step}" if self._native else "untrained"
        return f"NeuralRG({listed})  # {state}"

    # Training

    @alone
    def fit(
        self,
        epochs: int,
        batch: int = 512,
        lr: float = 1e-3,
        *,
        weight_decay: float = 1e-3,
        seed: int | None = None,
        checkpoint: Path | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> "NeuralRG":
        """Train, or train further, by probability density distillation (Eqs. 3 and 5).

        Each epoch decodes a batch of new latent variables and takes one step of Adam down the
        gradient of the mean of ln q(x) - ln pi(x). The first call makes the network. A training in
        pieces is the same, bit for bit, as one in a single call.

        Parameters
        ----------
        epochs : int
            Steps of this call, 1 to 10**9.
        batch : int
            Configurations per step, 1 to 10**6.
        lr : float
            Learning rate, 1e-12 to 10.
        weight_decay : float
            0 to 10; this times each parameter is added to its gradient.
        seed : int, optional
            Of the network, its masks and the latent variables; 0 by default, and later the one
            before. A later seed changes the latent variables only.
        checkpoint : str or os.PathLike, optional
            Of a file that gets the model, as by `save`, after every so many steps, at the end,
            and when the training is stopped or fails; what is there is replaced. `load` gives a
            model that `fit` continues bit for bit, given the
            same batch, lr and weight_decay.
        every : int, optional
            Steps between two checkpoints, 1 to 10**9; 100 by default.
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
            If the checkpoint cannot be written: before the training where that can be seen, else
            with the model at the step that a note names and the last good file untouched.

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
        return self._fit(None, epochs, batch, lr, weight_decay, seed, checkpoint, every, progress)

    @alone
    def fit_samples(
        self,
        x: ArrayLike,
        epochs: int,
        batch: int = 512,
        lr: float = 1e-3,
        *,
        weight_decay: float = 1e-3,
        seed: int | None = None,
        checkpoint: Path | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> "NeuralRG":
        """Train, or train further, by maximum likelihood on given samples.

        Each epoch takes a batch of the samples at random and one step of Adam down the gradient of
        the mean of -ln q(x). It needs no energy, but samples, and can learn them by heart; see
        `log_prob` of others.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
            Continuous configurations, at least one: such as those of `hmc`, or of given spins
            those that `sample_fields` draws.
        epochs, batch, lr, weight_decay, seed, checkpoint, every, progress
            As for `fit`. To continue from a checkpoint, x is to be the same again.

        Returns
        -------
        NeuralRG
            This model.

        Raises
        ------
        ArgumentError
            Also if x holds spins, no other values than -1, 0 and 1: a density of discrete values
            has no bound.
        KeyboardInterrupt, Interrupted, NonFiniteError, MemoryError, OSError
            As for `fit`.
        """
        samples = Samples("x", x, self.L)
        if not len(samples):
            raise ArgumentError("x must hold at least one configuration")
        refuse_spins("x", samples.rows)
        return self._fit(
            samples.rows, epochs, batch, lr, weight_decay, seed, checkpoint, every, progress
        )

    def _fit(
        self, samples: Floats | None, epochs: int, batch: int, lr: float, weight_decay: float,
        seed: int | None, checkpoint: Path | None, every: int | None, progress: Any,
    ) -> "NeuralRG":  # fmt: skip
        self._check_open()
        epochs = _arguments.integer("epochs", epochs, 1, _MOST_EPOCHS)
        batch = _arguments.integer("batch", batch, 1, _LARGEST_BATCH)
        lr = _arguments.finite("lr", lr, 1e-12, 10)
        weight_decay = _arguments.finite("weight_decay", weight_decay, 0, 10)
        kept = self._checkpoint(checkpoint, every, 100)
        seed = self._seed if seed is None else _arguments.seed(seed)
        rows = _arguments.allocate("the history", (epochs, _core.NEURALRG_COLUMNS), np.float64)
        first = self._native is None
        native = self._configuration.create(seed) if first else self._native
        attributes = {"_seed": seed, "_network_seed": seed if first else self._network_seed}
        objective = float(samples is not None)
        training = TrainingCall(native, rows, attributes, columns=(objective,))

        def call(rows: Floats, report: Any) -> tuple[int, BaseException | None]:
            settings = (len(rows), batch, lr, weight_decay, seed, rows, report)
            if samples is None:
                return _core.neuralrg_fit(native, *settings)
            return _core.neuralrg_fit_samples(native, samples, *settings)

        self._train(training, call, kept, progress)
        return self

    @property
    def history(self) -> dict[str, Floats]:
        """What each step did, arrays of one number per step.

        step (1, 2, ...); loss, the mean of ln q(x) - ln pi(x) over the batch, an upper bound of
        -ln Z (Eq. 4); standard_error of that mean; likelihood, 1 for the steps of `fit_samples`,
        whose loss is the mean of -ln q(x), else 0.
        """
        self._settle()
        columns = self._columns()
        return {"step": np.arange(1.0, len(columns["loss"]) + 1), **columns}

    def _columns(self) -> dict[str, Floats]:
        history = self._history
        return {name: history[:, column].copy() for name, column in _COLUMNS.items()}

    # Keeping

    _format = _storage.FORMAT
    _destroy = staticmethod(_core.neuralrg_destroy)
    _rows_done = staticmethod(_core.neuralrg_step)

    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        metadata = {
            "configuration": dataclasses.asdict(self._configuration),
            "network_seed": self._network_seed,
            "seed": self._seed,
        }
        history = {f"history.{name}": column for name, column in self._columns().items()}
        return metadata, _storage.STATE.read(self._native) | history

    @classmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> "NeuralRG":
        configuration = Configuration.checked(**metadata["configuration"])
        if configuration.weights > arrays["parameters"].size:
            # Told before a network is made, which may need all of the memory.
            raise ArgumentError(
                f"the array 'parameters' must hold more than {configuration.weights} numbers"
            )
        model = cls(**metadata["configuration"])
        model._network_seed = _arguments.seed(metadata["network_seed"], "network_seed")
        model._seed = _arguments.seed(metadata["seed"])
        arrays = dict(arrays)
        columns = {name: arrays.pop(f"history.{name}") for name in _COLUMNS}
        native = model._configuration.create(model._network_seed)
        _storage.STATE.write(native, arrays)
        steps = _core.neuralrg_step(native)
        for name, column in columns.items():
            if column.shape != (steps,):
                raise ArgumentError(
                    f"the array 'history.{name}' must have the shape {(steps,)}, the steps of "
                    f"the model, not {column.shape}"
                )
            if not np.isfinite(column).all():
                raise ArgumentError(f"the array 'history.{name}' must be finite")
        model._history = np.stack([columns[name] for name in _COLUMNS], axis=1)
        model._native = native
        return model
