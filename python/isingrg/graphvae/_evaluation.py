"""What a trained model says of configurations and latent variables."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError, NonFiniteError
from isingrg._model import NativeModel
from isingrg._progress import reporting
from isingrg.graphvae._configuration import Configuration

Floats = NDArray[np.float64]

_LARGEST_ENCODED = 1024

#: The terms of Eq. 1 by name, columns of the native history.
TERMS = {
    "loss": _core.GRAPHVAE_LOSS,
    "reconstruction": _core.GRAPHVAE_RECONSTRUCTION,
    "kl": _core.GRAPHVAE_KL,
    "rg": _core.GRAPHVAE_RG,
}


class Evaluation(NativeModel):
    """Encoding, decoding and the loss, in double precision."""

    _configuration: Configuration

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
        """Numbers of a latent variable."""
        return self._configuration.latent

    def _spins(self, value: Any) -> NDArray[np.int8]:
        """Configurations (..., L, L) of the model's size."""
        array = _arguments.spins(value)
        if array.shape[-1] != self.L:
            raise ArgumentError(
                f"spins must have the shape (..., {self.L}, {self.L}), got {array.shape}"
            )
        return array

    def encode(self, spins: ArrayLike, *, progress: Any = False) -> list[tuple[Floats, Floats]]:
        """Mean and logarithmic variance of the latent variable of every level (Eq. 2).

        Level l does not change under translations by 2**l sites, nor under reflections and quarter
        turns. A level is an average over its sites: configurations of other sizes than L can be
        encoded too.

        Parameters
        ----------
        spins : array_like, shape (..., l, l)
            +1 and -1 in any integer or floating dtype; l a multiple of 2**(levels - 1), at least
            twice that and at most 1024.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        list of (mu, logvar)
            One pair for each level, the finest first: ndarrays of the shape (..., latent).

        Raises
        ------
        NonFiniteError
            If the parameters are so large that a result is beyond the range of float64.
        MemoryError
            If the machine cannot hold the features of one configuration.
        """
        native = self._ready()
        array = _arguments.spins(spins)
        size, block = array.shape[-1], self._configuration.block
        if size % block or not 2 * block <= size <= _LARGEST_ENCODED:
            raise ArgumentError(
                f"spins must have a size that is a multiple of {block} from {2 * block} to "
                f"{_LARGEST_ENCODED}, got {size}"
            )
        rows = array.reshape(-1, size, size)
        shape = (self.levels, len(rows), self.latent)
        means: Floats = _arguments.allocate("mu", shape, np.float64)
        variances: Floats = _arguments.allocate("logvar", shape, np.float64)
        with reporting(progress, "encoding") as report:
            if len(rows):
                _core.graphvae_encode(native, rows, means, variances, report)
        if not (np.isfinite(means).all() and np.isfinite(variances).all()):
            raise NonFiniteError("a latent variable is not finite: the parameters are too large")
        leading = (*array.shape[:-2], self.latent)
        return [
            (mu.reshape(leading), logvar.reshape(leading))
            for mu, logvar in zip(means, variances, strict=True)
        ]

    def decode(self, z: ArrayLike, *, progress: Any = False) -> Floats:
        """Mean of the spins given the latent variable of the last level.

        Parameters
        ----------
        z : array_like, shape (..., latent)
        progress : bool or callable
            As for `encode`.

        Returns
        -------
        ndarray, shape (..., L, L)
            With the likelihood "mse" what the decoder gives, which need not be within -1 and 1;
            with "bernoulli" 2 p - 1, where p is the probability of a spin +1.

        Raises
        ------
        NonFiniteError
            If z is so large that a result is beyond the range of float64.
        """
        native = self._ready()
        array = _arguments.reals("z", z)
        if array.ndim < 1 or array.shape[-1] != self.latent:
            raise ArgumentError(f"z must have the shape (..., {self.latent}), got {array.shape}")
        rows = array.reshape(-1, self.latent)
        means: Floats = _arguments.allocate("the spins", (len(rows), self.L, self.L), np.float64)
        with reporting(progress, "decoding") as report:
            if len(rows):
                _core.graphvae_decode(native, rows, means, report)
        if not np.isfinite(means).all():
            raise NonFiniteError("a mean of the spins is not finite: z is too large")
        return means.reshape(*array.shape[:-1], self.L, self.L)

    def loss(self, spins: ArrayLike, *, seed: int = 0, progress: Any = False) -> dict[str, float]:
        """The terms of the loss (Eq. 1), means over configurations.

        Parameters
        ----------
        spins : array_like, shape (..., L, L)
            At least one configuration.
        seed : int
            Of the noise of the latent variables, 0 to 2**64 - 1.
        progress : bool or callable
            As for `encode`.

        Returns
        -------
        dict
            "reconstruction", the mean over sites of the squared error or the cross entropy; "kl"
            (Eq. 4) of the last level; "rg" (Eq. 6); and "loss", reconstruction + beta kl +
            lambda_rg rg, with the weights after any annealing.

        Raises
        ------
        NonFiniteError
            If the parameters are so large that a term is beyond the range of float64.
        """
        native = self._ready()
        array = self._spins(spins)
        if not array.size:
            raise ArgumentError("spins must hold at least one configuration")
        seed = _arguments.seed(seed)
        terms = np.empty(_core.GRAPHVAE_COLUMNS)
        with reporting(progress, "evaluating") as report:
            _core.graphvae_loss(native, array.reshape(-1, self.L, self.L), seed, terms, report)
        if not np.isfinite(terms).all():
            raise NonFiniteError("the loss is not finite: the parameters are too large")
        return {name: float(terms[column]) for name, column in TERMS.items()}
