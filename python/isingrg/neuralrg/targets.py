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
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats, Reals, Samples, Sides, shape_of, sides
from isingrg.neuralrg._symmetry import Symmetry

#: Of a field: m^2, and the coupling of its fourth power.
_LARGEST_MASS, _LARGEST_QUARTIC = 1e3, 1e6


#: How far matrices and spectra may be from symmetric, relative to the largest number.
ROUNDING = 1e-9


class Target(abc.ABC):
    """A density pi(x) that is known up to a factor; the argument `target` of `NeuralRG`.

    Attributes
    ----------
    L : int or (int, int) or (int,)
        Linear size: configurations are arrays (L, L); rows and columns of a rectangle, sites of a
        ring.
    """

    #: Name in files.
    kind: ClassVar[str]
    L: Sides

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of a configuration: (L, L), (rows, columns), or (L,) of a ring."""
        return shape_of(self.L)

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
        samples = Samples("x", x, self._shape)
        return samples.scalars(self._log_densities(samples.rows), "ln pi(x)")

    @abc.abstractmethod
    def _log_densities(self, rows: Floats) -> Floats:
        """ln pi of configurations (n, *shape)."""

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
        x = np.random.default_rng(0).standard_normal((2, *self._shape))
        images = group.images(x)
        density = self._log_densities(images.reshape(-1, *self._shape)).reshape(len(images), -1)
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
    #: Eigenvalues of A on the waves of the lattice, of its shape, or A itself, (sites, sites).
    _form: Floats

    def _log_densities(self, rows: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            return self._site_terms(rows) - self._quadratic(rows) / 2

    @abc.abstractmethod
    def _site_terms(self, rows: Floats) -> Floats | float:
        """The sum over the sites, (n,)."""

    def _quadratic(self, rows: Floats) -> Floats:
        """x A x of each row."""
        if self._form.shape == self._shape:
            axes = tuple(range(1, rows.ndim))
            power = np.abs(np.fft.fftn(rows, axes=axes)) ** 2 / self._form.size
            return np.asarray((power * self._form).sum(axis=axes))
        flat = rows.reshape(len(rows), -1)
        return np.asarray(np.einsum("ni,ni->n", flat @ self._form, flat))

    def _record(self) -> dict[str, Any] | None:
        form = self._form if self._form.ndim == 2 else self._form[None]
        return {"kind": self._term, "strength": self._strength, "form": form}


class Phi4(QuadraticTarget):
    """A scalar field with a quartic coupling on the torus, in two dimensions, or on a ring.

    ln pi(x) = -sum_i [sum_mu (x_i - x_(i+mu))^2 + m^2 x_i^2 + coupling x_i^4], mu being the two
    directions. Where m^2 is negative there are two preferred signs.

    Parameters
    ----------
    L : int or (int, int) or (int,)
        Linear size, even, 2 to 64; rows and columns of a rectangle; sites of a ring, even, 2 to
        4096.
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

    def __init__(self, L: Sides, mass2: float, coupling: float) -> None:
        self.L = sides("L", L)
        self.mass2 = arguments.finite("mass2", mass2, -_LARGEST_MASS, _LARGEST_MASS)
        self.coupling = arguments.finite("coupling", coupling, 0, _LARGEST_QUARTIC)
        if not self.coupling:
            raise ArgumentError("coupling must be positive: a Gaussian has none")
        self._strength = self.coupling
        axes = cosines(self._shape)
        self._form = 2 * (self.mass2 + 2 * len(axes) - 2 * sum(axes[1:], axes[0]))

    def _site_terms(self, rows: Floats) -> Floats:
        return np.asarray(-self._strength * (rows**4).sum(axis=tuple(range(1, rows.ndim))))

    def _description(self) -> dict[str, Any]:
        return {"L": self.L, "mass2": self.mass2, "coupling": self.coupling}


def cosines(shape: tuple[int, ...]) -> list[Floats]:
    """cos of the wave vectors along each axis, which fill the lattice when they are added."""
    waves = [np.cos(2 * np.pi * np.arange(side) / side) for side in shape]
    return [
        np.expand_dims(wave, tuple(range(1, len(shape) - axis))) for axis, wave in enumerate(waves)
    ]


def symmetric_matrix(name: str, values: Any, L: Any = None) -> tuple[Sides, Floats]:
    """Sides and a symmetric matrix of the sites i L + j, (sites, sites); by default of a square."""
    array = arguments.reals(name, values)
    if L is None:
        size = math.isqrt(len(array)) if array.ndim == 2 else 0
        if array.shape != (size**2, size**2) or not size:
            raise ArgumentError(
                f"{name} must have the shape (L**2, L**2), or L must be given, got {array.shape}"
            )
        L = arguments.integer(f"the size L of {name}", size, 2, LARGEST_SIZE, even=True)
    L = sides("L", L)
    count = math.prod(shape_of(L))
    if array.shape != (count, count):
        raise ArgumentError(f"{name} must have the shape ({count}, {count}), got {array.shape}")
    if abs(array - array.T).max() > ROUNDING * abs(array).max():
        raise ArgumentError(f"{name} must be symmetric")
    return L, (array + array.T) / 2
