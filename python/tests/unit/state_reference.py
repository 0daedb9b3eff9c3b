"""Teachers and students of q-state spins from their definition (Eqs. 3 to 6 of Hou & You), plainly.

Corners are counted counter-clockwise from top right. A bond runs from an edge spin to a vertex spin
in one of four directions; the rotation C4 takes the representative bond, along +x, to the others.
"""

import itertools
import math

import numpy as np

#: Directions of the components of a term, in degrees; None in the centre.
PLACES = {
    "A1": [None], "P4": [0, 90, 180, 270], "P4d": [45, 135, 225, 315],
    "P8": [22.5 + 45 * k for k in range(8)],
}  # fmt: skip


def place(angle):
    return None if angle is None else (math.cos(math.radians(angle)), math.sin(math.radians(angle)))


def places(terms, turn=0.0):
    """Where each component of a spin is whose axes are turned, and in which term."""
    return [
        (number, None if angle is None else place(angle + turn))
        for number, term in enumerate(terms)
        for angle in PLACES[term]
    ]


def permutation(operation, where):
    """Component to which each one is moved by a matrix."""
    result = []
    for number, point in where:
        image = None if point is None else operation @ point
        result.append(
            next(
                i
                for i, (other, target) in enumerate(where)
                if other == number and (point is None or np.allclose(image, target, atol=1e-9))
            )
        )
    return result


C4 = np.array([[0.0, -1.0], [1.0, 0.0]])
MIRROR = np.diag([1.0, -1.0])


class Model:
    """Weights of four corner spins, tuples of states, for couplings (edge, vertex, kernel)."""

    def __init__(self, symmetry, terms, couplings, frame="published"):
        self.symmetry, self.couplings = symmetry, couplings
        self.kernels = symmetry.kernels
        self.edge = places(terms, 45.0 if frame == "consistent" else 0.0)
        self.vertex = places(terms)
        self.shift = 3 if frame == "consistent" else 0
        self.spins = list(itertools.product(range(symmetry.q), repeat=len(self.vertex)))
        self.turn = permutation(C4, self.vertex)
        self.mirror = permutation(MIRROR, self.edge), permutation(MIRROR, self.vertex)

    def moved(self, spin, move):
        result = [0] * len(spin)
        for a, target in enumerate(move):
            result[target] = spin[a]
        return tuple(result)

    def table(self, J, direction):
        """Log-weights of edge spins s and vertex spins t, both turned back to the bond along +x."""
        back = [self.turn.index(a) for a in range(len(self.turn))]
        spins = self.spins
        for _ in range(direction % 4):
            spins = [self.moved(spin, back) for spin in spins]
        spins = np.array(spins)
        total = np.zeros((len(spins), len(spins)))
        for value, (a, b, k) in zip(J, self.couplings, strict=True):
            for i, j in {(a, b), (self.mirror[0][a], self.mirror[1][b])}:
                total += value * self.kernels[k][spins[:, i][:, None], spins[:, j]]
        return total

    def teacher(self, J):
        """Weights T[x0, x1, x2, x3]: edge e is between corners e and e + 1."""
        w = [np.exp(self.table(J, d)) for d in range(4)]
        a, b, c, d = (np.einsum("zx,zy->xy", w[e], w[(e + 2) % 4]) for e in range(4))
        return np.einsum("ab,bc,cd,da->abcd", a, b, c, d)

    def student(self, J):
        """Weights with one spin z in the centre, to which all bonds run."""
        w = [np.exp(self.table(J, k + self.shift)) for k in range(4)]
        return np.einsum("az,bz,cz,dz->abcd", *w)

    def divergence(self, teacher, student):
        p, q = self.teacher(teacher), self.student(student)
        p, q = p / p.sum(), q / q.sum()
        return float((p * np.log(p / q)).sum())
