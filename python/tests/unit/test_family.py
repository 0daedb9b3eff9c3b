"""Families: one network for several q beside the exact map, which continues to any q."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import MLRG

sys.path.append(str(Path(__file__).parents[3] / "notebooks"))

from continued_potts import continued_critical_coupling, continued_map

POTTS = ("S2", "S3", "S4", "S5")
SMALL = {"hidden": (4,), "internal": ("S2", "S3", "S5")}


def test_the_exact_map_is_a_sum_over_arrangements_of_equal_corners():
    for q in (2, 3, 4, 5, 10):
        J = np.array([0.7, 1.5, 2.4])
        found = mlrg.exact_map(J, internal=f"S{q}")
        np.testing.assert_allclose(found, [continued_map(x, q) for x in J], atol=1e-9)


def test_a_family_learns_all_its_groups_and_what_lies_between():
    """Three seeds, none left out."""
    families = [MLRG(internal=POTTS, moderator="flow") for _ in range(3)]
    fits = [{"seed": seed} for seed in range(3)]
    assert mlrg.fit_many(families, fits) == [None] * 3
    between = {q: continued_critical_coupling(q) for q in (2.5, 3.5, 4.5)}
    for family in families:
        for q in (2, 3, 4, 5):
            exact = mlrg.exact_fixed_point(internal=f"S{q}")
            member = family.at(q)
            assert member.critical_coupling() == pytest.approx(exact.J, abs=0.003)
            assert member.thermal_exponent() == pytest.approx(exact.exponents[0], abs=0.02)
            assert family.critical_line(q) == member.critical_coupling()
        line = family.critical_line(list(between))
        np.testing.assert_allclose(line, list(between.values()), atol=0.01)


def test_a_member_has_the_network_at_its_q():
    """Beside the network written out, whose last input is ln q."""
    family = MLRG(internal=("S5", "S2"), moderator="flow", hidden=(6,)).fit(5, 8)
    arrays = family._state()[1]
    J = np.linspace(0.1, 3, 7)
    for q in (2, 3, 10):
        inputs = np.stack([J, np.full(7, math.log(q))])
        x = arrays["network.0.weight"] @ inputs + arrays["network.0.bias"]
        expected = arrays["network.1.weight"] @ (x / (1 + np.exp(-x))) + arrays["network.1.bias"]
        np.testing.assert_allclose(family.at(q).velocity(J), expected[0], rtol=1e-12)


@pytest.mark.parametrize("moderator", ["monotone", "flow"])
@pytest.mark.parametrize("transport", ["step", "ode"])
def test_the_loss_is_that_of_each_row_with_its_own_q(moderator, transport):
    """The rows of a batch take turns. lr is so small that the network does not move."""
    family = MLRG(**SMALL, moderator=moderator, transport=transport)
    family.fit(2, 11, ray=0.4, ray_steps=2.0, lr=1e-12)
    kl = []
    for row, J in enumerate(family.proposals):
        q = (2, 3, 5)[row % 3]
        student = family.at(q).flow(J, 1)[-1]
        kl.append(mlrg.divergence(J, student, internal=f"S{q}"))
    assert family.history["loss"][-1] == pytest.approx(np.mean(kl), rel=1e-8)


def test_proposals_follow_the_network_at_their_own_q():
    """Beside the model of each q, which goes on with the same random numbers."""
    family = MLRG(internal=("S2", "S10"), hidden=(8,)).fit(1, 8, lr=1e-12, beta_max=300.0)
    members = [family.at(q) for q in (2, 10)]
    settings = {"hmc_step": 0.3, "beta_midpoint": -10.0}
    for model in (family, *members):
        model.fit(1, **settings)
    small, large = (member.proposals for member in members)
    np.testing.assert_allclose(family.proposals[::2], small[::2], atol=1e-4)
    np.testing.assert_allclose(family.proposals[1::2], large[1::2], atol=1e-4)
    assert np.abs(small - large).max() > 0.1


@pytest.mark.parametrize("moderator", ["monotone", "flow"])
def test_the_gradient_is_that_of_finite_differences(moderator, tmp_path):
    """Adam's first moment after a step is a tenth of the gradient."""
    family = MLRG(**SMALL, moderator=moderator).fit(1, 6, lr=1e-12, clip_norm=0.0)
    metadata, arrays = family._state()
    gradient = 10 * arrays["adam.first_moment"].ravel()
    J = family.proposals
    shape = arrays["network.0.weight"].shape

    def loss(shift):
        moved = dict(arrays)
        moved["network.0.weight"] = arrays["network.0.weight"] + shift
        other = MLRG._restored(metadata, moved)
        students = [other.at((2, 3, 5)[i % 3]).flow(x, 1)[-1] for i, x in enumerate(J)]
        return np.mean(
            [
                mlrg.divergence(x, y, internal=f"S{(2, 3, 5)[i % 3]}")
                for i, (x, y) in enumerate(zip(J, students, strict=True))
            ]
        )

    for i in range(math.prod(shape)):
        shift = np.zeros(math.prod(shape))
        shift[i] = 1e-5
        shift = shift.reshape(shape)
        slope = (loss(shift) - loss(-shift)) / 2e-5
        assert gradient[i] == pytest.approx(slope, abs=1e-7)


def test_families_are_kept_whole(tmp_path):
    pytest.importorskip("safetensors.numpy")
    family = MLRG(**SMALL).fit(4, 8, seed=3)
    family.save(tmp_path / "family")
    loaded = MLRG.load(tmp_path / "family")
    assert repr(loaded) == repr(family) and "('S2', 'S3', 'S5')" in repr(family)
    assert loaded.fit(3).at(3).velocity(1.5) == family.fit(3).at(3).velocity(1.5)
    member = family.at(4)
    member.save(tmp_path / "member")
    again = MLRG.load(tmp_path / "member")
    assert repr(again) == "MLRG(internal='S4', hidden=(4,))  # step 7"
    assert again.fit(2).velocity(1.5) == member.fit(2).velocity(1.5)
    assert family.step == 7


def test_order_does_not_matter_and_one_group_is_no_family():
    assert repr(MLRG(internal=["S3", "S2"])) == repr(MLRG(internal=("S2", "S3")))
    assert repr(MLRG(internal=("S3",))) == repr(MLRG(internal="S3"))
    assert MLRG(internal=POTTS)._training.batch == 4 * MLRG(internal="S3")._training.batch


def test_the_largest_family():
    every = [f"S{q}" for q in range(2, 11)]
    assert MLRG(internal=every, hidden=(4,)).fit(2).at(10).step == 2


def test_clock_models_make_families_as_far_as_their_kernels_agree():
    family = MLRG(internal=("Z4", "Z5"), hidden=(4,)).fit(3, 8)
    assert family.at(4).velocity([1.0, 0.2]).shape == (2,)
    with pytest.raises(ArgumentError, match="Z6 cos 1, cos 2, cos 3"):
        family.at(6)


@pytest.mark.parametrize(
    ("internal", "message"),
    [
        (("S3", "S3"), "different q"), (("S2", "Z3"), "differ by q only"),
        (("Z2", "S3"), "differ by q only"), (("Z3", "Z5"), "same kernels"),
        (("Z3", "Z4-chiral"), "differ by q only"), (("S2", "S12"), "is not among"),
        (("Z2xZ2", "S3"), "differ by q only"), (("(1,0)", "(1,2,0)"), "differ by q only"),
        (("(1,0)", "(1,2,0)(0,2,1)", "S4"), "differ by q only"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_family(internal, message):
    with pytest.raises(ArgumentError, match=message):
        MLRG(internal=internal)


def test_what_a_family_does_not_say():
    family = MLRG(**SMALL)
    with pytest.raises(isingrg.IsingRGError, match="not been trained"):
        family.at(3)
    family.fit(2, 8)
    for question in (
        lambda: family.velocity(1.5), lambda: family.monotone(1.5), lambda: family.flow(1.5, 2),
        lambda: family.fixed_point(1.8), family.critical_coupling,
        lambda: family.ground_state_degeneracy(1.5), lambda: family.scaling_dimensions(1.5),
        lambda: family.fixed_points(2), lambda: family.thermal_exponent(1.5),
    ):  # fmt: skip
        with pytest.raises(ArgumentError, match=r"ask one of them: model.at\(q\)"):
            question()
    for settings, message in [
        ({"batch": 2}, "batch must be at least 3"),
        ({"replicas": 2}, "replicas must be 1"),
        ({"record_from": 0}, "record_from must be None"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            family.fit(1, **{"batch": 8, **settings})
    for q in (1, 11):
        with pytest.raises(ArgumentError, match="q must be"):
            family.at(q)
    for q in (0.5, 101.0):
        with pytest.raises(ArgumentError, match="q"):
            family.critical_line(q)
    found = isingrg.ensemble("mlrg", {**SMALL, "steps": 1, "batch": 8}, seeds=1)
    assert "internal must be a single group" in str(found["error"].values[0])
    with pytest.raises(ArgumentError, match="S3 alone"):
        MLRG(internal="S3", hidden=(4,)).fit(1, 8).at(3)
    with pytest.raises(ArgumentError, match="symmetric"):
        MLRG(internal=POTTS, symmetric=True)
    with pytest.raises(ArgumentError, match="internal must be 'Z2'"):
        MLRG(internal=POTTS, scheme="loop", divergence="l2")
