"""Loop-optimised tensor renormalization on the lattice of mirror images.

Neighbouring tensors T[a, b, c, d] are mirror images of each other, so bonds join equal letters, and
each plaquette is surrounded by four copies of one corner: (a, b), (b, c), (c, d) or (d, a). A step
splits T[a, b, c, d] into sum_z S[z, a, b] S[z, d, c] and joins four S around the plaquettes of
(a, b) and of (c, d). Truncating S at one tensor keeps the entanglement within a plaquette, the
corner double lines, for ever; S is therefore the one that changes the loop around a plaquette of
(d, a) least.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.tensorrg import _split
from isingrg.tensorrg._flow import Info
from isingrg.tensorrg._scheme import Scheme, largest_element
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg._square import square_letters
from isingrg.tensorrg.network import Network
from isingrg.tensorrg.states import MirrorState, State


class LoopTNR(Scheme):
    """Loop-optimised tensor network renormalization on the lattice of mirror images.

    A step doubles the area, at the cost chi^6 for each of some hundred evaluations of the loop. The
    scheme has a true fixed point where the model is critical, which TRG and HOTRG do not have. It
    takes tensors with all symmetries of a square, such as `ising_network` makes on the isotropic
    square lattice, and Z2 charges; of a cyclic symmetry it keeps a Z2 part. For all others there is
    `CheckerboardLoopTNR`.

    Parameters
    ----------
    chi : int
        States of a bond, 1 to 64. 2, 4, 6, 8, 10, 12 and 16 are good for the Ising model; 3 and 5
        cut what belongs together.
    mu : float
        Weight of |S|^2 beside the squared distance of the loop, 0 to 1. It selects one of many
        students that are almost equally good, without which the flow wanders from chi = 6 on.
    iterations : int
        Of the optimiser in each step, at most: 1 to 10**6.
    tolerance : float
        The optimiser stops when no element of the gradient is larger; 0 to 1.
    warm : int
        From this step on the optimiser starts from the student of the step before, and its
        successor is turned to it: then the flow is smooth. 1 to 10**6.

    References
    ----------
    S. Yang, Z.-C. Gu and X.-G. Wen, arXiv:1512.04938.
    """

    def __init__(
        self, chi: int, *, mu: float = 1e-5, iterations: int = 600, tolerance: float = 1e-10,
        warm: int = 5,
    ) -> None:  # fmt: skip
        super().__init__(arguments.integer("chi", chi, 1, 64))
        self.mu = arguments.finite("mu", mu, 0, 1)
        self.iterations = arguments.integer("iterations", iterations, 1, 10**6)
        self.tolerance = arguments.finite("tolerance", tolerance, 0, 1)
        self.warm = arguments.integer("warm", warm, 1, 10**6)

    def init(self, network: Network) -> MirrorState:
        """The state that is the network itself.

        Parameters
        ----------
        network : Network
            What to contract, with the symmetries of a square, at most 64 states of a bond.

        Returns
        -------
        MirrorState

        Raises
        ------
        MemoryError
            With the number of bytes, if a step would not fit.
        """
        state = super().init(network)
        letters, charges = square_letters(network)
        return mirror_state(letters, charges, state.log_scale, 1.0, state.sites)

    def step(self, state: State) -> tuple[MirrorState, Info]:
        """One coarse-graining step.

        Parameters
        ----------
        state : MirrorState
            From `init` or from a step of this scheme.

        Returns
        -------
        tuple of MirrorState, Info
            The state of the coarser lattice; the squared distance of the loop is the error.

        Raises
        ------
        NonFiniteError
            If a number overflows or the tensor vanishes.
        MemoryError
            With the number of bytes, if the step would not fit.
        """
        self._check(state, MirrorState)
        assert isinstance(state, MirrorState)
        self._check_memory(state.chi)
        student, charges, info = self._student(state)
        return ring_state(student, charges, state), info

    def _student(self, state: MirrorState) -> tuple[Floats, Charges, Info]:
        """S, its charges of z, and what was left out."""
        letters, legs = state.letters, state.horizontal
        previous = state.student
        if (
            previous is None or state.step < self.warm
            or previous.shape != (self.chi, len(letters), len(letters)) or self.chi != len(letters)
        ):  # fmt: skip
            start, charges, exact = _split.start(letters, legs, self.chi)
            if exact:
                return start, charges, Info(len(charges), 0.0)
            self._warn_of_a_pair(legs, charges)
            student, info = self._optimise(letters, legs, start, charges)
            return *_split.canonical(student, charges), info
        start = _split.scaled_to(previous, letters)
        student, info = self._optimise(letters, legs, start, legs)
        return _split.turned_to(student, legs, previous), legs, info

    def _warn_of_a_pair(self, legs: Charges, charges: Charges) -> None:
        """Where legs have as many even as odd states, as those of Ising spins, so must z."""
        if self.chi % 2 == 0 or self.chi == 1 or len(charges) < self.chi:
            return
        if 2 * int((legs == 0).sum()) == len(legs):
            warnings.warn(
                f"chi = {self.chi} splits a pair of an even and an odd state, which leads the flow "
                f"away from the critical point; chi = {self.chi - 1} or {self.chi + 1} does not",
                RuntimeWarning,
                stacklevel=2,
            )

    def _optimise(
        self, letters: Floats, legs: Charges, start: Floats, charges: Charges
    ) -> tuple[Floats, Info]:
        """The student of least cost around a loop at its best scale, from a start.

        `letters` is T[a, b, c, d] with charges `legs`, `start` is S with charges `charges` of z.
        """
        student = np.array(start, dtype=np.float64, order="C")
        report = np.empty(_core.TENSORRG_REPORT)
        _core.tensorrg_loop_search(
            letters, int((legs == 0).sum()), student, int((charges == 0).sum()), self.mu,
            self.iterations, self.tolerance, report, None,
        )  # fmt: skip
        return student, Info(
            len(student), max(0.0, float(report[_core.TENSORRG_DISTANCE])),
            int(report[_core.TENSORRG_ITERATIONS]), float(report[_core.TENSORRG_SLOPE]),
        )  # fmt: skip

    def _check_memory(self, n: int) -> None:
        if n > 64:
            raise ArgumentError(f"network must have at most 64 states of a bond, got {n}")
        n = max(n, self.chi)
        arguments.allocate("the tensors of a loop", (24, n, n, n, n), np.float64)


def mirror_state(
    letters: Floats, charges: Charges, log_scale: float, area: float, sites: float, *,
    student: Floats | None = None, step: int = 0,
) -> MirrorState:  # fmt: skip
    """The state of T[a, b, c, d], its largest element taken out."""
    largest = largest_element(letters, log_scale)
    tensor = np.ascontiguousarray(letters.transpose(2, 1, 0, 3) / largest)
    modulus = 2 if charges.any() else 1
    return MirrorState(
        tensor, charges, charges, modulus, log_scale + math.log(largest), area, sites, 1j, student,
        step,
    )  # fmt: skip


def ring(student: Floats) -> Floats:
    """T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b']."""
    chi, n, _ = student.shape
    rows = student.reshape(chi * n, n)
    halves = (rows @ rows.T).reshape(chi, n, chi, n).transpose(0, 2, 1, 3).reshape(-1, n * n)
    square = (halves @ halves.T).reshape((chi,) * 4)  # z1, z2, z4, z3
    return np.ascontiguousarray(square.transpose(0, 1, 3, 2))


def ring_state(student: Floats, charges: Charges, before: MirrorState) -> MirrorState:
    """The state after a step: the ring of a student of the state before."""
    return mirror_state(
        ring(student), charges, 2 * before.log_scale, 2 * before.area, before.sites,
        student=student, step=before.step + 1,
    )  # fmt: skip
