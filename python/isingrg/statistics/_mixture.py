"""Samples of several simulations as samples of their mixture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ConvergenceError

Floats = NDArray[np.float64]

_ITERATIONS, _TOLERANCE = 200, 1e-12


class Mixture:
    """Samples of simulations r as N samples of sum_r N_r p_r / N.

    Attributes
    ----------
    log_density : ndarray, shape (n,)
        ln sum_r N_r exp(lambda_r . X - ln Z_r) of each sample, with ln Z_0 = 0.
    probabilities : ndarray, shape (n, R)
        With which a sample is of simulation r.
    response : ndarray, shape (R, R)
        How ln Z_r follows the sum over samples of the probabilities of each simulation.
    """

    def __init__(self, conjugate: Sequence[Floats], parameters: Floats, share: Floats) -> None:
        """From X of each simulation, (n_r, p), its lambda, and the weight of each sample in N_r."""
        self._share = share
        ends = np.cumsum([len(one) for one in conjugate])[:-1]
        self._sizes = np.array([one.sum() for one in np.split(share, ends)])
        self._log_weights = np.concatenate(conjugate) @ parameters.T
        shifts = self._solve(_first_guess(conjugate, parameters))
        self.log_density, self.probabilities = self._mixture(shifts)
        hessian = self._objective(shifts)[2]
        connected = float(np.linalg.eigvalsh(hessian)[0])
        if connected < 1:
            raise ConvergenceError(
                f"the simulations do not overlap: {connected:.2g} independent samples connect "
                "some with the others. Simulate in between"
            )
        self.response = np.linalg.inv(hessian)

    def _solve(self, shifts: Floats) -> Floats:
        """ln Z_r by Newton's method on the convex function whose gradient the equations are."""
        for _ in range(_ITERATIONS):
            value, slopes, hessian = self._objective(shifts)
            step = -np.linalg.solve(hessian, slopes)
            decrease = -float(slopes @ step)
            scale = 1.0
            while scale > _TOLERANCE:
                if self._objective(shifts + scale * step)[0] <= value - 1e-4 * scale * decrease:
                    break
                scale /= 2
            shifts = shifts + scale * step
            if decrease < _TOLERANCE * self._sizes.sum():
                return np.asarray(shifts - shifts[0])
        raise ConvergenceError("the simulations do not overlap: their ln Z were not found")

    def _mixture(self, shifts: Floats) -> tuple[Floats, Floats]:
        """ln sum_r N_r exp(lambda_r . X - ln Z_r), and each simulation's share of it, (n, R)."""
        logarithms = self._log_weights + np.log(self._sizes) - shifts
        largest = logarithms.max(1, keepdims=True)
        parts = np.exp(logarithms - largest)
        total = parts.sum(1, keepdims=True)
        return (largest + np.log(total))[:, 0], parts / total

    def _objective(self, shifts: Floats) -> tuple[float, Floats, Floats]:
        logarithms, shares = self._mixture(shifts)
        weighed = self._share[:, None] * shares
        totals = weighed.sum(0)
        value = float(self._share @ logarithms + self._sizes @ shifts)
        # A common shift changes nothing: its place in the Hessian is free.
        constant = np.full((len(totals), len(totals)), self._sizes.sum() / len(totals))
        return value, self._sizes - totals, np.diag(totals) - weighed.T @ shares + constant


def _first_guess(conjugate: Sequence[Floats], parameters: Floats) -> Floats:
    """ln Z_r by the trapezoidal rule on its slope <X>, from each simulation to the nearest one."""
    means = np.array([part.mean(0) for part in conjugate])
    guess, known = np.zeros(len(parameters)), [0]
    while len(known) < len(parameters):
        distance = np.linalg.norm(parameters[known, None] - parameters[None], axis=-1)
        distance[:, known] = np.inf
        row, new = np.unravel_index(np.argmin(distance), distance.shape)
        near = known[row]
        change = parameters[new] - parameters[near]
        guess[new] = guess[near] + change @ (means[near] + means[new]) / 2
        known.append(int(new))
    return guess
