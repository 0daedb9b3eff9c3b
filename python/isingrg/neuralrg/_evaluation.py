"""What a trained flow says about configurations, and about the free energy."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg._errors import IsingRGError
from isingrg._progress import reporting
from isingrg.neuralrg import _hierarchy
from isingrg.neuralrg._configuration import Configuration
from isingrg.neuralrg._dual import log_density
from isingrg.neuralrg._hierarchy import Layer, Sites
from isingrg.neuralrg._samples import Floats, Reals, Samples

_MOST_SAMPLES = 2**32


class FreeEnergy(NamedTuple):
    """A Monte Carlo estimate of an upper bound of -ln Z."""

    mean: float
    standard_error: float


class LogPartition(NamedTuple):
    """A Monte Carlo estimate of ln Z."""

    estimate: float
    standard_error: float
    #: (sum w)**2 / sum w**2 of the importance weights: how many samples of pi these are worth.
    effective_sample_size: float


class Evaluation:
    """The part of `NeuralRG` that asks the network and does not change it."""

    _configuration: Configuration
    _native: Any
    _closed: bool

    @property
    def L(self) -> int:
        """Linear size of the lattice."""
        return self._configuration.L

    @property
    def K(self) -> float:
        """Coupling J/T of the target."""
        return self._configuration.K

    def _check_open(self) -> None:
        if self._closed:
            raise IsingRGError("the model is closed")

    def _ready(self) -> Any:
        """The native model, there and trained."""
        self._check_open()
        if self._native is None:
            raise IsingRGError("the model has not been trained yet; call fit first")
        return self._native

    # Structure, which does not depend on the training

    def _any(self) -> Any:
        """A native model of the configuration, trained or not."""
        self._check_open()
        return self._configuration.create(0) if self._native is None else self._native

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
        return _hierarchy.latent_scales(self._any(), self.L)

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        return _core.neuralrg_parameter_count(self._any())

    # Configurations

    def sample(self, n: int, *, seed: int = 0, progress: Any = False) -> Floats:
        """Independent configurations x = g(z) of the flow's density q.

        Parameters
        ----------
        n : int
            Number of configurations, at least 1. The first ones do not depend on it.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        ndarray, shape (n, L, L)
            A symmetric flow negates half of them, at random.

        Raises
        ------
        MemoryError
            If the machine cannot hold them.
        """
        native = self._ready()
        n = _arguments.integer("n", n, 1, _MOST_SAMPLES)
        seed = _arguments.seed(seed)
        samples: Floats = _arguments.allocate("the samples", (n, self.L, self.L), np.float64)
        with reporting(progress, "sampling") as report:
            _core.neuralrg_sample(native, seed, samples, None, report)
        return samples

    def log_prob(self, x: ArrayLike, *, progress: Any = False) -> Reals:
        """ln q(x), normalised: ln N(z; 0, 1) + ln |det dz/dx| with z = g^-1(x) (Eq. 1).

        A symmetric flow has the mean of this density at x and -x.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
        progress : bool or callable
            As for `sample`.

        Returns
        -------
        float or ndarray, shape (...)

        Raises
        ------
        NonFiniteError
            If x is so large that the result is beyond the range of float64.
        """
        native = self._ready()
        samples = Samples("x", x, self.L)
        values = np.empty(len(samples))
        with reporting(progress, "evaluating") as report:
            if len(samples):
                _core.neuralrg_log_probability(native, samples.rows, values, report)
        return samples.scalars(values, "ln q(x)")

    def encode(self, x: ArrayLike, *, progress: Any = False) -> tuple[Floats, Reals]:
        """Latent variables z = g^-1(x) and ln |det dz/dx|: the flow of the RG.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
        progress : bool or callable
            As for `sample`.

        Returns
        -------
        z : ndarray, shape (..., L, L)
            On the sites of the physical variables; `latent_scales` tells their scales.
        logdet : float or ndarray, shape (...)

        Raises
        ------
        NonFiniteError
            If x is so large that a result is beyond the range of float64.
        """
        return self._transformed("x", x, _core.neuralrg_encode, "z", progress)

    def decode(self, z: ArrayLike, *, progress: Any = False) -> tuple[Floats, Reals]:
        """Physical variables x = g(z) and ln |det dx/dz|: the inverse of `encode`.

        Parameters
        ----------
        z : array_like, shape (..., L, L)
        progress : bool or callable
            As for `sample`.

        Returns
        -------
        x : ndarray, shape (..., L, L)
        logdet : float or ndarray, shape (...)

        Raises
        ------
        NonFiniteError
            If z is so large that a result is beyond the range of float64.
        """
        return self._transformed("z", z, _core.neuralrg_decode, "x", progress)

    def _transformed(
        self, name: str, values: Any, function: Any, image: str, progress: Any
    ) -> tuple[Floats, Reals]:
        native = self._ready()
        samples = Samples(name, values, self.L)
        images = _arguments.allocate(image, samples.rows.shape, np.float64)
        determinants = np.empty(len(samples))
        with reporting(progress, "evaluating") as report:
            if len(samples):
                function(native, samples.rows, images, determinants, report)
        return (
            samples.configurations(images, image),
            samples.scalars(determinants, "the log-determinant"),
        )

    # Free energy

    def free_energy(self, n: int, *, seed: int = 0, progress: Any = False) -> FreeEnergy:
        """Mean of ln q(x) - ln pi(x) over samples, an upper bound of -ln Z (Eqs. 3 and 4).

        The bound exceeds -ln Z, which `log_partition_dual` gives, by the Kullback-Leibler
        divergence from q to the target.

        Parameters
        ----------
        n : int
            Samples, at least 2.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            As for `sample`; counts first the samples, then their densities.

        Returns
        -------
        mean, standard_error : float
        """
        losses = -self._log_weights(n, seed, progress)
        return FreeEnergy(float(losses.mean()), _standard_error(losses))

    def log_partition(self, n: int, *, seed: int = 0, progress: Any = False) -> LogPartition:
        """ln Z from importance weights w = pi(x) / q(x), whose mean over q is Z.

        Parameters
        ----------
        n : int
            Samples, at least 2.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            As for `free_energy`.

        Returns
        -------
        estimate, standard_error : float
            ln of the mean weight. The error is to first order, and too small where few samples
            carry most of the weight: see the effective sample size.
        effective_sample_size : float
            1 to n.
        """
        logarithms = self._log_weights(n, seed, progress)
        largest = float(logarithms.max())
        weights = np.exp(logarithms - largest)
        mean = float(weights.mean())
        return LogPartition(
            largest + math.log(mean),
            _standard_error(weights) / mean,
            float(weights.sum() ** 2 / np.square(weights).sum()),
        )

    def _log_weights(self, n: int, seed: int, progress: Any) -> Floats:
        """ln pi(x) - ln q(x) of n samples."""
        self._ready()
        n = _arguments.integer("n", n, 2, _MOST_SAMPLES)
        x = self.sample(n, seed=seed, progress=progress)
        density = self.log_prob(x, progress=progress)
        return np.asarray(log_density(x, self.K)) - density


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))
