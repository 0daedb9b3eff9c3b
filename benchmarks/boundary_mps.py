"""Samples of the Ising model on open lattices, row by row from boundary matrix-product states."""

import math
import time

import numpy as np

#: Samples side by side: their numbers stay in the cache.
_TOGETHER = 512


class BoundarySampler:
    """Draws rows from the top, each spin by its probability given those before it.

    The weight V_k(s) of all that lies at row k and below it, given its spins s, is a matrix-product
    state A_1[s_1] ... A_L[s_L] of at most `bond` values on each bond. Row by row from the lowest it is
    multiplied by the bonds of the next row and cut off at its largest singular values. What is drawn is

        q(row k | row k - 1) ~ V_k(s) prod_j exp(K s_j t_j), t the spins of row k - 1,

    normalised by its sum over s, so that q(spins), the product over all rows, is exact whatever was
    cut off. Boundaries are open: on a torus V_k would depend on the first row as well.
    """

    def __init__(self, L, K, bond):
        start = time.process_time()
        self.L, self.K = L, K
        values = np.array([1.0, -1.0])
        bonds = np.exp(K * np.outer(values, values))
        # A diagonal operator for the bonds within a row: the value to the right is the spin.
        within = np.zeros((2, 2, 2))  # left, spin, right
        for s in range(2):
            within[:, s, s] = bonds[:, s]
        first, last = np.eye(2)[None], bonds[:, :, None]  # (1, spin, right), (left, spin, 1)
        operator = [first] + [within] * (L - 2) + [last]
        state = [np.ones((1, 2, 1))] * L
        #: For the highest row first: tensors (left, spin, right) of V_k.
        self.states = []
        for row in range(L):
            if row:
                state = [np.einsum("st,atb->asb", bonds, tensor) for tensor in state]
            state = [
                np.einsum("csd,asb->acsbd", o, tensor).reshape(
                    o.shape[0] * tensor.shape[0], 2, o.shape[2] * tensor.shape[2]
                )
                for o, tensor in zip(operator, state, strict=True)
            ]
            state = compressed(state, bond)
            self.states.insert(0, state)
        self.seconds = time.process_time() - start

    def sample(self, n, seed):
        """Spins (n, L, L), and ln q of each."""
        random = np.random.default_rng(seed)
        parts = [self._sample(min(_TOGETHER, n - k), random) for k in range(0, n, _TOGETHER)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _sample(self, n, random):
        spins = np.zeros((n, self.L, self.L), np.int8)
        log_prob = np.zeros(n)
        above = np.zeros((n, self.L))
        for row, state in enumerate(self.states):
            factors = np.exp(self.K * above[:, :, None] * np.array([1, -1]))  # of both values of a spin
            right = [np.ones((n, 1))]
            for j in range(self.L - 1, 0, -1):
                sums = sum(factors[:, j, s, None] * (right[-1] @ state[j][:, s].T) for s in range(2))
                right.append(sums / np.abs(sums).max(1, keepdims=True))
            left = np.ones((n, 1))
            for j in range(self.L):
                both = np.stack([left @ state[j][:, s] for s in range(2)], axis=1)
                both *= factors[:, j, :, None]
                weights = np.einsum("nsb,nb->ns", both, right[self.L - 1 - j])
                # What was cut off may leave a weight below zero.
                weights = np.maximum(weights, 1e-12 * weights.max(1, keepdims=True))
                chance = weights[:, 0] / weights.sum(1)
                down = (random.random(n) >= chance).astype(int)
                log_prob += np.log(np.where(down, 1 - chance, chance))
                left = both[np.arange(n), down]
                left /= np.abs(left).max(1, keepdims=True)
                spins[:, row, j] = 1 - 2 * down
            above = spins[:, row].astype(float)
        return spins, log_prob


def compressed(state, bond):
    """The state with at most `bond` values on each bond, and each tensor divided by its largest number."""
    state = list(state)
    for j in range(len(state) - 1):  # orthogonal to the left
        a, s, b = state[j].shape
        q, r = np.linalg.qr(state[j].reshape(a * s, b))
        state[j] = q.reshape(a, s, -1)
        state[j + 1] = np.tensordot(r / np.abs(r).max(), state[j + 1], 1)
    for j in range(len(state) - 1, 0, -1):
        a, s, b = state[j].shape
        u, values, v = np.linalg.svd(state[j].reshape(a, s * b), full_matrices=False)
        kept = min(bond, int((values > 1e-14 * values[0]).sum()))
        state[j] = v[:kept].reshape(kept, s, b)
        state[j - 1] = np.tensordot(state[j - 1], u[:, :kept] * (values[:kept] / values[0]), 1)
    state[0] = state[0] / np.abs(state[0]).max()
    return state


def open_log_partition(L, K):
    """ln Z of the open L x L lattice by Kac and Ward: Z^2 = 4^N cosh(K)^(2 E) det(1 - tanh(K) W), where W
    joins each directed bond to those that continue it, with exp(i angle / 2) of the turn."""
    from scipy.sparse import coo_matrix, identity
    from scipy.sparse.linalg import splu

    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]  # each a quarter turn from the one before
    number = {}
    for i in range(L):
        for j in range(L):
            for d, (down, right) in enumerate(steps):
                if 0 <= i + down < L and 0 <= j + right < L:
                    number[i, j, d] = len(number)
    rows, columns, values = [], [], []
    for (i, j, d), place in number.items():
        i, j = i + steps[d][0], j + steps[d][1]
        for turn in (-1, 0, 1):
            following = number.get((i, j, (d + turn) % 4))
            if following is not None:
                rows.append(place)
                columns.append(following)
                values.append(np.exp(0.25j * math.pi * turn))
    joins = coo_matrix((values, (rows, columns)), (len(number), len(number)))
    factors = splu((identity(len(number)) - math.tanh(K) * joins).tocsc())
    log_determinant = np.log(np.abs(factors.U.diagonal())).sum()  # L has ones
    return L * L * math.log(2) + len(number) / 2 * math.log(math.cosh(K)) + log_determinant / 2
