"""HOTRG: two tensors become one, first on top of each other, then side by side."""

from __future__ import annotations

import numpy as np

from isingrg._shared import arguments
from isingrg.tensorrg._flow import Info
from isingrg.tensorrg._scheme import Scheme, normalised
from isingrg.tensorrg._sectors import Charges, Floats, symmetric
from isingrg.tensorrg.states import State


class HOTRG(Scheme):
    """Tensor renormalization by the higher-order singular value decomposition.

    Two tensors are merged, and the pair of bonds between two pairs is projected on the states that
    matter most for the better of its two ends. A step merges in both directions, at the cost chi^7,
    and quadruples the area; the lattice keeps its direction.

    Parameters
    ----------
    chi : int
        States of a bond, at most: 1 to 512.

    References
    ----------
    Z. Y. Xie et al., arXiv:1201.1144.
    """

    growth = 4

    def _step(self, state: State) -> tuple[State, Info]:
        self._check(state, State)
        modulus = state.modulus
        tensor, horizontal, first = _stack(
            state.tensor, state.horizontal, modulus, self.chi
        )  # the lower tensor under the upper one
        # Turned, left and up change places with up and left: side by side.
        turned, vertical, second = _stack(
            tensor.transpose(1, 0, 3, 2), state.vertical, modulus, self.chi
        )
        new = normalised(
            state, turned.transpose(1, 0, 3, 2), 4 * state.log_scale, horizontal, vertical, growth=4
        )
        return new, Info(new.chi, max(first, second))

    def _check_memory(self, n: int) -> None:
        n = max(n, self.chi)
        arguments.allocate("the tensors of a step", (2, n, n, n, n, n), np.float64)


def _stack(
    tensor: Floats, charges: Charges, modulus: int, chi: int
) -> tuple[Floats, Charges, float]:
    """Merges vertically: sum_x T[l, u, r, x] T[l', x, r', d], (l l') and (r r') projected."""
    h, v = tensor.shape[:2]
    pairs = np.add.outer(charges, charges).reshape(-1) % modulus
    found = []
    for upper in (tensor, tensor.transpose(2, 1, 0, 3)):  # the left ends, the right ends
        # sum over u, r of the upper and r', d of the lower one, of two layers.
        rows = upper.transpose(0, 3, 1, 2).reshape(h * v, v * h)
        top = (rows @ rows.T).reshape(h, v, h, v)  # l, x, m, y
        rows = upper.transpose(0, 1, 2, 3).reshape(h * v, h * v)
        bottom = (rows @ rows.T).reshape(h, v, h, v)  # l', x, m', y
        left = top.transpose(0, 2, 1, 3).reshape(h * h, v * v)
        right = bottom.transpose(1, 3, 0, 2).reshape(v * v, h * h)
        density = (left @ right).reshape(h, h, h, h).transpose(0, 2, 1, 3).reshape(h * h, h * h)
        found.append(symmetric((density + density.T) / 2, pairs, chi))
    vectors, _, kept, error = min(found, key=lambda one: one[3])
    k = vectors.shape[1]
    isometry = vectors.reshape(h, h, k)
    upper = np.tensordot(isometry, tensor, (0, 0))  # l', k, u, r, x
    # One state of the new left bond after the other, so that nothing has six legs.
    merged = np.empty((k, v, k, v))
    lower = tensor.transpose(1, 0, 2, 3).reshape(v * h, h * v)  # (x l'), (r' d)
    for i in range(k):
        slab = upper[:, i].transpose(1, 2, 3, 0).reshape(v * h, v * h)  # (u r), (x l')
        pair = (slab @ lower).reshape(v, h, h, v)  # u, r, r', d
        merged[i] = np.tensordot(pair, isometry, ((1, 2), (0, 1))).transpose(0, 2, 1)
    return merged, kept, error
