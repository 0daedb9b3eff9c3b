"""The hierarchical graph variational autoencoder."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError
from isingrg._files import Path
from isingrg._training import TrainingCall, alone
from isingrg.graphvae import _storage
from isingrg.graphvae._configuration import MOST_EPOCHS, Configuration
from isingrg.graphvae._evaluation import TERMS, Floats
from isingrg.graphvae._plots import Plots

_LARGEST_BATCH, _MOST_SAMPLES = 65536, 2**31


class GraphVAE(Plots):
    """A variational autoencoder of Ising configurations with a latent variable at every scale.

    A site enters with its spin s_i and h_i = sum_j s_i s_j over its four neighbours, which two
    linear layers, each with ReLU, turn into a token. At each level two graph convolutions with
    symmetric normalisation and ReLU follow, then pooling of 2 x 2 sites by mean and maximum. The
    mean over the sites
    of a level gives, by a linear layer each, mu and log sigma^2 of its latent variable (`encode`);
    z = mu + sigma eps of the last level (Eq. 3) is decoded to the spins (`decode`). The loss
    (Eq. 1) is

        reconstruction + beta D_KL(q(z|x) || N(0, 1))
            + lambda_rg sum_l |r_l - r_(l+1)|^2 / (levels - 1).

    Parameters
    ----------
    L : int
        Linear size of the torus: a multiple of 2**(levels - 1), at least four times that, at most
        256.
    latent : int
        Numbers of a latent variable, 1 to 256.
    hidden : int
        Features of a site, and units of the perceptron that decodes, 1 to 256.
    token : int
        Features of a token, 1 to 256.
    levels : int
        Scales, 1 to 8.
    likelihood : {"mse", "bernoulli"}
        The reconstruction term: the mean over sites of the squared error (a Gaussian of unit
        variance, up to constants), or of the binary cross entropy of (s + 1) / 2.
    decoder : {"mlp", "graph"}
        A perceptron with two hidden layers with ReLU to all sites; or a linear layer without ReLU
        to the features of the sites of the last level, graph convolutions with ReLU from level to
        level, and a linear layer to each site's output.
    beta, lambda_rg : float
        Weights of the divergence and of the consistency of the levels, 0 to 10**6.
    representation : {"mu", "z"}
        r in the consistency (Eq. 6): means, or samples with noise of their own at every level.
    anneal : int
        Epochs over which beta and lambda_rg rise linearly from zero, 0 to 10**9; 0 keeps them
        constant.

    Notes
    -----
    Training computes in single precision, everything else in double. log sigma^2 is bounded by the
    training only. The defaults are the published ones. A model may be used from several threads; a
    call that meets a training in another thread raises `IsingRGError`.

    References
    ----------
    T. Meng, "Learning Renormalization-Group-Like Latent Variables with a Hierarchical GNN-VAE for
    the 2D Ising Model"; T. N. Kipf and M. Welling, arXiv:1609.02907.

    Examples
    --------
    >>> spins = isingrg.ising.sample(8, [0.2, 0.44, 0.6], 100).reshape(-1, 8, 8)
    >>> model = GraphVAE(L=8, hidden=16, levels=2).fit(spins, 2)
    >>> fine, coarse = model.encode(spins)
    >>> mu, logvar = coarse
    >>> mu.shape
    (300, 4)
    """

    def __init__(
        self,
        L: int = 16,
        *,
        latent: int = 4,
        hidden: int = 64,
        token: int = 16,
        levels: int = 3,
        likelihood: str = "mse",
        decoder: str = "mlp",
        beta: float = 0.1,
        lambda_rg: float = 0.5,
        representation: str = "mu",
        anneal: int = 0,
    ) -> None:
        self._configuration = Configuration.checked(
            L, latent, hidden, token, levels, likelihood, decoder, beta, lambda_rg, representation,
            anneal,
        )  # fmt: skip
        self._network_seed = 0
        self._seed = 0
        self._history = np.empty((0, len(TERMS)))

    def __repr__(self) -> str:
        names = dataclasses.asdict(self._configuration)
        listed = ", ".join(f"{name}={value!r}" for name, value in names.items())
        trained = f"epoch {self.epoch}" if self._native else "untrained"
        return f"GraphVAE({listed})  # {'closed' if self._closed else trained}"

    @property
    def parameter_count(self) -> int:
        """Number of parameters."""
        self._check_open()
        native = self._native or self._configuration.create(0)
        return int(_core.graphvae_parameter_count(native))

    @property
    def epoch(self) -> int:
        """Epochs done."""
        self._settle()
        return len(self._history)

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        self._check_open()
        self._settle()
        return 0 if self._native is None else int(_core.graphvae_step(self._native))

    # Training

    @alone
    def fit(
        self,
        spins: ArrayLike,
        epochs: int = 60,
        batch: int = 32,
        lr: float = 1e-3,
        *,
        weight_decay: float = 0,
        seed: int | None = None,
        checkpoint: Path | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> "GraphVAE":
        """Train, or train further, with Adam.

        Each epoch passes through the configurations in a new random order, the last smaller batch
        included. The first call makes the network. A training in pieces is the same, bit for bit,
        as one in a single call.

        Parameters
        ----------
        spins : array_like, shape (..., L, L)
            +1 and -1 in any integer or floating dtype, from `isingrg.ising.sample` or anywhere
            else, 1 to 2**31 configurations. int8 is not copied.
        epochs : int
            Passes of this call, 1 to 10**9.
        batch : int
            Configurations per step, 1 to 65536.
        lr : float
            Learning rate, 1e-12 to 10.
        weight_decay : float
            0 to 10; this times each parameter is added to its gradient.
        seed : int, optional
            Of the network, the order of the data and the noise of the latent variables; 0 by
            default, and later the one before. A later seed does not change the network.
        checkpoint : str or os.PathLike, optional
            Of a file that gets the model, as by `save`, after every so many epochs, at the end,
            and when the training is stopped or fails; what is there is replaced. `load` gives a
            model that `fit` continues bit for bit, given the
            same spins, batch, lr and weight_decay.
        every : int, optional
            Epochs between two checkpoints, 1 to 10**9; 10 by default.
        progress : bool or callable
            True shows a bar; a callable receives (done, total), counted in configurations, and
            stops by returning False.

        Returns
        -------
        GraphVAE
            This model.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped. The model stays at its last complete epoch, which a
            note on the exception names; `fit` continues from it.
        NonFiniteError
            If the loss stops being finite; the model stays at the epoch before.
        MemoryError
            If the machine cannot hold the gradients or the history.
        OSError
            If the checkpoint cannot be written: before the training where that can be seen, else
            with the model at the epoch that a note names and the last good file untouched.

        Examples
        --------
        A training that is killed at any moment goes on when the same is run again:

        >>> import os
        >>> spins = isingrg.ising.sample(8, [0.2, 0.44, 0.6], 100).reshape(-1, 8, 8)
        >>> path = "vae.safetensors"
        >>> model = GraphVAE.load(path) if os.path.exists(path) else GraphVAE(L=8, levels=2)
        >>> if model.epoch < 4:
        ...     model = model.fit(spins, 4 - model.epoch, checkpoint=path, every=1)
        >>> GraphVAE.load(path).epoch
        4
        """
        self._check_open()
        array = self._spins(spins)
        samples = array.reshape(-1, self.L, self.L)
        if not 1 <= len(samples) <= _MOST_SAMPLES:
            raise ArgumentError(f"spins must hold 1 to 2**31 configurations, got {len(samples)}")
        epochs = _arguments.integer("epochs", epochs, 1, MOST_EPOCHS)
        batch = _arguments.integer("batch", batch, 1, _LARGEST_BATCH)
        lr = _arguments.finite("lr", lr, 1e-12, 10)
        weight_decay = _arguments.finite("weight_decay", weight_decay, 0, 10)
        kept = self._checkpoint(checkpoint, every, 10)
        seed = self._seed if seed is None else _arguments.seed(seed)
        rows = _arguments.allocate("the history", (epochs, len(TERMS)), np.float64)
        first = self._native is None
        native = self._configuration.create(seed) if first else self._native
        attributes = {"_seed": seed, "_network_seed": seed if first else self._network_seed}

        def call(rows: Floats, report: Any) -> tuple[int, BaseException | None]:
            return _core.graphvae_fit(
                native, samples, len(rows), batch, lr, weight_decay, seed, rows, report
            )

        self._train(TrainingCall(native, rows, attributes), call, kept, progress)
        return self

    @property
    def history(self) -> dict[str, Floats]:
        """What each epoch did, arrays of one number per epoch.

        epoch (1, 2, ...); and means over the epoch's configurations, while the parameters
        changed, of the terms of the loss: loss, reconstruction, kl, rg as in `loss`, but with the
        annealed weights.
        """
        self._settle()
        columns = self._columns()
        return {"epoch": np.arange(1.0, len(columns["loss"]) + 1), **columns}

    def _columns(self) -> dict[str, Floats]:
        history = self._history
        return {name: history[:, column].copy() for name, column in TERMS.items()}

    # Keeping

    _format = _storage.FORMAT
    _destroy = staticmethod(_core.graphvae_destroy)
    _rows_done = staticmethod(_core.graphvae_epoch)
    _unit = "epoch"

    def _state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        metadata = {
            "configuration": dataclasses.asdict(self._configuration),
            "network_seed": self._network_seed,
            "seed": self._seed,
        }
        history = {f"history.{name}": column for name, column in self._columns().items()}
        return metadata, _storage.STATE.read(self._native) | history

    @classmethod
    def _restored(cls, metadata: dict[str, Any], arrays: dict[str, Floats]) -> "GraphVAE":
        model = cls(**metadata["configuration"])
        model._network_seed = _arguments.seed(metadata["network_seed"], "network_seed")
        model._seed = _arguments.seed(metadata["seed"])
        arrays = dict(arrays)
        columns = {name: arrays.pop(f"history.{name}") for name in TERMS}
        native = model._configuration.create(model._network_seed)
        _storage.STATE.write(native, arrays)
        epochs = _core.graphvae_epoch(native)
        for name, column in columns.items():
            if column.shape != (epochs,):
                raise ArgumentError(
                    f"the array 'history.{name}' must have the shape {(epochs,)}, the epochs of "
                    f"the model, not {column.shape}"
                )
            if not np.isfinite(column).all():
                raise ArgumentError(f"the array 'history.{name}' must be finite")
        model._history = np.stack([columns[name] for name in TERMS], axis=1)
        model._native = native
        return model
