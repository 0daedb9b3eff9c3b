"""Several simulations as one: averages at parameters between those that were simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.results import plain
from isingrg._shared.warn import warn
from isingrg.statistics import _simulations as simulations
from isingrg.statistics import _statistic
from isingrg.statistics._derived import gradient
from isingrg.statistics._estimate import Estimate
from isingrg.statistics._mixture import Mixture
from isingrg.statistics._series import mean_and_error

Floats = NDArray[np.float64]

#: Effective samples at the asked parameters below which weights are not trusted.
_FEW = 50


class Reweighting:
    """Simulations of p(s) ~ exp(sum_k lambda_k X_k(s)) at several parameters lambda, as one.

    For the Ising model X is -E/J and lambda the coupling K; with a field h there is a second pair,
    the sum of the spins and h. All samples are weighed for any lambda by

        exp(lambda . X) / sum_r N_r exp(lambda_r . X - ln Z_r),

    where the ln Z_r are such that the weights of each simulation add up to its own Z. These are the
    equations of multiple histograms without histograms; N_r is the number of samples divided by
    the autocorrelation time of X. Errors are those of linear response: a sample changes a result
    through its own weight and through the ln Z_r, and the sums of both are series with
    autocorrelation times of their own.

    Parameters
    ----------
    conjugate : sequence of array_like, each of shape (n_r,) or (n_chains, n_r)
        X of each simulation; with p parameters of shape (n_r, p) or (n_chains, n_r, p).
    parameters : array_like, shape (R,) or (R, p)
        The lambda of each simulation, all different.

    Raises
    ------
    ConvergenceError
        If a chain is too short for its autocorrelation time, or two simulations do not overlap.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, doi:10.1103/PhysRevLett.63.1195; M. R. Shirts and
    J. D. Chodera, doi:10.1063/1.2978177, Eqs. 9 and 11.

    Examples
    --------
    The energy of a 4 x 4 torus from two simulations beside it:

    >>> from isingrg import ising
    >>> spins = ising.sample(4, [0.35, 0.45], 4000, seed=1)
    >>> energies = ising.energy(spins)
    >>> between = Reweighting(-energies, [0.35, 0.45])
    >>> energy, error = between.mean(energies, 0.4)
    >>> bool(abs(energy - ising.mean_energy(4, 0.4)) < 3 * error)
    True
    """

    def __init__(self, conjugate: Sequence[ArrayLike], parameters: ArrayLike) -> None:
        self._parameters, chains = simulations.checked(conjugate, parameters)
        #: Shape of one lambda: () or (p,).
        self._inner = np.shape(parameters)[1:]
        self._shapes = [simulation.shape[:2] for simulation in chains]
        rows = [one.reshape(-1, one.shape[2]) for one in chains]
        self._conjugate = np.concatenate(rows)
        #: Of each sample, 1 / tau of its simulation.
        self._share = np.concatenate([
            np.full(len(row), 1 / max(simulations.times(one)))
            for row, one in zip(rows, chains, strict=True)
        ])  # fmt: skip
        mixture = Mixture(rows, self._parameters, self._share)
        self._probabilities, self._response = mixture.probabilities, mixture.response
        self._log_share = np.log(self._share) - mixture.log_density

    def log_partition(self, parameters: ArrayLike) -> Estimate:
        """ln Z at some parameters, less that of the first simulation.

        Parameters
        ----------
        parameters : array_like, shape (...) or (..., p)
            lambda.

        Returns
        -------
        Estimate
            Of shape (...).

        Warns
        -----
        RuntimeWarning
            If the simulations hardly reach these parameters.
        """

        first, log_first = self._weights(self._parameters[0])
        without = self._influence(first, np.ones((1, len(first))))

        def at(weights: Floats, log_total: float) -> tuple[Floats, Floats]:
            influence = self._influence(weights, np.ones((1, len(weights)))) - without
            return np.array(log_total - log_first), self._error(influence)[0]

        return self._each(parameters, at)

    def mean(self, observable: ArrayLike | Sequence[ArrayLike], parameters: ArrayLike) -> Estimate:
        """Mean of an observable at some parameters.

        Parameters
        ----------
        observable : sequence of array_like, each of shape (n_r,) or (n_chains, n_r)
            Its values in each simulation, on the same configurations as X.
        parameters : array_like, shape (...) or (..., p)
            lambda.

        Returns
        -------
        Estimate
            Of shape (...). There is a bias of order 1 / N, below the error.

        Warns
        -----
        RuntimeWarning
            If the simulations hardly reach these parameters.
        """
        return self.derived(lambda mean: mean, [observable], parameters)

    def derived(
        self, function: Callable[..., Any], observables: Sequence[Any], parameters: ArrayLike
    ) -> Estimate:
        """A function of means of observables at some parameters, such as the Binder cumulant.

        Parameters
        ----------
        function : callable
            Takes the mean of each observable, and returns a finite number or an array of them.
        observables : sequence
            Each as in `mean`.
        parameters : array_like, shape (...) or (..., p)
            lambda.

        Returns
        -------
        Estimate
            Of shape (...), followed by the shape of the function. As `mean`.

        Warns
        -----
        RuntimeWarning
            If the simulations hardly reach these parameters.
        """
        values = np.array([self._observable(one) for one in observables])
        if not len(values):
            raise ArgumentError("observables must be one or more")

        def at(weights: Floats, log_total: float) -> tuple[Floats, Floats]:
            means = values @ weights
            influence = self._influence(weights, values - means[:, None])
            steps = self._error(influence)
            with np.errstate(all="ignore"):  # what is not finite is refused
                value = _statistic.of_all(function, means)
                slopes = gradient(function, means, steps, value)
            varying = np.tensordot(slopes, influence, (0, 0)).reshape(-1, len(weights))
            return value, self._error(varying).reshape(value.shape)

        return self._each(parameters, at)

    def effective_sample_size(self, parameters: ArrayLike) -> Any:
        """How many independent samples at some parameters the simulations are worth.

        Parameters
        ----------
        parameters : array_like, shape (...) or (..., p)
            lambda.

        Returns
        -------
        float or ndarray, shape (...)
            (sum w)^2 / sum (w^2 tau).
        """
        targets, leading = simulations.targets(parameters, self._inner)
        sizes = [self._effective(self._weights(target)[0]) for target in targets]
        return np.array(sizes).reshape(leading)[()]

    def _each(self, parameters: ArrayLike, at: Callable[[Floats, float], Any]) -> Estimate:
        """An estimate from the weights at each of the parameters, and ln of their sum."""
        targets, leading = simulations.targets(parameters, self._inner)
        results, sizes = [], []
        for target in targets:
            weights, log_total = self._weights(target)
            sizes.append(self._effective(weights))
            results.append(at(weights, log_total))
        if min(sizes, default=_FEW) < _FEW:
            where = targets[int(np.argmin(sizes))]
            warn(
                f"the simulations are worth {min(sizes):.3g} independent samples at {where}: "
                "the error there is too small. Simulate closer to it",
                RuntimeWarning,
            )
        values, errors = (np.array([result[k] for result in results]) for k in (0, 1))
        shape = (*leading, *values.shape[1:])
        value, error = (plain(one.reshape(shape)) for one in (values, errors))
        return Estimate(value, error, n=len(self._conjugate))

    def _weights(self, target: Floats) -> tuple[Floats, float]:
        """Normalised weights of all samples, and ln of their sum."""
        logarithms = self._conjugate @ target + self._log_share
        largest = logarithms.max()
        weights = np.exp(logarithms - largest)
        total = weights.sum()
        return weights / total, float(largest + np.log(total))

    def _effective(self, weights: Floats) -> float:
        return float(1 / np.sum(np.square(weights) / self._share))

    def _influence(self, weights: Floats, deviations: Floats) -> Floats:
        """How much each sample changes sum_s w_s d_s, for rows d of deviations."""
        direct = deviations * weights
        through = direct @ self._probabilities  # the derivative in ln Z_r
        return direct + self._share * (through @ self._response @ self._probabilities.T)

    def _error(self, influence: Floats) -> Floats:
        """Standard errors of the sums of rows over all simulations."""
        squares = np.zeros(len(influence))
        for part, shape in zip(self._split(influence), self._shapes, strict=True):
            for i, row in enumerate(part):
                if np.ptp(row):
                    squares[i] += (row.size * mean_and_error(row.reshape(shape)).error) ** 2
        return np.sqrt(squares)

    def _split(self, samples: Floats) -> list[Floats]:
        return np.split(samples, np.cumsum([math.prod(one) for one in self._shapes])[:-1], axis=-1)

    def _observable(self, values: Any) -> Floats:
        series = [arguments.reals("observable", one) for one in values]
        if [(1, *one.shape)[-2:] for one in series] != self._shapes:
            raise ArgumentError(
                "observable must have the samples of the simulations, of the shapes "
                f"{self._shapes}, got {[one.shape for one in series]}"
            )
        return np.concatenate([one.ravel() for one in series])
