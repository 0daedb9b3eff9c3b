"""What the trial of Hou & You asks of every network, theirs and ours alike."""

import dataclasses
import functools

import numpy as np

import isingrg
from isingrg import mlrg
from isingrg.mlrg import symmetry

#: Where networks are compared with the exact map: on the bare axis, and beside it.
AXIS = np.linspace(0.3, 1.2, 10)
NORMAL, WIDTH = 40, 0.5
#: Of the differences by which the exact map is differentiated, and the largest image that counts
#: as smooth.
_STEP, _SMOOTH = 1e-4, 0.01


def bare(J0, representation):
    """Couplings (J0, 0, ...)."""
    rows = np.zeros((len(J0), len(symmetry.coupling_components(representation))))
    rows[:, 0] = J0
    return rows


def as_users_write(rows, representation):
    """Couplings of A1 are numbers."""
    return rows[..., 0] if representation == "A1" else rows


@functools.cache
def exact_students(representation):
    """By place: teachers, the least divergence and a student that has it."""
    random = np.random.default_rng(0).normal(0, WIDTH, (NORMAL, bare([0], representation).shape[1]))
    places = {"axis": bare(AXIS, representation), "normal": random}
    found = {}
    for place, rows in places.items():
        minimum = mlrg.exact_minimum(as_users_write(rows, representation), representation)
        students = np.asarray(minimum.J).reshape(rows.shape)
        found[place] = rows, np.asarray(minimum.kl), students
    return found


def nearest_image(students, to, representation):
    """Of equal students, which differ in the names of the hidden components, those nearest to `to`."""
    gauge = np.array(symmetry.gauge_transformations(representation))
    matrices = symmetry.coupling_matrix(as_users_write(students, representation), representation)
    m = symmetry.components(representation)
    images = np.reshape(matrices, (-1, 1, m, m)) @ gauge
    vectors = np.reshape(symmetry.coupling_vector(images, representation), (len(to), len(gauge), -1))
    best = np.linalg.norm(vectors - to[:, None], axis=-1).argmin(axis=1)
    return vectors[np.arange(len(to)), best]


def learned_beside_exact(model, representation):
    """Mean exact divergence, its least value, and the distance of J' from the exact map's."""
    result = {}
    for place, (rows, least, students) in exact_students(representation).items():
        J = as_users_write(rows, representation)
        try:
            learned = model.flow(J, 1)[1]
            divergence = np.asarray(mlrg.divergence(J, learned, representation))
        except isingrg.IsingRGError as error:
            result[place] = {"reason": str(error)}
            continue
        learned = np.reshape(learned, rows.shape)
        off = learned - nearest_image(students, learned, representation)
        result[place] = {
            "divergence": float(divergence.mean()),
            "least_divergence": float(least.mean()),
            "distance": float(np.sqrt((off**2).sum(axis=1).mean())),
        }
    return result


def exact_curl(point, representation):
    """Share of the exact map's Jacobian that is antisymmetric, which no gradient has; None at a kink."""
    rows = point + _STEP * np.concatenate([np.eye(len(point)), -np.eye(len(point))])
    centre = np.asarray(mlrg.exact_map(point, representation))[None]
    images = np.asarray(mlrg.exact_minimum(rows, representation).J)
    images = nearest_image(images, np.repeat(centre, len(rows), axis=0), representation)
    if np.abs(images - centre).max() > _SMOOTH:
        return None
    slope = (images[: len(point)] - images[len(point) :]).T / (2 * _STEP) - np.eye(len(point))
    return float(np.linalg.norm(slope - slope.T) / 2 / np.linalg.norm(slope))


def fixed_point(model, representation, J0):
    """Where Newton's method leads from (J0, 0, ...), as in Sec. III E, and what holds there."""
    try:
        start = bare([J0], representation)[0]
        point = np.atleast_1d(model.fixed_point(as_users_write(start, representation)))
        J = as_users_write(point, representation)
        slopes = np.linalg.eigvals(np.reshape(model.jacobian(J), (len(point), len(point))))
        found = {
            "J": point.tolist(),
            "delta_1": float(model.scaling_dimensions(J)[1]),
            "growing": int(np.sum(slopes.real > 0)),
            "thermal_exponent": float(np.max(model.exponents(J))),
        }
        if len(point) > 1:
            found["exact_curl"] = exact_curl(point, representation)
        return found
    except (isingrg.IsingRGError, ValueError, np.linalg.LinAlgError) as error:
        return {"reason": str(error)}


def measure(model, representation):
    """Everything, for a record: None for an estimate without an answer."""
    estimates = model.critical_coupling_estimates()
    record = {
        name: {"value": None if e.reason else e.value, "error": None if e.reason else e.error, "reason": e.reason}
        for name, e in ((f.name, getattr(estimates, f.name)) for f in dataclasses.fields(estimates))
    }
    J0 = next((record[name]["value"] for name in ("monotone", "degeneracy", "phase") if not record[name]["reason"]), 0.8)
    return rounded(record | {"newton": fixed_point(model, representation, J0)} | learned_beside_exact(model, representation))


def rounded(value):
    """Six significant digits in all numbers of a record."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
