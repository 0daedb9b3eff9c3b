"""Finite-size scaling: curves of several sizes that become one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, ConvergenceError
from isingrg._shared.optional import package
from isingrg.statistics._curves import Curves
from isingrg.statistics._estimate import Estimate

Floats = NDArray[np.float64]

_NEEDS = "finite-size scaling needs SciPy"


#: Where parameters are sought.
_BOUNDS = {"nu": (0.05, 20.0)}


@dataclasses.dataclass(frozen=True)
class Collapse:
    """A fit of y = L**exponent F((K - K_c) L**(1 / nu)), from `collapse`.

    Up to the factors 1 + slope (K - K_c) and 1 + correction L**-omega, where they were asked for.

    Attributes
    ----------
    K_c : Estimate
        Critical coupling. As of the other two, the error of a value that was given is 0.
    nu : Estimate
        Exponent of the correlation length.
    exponent : Estimate
        Of L in front of F.
    slope : Estimate
        Of the prefactor against K; 0 without one.
    correction : Estimate
        Amplitude of L**-omega; 0 without one.
    chi_square : float
        Squared deviations in units of the errors.
    degrees_of_freedom : int
        Points less parameters.
    p_value : float
        Probability of a larger chi-square if the form is right. Below some per cent it is not:
        leave out small sizes, take a smaller window or a higher degree, or a correction.
    coefficients : ndarray, shape (degree + 1,)
        Of the polynomial F, the constant first.
    """

    K_c: Estimate
    nu: Estimate
    exponent: Estimate
    slope: Estimate
    correction: Estimate
    chi_square: float
    degrees_of_freedom: int
    p_value: float
    coefficients: Floats = dataclasses.field(repr=False)


@np.errstate(all="ignore")  # what is not finite is refused
def collapse(
    L: ArrayLike, K: ArrayLike, y: ArrayLike, error: ArrayLike, *, K_c: float | None = None,
    nu: float | None = None, exponent: float | None = None, degree: int = 4,
    prefactor: bool = False, omega: float | None = None, start: Mapping[str, float] | None = None,
) -> Collapse:  # fmt: skip
    """Critical coupling and exponents from curves that collapse onto one scaling function.

    Near a continuous transition y = L**exponent F((K - K_c) L**(1 / nu)): the exponent is 0 for the
    Binder cumulant, -beta / nu for |m|, gamma / nu for the susceptibility. F is a polynomial, so
    that K should stay where |K - K_c| L**(1 / nu) is about 1 or less. Parameters are those of least
    chi-square, and their errors those of linear response, without a factor sqrt(chi-square per
    degree of freedom).

    |m| and the susceptibility have an amplitude that varies with the coupling itself. To leading
    order it is a factor 1 + slope (K - K_c), which does not shrink with L as F's argument does, and
    it shifts nu above all when it is left out. Ratios such as the Binder cumulant have none.

    Needs SciPy: pip install 'isingrg[analysis]'.

    Parameters
    ----------
    L, K, y, error : array_like, shape (...), broadcast against each other
        Linear size, at least 1, coupling, quantity and its positive standard error, with two sizes
        or more; at most 1e50 in magnitude. The points are independent of each other: simulations
        with different seeds.
    K_c, nu, exponent : float, optional
        Known values, finite, which are not fitted; nu from 0.05 to 20, where it is also sought.
    degree : int
        Of F, 1 to 10.
    prefactor : bool
        Whether the factor 1 + slope (K - K_c) is fitted, too.
    omega : float, optional
        Exponent of a correction 1 + a L**-omega whose amplitude a is fitted; positive.
    start : mapping, optional
        Where the search begins: "K_c" (default: the mean of K), "nu" (1), "exponent" (0).

    Returns
    -------
    Collapse

    Raises
    ------
    ConvergenceError
        If the search does not end, or the points do not determine the parameters.

    References
    ----------
    M. E. Fisher and M. N. Barber, doi:10.1103/PhysRevLett.28.1516.

    Examples
    --------
    >>> L, K = np.meshgrid([8, 16, 32], np.linspace(0.42, 0.46, 9), indexing="ij")
    >>> y = L**-0.125 * (1 + 0.8 * (K - 0.44) * L)
    >>> found = collapse(L, K, y, 1e-3, degree=2)
    >>> print(f"{found.K_c.value:.3f} {found.nu.value:.3f} {found.exponent.value:.3f}")
    0.440 1.000 -0.125
    """
    curves = Curves.of(L, K, y, error)
    curves.require_sizes()
    degree = arguments.integer("degree", degree, 1, 10)
    prefactor = arguments.boolean("prefactor", prefactor)
    if omega is not None:
        omega = arguments.finite("omega", omega, 1e-3, 100.0)
    given = {
        "K_c": K_c,
        "nu": nu,
        "exponent": exponent,
        "slope": None if prefactor else 0.0,
        "correction": 0.0 if omega is None else None,
    }
    known = {
        name: arguments.finite(name, v, *_BOUNDS.get(name, ())) for name, v in given.items()
        if v is not None
    }  # fmt: skip
    if start is not None and not isinstance(start, Mapping):
        raise TypeError(f"start must be a mapping, not {type(start).__name__}")
    first = {
        "K_c": float(curves.K.mean()),
        "nu": 1.0,
        "exponent": 0.0,
        "slope": 0.0,
        "correction": 0.0,
    }
    for name, value in (start or {}).items():
        first[arguments.choice("start", name, ("K_c", "nu", "exponent"))] = arguments.finite(
            name, value
        )
    free = [name for name in given if name not in known]
    fit = _Fit(curves, degree, omega or 1.0, known, free)
    parameters = fit.minimise(np.array([first[name] for name in free]))
    errors = fit.errors(parameters)
    values = known | dict(zip(free, parameters.tolist(), strict=True))
    found = {name: Estimate(value, errors.get(name, 0.0)) for name, value in values.items()}
    residuals, coefficients = fit.residuals(parameters)
    freedom = len(residuals) - len(free) - degree - 1
    chi_square = float(residuals @ residuals)
    survival = package("scipy.stats", _NEEDS, "analysis").chi2.sf(chi_square, freedom)
    return Collapse(
        **found, chi_square=chi_square, degrees_of_freedom=freedom, p_value=float(survival),
        coefficients=coefficients,
    )  # fmt: skip


class _Fit:
    """Least chi-square: the polynomial is solved for, the rest is searched."""

    def __init__(
        self, curves: Curves, degree: int, omega: float, known: dict[str, float], free: list[str]
    ) -> None:
        self._curves, self._degree, self._omega = curves, degree, omega
        self._known, self._free = known, free
        if len(curves.y) <= len(free) + degree + 1:
            raise ArgumentError(
                f"{len(curves.y)} points are too few for {len(free) + degree + 1} parameters"
            )

    def residuals(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Deviations in units of errors, and the best coefficients of F."""
        design = self._design(parameters)
        target = self._curves.y / self._curves.error
        try:
            coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
        except np.linalg.LinAlgError as error:
            raise ConvergenceError(f"the collapse was not found: {error}") from None
        return target - design @ coefficients, np.asarray(coefficients)

    def _design(self, parameters: Floats) -> Floats:
        """y / error = design @ coefficients."""
        p = self._known | dict(zip(self._free, parameters.tolist(), strict=True))
        L, K = self._curves.L, self._curves.K
        distance = K - p["K_c"]
        x = distance * L ** (1 / p["nu"])
        factors = (1 + p["slope"] * distance) * (1 + p["correction"] * L**-self._omega)
        scale = L ** p["exponent"] * factors / self._curves.error
        return np.asarray(scale[:, None] * np.vander(x, self._degree + 1, increasing=True))

    def minimise(self, first: Floats) -> Floats:
        if not self._free:
            return first
        low, high = np.array([_BOUNDS.get(n, (-np.inf, np.inf)) for n in self._free]).T
        with np.errstate(all="ignore"):
            try:
                result = package("scipy.optimize", _NEEDS, "analysis").least_squares(
                    lambda p: self.residuals(p)[0], first, bounds=(low, high), x_scale="jac",
                    xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=1000,
                )  # fmt: skip
            except ValueError as error:
                raise ConvergenceError(f"the collapse was not found: {error}") from None
        if result.status <= 0 or not np.isfinite(result.fun).all():
            raise ConvergenceError(f"the collapse was not found: {result.message}")
        return np.asarray(result.x)

    def errors(self, parameters: Floats) -> dict[str, float]:
        """Of the free parameters; the coefficients of F vary with them."""
        if not self._free:
            return {}
        columns = []
        for i, value in enumerate(parameters):
            step = 1e-6 * max(1e-3, abs(value))
            sides = [parameters + sign * step * np.eye(len(parameters))[i] for sign in (1, -1)]
            columns.append((self.residuals(sides[0])[0] - self.residuals(sides[1])[0]) / (2 * step))
        information = np.array(columns) @ np.array(columns).T
        if not np.isfinite(information).all():
            raise ConvergenceError("the collapse was not found: its slopes are not finite")
        scale = np.sqrt(np.diag(information))
        if not (scale > 0).all() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
            raise ConvergenceError(f"the points do not determine {' and '.join(self._free)}")
        covariance = np.linalg.inv(information)
        return dict(zip(self._free, np.sqrt(np.diag(covariance)).tolist(), strict=True))
