"""Divergence, tensors and exact map of q-state spins beside plain enumeration and known tables."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isingrg import _core, mlrg
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import _state_tables
from isingrg.mlrg._space import space

sys.path.append(str(Path(__file__).parent))
from state_reference import C4, MIRROR, Model, permutation

#: Internal symmetry, representation, and its terms.
SPACES = [
    ("S3", "A1", ["A1"]), ("Z5", "A1", ["A1"]), ("Z5-chiral", "A1", ["A1"]), ("S10", "A1", ["A1"]),
    ("Z2xZ2", "A1", ["A1"]), (((1, 2, 3, 0), (3, 2, 1, 0)), "A1", ["A1"]), ("Z4", "A1", ["A1"]),
    ("S3", "2A1", ["A1"] * 2), ("Z2", "P4", ["P4"]), ("Z2", "P4d", ["P4d"]),
]  # fmt: skip
BOTH = pytest.mark.parametrize("frame", ["published", "consistent"])
EACH = pytest.mark.parametrize(("internal", "representation", "terms"), SPACES, ids=str)


def model(internal, representation, terms, frame):
    of = space(representation, frame, internal)
    return Model(of.internal, terms, of.couplings, frame)


def couplings(model, seed, scale=0.5):
    return np.random.default_rng(seed).normal(0, scale, len(model.couplings))


def given(J):
    """A single J as users write it."""
    return J if len(J) > 1 else J[0]


@EACH
@BOTH
def test_tensors_and_divergence_are_those_of_plain_enumeration(
    internal, representation, terms, frame
):
    plain = model(internal, representation, terms, frame)
    J, K = couplings(plain, 1), couplings(plain, 2)
    own = {"frame": frame, "internal": internal}
    for machine in ("teacher", "student"):
        expected = getattr(plain, machine)(J)
        found = mlrg.boltzmann_tensor(given(J), representation, machine=machine, **own)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    kl, slope = mlrg.divergence(given(J), given(K), representation, gradient=True, **own)
    assert kl == pytest.approx(plain.divergence(J, K), abs=1e-12)
    for c in range(min(len(J), 3)):
        step = 1e-5 * np.eye(len(J))[c]
        up, down = plain.divergence(J, K + step), plain.divergence(J, K - step)
        assert np.ravel(slope)[c] == pytest.approx((up - down) / 2e-5, abs=1e-8)


@EACH
def test_teacher_and_student_are_invariant_in_the_consistent_frame(internal, representation, terms):
    plain = model(internal, representation, terms, "consistent")
    J = couplings(plain, 3)
    index = {spin: i for i, spin in enumerate(plain.spins)}
    own = {"frame": "consistent", "internal": internal, "log": True}
    operations = [(C4, [3, 0, 1, 2]), (MIRROR, [3, 2, 1, 0])]
    for machine in ("teacher", "student"):
        T = mlrg.boltzmann_tensor(given(J), representation, machine=machine, **own)
        for matrix, source in operations:
            move = permutation(matrix, plain.vertex)
            image = [index[plain.moved(spin, move)] for spin in plain.spins]
            # T[g x], where corner k of g x is the image of corner source[k] of x.
            moved = T[np.ix_(image, image, image, image)].transpose(np.argsort(source))
            assert np.abs(moved - T).max() < 1e-12
        for g in plain.symmetry.generators:
            image = [index[tuple(g[s] for s in spin)] for spin in plain.spins]
            assert np.abs(T[np.ix_(image, image, image, image)] - T).max() < 1e-12


def test_permutations_of_p8_are_exact_in_the_consistent_frame():
    """Too large to enumerate: single arrangements of the corners."""
    of = space("P8", "consistent", "Z2")
    plain = Model(of.internal, ["P8"], of.couplings, "consistent")
    random = np.random.default_rng(0)
    J = random.normal(0, 0.3, of.count)
    tables = [plain.table(J, d) for d in range(4)]
    features = _state_tables.features(of.internal, "P8", "consistent", of.couplings)
    np.testing.assert_allclose(np.tensordot(J, features, 1), tables[0], atol=1e-12)
    index = {spin: i for i, spin in enumerate(plain.spins)}

    def logs(corners):
        x = [index[tuple(spin)] for spin in corners]
        edges = [
            np.logaddexp.reduce(tables[e][:, x[e]] + tables[(e + 2) % 4][:, x[(e + 1) % 4]])
            for e in range(4)
        ]
        arms = sum(tables[(k + 3) % 4][x[k]] for k in range(4))
        return np.array([sum(edges), np.logaddexp.reduce(arms)])

    for _ in range(5):
        corners = random.integers(0, 2, (4, 8)).tolist()
        for matrix, source in [(C4, [3, 0, 1, 2]), (MIRROR, [3, 2, 1, 0])]:
            move = permutation(matrix, plain.vertex)
            moved = [plain.moved(corners[source[k]], move) for k in range(4)]
            assert np.abs(logs(moved) - logs(corners)).max() < 1e-11
    with pytest.raises(MemoryError, match="256 states"):
        mlrg.divergence(J, J, "P8", frame="consistent")


#: q, J_c, J*, slope, Delta_1, degeneracy and KL at J*, and images of 1.0, 1.5, 2.0, 2.5 with their
#: KL, by an independent program in 40 digits.
POTTS = [
    (2, 1.528570919481, 1.6278393583669, 1.35679655025, 0.0916524680782, 1.85437511454,
     0.0573949888721, (0.8877863951885, 1.459384791723, 2.175069219209, 3.026216758693),
     (0.019587936284, 0.0500573987894, 0.0707464069019, 0.0637265477175)),
    (3, 1.7218631764329, 1.8577229523602, 1.40836559812, 0.0941345795898, 2.7527862527,
     0.09300669293, (0.8689127652707, 1.39745288792, 2.065378380778, 2.903156234368),
     (0.0171372339389, 0.0580841741868, 0.104403882898, 0.114426488049)),
    (4, 1.8662640412589, 2.025066491514, 1.44233346819, 0.0957260630769, 3.67758624886,
     0.117575949969, (0.8615190202738, 1.3652038424, 1.989159557562, 2.798076955017),
     (0.0128861941393, 0.0537599099913, 0.114648884035, 0.14988802581)),
    (5, 1.9821797121829, 2.1575414875779, 1.46646318043, 0.0967521689745, 4.62030119613,
     0.135666237619, (0.8582019701867, 1.347435314376, 1.936771683577, 2.710056865556),
     (0.00950194734269, 0.0466213927068, 0.113132417859, 0.171142931481)),
    (10, 2.3621596859141, 2.5852755798546, 1.52678265212, 0.0981066662394, 9.47409001563,
     0.183223070707, (0.8557794389755, 1.321686022461, 1.835536500912, 2.458811917427),
     (0.00258752811312, 0.0202023435793, 0.0734906636208, 0.165373474832)),
]  # fmt: skip


@pytest.mark.parametrize("row", POTTS, ids=lambda row: f"q = {row[0]}")
def test_the_exact_map_of_potts_models_is_that_of_an_independent_program(row):
    q, critical, fixed, slope, delta, degeneracy, kl, images, divergences = row
    name = f"S{q}"
    J = np.array([1.0, 1.5, 2.0, 2.5])
    found = mlrg.exact_minimum(J, internal=name)
    np.testing.assert_allclose(found.J, images, rtol=0, atol=2e-12)
    np.testing.assert_allclose(found.kl, divergences, rtol=0, atol=1e-12)
    at = mlrg.exact_minimum(fixed, internal=name)
    assert at.J == pytest.approx(fixed, abs=1e-12) and at.kl == pytest.approx(kl, abs=1e-12)
    up, down = mlrg.exact_map([fixed + 1e-4, fixed - 1e-4], internal=name)
    assert (up - down) / 2e-4 == pytest.approx(slope, abs=5e-9)
    dimensions = mlrg.scaling_dimensions(fixed, internal=name, k=q)
    np.testing.assert_allclose(dimensions, [0] + [delta] * (q - 1), atol=1e-12)
    assert mlrg.ground_state_degeneracy(fixed, internal=name) == pytest.approx(
        degeneracy, abs=1e-10
    )
    # The square lattice of the vertex spins is critical at e^K = 1 + sqrt q.
    assert mlrg.lieb_critical_coupling(name) == pytest.approx(critical, abs=1e-12)
    T = mlrg.boltzmann_tensor(critical, internal=name, log=True)
    assert (T[0, 0, 0, 0] - T[0, 1, 0, 1]) / 4 == pytest.approx(
        math.log(1 + math.sqrt(q)), abs=1e-12
    )


def test_two_states_are_ising_spins():
    J = np.linspace(0.1, 1.9, 7)
    students = J[::-1]
    for twice, internal in [(2, "S2"), (2, ((1, 0),))]:
        own = {"internal": internal}
        np.testing.assert_allclose(
            mlrg.exact_map(twice * J, **own), twice * mlrg.exact_map(J), rtol=1e-12
        )
        kl, slope = mlrg.divergence(twice * J, twice * students, gradient=True, **own)
        ising, slope_of_ising = mlrg.divergence(J, students, gradient=True)
        np.testing.assert_allclose(kl, ising, atol=1e-13)
        np.testing.assert_allclose(twice * slope, slope_of_ising, atol=1e-13)
        for function in (
            mlrg.ground_state_degeneracy,
            mlrg.scaling_dimensions,
            mlrg.central_charge,
        ):
            found, expected = function(twice * J, **own), function(J)
            np.testing.assert_allclose(found, expected, atol=1e-11)


def test_four_states_as_potts_ashkin_teller_and_generated_groups():
    """delta = (1 + s s' + t t' + s t s' t') / 4, and cos(pi d / 2) = (s s' + t t') / 2."""
    J = np.array([0.7, 1.9, 2.4])
    potts = mlrg.exact_minimum(J, internal="S4")
    teller = mlrg.exact_minimum(J[:, None] / 4 * [1, 1, 1], internal="Z2xZ2")
    np.testing.assert_allclose(teller.J, potts.J[:, None] / 4 * [1, 1, 1], atol=1e-10)
    np.testing.assert_allclose(teller.kl, potts.kl, atol=1e-12)
    own = mlrg.exact_map(J, internal=[(1, 2, 3, 0), (1, 0, 2, 3)])
    np.testing.assert_allclose(own, potts.J, atol=1e-12)
    pair = mlrg.boltzmann_tensor([0.6, 0.6, 0], internal="Z2xZ2")
    # The states of a clock in their order on the circle: ++, +-, --, -+.
    order = [0, 1, 3, 2]
    clock = mlrg.boltzmann_tensor([1.2, 0], internal="Z4")
    np.testing.assert_allclose(pair[np.ix_(*[order] * 4)], clock, rtol=1e-13)


def test_uncoupled_ashkin_teller_spins_are_two_ising_models():
    J = np.array([0.5, 0.8139196792, 1.1])
    teachers = J[:, None] * [1, 1, 0]
    found = mlrg.exact_minimum(teachers, internal="Z2xZ2")
    ising = mlrg.exact_minimum(J)
    # Each student of one Ising model makes one of two; a better one would couple them.
    alone = mlrg.divergence(teachers, ising.J[:, None] * [1, 1, 0], internal="Z2xZ2")
    np.testing.assert_allclose(alone, 2 * ising.kl, atol=1e-12)
    assert (found.kl <= alone + 1e-12).all()
    degeneracy = mlrg.ground_state_degeneracy(teachers, internal="Z2xZ2")
    np.testing.assert_allclose(degeneracy, mlrg.ground_state_degeneracy(J) ** 2, rtol=1e-12)


def test_components_in_the_centre_are_those_of_ising_spins():
    J = np.random.default_rng(5).normal(0, 0.6, (6, 4))
    K = np.random.default_rng(6).normal(0, 0.6, (6, 4))
    kl, slope = mlrg.divergence(J, K, "2A1", gradient=True)
    found, own = mlrg.divergence(2 * J, 2 * K, "2A1", gradient=True, internal="S2")
    np.testing.assert_allclose(found, kl, atol=1e-12)
    np.testing.assert_allclose(2 * own, slope, atol=1e-12)


def test_p4_of_ising_spins_is_the_sum_of_its_irreducible_representations_at_weak_coupling():
    """P4 = A1 + B1 + E has the couplings of these; P4d = A1 + B2 + E."""
    for name, irreducible in (("P4", "A1+B1+E"), ("P4d", "A1+B2+E")):
        for frame in ("published", "consistent"):
            # Equal numbers of invariants of edge and vertex spin under the mirror.
            assert space(name, frame).count == space(irreducible, frame).count


@pytest.mark.parametrize(
    ("internal", "representation"), [("S3", "A1"), ("Z6-chiral", "A1"), ("S3", "2A1"), ("Z2", "P4")]
)
def test_hessians_are_derivatives_of_gradients(internal, representation):
    of = space(representation, "consistent", internal)
    random = np.random.default_rng(1)
    J, K, v = random.normal(0, 0.7, (3, 5, of.count))
    J[0], K[0], v[0] = 60 * J[0], 60 * K[0], 60 * v[0]  # beyond the range of products of weights

    def products(students):
        kl, slopes, curved = np.empty(5), np.empty_like(K), np.empty_like(K)
        _core.mlrg_state_divergence(
            *of.arrays, representation, 1, J, students, v, kl, slopes, curved, None
        )
        return slopes, curved

    width = 1e-5
    change = (products(K + width * v)[0] - products(K - width * v)[0]) / (2 * width)
    scale = np.abs(products(K)[1]).max(axis=1, keepdims=True) + 1
    assert np.abs(products(K)[1] - change).max() / scale.max() < 1e-6
    np.testing.assert_allclose(products(K)[1] / scale, change / scale, atol=1e-6)


def test_weights_beyond_floating_point_have_their_divergence():
    """Frozen teachers: equal corners, or, without a coupling, all corners alike."""
    for J in (300.0, 3000.0):
        kl, slope = mlrg.divergence(J, J, internal="S3", gradient=True)
        assert kl == pytest.approx(0, abs=1e-9) and slope == pytest.approx(0, abs=1e-9)
        free, slope = mlrg.divergence(J, 0.0, internal="S3", gradient=True)
        assert free == pytest.approx(3 * math.log(3), abs=1e-9)
        # d/dJ' of -E_p log sum_z prod w: three states z, one of which equals all corners.
        assert slope == pytest.approx(-4 / 3 + 4 / 3, abs=1e-9)
        plain = mlrg.divergence(0.0, J, internal="S3")
        assert np.isfinite(plain) and plain > J / 10


def test_minima_have_gauge_copies_nearest_to_the_teacher():
    """z -> z + 1 turns the vector (J cos, J sin) of a chiral clock."""
    J = np.array([0.9, 0.1, 0.15, 0.05])  # cos 1, cos 2, sin 1, sin 2
    kernels = mlrg.internal_symmetry("Z5-chiral").kernels
    found = mlrg.exact_map(J, internal="Z5-chiral")
    kl = mlrg.divergence(J, found, internal="Z5-chiral")
    energy = np.tensordot(found, kernels, 1)
    for shift in range(1, 5):
        moved = np.roll(energy, shift, axis=1)
        copy = [2 / 25 * (moved * kernel).sum() for kernel in kernels]
        assert mlrg.divergence(J, copy, internal="Z5-chiral") == pytest.approx(kl, abs=1e-13)
        assert np.linalg.norm(found - J) < np.linalg.norm(copy - J)
    # Antiferromagnets of an even clock are ferromagnets with renamed hidden spins.
    plus = mlrg.exact_map([1.1, 0.2], internal="Z4")
    minus = mlrg.exact_map([-1.1, 0.2], internal="Z4")
    np.testing.assert_allclose(minus, plus * [-1, 1], atol=1e-10)


def test_transitions_of_the_lieb_lattice():
    assert mlrg.lieb_critical_coupling() == mlrg.LIEB_CRITICAL_COUPLING
    ising = mlrg.lieb_critical_coupling("S2") / 2
    assert ising == pytest.approx(mlrg.LIEB_CRITICAL_COUPLING, abs=1e-14)
    for internal in ("Z3", "Z2xZ2", [(1, 2, 0), (1, 0, 2)]):
        with pytest.raises(ArgumentError, match="internal must be"):
            mlrg.lieb_critical_coupling(internal)


def test_what_has_no_meaning_is_refused():
    for name in ("E", "A1+B1", "A2", "B2"):
        with pytest.raises(ArgumentError, match="changes the sign of a component"):
            mlrg.exact_map(0.5, name, internal="S3")
    with pytest.raises(ArgumentError, match="changes the sign"):
        mlrg.exact_map(0.5, "P4+E")
    for name in ("", "A1+", "P5", "9A1", "3P4", "p4"):
        with pytest.raises(ArgumentError, match="representation"):
            mlrg.divergence(0.5, 0.5, name, internal="S3")
    with pytest.raises(ArgumentError, match="frame"):
        mlrg.divergence(0.5, 0.5, internal="S3", frame="other")
    for J, internal in [(8.5, "S3"), ([4.5, 0, 0], "Z2xZ2")]:
        with pytest.raises(ArgumentError, match="J must be"):
            mlrg.exact_map(J, internal=internal)
    with pytest.raises(ArgumentError, match=r"\(\.\.\., 2\)"):
        mlrg.exact_map(0.5, internal="Z5")
    with pytest.raises(TypeError, match="representation must be a string"):
        mlrg.exact_map(0.5, 3, internal="S3")
    with pytest.raises(MemoryError, match="90 states"):
        mlrg.divergence(np.zeros(4), np.zeros(4), "2A1", internal="S10")
    with pytest.raises(MemoryError):
        mlrg.boltzmann_tensor(np.zeros(9), "3A1", internal="S10")


@pytest.mark.parametrize(
    ("kernels", "generators", "message"),
    [
        (np.eye(2)[None], [[0, 0]], "permutations"),
        (np.eye(2)[None], [[0, 1]], "exchange all"),
        (np.array([[[1.0, 0], [0, 0]]]), [[1, 0]], "not invariant"),
        (np.full((1, 2, 2), np.nan), [[1, 0]], "kernels"),
        (2 * np.eye(2)[None], [[1, 0]], "kernels"),
        (np.zeros((1, 1, 1)), [[0]], "q must be"),
        (np.zeros((1, 11, 11)), [list(range(11))], "q must"),
        (np.zeros((5, 2, 2)), [[1, 0]], "n_kernels"),
        (np.zeros((1, 2, 2)), [[1, 0]] * 101, "n_generators"),
    ],
)  # fmt: skip
def test_the_core_checks_groups_itself(kernels, generators, message):
    with pytest.raises(ArgumentError, match=message):
        _core.mlrg_state_couplings(kernels, np.array(generators, np.int32), "A1", 0)
