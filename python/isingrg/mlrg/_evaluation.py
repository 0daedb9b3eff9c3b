"""What a trained model says about couplings J."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError, IsingRGError, NonFiniteError
from isingrg.mlrg import _analysis
from isingrg.mlrg._configuration import Configuration
from isingrg.mlrg._couplings import Couplings, Floats, Reals
from isingrg.mlrg.tensor import ground_state_degeneracy, scaling_dimensions

_LONGEST_FLOW = 2**24


class Evaluation:
    """The part of `MLRG` that asks the network and does not change it."""

    _configuration: Configuration
    _native: Any
    _closed: bool

    @property
    def _count(self) -> int:
        """Number of couplings."""
        return self._configuration.count

    def _check_open(self) -> None:
        if self._closed:
            raise IsingRGError("the model is closed")

    def _ready(self) -> Any:
        """The native model, there and trained."""
        self._check_open()
        if self._native is None:
            raise IsingRGError("the model has not been trained yet; call fit first")
        return self._native

    def monotone(self, J: ArrayLike) -> Reals:
        """RG monotone C(J), for models with moderator "monotone"; one number for each J."""
        native = self._ready()
        couplings = Couplings(J, self._count)
        if self._configuration.moderator != "monotone":
            raise ArgumentError(
                "moderator must be 'monotone' for a monotone C(J); this model learns the flow"
            )
        values = np.empty(len(couplings))
        if len(couplings):
            _core.mlrg_monotone(native, couplings.rows, values)
        return couplings.scalars(_finite(values, "C(J)"))

    def velocity(self, J: ArrayLike) -> Reals:
        """RG velocity v(J), the learned beta function, in the shape of J."""
        native = self._ready()
        couplings = Couplings(J, self._count)
        velocity = np.empty_like(couplings.rows)
        if len(couplings):
            _core.mlrg_velocity(native, couplings.rows, velocity, None)
        return couplings.vectors(_finite(velocity, "v(J)"))

    def jacobian(self, J: ArrayLike) -> Reals:
        """dv_i/dJ_j, shape (..., c, c); with one coupling dv/dJ in the shape of J."""
        native = self._ready()
        couplings = Couplings(J, self._count)
        jacobian = np.empty((len(couplings), self._count, self._count))
        if len(couplings):
            velocity = np.empty_like(couplings.rows)
            _core.mlrg_velocity(native, couplings.rows, velocity, jacobian)
        return couplings.matrices(_finite(jacobian, "the Jacobian"))

    def flow(self, J: ArrayLike, steps: int) -> Floats:
        """Couplings along the flow from J, shape (steps + 1, *J.shape), beginning with J.

        Each step is one RG step, by which lengths shrink by sqrt 2. Raises `NonFiniteError` if a
        trajectory leaves the finite numbers.
        """
        native = self._ready()
        couplings = Couplings(J, self._count)
        steps = _arguments.integer("steps", steps, 0, _LONGEST_FLOW)
        trajectory = _arguments.allocate(
            "the trajectory", (steps + 1, *couplings.rows.shape), np.float64
        )
        if len(couplings):
            _core.mlrg_flow(native, couplings.rows, steps, trajectory)
        _finite(trajectory, "the flow")
        return trajectory.reshape(steps + 1, *couplings.shape)

    def critical_coupling(self) -> float:
        """Bare coupling J0 that separates the phases.

        The flow that starts at (J0, 0, ...) ends where the degeneracy is 1 below it and 2 above;
        it is bracketed to 1e-10. With one coupling it is the unstable fixed point.

        Raises
        ------
        ConvergenceError
            If the flows from 0 <= J0 <= 2 do not end in both phases.
        """
        self._ready()
        return _analysis.critical_coupling(self)

    def fixed_point(self, guess: ArrayLike | None = None) -> Reals:
        """Zero of v(J) by a safeguarded Newton iteration (Eq. 24 of Hou & You).

        Parameters
        ----------
        guess : float or array_like, shape (c,), optional
            By default the critical coupling in J0 and zeros elsewhere.

        Returns
        -------
        float for one coupling, else ndarray of shape (c,)

        Raises
        ------
        ConvergenceError
            If there is none in the neighbourhood.
        """
        native = self._ready()
        start = np.zeros(self._count)
        if guess is None:
            start[0] = _analysis.critical_coupling(self)
        else:
            couplings = Couplings(guess, self._count, name="guess")
            if len(couplings) != 1:
                raise ArgumentError(f"guess must be a single J, got the shape {couplings.shape}")
            start[:] = couplings.rows[0]
        point = np.empty(self._count)
        _core.mlrg_fixed_point(native, start, point)
        return float(point[0]) if self._count == 1 else point

    def ground_state_degeneracy(self, J: ArrayLike) -> Reals:
        """Degeneracy at J: 1 in the disordered, 2 in the ordered phase; one number for each J.

        As `isingrg.mlrg.ground_state_degeneracy` with this model's representation.
        """
        self._ready()
        return ground_state_degeneracy(J, self._configuration.representation)

    def scaling_dimensions(self, J: ArrayLike | None = None, k: int = 4) -> Floats:
        """The k lowest scaling dimensions Delta_0 = 0, Delta_1, ..., shape (..., min(k, 2**m)).

        By default at the fixed point. As `isingrg.mlrg.scaling_dimensions` with this model's
        representation of m components.
        """
        self._ready()
        J = self.fixed_point() if J is None else J
        return scaling_dimensions(J, self._configuration.representation, k)

    def thermal_exponent(self, J: ArrayLike | None = None) -> Reals:
        """Thermal exponent y_t = ln(slope) / ln(sqrt 2) of the flow linearised at J.

        The slope is the leading eigenvalue of dJ'/dJ: of 1 + dv/dJ with transport "step", of
        exp(dv/dJ) with "ode". By default at the fixed point. The Ising model has y_t = 1.
        """
        self._ready()
        return _analysis.thermal_exponent(
            self, self.fixed_point() if J is None else J, self._configuration.transport
        )


def _finite(values: Floats, what: str) -> Floats:
    if not np.isfinite(values).all():
        raise NonFiniteError(f"{what} is not finite: J is too far outside the trained region")
    return values
