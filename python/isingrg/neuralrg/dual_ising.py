"""The continuous dual of Ising models as the target of a flow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising import Lattice
from isingrg.ising._couplings import coupling, couplings, of_square_lattice
from isingrg.ising._exact import LARGEST_COUPLING
from isingrg.neuralrg._dual import (
    LEAST_EIGENVALUE,
    log_density,
    log_partition_dual,
)
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats, Sides, sides
from isingrg.neuralrg.targets import QuadraticTarget, Target, cosines, symmetric_matrix


class DualIsing(QuadraticTarget):
    """The continuous dual of an Ising model (Eq. 7 of Li & Wang), from which spins are drawn.

    pi(x) = exp(-x^T (K + alpha)^-1 x / 2) prod_i cosh x_i is the dual of p(s) ~ exp(s^T K s / 2);
    alpha makes the smallest eigenvalue of K + alpha equal 0.1. With one coupling it is
    `isingrg.neuralrg.log_density`.

    Parameters
    ----------
    L : int or (int, int) or (int,)
        Linear size, even, 2 to 64; rows and columns of a rectangle; sites of a ring, even, 2 to
        4096.
    K : float or (float, float)
        Coupling J/T, or those along axis 0 and axis 1, at most 100 in magnitude.
    bonds : array_like, shape (L**2, L**2), optional
        In place of K the matrix itself, bond by bond: symmetric, zero on the diagonal, at most 100
        in magnitude; sites in the order i L + j. L may be left out for a square.

    Examples
    --------
    >>> target = DualIsing(8, (0.3, 0.6))
    >>> print(f"{target.log_partition:.6f}")
    151.143720
    """

    kind = "dual-ising"
    _term = _core.NEURALRG_LOG_COSH

    @of_square_lattice
    def __init__(
        self,
        L: Sides | None = None,
        K: float | tuple[float, float] | None = None,
        *,
        bonds: ArrayLike | None = None,
    ) -> None:
        self._K: float | tuple[float, float] | None = None
        self._bonds: Floats | None = None
        if bonds is not None:
            if K is not None:
                raise ArgumentError("K must be left out where bonds is given")
            self.L, self._bonds = _matrix(bonds, L)
            eigenvalues, self._axes = np.linalg.eigh(self._bonds)
            self._alpha = LEAST_EIGENVALUE - float(eigenvalues[0])
            self._eigenvalues = eigenvalues + self._alpha
            inverse = (self._axes / self._eigenvalues) @ self._axes.T
            self._form = (inverse + inverse.T) / 2
            return
        if L is None or K is None:
            raise ArgumentError("give L and K, or bonds")
        self.L = sides("L", L)
        self._K = _pair(K) if np.ndim(K) else coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)
        if isinstance(self._K, tuple) and len(self._shape) == 1:
            raise ArgumentError("K must be one number on a ring")
        axes = cosines(self._shape)
        if isinstance(self._K, tuple):
            waves = self._K[0] * axes[0] + self._K[1] * axes[1]
        else:
            waves = self._K * sum(axes[1:], axes[0])
        self._alpha = 2 * sum(map(abs, self._along_axes)) + LEAST_EIGENVALUE
        self._eigenvalues = 2 * waves + self._alpha
        self._form = 1 / self._eigenvalues

    @property
    def K(self) -> float | tuple[float, float]:
        """Coupling J/T, or those along both axes, as given; there is none with bonds."""
        if self._K is None:
            raise ArgumentError("an Ising model that bonds describe has no coupling K")
        return self._K

    @property
    def _along_axes(self) -> tuple[float, ...]:
        return self.K if isinstance(self.K, tuple) else (self.K,) * len(self._shape)

    @property
    def _is_of_core(self) -> bool:
        """Whether the core knows it by L and K."""
        return isinstance(self._K, float) and isinstance(self.L, int)

    def _log_densities(self, rows: Floats) -> Floats:
        if self._is_of_core:
            return np.asarray(log_density(rows, self._along_axes[0]))
        return super()._log_densities(rows)

    def _site_terms(self, rows: Floats) -> Floats:
        return np.asarray(
            (np.logaddexp(rows, -rows) - math.log(2)).reshape(len(rows), -1).sum(axis=1)
        )

    @property
    def log_partition(self) -> float | None:
        """ln of the integral of pi, exact; None with bonds, whose Ising model is not solved."""
        if self._K is None:
            return None
        if isinstance(self.L, int) and isinstance(self._K, float):
            return float(log_partition_dual(self.L, self._K))
        return float(self._lattice.log_partition(1.0)) + self.log_partition_of_fields

    @property
    def _lattice(self) -> Lattice:
        """That of the spins; with bonds, one of the same shape."""
        strengths = (1.0,) * len(self._shape) if self._K is None else self._along_axes
        if len(self._shape) == 1:
            return Lattice.chain(self._shape[0], J=strengths[0])
        return Lattice.square(self._shape, J=strengths)

    @property
    def log_partition_of_fields(self) -> float:
        """ln Z of the dual less that of the Ising model: ln det(K + alpha) / 2 + ... (Eq. 7)."""
        constants = self._eigenvalues.size * (math.log(math.pi / 2) + self._alpha)
        return float(np.log(self._eigenvalues).sum() + constants) / 2

    def sample_fields(self, spins: ArrayLike, *, seed: int = 0) -> Floats:
        """As `isingrg.neuralrg.sample_fields`, also with two couplings or bonds.

        Parameters
        ----------
        spins : array_like of +1 and -1, shape (..., L, L)
        seed : int
            0 to 2**64 - 1.

        Returns
        -------
        ndarray, shape of spins
        """
        array = self._lattice._configurations(spins)
        self._lattice.magnetization(array)  # refuses what is neither +1 nor -1
        noise = np.random.default_rng(arguments.seed(seed)).standard_normal(array.shape)
        return self._applied(array, self._eigenvalues) + self._applied(
            noise, np.sqrt(self._eigenvalues)
        )

    def _applied(self, values: NDArray[Any], scales: Floats) -> Floats:
        """A matrix with the axes of K and these eigenvalues, times configurations."""
        if self._bonds is None:
            axes = tuple(range(-len(self._shape), 0))
            waves = np.fft.fftn(values, axes=axes) * scales
            return np.ascontiguousarray(np.fft.ifftn(waves, axes=axes).real)
        flat = values.reshape(*values.shape[: -len(self._shape)], len(self._bonds))
        return np.asarray((flat @ self._axes * scales @ self._axes.T).reshape(values.shape))

    def _energy_of_means(self, means: Floats) -> Floats:
        """Energy E/T per site of independent spins with means (n, *shape), on average, (n,).

        E/J with a single coupling.
        """
        if self._bonds is not None:
            flat = means.reshape(len(means), -1)
            pairs = np.einsum("ni,ni->n", flat @ self._bonds, flat) / 2
            return np.asarray(-pairs / len(self._bonds))
        strengths = self.K if isinstance(self.K, tuple) else (1.0,) * len(self._shape)
        neighbours = sum(
            strength * np.roll(means, 1, axis=1 + axis) for axis, strength in enumerate(strengths)
        )
        return np.asarray(-(means * neighbours).reshape(len(means), -1).mean(axis=1))

    def _description(self) -> dict[str, Any]:
        if self._bonds is not None:
            return {"L": self.L, "bonds": self._bonds}
        return {"L": self.L, "K": self.K}

    def _record(self) -> dict[str, Any] | None:
        return None if self._is_of_core else super()._record()


def _pair(value: Any) -> tuple[float, float]:
    array = couplings(value, -LARGEST_COUPLING, LARGEST_COUPLING)
    if array.shape != (2,):
        raise ArgumentError(f"K must be one number, or one for each axis, got {array.shape}")
    return float(array[0]), float(array[1])


def _matrix(values: Any, L: Any) -> tuple[Sides, Floats]:
    L, array = symmetric_matrix("bonds", values, L)
    if np.diagonal(array).any():
        raise ArgumentError("bonds must be zero on the diagonal: no spin has a bond with itself")
    if abs(array).max() > LARGEST_COUPLING:
        raise ArgumentError(f"bonds must be at most {LARGEST_COUPLING:g} in magnitude")
    return L, array


def coupling_of(target: Target) -> float | tuple[float, float]:
    """K of the dual Ising model, or an error."""
    return dual_ising(target).K


def dual_ising(target: Target) -> DualIsing:
    """The target, or an error if it has no spins."""
    if not isinstance(target, DualIsing):
        raise ArgumentError(f"only the dual Ising model has spins and a coupling K, not {target!r}")
    return target


@of_square_lattice
def sample_fields(spins: ArrayLike, K: float, *, seed: int = 0) -> Floats:
    """Dual variables x given spins: normal, with mean A s and covariance A = K + alpha.

    If the spins are distributed as those of the Ising model, x is distributed as pi (Eq. 7): spins
    of any Monte Carlo thus give exact samples of what a flow learns, for `NeuralRG.fit_samples` or
    as a start of `NeuralRG.hmc`.

    Parameters
    ----------
    spins : array_like of +1 and -1, shape (..., L, L)
        L even, 2 to 64.
    K : float
        Coupling J/T, at most 100 in magnitude.
    seed : int
        0 to 2**64 - 1.

    Returns
    -------
    ndarray, shape of spins
    """
    array = arguments.spins(spins)
    L = array.shape[-1]
    if L % 2 or L > LARGEST_SIZE:
        raise ArgumentError(f"spins must have L even, from 2 to {LARGEST_SIZE}, got {L}")
    return DualIsing(L, coupling(K, -LARGEST_COUPLING, LARGEST_COUPLING)).sample_fields(
        array, seed=seed
    )
