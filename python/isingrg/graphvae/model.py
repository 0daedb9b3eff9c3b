"""The hierarchical graph variational autoencoder."""

from __future__ import annotations

import dataclasses
from typing import Any

from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg._shared.files import Path
from isingrg._shared.history import Columns, Floats
from isingrg._shared.model import NativeModel
from isingrg._shared.settings import documented
from isingrg._shared.storage import Format
from isingrg._shared.training import Callback, Watch, alone
from isingrg.graphvae import _evaluation, _interpretation, _plots, _pruning
from isingrg.graphvae._configuration import Configuration, Training
from isingrg.graphvae._evaluation import TERMS

_MOST_SAMPLES = 2**31


@documented(Configuration)
class GraphVAE(NativeModel):
    """A variational autoencoder of Ising configurations with a latent variable at every scale.

    A site enters with its spin s_i and h_i = sum_j s_i s_j over its four neighbours, which two
    linear layers, each with ReLU, turn into a token. At each level two graph convolutions with
    symmetric normalisation and ReLU follow, then pooling of 2 x 2 sites by mean and maximum. From
    the mean over the sites of a level, one linear layer gives mu and another log sigma^2 of its
    latent variable (`encode`); z = mu + sigma eps of the last level (Eq. 3) is decoded to the spins
    (`decode`). The loss (Eq. 1) is

        reconstruction + beta D_KL(q(z|x) || N(0, 1))
        + lambda_rg sum_l |r_l - r_(l+1)|^2 / (levels - 1).

    With ``readout="sites"`` the same two linear layers read every site of a level on its own, so
    that the latent variables of a level are a map that knows where things are. The divergence is
    then a mean over the sites of the last level. The consistency is a mean over the sites of level
    l + 1 of the squared distance between r there and the mean of r over the 2 x 2 sites of level l
    that became that site.

    Parameters
    ----------
    {settings}

    Notes
    -----
    Training computes in single precision, everything else in double. Nothing but the training
    bounds log sigma^2. The defaults are the published ones. A model may be used from several
    threads; a call that meets a training in another thread raises `IsingRGError`.

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

    _configuration: Configuration
    _format = Format("isingrg.graphvae", 2)
    _training_type = Training
    _columns = Columns("epoch", tuple(TERMS), parts="configurations")
    _create = staticmethod(_core.graphvae_create)

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
        readout: str = "mean",
        anneal: int = 0,
    ) -> None:
        self._configure(Configuration.of(locals()), Training())

    @property
    def L(self) -> int:
        """Linear size of the configurations that are learned and decoded."""
        return self._configuration.L

    @property
    def levels(self) -> int:
        """Number of scales, L_s."""
        return self._configuration.levels

    @property
    def latent(self) -> int:
        """How many numbers a latent variable has."""
        return self._configuration.latent

    @property
    def readout(self) -> str:
        """What of a level has a latent variable: the level ("mean") or each site ("sites")."""
        return self._configuration.readout

    @property
    def epoch(self) -> int:
        """Epochs done."""
        self._settle()
        return len(self._history)

    @documented(Training)
    @alone
    def fit(
        self,
        spins: ArrayLike,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        *,
        weight_decay: float | None = None,
        seed: int | None = None,
        checkpoint: Path | None = None,
        callback: Callback | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> GraphVAE:
        """Train, or train further, with Adam.

        Each epoch passes through the configurations in a new random order, the last smaller batch
        included. The first call makes the network. A training in pieces is the same, bit for bit,
        as one in a single call. An argument that is not given keeps its value of the call before,
        but for `epochs`; the first call takes the default.

        Parameters
        ----------
        spins : array_like, shape (..., L, L)
            +1 and -1 in any integer or floating dtype, from `isingrg.ising.sample` or anywhere
            else, 1 to 2**31 configurations. int8 is not copied.
        {settings}
        seed : int, optional
            Seed of the network, the order of the data and the noise of the latent variables. By
            default 0, and later that of the call before. A later seed does not change the network.
        checkpoint : str or os.PathLike, optional
            A file that gets the model, as by `save`, after every so many epochs, at the end, and
            when the training is stopped or fails; what is there is replaced. `load` gives a model
            that `fit` continues bit for bit, given the same spins.
        callback : callable, optional
            Receives an `isingrg.TrainingRecord` after every so many epochs and at the end. When it
            returns False, the training ends there without an exception.
        every : int, optional
            Epochs between two checkpoints, by default 10, and between two calls of `callback`, by
            default 1; 1 to 10**9.
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
            If the checkpoint cannot be written. The error comes before the training where that
            can be seen; otherwise the model stays at the epoch that a note names, and the last
            good file is untouched.

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
        given = dict(locals())
        samples = _evaluation.configurations(self, spins).reshape(-1, self.L, self.L)
        if not 1 <= len(samples) <= _MOST_SAMPLES:
            raise ArgumentError(f"spins must hold 1 to 2**31 configurations, got {len(samples)}")
        watch = Watch.checked(checkpoint, every, callback, progress, default=10)

        def epochs_of(native: Any, record: dict[str, Any], rows: Floats, report: Any) -> Any:
            return _core.graphvae_fit(native, samples, record, rows, report)

        self._train(self._begin(self._changed(given), seed), epochs_of, watch)
        return self

    encode = _evaluation.encode
    decode = _evaluation.decode
    loss = _evaluation.loss
    sample = _evaluation.sample
    sample_with_z = _evaluation.sample_with_z
    prune = _pruning.prune
    trajectories = _interpretation.trajectories
    level_distances = _interpretation.level_distances
    basins = _interpretation.basins
    rg_map = _interpretation.rg_map
    plot_principal_component = _plots.plot_principal_component
    _means = _interpretation.means

    @staticmethod
    def _upgrade(version: int, metadata: dict[str, Any], arrays: dict[str, Floats]) -> None:
        # The first version did not remember the settings of the training.
        metadata["training"] = dataclasses.asdict(Training())
