"""A step of the loop flow in plain NumPy with the L-BFGS of SciPy: a peer of `isingrg.tensorrg`.

The tensors are dense arrays, charges are entries that stay zero, and every contraction is a
matrix product of NumPy. `rows_tensorrg` checks that it does as many iterations as this library and
ends at the same distance.
"""

from __future__ import annotations

import numpy as np

try:
    import scipy.optimize
except ImportError:
    UNAVAILABLE = "SciPy is not installed: no row about the loop flow in NumPy"
else:
    UNAVAILABLE = None

#: States among which the start chooses, in units of chi, and steps that the optimiser remembers.
CANDIDATES, MEMORY = 3, 40


def exchange(matrix, n):
    """Second index of the rows and first of the columns change places."""
    return matrix.reshape(n, n, n, n).transpose(0, 2, 1, 3).reshape(n * n, n * n)


def rows_of(tensor, n):
    """T[a, b, c, d] as a matrix (a d), (b c)."""
    return tensor.transpose(0, 3, 1, 2).reshape(n * n, n * n)


def ring(student):
    halves = np.einsum("iab,jeb->ijae", student, student, optimize=True)
    return np.einsum("ijae,lkae->ijkl", halves, halves, optimize=True)


def cost(student, teacher, mu):
    """The cost around a loop of a teacher of norm one, as `rows_of` has it, and its gradient."""
    m, n = student.shape[:2]
    pair = rows_of(np.einsum("zab,zdc->abcd", student, student, optimize=True), n)
    overlap = exchange(teacher @ pair.T, n)
    square = overlap @ overlap.T
    slope = exchange(4 * square @ overlap, n)
    slope = (slope.T @ teacher).reshape(n, n, n, n).transpose(0, 2, 3, 1)
    flat = student.transpose(1, 0, 2).reshape(n * m, n)
    layers = (flat @ flat.T).reshape(n, m, n, m).transpose(0, 2, 1, 3).reshape(n * n, m * m)
    norm = layers @ layers.T
    fourth = norm @ norm
    value = 1 + (fourth**2).sum() - 2 * (square**2).sum() + mu * (student**2).sum()
    of_layers = 8 * (fourth @ (norm @ layers))
    of_layers = of_layers.reshape(n, n, m, m).transpose(0, 2, 1, 3).reshape(n * m, n * m)
    gradient = ((of_layers + of_layers.T) @ flat).reshape(n, m, n).transpose(1, 0, 2)
    gradient = gradient - 2 * np.einsum("abcd,zdc->zab", slope, student, optimize=True)
    gradient = gradient - 2 * np.einsum("abcd,zab->zdc", slope, student, optimize=True)
    return value, gradient + 2 * mu * student


def by_charge(matrix, charges):
    """Eigenvectors and eigenvalues of a symmetric matrix, largest first, and their charges."""
    values, vectors, found = [], [], []
    for charge in np.unique(charges):
        states = np.flatnonzero(charges == charge)
        w, v = np.linalg.eigh(matrix[np.ix_(states, states)])
        part = np.zeros((len(charges), len(states)))
        part[states] = v
        values.append(w)
        vectors.append(part)
        found.append(np.full(len(states), charge))
    values, vectors, found = np.concatenate(values), np.hstack(vectors), np.concatenate(found)
    order = np.argsort(-values, kind="stable")
    return values[order], vectors[:, order], found[order]


def projected(student, charges, density, chi):
    _, vectors, found = by_charge(density, charges)
    return np.tensordot(vectors[:, :chi].T, student, 1), found[:chi]


def start(teacher, legs, chi):
    n = len(legs)
    matrix = teacher.transpose(0, 1, 3, 2).reshape(n * n, n * n)
    products = np.add.outer(legs, legs).reshape(-1) % 2
    values, vectors, charges = by_charge((matrix + matrix.T) / 2, products)
    count = min(CANDIDATES * chi, int((values > 1e-14 * values[0]).sum()))
    student = (vectors[:, :count] * np.sqrt(values[:count])).T.reshape(count, n, n)
    density = np.eye(count)
    for _ in range(300):
        legs_density = np.einsum("zw,zdc,wec->de", density, student, student, optimize=True)
        new = np.einsum("de,zdb,web->zw", legs_density, student, student, optimize=True)
        new /= np.trace(new)
        if abs(new - density).max() < 1e-13:
            break
        density = new
    return projected(student, charges[:count], density, chi)


def step(teacher, legs, chi, mu, iterations, tolerance):
    """The ring of the best student, the student, its charges, and distance and iterations."""
    n = len(legs)
    student, charges = start(teacher, legs, chi)
    rows = rows_of(teacher, n)
    layers = exchange(rows @ rows.T, n)
    unit = (((layers @ layers.T) ** 2).sum()) ** (1 / 8)
    rows, student = rows / unit, student / np.sqrt(unit)
    permitted = (charges[:, None, None] + legs[:, None] + legs) % 2 == 0

    def full(values):
        array = np.zeros(student.shape)
        array[permitted] = values
        return array

    def function(values):
        value, gradient = cost(full(values), rows, mu)
        return value, gradient[permitted]

    found = scipy.optimize.minimize(
        function, student[permitted], jac=True, method="L-BFGS-B",
        options=dict(maxiter=iterations, maxfun=2 * iterations, gtol=tolerance, ftol=1e-16,
                     maxcor=MEMORY))
    student = full(found.x)
    pair = rows_of(np.einsum("zab,zdc->abcd", student, student, optimize=True), n)
    overlap, norm = (exchange(one @ pair.T, n) for one in (rows, pair))
    overlap, norm = ((x @ x.T) for x in (overlap, norm))
    overlap, norm = (overlap**2).sum(), (norm**2).sum()
    student = student * np.sqrt(unit) * (overlap / norm) ** (1 / 8)
    student, charges = projected(
        student, charges, np.einsum("zab,wab->zw", student, student), len(student))
    return ring(student), student, charges, 1 - overlap**2 / norm, found.nit
