"""The point group acts as a group, and the machines are as symmetric as they are said to be."""

import itertools

import numpy as np
import pytest

from isingrg import ArgumentError, _core
from isingrg.mlrg import boltzmann_tensor, coupling_names, symmetry

#: Together they hold every pair of irreducible representations.
SUMS = ["A1", "A1+E", "2A1+E", "A1+A2+B1", "A1+B1+B2", "A1+A2+B2", "A2+E", "B1+E", "B2+E"]
FRAMES = {"published": _core.MLRG_PUBLISHED, "consistent": _core.MLRG_CONSISTENT}


def log_weights(representation, frame, machine, J):
    m = symmetry.components(representation)
    logarithms = np.empty((len(J), *(2**m,) * 4))
    _core.mlrg_boltzmann_tensor(representation, FRAMES[frame], machine, J, logarithms, None)
    return logarithms.reshape(len(J), -1)


def violation(representation, frame, machine, operations=slice(None)):
    """Largest change of a log-weight under the point group and Z2, at ten random couplings."""
    count = len(symmetry.coupling_components(representation, frame))
    J = np.random.default_rng(1).normal(0, 0.7, (10, count))
    weights = log_weights(representation, frame, machine, J)
    turned = [
        *symmetry.visible_action(representation)[operations],
        np.arange(weights.shape[1])[::-1],
    ]
    return max(np.abs(weights[:, states] - weights).max() for states in turned)


@pytest.mark.parametrize("representation", SUMS)
@pytest.mark.parametrize(
    "machine", [_core.MLRG_TEACHER, _core.MLRG_STUDENT], ids=["teacher", "student"]
)
def test_the_consistent_frame_has_all_symmetries(representation, machine):
    assert violation(representation, "consistent", machine) < 1e-12


@pytest.mark.parametrize("representation", SUMS)
def test_the_published_student_lacks_the_mirrors(representation):
    assert violation(representation, "published", _core.MLRG_TEACHER) < 1e-12
    assert (
        violation(representation, "published", _core.MLRG_STUDENT, slice(4)) < 1e-12
    )  # the rotations
    if representation != "A1":
        assert violation(representation, "published", _core.MLRG_STUDENT) > 1


@pytest.mark.parametrize(
    ("representation", "sums"),
    [("P4", ["A1+B1+E"]), ("P4d", ["A1+B2+E"]), ("P8", ["A1+A2+B1+B2", "E", "E"]),
     ("2A1+P4", ["2A1", "A1+B1+E"])],
)  # fmt: skip
def test_permutations_of_components_have_the_characters_of_sums(representation, sums):
    group = symmetry.point_group(representation)
    parts = [symmetry.point_group(part) for part in sums]
    assert symmetry.components(representation) == sum(map(symmetry.components, sums))
    for name, matrix in group.items():
        assert np.trace(matrix) == sum(np.trace(part[name]) for part in parts)
        assert np.array_equal(matrix @ matrix.T, np.eye(len(matrix))) and matrix.min() == 0


@pytest.mark.parametrize("representation", ["P4", "P4d"])
@pytest.mark.parametrize("machine", ["teacher", "student"])
def test_moved_components_leave_the_machines_as_they_are(representation, machine):
    count = len(coupling_names(representation, frame="consistent"))
    J = np.random.default_rng(1).normal(0, 0.5, count)
    weights = boltzmann_tensor(J, representation, frame="consistent", machine=machine, log=True)
    for states in symmetry.visible_action(representation):
        assert np.abs(weights.ravel()[states] - weights.ravel()).max() < 1e-12


@pytest.mark.parametrize("representation", SUMS)
def test_point_group_is_a_group(representation):
    group = list(symmetry.point_group(representation).values())
    assert len(group) == 8
    for g, h in itertools.product(group, group):
        assert any(np.array_equal(g @ h, element) for element in group)
    action = symmetry.visible_action(representation)
    for row in action:
        assert np.array_equal(np.sort(row), np.arange(action.shape[1]))


def test_coupling_matrices_of_the_paper():
    J = np.arange(5.0)
    expected = [[0, 1, 0], [2, 3, 0], [0, 0, 4]]  # Eq. 17
    assert symmetry.coupling_matrix(J, "A1+E").tolist() == expected
    assert symmetry.coupling_vector(expected, "A1+E").tolist() == J.tolist()
    expected = [[0, 1, 2, 0], [3, 4, 5, 0], [6, 7, 8, 0], [0, 0, 0, 9]]  # Eq. 18
    assert symmetry.coupling_matrix(np.arange(10.0), "2A1+E").tolist() == expected
    with pytest.raises(ArgumentError, match="forbids"):
        symmetry.coupling_vector(np.ones((3, 3)), "A1+E")
    with pytest.raises(ArgumentError, match="shape"):
        symmetry.coupling_vector(np.ones((2, 2)), "A1+E")


@pytest.mark.parametrize(
    "representation, frame", list(itertools.product(["A1+E", "2A1+E"], FRAMES))
)
def test_gauge_transformations_rename_components(representation, frame):
    """Hidden components may be renamed at will, visible ones are renamed in the states."""
    pairs = symmetry.coupling_components(representation, frame)
    J = np.random.default_rng(2).normal(0, 0.7, (1, len(pairs)))
    matrix = symmetry.coupling_matrix(J, representation, frame=frame)
    gauge = symmetry.gauge_transformations(representation)
    assert len(gauge) == {"A1+E": 4, "2A1+E": 16}[representation]
    for D in gauge:
        teacher = symmetry.coupling_vector(D @ matrix, representation, frame=frame)
        student = symmetry.coupling_vector(matrix @ D, representation, frame=frame)
        for machine, moved in ((_core.MLRG_TEACHER, teacher), (_core.MLRG_STUDENT, student)):
            change = log_weights(representation, frame, machine, np.ascontiguousarray(moved))
            change -= log_weights(representation, frame, machine, J)
            assert np.abs(change).max() < 1e-12


@pytest.mark.parametrize(
    "representation, frame", list(itertools.product(["A1+E", "A2+B1"], FRAMES))
)
@pytest.mark.parametrize("machine", symmetry.MACHINES)
def test_weights_are_those_of_the_tensor(representation, frame, machine):
    """log sum_z exp(z W x) = sum over hidden spins of log 2 cosh (W x)."""
    J = np.random.default_rng(3).normal(
        0, 0.7, len(symmetry.coupling_components(representation, frame))
    )
    W = symmetry.machine_weights(J, representation, machine=machine, frame=frame)
    m = symmetry.components(representation)
    states = np.arange(2 ** (4 * m))[:, None] >> np.arange(4 * m)[::-1] & 1
    fields = (1 - 2 * states) @ W.reshape(-1, 4 * m).T
    expected = np.log(2 * np.cosh(fields)).sum(axis=1)
    found = log_weights(representation, frame, symmetry.MACHINES[machine], J[None])[0]
    assert np.abs(found - expected).max() < 1e-12


def test_the_graphs_of_figure_3():
    """Who is joined to whom, and that each edge of the square sees its two ends alike."""
    square = symmetry.machine_weights(0.7)[:, 0, :, 0]
    assert square.tolist() == [
        [0.7, 0.7, 0, 0],
        [0, 0.7, 0.7, 0],
        [0, 0, 0.7, 0.7],
        [0.7, 0, 0, 0.7],
    ]
    assert symmetry.machine_weights(0.7, machine="student")[0, 0, :, 0].tolist() == [0.7] * 4
    with pytest.raises(ArgumentError, match="single point"):
        symmetry.machine_weights([0.7, 0.8])
    with pytest.raises(ArgumentError, match="machine must be"):
        symmetry.machine_weights(0.7, machine="moderator")


def test_decoupled_components():
    assert symmetry.decoupled_components([0.8, 0, 0, 0.1, 0.2], "A1+E") == [(0,), (1, 2)]
    assert symmetry.decoupled_components([0.8, 0.1, 0, 0.1, 0.2], "A1+E") == [(0, 1, 2)]


@pytest.mark.parametrize("count", [-1, 21, 10**30, 1.5, np.nan, None, np.zeros((2, 2))])
def test_states_of_a_wrong_number_of_components(count):
    with pytest.raises((ArgumentError, TypeError), match="count must be"):
        symmetry.spin_states(count)


@pytest.mark.parametrize("spins", [1, np.nan, "A1", [0, 1], [2], [[1, 1j]], np.ones(63), None])
def test_indices_of_what_is_no_state(spins):
    with pytest.raises((ArgumentError, TypeError), match="spins must"):
        symmetry.state_indices(spins)


@pytest.mark.parametrize("tolerance", [-1e-9, np.nan, np.inf, [0.1, 0.2], None, "0.1"])
def test_a_wrong_tolerance_of_decoupled_components(tolerance):
    with pytest.raises((ArgumentError, TypeError), match="tolerance must"):
        symmetry.decoupled_components(0.7, "A1", tolerance=tolerance)
