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
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats, Reals, Samples
from isingrg.neuralrg._symmetry import Symmetry

#: Of a field: m^2, and the coupling of its fourth power.
_LARGEST_MASS, _LARGEST_QUARTIC = 1e3, 1e6


#: How far matrices and spectra may be from symmetric, relative to the largest number.
ROUNDING = 1e-9


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

    def _check_symmetry(self, group: Symmetry) -> None:
        """Compares ln pi of a few configurations and of their images.

        Parameters
        ----------
        group : Symmetry
            Of as many sites.

        Raises
        ------
        ArgumentError
            If ln pi changes under an element.
        """
        x = np.random.default_rng(0).standard_normal((2, self.L, self.L))
        images = group.images(x)
        density = self._log_densities(images.reshape(-1, self.L, self.L)).reshape(len(images), -1)
        changes = abs(density - density[0]) > 1e-6 * (abs(density[0]) + 1)
        if changes.any():
            element = int(np.argmax(changes.any(axis=1)))
            raise ArgumentError(f"ln pi of the target changes under element {element} of symmetry")

    @abc.abstractmethod
    def _description(self) -> dict[str, Any]:
        """What a file says of it, beside its kind: plain data, and arrays of float64."""

    @abc.abstractmethod
    def _record(self) -> dict[str, Any] | None:
        """What the core takes; None for the dual Ising model, which it knows."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # targets do not change

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self._description().items())
        return f"{type(self).__name__}({shown})"


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{' x '.join(map(str, value.shape))}>"
    return repr(value)


class QuadraticTarget(Target):
    """ln pi(x) = -x A x / 2 + a sum of a function of each number."""

    #: Code of that function in the core.
    _term: ClassVar[int]
    #: Its factor.
    _strength = 0.0
    #: Eigenvalues of A on the waves of the torus, (L, L), or A itself, (L**2, L**2).
    _form: Floats

    def _log_densities(self, rows: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            return self._site_terms(rows) - self._quadratic(rows) / 2

    @abc.abstractmethod
    def _site_terms(self, rows: Floats) -> Floats | float:
        """The sum over the sites, (n,)."""

    def _quadratic(self, rows: Floats) -> Floats:
        """x A x of each row."""
        if len(self._form) == self.L:
            power = np.abs(np.fft.fft2(rows)) ** 2 / self.L**2
            return np.asarray((power * self._form).sum(axis=(1, 2)))
        flat = rows.reshape(len(rows), -1)
        return np.asarray(np.einsum("ni,ni->n", flat @ self._form, flat))

    def _record(self) -> dict[str, Any] | None:
        return {"kind": self._term, "strength": self._strength, "form": self._form}


class Phi4(QuadraticTarget):
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

    def _site_terms(self, rows: Floats) -> Floats:
        return np.asarray(-self._strength * (rows**4).sum(axis=(1, 2)))

    def _description(self) -> dict[str, Any]:
        return {"L": self.L, "mass2": self.mass2, "coupling": self.coupling}


def symmetric_matrix(name: str, values: Any) -> tuple[int, Floats]:
    """L and a symmetric matrix of the sites i L + j, (L**2, L**2)."""
    array = arguments.reals(name, values)
    L = math.isqrt(len(array)) if array.ndim == 2 else 0
    if array.shape != (L**2, L**2) or not L:
        raise ArgumentError(f"{name} must have the shape (L**2, L**2), got {array.shape}")
    arguments.integer(f"the size L of {name}", L, 2, LARGEST_SIZE, even=True)
    if abs(array - array.T).max() > ROUNDING * abs(array).max():
        raise ArgumentError(f"{name} must be symmetric")
    return L, (array + array.T) / 2
