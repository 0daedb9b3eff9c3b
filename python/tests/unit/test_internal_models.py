"""Models of q-state spins: what they learn beside the exact map, files, and what they refuse."""

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import MLRG

SMALL = {"hidden": (4,)}
OWN = ((1, 2, 3, 0), (3, 2, 1, 0))


def trained(seeds, **options):
    models = [MLRG(**options) for _ in seeds]
    assert mlrg.fit_many(models, [{"seed": seed} for seed in seeds]) == [None] * len(models)
    return models


@pytest.mark.parametrize("internal", ["S3", "S4"])
def test_ten_models_learn_the_exact_map(internal):
    """None is left out. y_t misses that of the exact map by less than 0.008 for these seeds."""
    exact = mlrg.exact_fixed_point(internal=internal)
    models = trained(range(10), internal=internal)
    errors = [model.critical_coupling() - exact.J for model in models]
    assert np.abs(errors).max() < 0.003
    exponents = [model.thermal_exponent() - exact.exponents[0] for model in models]
    assert np.abs(exponents).max() < 0.02
    for model in models[:2]:
        assert model.fixed_point() == pytest.approx(exact.J, abs=0.003)
        q = int(internal[1:])
        assert model.ground_state_degeneracy(exact.J) == pytest.approx(
            mlrg.ground_state_degeneracy(exact.J, internal=internal), rel=1e-12
        )
        np.testing.assert_allclose(
            model.scaling_dimensions(exact.J, k=q),
            mlrg.scaling_dimensions(exact.J, internal=internal, k=q),
        )
        phase = model.critical_coupling("phase")
        ends = model.flow([phase - 0.05, phase + 0.05], 60)[-1]
        low, high = model.ground_state_degeneracy(ends)
        assert low == pytest.approx(1, abs=0.01) and high == pytest.approx(q, abs=0.05)
        found = model.fixed_points(8)
        unstable = [point for point in found if point.stability == "unstable"]
        assert min(abs(point.J[0] - exact.J) for point in unstable) < 0.003


def test_loss_is_the_divergence_of_the_proposals():
    for options in (
        {"internal": "S3"}, {"internal": "Z2xZ2"}, {"internal": "Z5-chiral"}, {"internal": OWN},
        {"representation": "P4", "frame": "consistent"},
        {"representation": "2A1", "internal": "S3"},
    ):  # fmt: skip
        model = MLRG(**SMALL, moderator="flow", **options).fit(2, 8, lr=1e-12)
        own = {k: v for k, v in options.items() if k != "representation"}
        J = model.proposals
        kl = mlrg.divergence(J, J + model.velocity(J), options.get("representation", "A1"), **own)
        assert model.history["loss"][-1] == pytest.approx(np.mean(kl), rel=1e-8)


def test_first_settings_are_in_units_of_the_kernels():
    for internal, factor in [("Z2", 1), ("Z2xZ2", 1), ("S2", 2), ("Z5", 2)]:
        training = MLRG(internal=internal)._training
        assert training.coupling_bound == 2 * factor and training.record_guess == 0.8 * factor
        assert training.proposal_scale == factor and training.lr == MLRG()._training.lr


@pytest.mark.parametrize("internal", ["S4", "Z6-chiral", "Z2xZ2", OWN], ids=str)
def test_files_keep_the_symmetry(internal, tmp_path):
    pytest.importorskip("safetensors.numpy")
    model = MLRG(**SMALL, internal=internal).fit(4, 8, seed=3)
    model.save(tmp_path / "model")
    loaded = MLRG.load(tmp_path / "model")
    assert loaded._configuration == model._configuration and repr(loaded) == repr(model)
    J = np.full((2, len(mlrg.coupling_names(internal=internal))), 0.4)
    J = J[:, 0] if J.shape[1] == 1 else J
    np.testing.assert_array_equal(loaded.fit(3).velocity(J), model.fit(3).velocity(J))


def test_ensembles_take_the_symmetry():
    settings = {**SMALL, "internal": "S3", "steps": 3, "batch": 8}
    found = isingrg.ensemble("mlrg", settings, seeds=2)
    alone = MLRG(**SMALL, internal="S3").fit(3, 8, seed=1)
    assert found["loss"][1] == alone.history["loss"].mean()


def test_images_are_models_with_renamed_states():
    random = np.random.default_rng(2)
    for internal, count in [("S3", 1), ("Z4", 2), ("Z5-chiral", 5), ("Z2xZ2", 4), ("S2", 2)]:
        rules = MLRG(internal=internal)._configuration.rules
        J = random.normal(0, 1, rules.count)
        images = rules.images(J)
        assert len(images) == count
        own = {"internal": internal, "log": True}
        given = [image if len(J) > 1 else image[0] for image in (J, *images)]
        tables = [mlrg.boltzmann_tensor(x, machine="student", **own).ravel() for x in given]
        tables = [np.sort(table - table.max()) for table in tables]
        np.testing.assert_allclose(tables[1:], [tables[0]] * count, atol=1e-10)
    rules = MLRG("P4", frame="consistent")._configuration.rules
    J = random.normal(0, 1, rules.count)
    # Flips and half turns of the edge spin and of the vertex spin.
    assert len(rules.images(J)) == 8
    assert rules.components(J, 1e-9) == [(0, 1, 2, 3)]
    rules = MLRG("2A1", internal="S3")._configuration.rules
    assert rules.components(np.array([1.0, 0, 0, 1]), 0.1) == [(0,), (1,)]
    assert rules.components(np.array([1.0, 0, 0.2, 1]), 0.1) == [(0, 1)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"internal": "S3", "divergence": "cd"}, "enumerated"),
        ({"internal": "S3", "divergence": "l2"}, "scheme 'star'"),
        ({"internal": "S3", "scheme": "loop", "divergence": "l2"}, "internal must be 'Z2'"),
        ({"internal": "S3", "symmetric": True}, "different students"),
        ({"internal": "S3", "representation": "E"}, "changes the sign"),
        ({"internal": "S12"}, "internal"),
        ({"representation": "P4", "scheme": "loop", "divergence": "l2"}, "representation"),
    ],
)
def test_what_there_is_not(options, message):
    with pytest.raises(ArgumentError, match=message):
        MLRG(**options)
    assert MLRG(internal="S2", symmetric=True).step == 0
    with pytest.raises(MemoryError, match="90 states"):
        MLRG("2A1", internal="S10")


# Fixed points of the exact map


def test_fixed_points_of_products_are_those_of_their_factors():
    """cos(pi d / 2) couples two Ising spins; cos(pi d) one, and cos(2 pi d / 3) a Potts spin."""
    ising, potts = mlrg.exact_fixed_point(), mlrg.exact_fixed_point(internal="S3")
    assert ising.J == pytest.approx(0.8139196792, abs=1e-10)
    assert ising.eigenvalues[0] == pytest.approx(1.3567966, abs=1e-7)
    for guess, internal, J in [
        ([0.8, 0.8, 0], "Z2xZ2", [ising.J, ising.J, 0]),
        ([1.6, 0], "Z4", [2 * ising.J, 0]),
    ]:
        pair = mlrg.exact_fixed_point(guess, internal=internal)
        np.testing.assert_allclose(pair.J, J, atol=1e-9)
        known = pair.eigenvalues[: len(J) - 1]
        np.testing.assert_allclose(known, ising.eigenvalues[0], rtol=1e-8)
    # A Potts spin, 2/3 of whose delta is cos(2 pi d / 3), beside an Ising spin.
    both = mlrg.exact_fixed_point([0, 2 / 3 * potts.J, ising.J], internal="Z6")
    np.testing.assert_allclose(both.J, [0, 2 / 3 * potts.J, ising.J], atol=1e-9)
    for factor in (ising, potts):
        assert np.abs(both.eigenvalues - factor.eigenvalues[0]).min() < 1e-7
    degeneracies = [
        mlrg.ground_state_degeneracy(factor.J, internal=internal)
        for factor, internal in [(ising, "Z2"), (potts, "S3")]
    ]
    found = mlrg.ground_state_degeneracy(both.J, internal="Z6")
    assert found == pytest.approx(np.prod(degeneracies), rel=1e-9)


def test_ashkin_teller_line_ends_in_fixed_points_of_the_star():
    """What is marginal on the exact line leads from its Potts end to two Ising models, slowly."""
    ising = mlrg.exact_fixed_point([0.81, 0.81, 0], internal="Z2xZ2")
    potts = mlrg.exact_fixed_point([0.5, 0.5, 0.5], internal="Z2xZ2")
    assert np.ptp(potts.J) < 1e-9
    alone = mlrg.exact_fixed_point(internal="S4")
    assert 4 * potts.J[0] == pytest.approx(alone.J, abs=1e-9)
    assert potts.exponents[0] == pytest.approx(alone.exponents[0], abs=1e-8)
    assert ising.exponents[2] < 0 < potts.exponents[2]
    # Close to Potts, (1, 1, -2) is a direction of the flow.
    start = potts.J + 0.01 * np.array([1, 1, -2])
    image = mlrg.exact_map(start, internal="Z2xZ2") - potts.J
    np.testing.assert_allclose(image / image[0], [1, 1, -2], atol=0.1)
    assert np.linalg.norm(image) > 0.01 * np.sqrt(6)


def test_fixed_points_that_are_not_found():
    with pytest.raises(ArgumentError, match="guess must be given"):
        mlrg.exact_fixed_point(internal="Z2xZ2")
    with pytest.raises(ArgumentError, match="single J"):
        mlrg.exact_fixed_point([0.5, 0.6], internal="S3")
    with pytest.raises(isingrg.ConvergenceError, match="no fixed point was found"):
        mlrg.exact_fixed_point([0.2, 0.2, 0.9], internal="Z2xZ2")


def test_order_breaks_a_part_of_the_symmetry_or_all():
    """q, and for Ashkin-Teller spins 2 where only their product is ordered."""
    assert mlrg.ground_state_degeneracy(6.0, internal="S5") == pytest.approx(5, abs=1e-3)
    assert mlrg.ground_state_degeneracy(0.01, internal="S5") == pytest.approx(1, abs=1e-3)
    for J, expected in [([0, 0, 3], 2), ([3, 3, 3], 4), ([3, 0, 0], 2), ([0, 0, 0], 1)]:
        found = mlrg.ground_state_degeneracy(J, internal="Z2xZ2")
        assert found == pytest.approx(expected, abs=1e-3)
    assert mlrg.ground_state_degeneracy([0, 0, 3.0], internal="Z6") == pytest.approx(2, abs=1e-3)
    assert mlrg.ground_state_degeneracy([0, 4.0, 0], internal="Z6") == pytest.approx(3, abs=1e-2)


def test_names_of_couplings():
    assert mlrg.coupling_names() == ("00 s",)
    assert mlrg.coupling_names("A1+E")[0] == "00 s" and len(mlrg.coupling_names("A1+E")) == 5
    assert mlrg.coupling_names(internal="Z5-chiral") == (
        "00 cos 1", "00 cos 2", "00 sin 1", "00 sin 2",
    )  # fmt: skip
    names = mlrg.coupling_names("2A1", internal="Z2xZ2")
    assert names[:4] == ("00 s", "00 t", "00 st", "01 s") and len(names) == 12
    # The mirror leaves components 0 and 2 of P4 on the axis, and exchanges 1 and 3.
    assert len(mlrg.coupling_names("P4", internal="S3")) == 10
    assert len(mlrg.coupling_names("P4", internal="S3", frame="consistent")) == 8
