"""Loop-optimised tensor renormalization of any network, on a chess board of two tensors.

A(left, up, right, down) stands on the black sites and B on the white ones. A step splits A along
one diagonal and B along the other, and joins four halves around every plaquette with A at its top
left. Halves are chosen so that the loop around every second one of the other plaquettes changes
least: there they form a ring of eight tensors S[in, outer leg, out], `_ring_of_eight`, which is to
be equal to a ring of four A and B.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isingrg._shared import arguments
from isingrg._shared.errors import NonFiniteError
from isingrg.tensorrg import _ring_of_eight
from isingrg.tensorrg._flow import Info
from isingrg.tensorrg._scheme import Scheme, largest_element
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg.network import Network
from isingrg.tensorrg.states import Spectrum, State, moduli, ring_of_two

#: Largest number of states of a bond.
_LARGEST_CHI = 64


@dataclass(frozen=True, eq=False)
class CheckerboardState(State):
    """A state of two tensors that alternate like the colours of a chess board.

    `tensor` is A(left, up, right, down), whose left and upper bonds have the charges `horizontal`
    and `vertical`.
    """

    #: B(left, up, right, down): the left bond is at the right of A, the upper one below A.
    other: Floats = field(kw_only=True)
    #: Charges of the bonds at the right of A and below A.
    between: tuple[Charges, Charges] = field(kw_only=True)

    @functools.cached_property
    def _row(self) -> Floats:
        """From below A and B to above B and A: a row, and a step to the right."""
        row = ring_of_two(self.tensor, self.other)
        above, below = self.tensor.shape[1], self.other.shape[1]
        n = above * below
        return np.ascontiguousarray(row.reshape(above, below, n).swapaxes(0, 1)).reshape(n, n)

    @functools.cached_property
    def log_partition(self) -> float:
        """ln Z of the torus of A and B, over two: exact as long as nothing was left out."""
        return self._logarithm(float(np.trace(self._row)), 2) / 2

    @functools.cached_property
    def degeneracy(self) -> float:
        """(tr M)^2 / tr M^2 of the ring of A and B: the number of ground states in a phase."""
        square = float(np.einsum("ij,ji->", self._row, self._row))
        if not square > 0:
            raise NonFiniteError("the transfer matrix has no positive square")
        return float(np.trace(self._row)) ** 2 / square

    @functools.cached_property
    def spectrum(self) -> Spectrum:
        """The transfer matrix of A and B side by side, by sectors of charge."""
        total = np.add.outer(self.between[1], self.vertical).reshape(-1) % self.modulus
        sectors = []
        for charge in range(min(self.modulus, int(total.max()) + 1)):
            i = np.flatnonzero(total == charge)
            sectors.append(moduli(self._row[np.ix_(i, i)]))
        return self._dimensions(sectors, self.aspect.imag / 2)


class CheckerboardLoopTNR(Scheme):
    """Loop-optimised tensor network renormalization of any network.

    For anisotropic models, antiferromagnets in a field, triangular and honeycomb lattices and
    Boltzmann weights of several components: whatever `LoopTNR` refuses because it lacks the
    symmetries of a square. A step doubles the area and turns the lattice by 45 degrees, at the cost
    chi^6 for each of eight halves and each sweep.

    Parameters
    ----------
    chi : int
        States of a bond, at most: 1 to 64.
    mu : float
        Weight of |S|^2 of each half beside the squared distance of the loop, 1e-14 to 1: it keeps
        bond states that nothing depends on from growing without limit.
    sweeps : int
        Rounds of improving all halves, at most: 0 to 10**6.
    tolerance : float
        The rounds end when the squared distance of the loop, relative to its squared norm, falls by
        less than this fraction of itself, or is below 1e-14; 0 to 1.

    References
    ----------
    S. Yang, Z.-C. Gu and X.-G. Wen, arXiv:1512.04938.
    """

    def __init__(
        self, chi: int, *, mu: float = 1e-6, sweeps: int = 60, tolerance: float = 1e-3
    ) -> None:
        super().__init__(arguments.integer("chi", chi, 1, _LARGEST_CHI))
        self.mu = arguments.finite("mu", mu, 1e-14, 1)
        self.sweeps = arguments.integer("sweeps", sweeps, 0, 10**6)
        self.tolerance = arguments.finite("tolerance", tolerance, 0, 1)

    def _init(self, network: Network) -> CheckerboardState:
        state = super()._init(network)
        fields: dict[str, Any] = {n: getattr(state, n) for n in State.__dataclass_fields__}
        return CheckerboardState(
            **fields, other=state.tensor, between=(state.horizontal, state.vertical)
        )

    def _step(self, state: State) -> tuple[CheckerboardState, Info]:
        self._check(state, CheckerboardState)
        assert isinstance(state, CheckerboardState)
        a, b = state.tensor, state.other
        (right, below), left, above = state.between, state.horizontal, state.vertical
        # The loop around a plaquette with B at its top left, clockwise from the A at its top right.
        loop = _ring_of_eight.Loop(
            [a, b.transpose(1, 2, 3, 0), a.transpose(2, 3, 0, 1), b.transpose(3, 0, 1, 2)],
            [left, below, -right, -above],
            [above, -right, -left, -above, -below, left, right, below], state.modulus,
        )  # fmt: skip
        s, z, info = _ring_of_eight.split(loop, self.chi, self.mu, self.sweeps, self.tolerance)
        # Four halves around a plaquette with A at its top left, and with A at its bottom right.
        black = np.einsum("iry,xrj,ksx,ysl->ijkl", s[1], s[6], s[5], s[2], optimize=True)
        white = np.einsum("xdk,lex,yei,jdy->klij", s[4], s[3], s[0], s[7], optimize=True)
        return self._state(black, white, z, state), info

    def _state(
        self, black: Floats, white: Floats, z: list[Charges], before: CheckerboardState
    ) -> CheckerboardState:
        largest = [largest_element(one, 2 * before.log_scale) for one in (black, white)]
        modulus = before.modulus
        return CheckerboardState(
            np.ascontiguousarray(black / largest[0]), z[0], -z[3] % modulus, modulus,
            2 * before.log_scale + (math.log(largest[0]) + math.log(largest[1])) / 2,
            2 * before.area, before.sites, (1 + before.aspect) / (1 - before.aspect),
            other=np.ascontiguousarray(white / largest[1]),
            between=(-z[2] % modulus, z[1]),
        )  # fmt: skip
