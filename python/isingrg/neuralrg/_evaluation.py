"""What a trained flow says about configurations."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError, NonFiniteError
from isingrg._model import NativeModel
from isingrg._progress import reporting
from isingrg.neuralrg import _hierarchy
from isingrg.neuralrg._configuration import Configuration
from isingrg.neuralrg._hierarchy import Layer, Sites
from isingrg.neuralrg._samples import Floats, Reals, Samples
from isingrg.neuralrg._storage import STATE

MOST_SAMPLES = 2**32


class Evaluation(NativeModel):
    """The part of `NeuralRG` that asks the network and does not change it."""

    _configuration: Configuration

    @property
    def L(self) -> int:
        """Linear size of the lattice."""
        return self._configuration.L

    @property
    def K(self) -> float:
        """Coupling J/T of the target."""
        return self._configuration.K

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
    def depth(self) -> int:
        """Scales of the hierarchy; of "tebd" pairs of layers."""
        return self._configuration.depth or self.L.bit_length() - 1

    @property
    def masks(self) -> NDArray[np.bool_]:
        """Which sites the coupling layers keep, (hierarchy layers, coupling layers, 2, 2)."""
        numbers = STATE.read(self._ready())["masks"].astype(np.uint8)
        return (numbers[..., None] >> np.arange(4) & 1).astype(bool).reshape(*numbers.shape, 2, 2)

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
        NonFiniteError
            If the parameters are so large that one is beyond the range of float64.
        """
        return self._sampled(n, seed, progress, None)

    def sample_with_log_prob(
        self, n: int, *, seed: int = 0, progress: Any = False
    ) -> tuple[Floats, Floats]:
        """The same configurations as `sample`, and ln q(x) of each.

        Cheaper than `log_prob` of them, because decoding knows the density; a symmetric flow
        encodes -x once.

        Parameters
        ----------
        n : int
            Number of configurations, at least 1.
        seed : int
            0 to 2**64 - 1.
        progress : bool or callable
            As for `sample`.

        Returns
        -------
        x : ndarray, shape (n, L, L)
        log_prob : ndarray, shape (n,)

        Raises
        ------
        MemoryError
            If the machine cannot hold them.
        NonFiniteError
            If the parameters are so large that one is beyond the range of float64.
        """
        n = _arguments.integer("n", n, 1, MOST_SAMPLES)
        density: Floats = _arguments.allocate("the densities", (n,), np.float64)
        return self._sampled(n, seed, progress, density), density

    def _sampled(self, n: int, seed: int, progress: Any, density: Floats | None) -> Floats:
        native = self._ready()
        n = _arguments.integer("n", n, 1, MOST_SAMPLES)
        seed = _arguments.seed(seed)
        samples: Floats = _arguments.allocate("the samples", (n, self.L, self.L), np.float64)
        with reporting(progress, "sampling") as report:
            _core.neuralrg_sample(native, seed, samples, None, density, report)
        for values in (samples,) if density is None else (samples, density):
            if not np.isfinite(values).all():
                raise NonFiniteError("a sample is not finite: the parameters are too large")
        return samples

    def log_prob(self, x: ArrayLike, *, progress: Any = False) -> Reals:
        """ln q(x), normalised: ln N(z; 0, 1) + ln |det dz/dx| with z = g^-1(x) (Eq. 1).

        A symmetric flow has the mean of this density at x and -x.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
            Fields, not spins: the density at x = s is no probability of the spins s.
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

    def encode(
        self, x: ArrayLike, *, scales: tuple[int, int] | None = None, progress: Any = False
    ) -> tuple[Floats, Reals]:
        """Latent variables z = g^-1(x) and ln |det dz/dx|: the flow of the RG.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
        scales : (int, int), optional
            Only the part of the flow from scale n to m, 0 <= n <= m <= depth; pairs of layers of a
            "tebd". What enters scale n lives on the sites whose coordinates are multiples of
            2**n, all others stay as they are.
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
        return self._transformed("x", x, _core.neuralrg_encode, "z", scales, progress)

    def decode(
        self, z: ArrayLike, *, scales: tuple[int, int] | None = None, progress: Any = False
    ) -> tuple[Floats, Reals]:
        """Physical variables x = g(z) and ln |det dx/dz|: the inverse of `encode`.

        Parameters
        ----------
        z : array_like, shape (..., L, L)
        scales : (int, int), optional
            Only the part of the flow from scale m to n, given as (n, m): the inverse of `encode`
            with these scales.
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
        return self._transformed("z", z, _core.neuralrg_decode, "x", scales, progress)

    def _layers(self, scales: Any) -> tuple[int, int]:
        """First and end of the layers of these scales."""
        per_scale = len(self.hierarchy) // self.depth
        if scales is None:
            return 0, per_scale * self.depth
        try:
            first, end = scales
        except (TypeError, ValueError):
            raise ArgumentError(
                f"scales must be a pair (n, m), got {_arguments.given(scales)}"
            ) from None
        end = _arguments.integer("scales[1]", end, 0, self.depth)
        return per_scale * _arguments.integer("scales[0]", first, 0, end), per_scale * end

    def _transformed(
        self, name: str, values: Any, function: Any, image: str, scales: Any, progress: Any
    ) -> tuple[Floats, Reals]:
        native = self._ready()
        layers = self._layers(scales)
        samples = Samples(name, values, self.L)
        images = _arguments.allocate(image, samples.rows.shape, np.float64)
        determinants = np.empty(len(samples))
        with reporting(progress, "evaluating") as report:
            if len(samples):
                function(native, samples.rows, *layers, images, determinants, report)
        return (
            samples.configurations(images, image),
            samples.scalars(determinants, "the log-determinant"),
        )
