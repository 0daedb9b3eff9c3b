"""The exact RG map of the star of one Potts spin for any real q.

States of the corners count only by which of them are equal. Each of the 15 arrangements occurs q (q - 1) ...
times, and its weights are polynomials in q, so that map and critical coupling continue to any q > 1.
"""

import itertools
import math

import numpy as np


def arrangements(n):
    """Names of n corners, equal where their states are, each new one the smallest that is free."""
    for names in itertools.product(range(n), repeat=n):
        if all(name <= max(names[:i], default=-1) + 1 for i, name in enumerate(names)):
            yield names


_CORNERS = list(arrangements(4))
#: Pairs of equal neighbours.
_EQUAL = np.array([sum(names[k] == names[k - 1] for k in range(4)) for names in _CORNERS])
#: How many corners have each name.
_BLOCKS = np.array([[names.count(name) for name in range(4)] for names in _CORNERS])
_NAMED = _BLOCKS > 0


def continued_map(J, q):
    """J' of least divergence for the coupling J > 0, by bisection on the divergence's derivative."""
    counts = np.array([math.prod(q - i for i in range(k)) for k in _NAMED.sum(1)])
    # An edge is summed over its q states: one or two of them are those of its corners.
    logs = np.log(np.exp(2 * J) + q - 1) * _EQUAL + np.log(2 * np.exp(J) + q - 2) * (4 - _EQUAL)
    p = counts * np.exp(logs - logs.max())
    p /= p.sum()

    def slope(K):
        """The mean number of corners in the state of their centre, of the student less that of the teacher."""
        weights = np.where(_NAMED, np.exp(K * _BLOCKS), 0)
        total = weights.sum(1) + q - _NAMED.sum(1)
        return 4 * np.exp(K) / (np.exp(K) + q - 1) - p @ ((weights * _BLOCKS).sum(1) / total)

    return _zero(slope, 0.0, 8.0)


def continued_critical_coupling(q):
    """The coupling J* that the map leaves where it is."""
    return _zero(lambda J: continued_map(J, q) - J, 1.0, 3.0)


def _zero(function, low, high):
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return middle
