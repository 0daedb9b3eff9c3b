"""Densities that a flow can learn: known up to a factor, for configurations of L x L numbers."""

from __future__ import annotations

import abc
import math
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising._couplings import coupling, of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.neuralrg._dual import log_density, log_partition_dual
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats, Reals, Samples

#: Of a field: m^2, and the coupling of its fourth power.
_LARGEST_MASS, _LARGEST_QUARTIC = 1e3, 1e6
#: How far the spectrum and the covariance may be from symmetric, relative to the largest number.
_ROUNDING = 1e-9


class Target(abc.ABC):
    """A density pi(x) that is known up to a factor; the argument `target` of `NeuralRG`.

    Attributes
    ----------
    L : int
        Linear size: configurations are arrays (L, L).
    """

    #: Name in files.
    kind: ClassVar[str]
    L: int

    def log_density(self, x: ArrayLike) -> Reals:
        """ln pi(x), not normalised.

        Parameters
        ----------
        x : array_like, shape (..., L, L)
            Configurations.

        Returns
        -------
        float or ndarray, shape (...)

        Raises
        ------
        NonFiniteError
            If x is so large that its density is beyond the range of float64.
        """
        samples = Samples("x", x, self.L)
        return samples.scalars(self._log_densities(samples.rows), "ln pi(x)")

    @abc.abstractmethod
    def _log_densities(self, rows: Floats) -> Floats:
        """ln pi of configurations (n, L, L)."""

    @property
    def log_partition(self) -> float | None:
        """ln of the integral of pi, exact, where it is known."""
        return None

    @abc.abstractmethod
    def _description(self) -> dict[str, Any]:
        """What a file says of it, beside its kind."""

    @abc.abstractmethod
    def _record(self) -> dict[str, Any] | None:
        """What the core takes; None for the dual Ising model, which it knows."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # targets do not change

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._description().items())
        return f"{type(self).__name__}({shown})"


class DualIsing(Target):
    """The continuous dual of the Ising model, whose density is `isingrg.neuralrg.log_density`.

    Parameters
    ----------
    L : int
        Linear size, even, 2 to 64.
    K : float
        Coupling J/T, at most 100 in magnitude.
    """

    kind = "dual-ising"

    @of_square_lattice
    def __init__(self, L: int, K: float) -> None:
        self.L = arguments.integer("L", L, 2, LARGEST_SIZE, even=True)
        self.K = coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)

    def _log_densities(self, rows: Floats) -> Floats:
        return np.asarray(log_density(rows, self.K))

    @property
    def log_partition(self) -> float:
        """ln of the integral of pi, exact: `log_partition_dual`."""
        return float(log_partition_dual(self.L, self.K))

    def _description(self) -> dict[str, Any]:
        return {"L": self.L, "K": self.K}

    def _record(self) -> None:
        return None


class _Quadratic(Target):
    """ln pi(x) = -x A x / 2 + a sum of a function of each number."""

    #: Code of that function in the core.
    _term: ClassVar[int]
    #: Its factor.
    _strength = 0.0
    #: Eigenvalues of A on the waves of the torus, (L, L), or A itself, (L**2, L**2).
    _form: Floats

    def _log_densities(self, rows: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            values = -self._quadratic(rows) / 2
            if self._strength:
                values -= self._strength * (rows**4).sum(axis=(1, 2))
        return values

    def _quadratic(self, rows: Floats) -> Floats:
        """x A x of each row."""
        if len(self._form) == self.L:
            power = np.abs(np.fft.fft2(rows)) ** 2 / self.L**2
            return np.asarray((power * self._form).sum(axis=(1, 2)))
        flat = rows.reshape(len(rows), -1)
        return np.asarray(np.einsum("ni,ni->n", flat @ self._form, flat))

    def _record(self) -> dict[str, Any]:
        return {"kind": self._term, "strength": self._strength, "form": self._form}


class Phi4(_Quadratic):
    """A scalar field with a quartic coupling on the torus, in two dimensions.

    ln pi(x) = -sum_i [sum_mu (x_i - x_(i+mu))^2 + m^2 x_i^2 + coupling x_i^4], mu being the two
    directions. Where m^2 is negative there are two preferred signs.

    Parameters
    ----------
    L : int
        Linear size, even, 2 to 64.
    mass2 : float
        m^2, at most 1000 in magnitude.
    coupling : float
        Of the fourth power, above 0, at most 10**6.

    References
    ----------
    M. S. Albergo, G. Kanwar and P. E. Shanahan, doi:10.1103/PhysRevD.100.034515, Eq. 9.
    """

    kind = "phi4"
    _term = _core.NEURALRG_QUARTIC

    def __init__(self, L: int, mass2: float, coupling: float) -> None:
        self.L = arguments.integer("L", L, 2, LARGEST_SIZE, even=True)
        self.mass2 = arguments.finite("mass2", mass2, -_LARGEST_MASS, _LARGEST_MASS)
        self.coupling = arguments.finite("coupling", coupling, 0, _LARGEST_QUARTIC)
        if not self.coupling:
            raise ArgumentError("coupling must be positive: a Gaussian has none")
        self._strength = self.coupling
        cosines = np.cos(2 * np.pi * np.arange(self.L) / self.L)
        self._form = 2 * (self.mass2 + 4 - 2 * (cosines[:, None] + cosines))

    def _description(self) -> dict[str, Any]:
        return {"L": self.L, "mass2": self.mass2, "coupling": self.coupling}


class Gaussian(_Quadratic):
    """Normally distributed numbers with mean 0.

    Parameters
    ----------
    spectrum : array_like, shape (L, L), optional
        Of a Gaussian that does not change under translations: variance of the waves of k periods
        along the rows and l along the columns, which is the eigenvalue of the covariance;
        positive, and the same for k and L - k, and for l and L - l. L is even, 2 to 64.
    covariance : array_like, shape (L**2, L**2), optional
        Of the numbers x[i, j], in the order i L + j; symmetric and positive. One of both is given.

    Examples
    --------
    >>> import numpy as np
    >>> target = Gaussian(spectrum=np.full((4, 4), 2.0))
    >>> print(f"{target.log_partition:.6f}")
    20.248194
    """

    kind = "gaussian"
    _term = _core.NEURALRG_GAUSSIAN

    def __init__(
        self, *, spectrum: ArrayLike | None = None, covariance: ArrayLike | None = None
    ) -> None:
        if (spectrum is None) == (covariance is None):
            raise ArgumentError("either spectrum or covariance must be given")
        if spectrum is not None:
            self._given = "spectrum", _spectrum(spectrum)
            self._form, variances = 1 / self._given[1], self._given[1]
        else:
            self._given = "covariance", _covariance(covariance)
            variances, axes = np.linalg.eigh(self._given[1])
            if variances[0] <= _ROUNDING * variances[-1]:
                raise ArgumentError(
                    f"covariance must be positive, it has an eigenvalue of {variances[0]:.3g}"
                )
            inverse = (axes / variances) @ axes.T
            self._form = (inverse + inverse.T) / 2
        self.L = math.isqrt(variances.size)
        self._log_partition = float(np.log(2 * np.pi * variances).sum()) / 2

    @property
    def log_partition(self) -> float:
        """ln of the integral of pi, exact."""
        return self._log_partition

    def sample(self, n: int, *, seed: int = 0) -> Floats:
        """Independent samples.

        Parameters
        ----------
        n : int
            Samples, 0 to 2**31.
        seed : int
            0 to 2**64 - 1.

        Returns
        -------
        ndarray, shape (n, L, L)
        """
        n = arguments.integer("n", n, 0, 2**31)
        random = np.random.default_rng(arguments.seed(seed))
        arguments.allocate("the samples", (n, self.L, self.L), np.float64)
        noise = random.standard_normal((n, self.L, self.L))
        name, given = self._given
        if name == "spectrum":
            return np.ascontiguousarray(np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(given)).real)
        return (noise.reshape(n, -1) @ np.linalg.cholesky(given).T).reshape(noise.shape)

    def _description(self) -> dict[str, Any]:
        name, given = self._given
        return {name: given.tolist()}

    def __repr__(self) -> str:
        return f"Gaussian({self._given[0]}=<{self.L} x {self.L} sites>)"


def _spectrum(values: ArrayLike) -> Floats:
    array = arguments.reals("spectrum", values)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ArgumentError(f"spectrum must have the shape (L, L), got {array.shape}")
    arguments.integer("the size of spectrum", len(array), 2, LARGEST_SIZE, even=True)
    if not array.min() > 0:
        raise ArgumentError("spectrum must be positive")
    turned = [np.roll(np.flip(array, axis), 1, axis) for axis in (0, 1)]
    if max(abs(array - other).max() for other in turned) > _ROUNDING * array.max():
        raise ArgumentError("spectrum must be the same for k and L - k along both axes")
    return array


def _covariance(values: Any) -> Floats:
    array = arguments.reals("covariance", values)
    L = math.isqrt(len(array)) if array.ndim == 2 else 0
    if array.shape != (L**2, L**2) or not L:
        raise ArgumentError(f"covariance must have the shape (L**2, L**2), got {array.shape}")
    arguments.integer("the size L of covariance", L, 2, LARGEST_SIZE, even=True)
    if abs(array - array.T).max() > _ROUNDING * abs(array).max():
        raise ArgumentError("covariance must be symmetric")
    return (array + array.T) / 2


def coupling_of(target: Target) -> float:
    """K of the dual Ising model, or an error."""
    if not isinstance(target, DualIsing):
        raise ArgumentError(f"only the dual Ising model has spins and a coupling K, not {target!r}")
    return target.K


def described(target: Target) -> dict[str, Any]:
    """A target as plain data, for a file."""
    return {"kind": target.kind} | target._description()


def of_file(stored: Any, given: Target | None) -> Target | None:
    """The target that a file describes; `given` is the user's, which a function needs."""
    if stored is None:
        if given is not None:
            raise ArgumentError("target must be left out: the file's is the dual Ising model")
        return None
    kind = stored["kind"]
    description = {name: value for name, value in stored.items() if name != "kind"}
    if given is not None:
        if described(given) != stored:
            raise ArgumentError(f"target must be that of the file, {stored}, got {given!r}")
        return given
    for known in (DualIsing, Phi4, Gaussian):
        if known.kind == kind:
            return known(**description)
    raise ArgumentError(
        f"its target is the function {description.get('name')!r}, which no file holds: give it as "
        "load(path, target=...)"
    )
