"""Exact results, shapes and the analysis of the MLRG module."""

import copy
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import mlrg
from isingrg.mlrg import MLRG

sys.path.append(str(Path(__file__).parent))
from native_state import put

FIXED_POINT = 0.8139196792


@pytest.fixture(scope="module")
def monotone():
    return MLRG("A1").fit(600, seed=3)


@pytest.fixture(scope="module")
def flow():
    return MLRG("A1", moderator="flow", transport="ode").fit(600, seed=4)


# Exact results


def test_lieb_critical_coupling():
    assert mlrg.LIEB_CRITICAL_COUPLING == pytest.approx(math.acosh(1 + math.sqrt(2)) / 2, abs=1e-15)


def test_exact_map():
    expected = [0.25304512, 0.55062795, 0.93528639, 1.42373173]
    np.testing.assert_allclose(mlrg.exact_map([0.3, 0.6, 0.9, 1.2]), expected, rtol=0, atol=1e-7)
    assert mlrg.exact_map(FIXED_POINT) == pytest.approx(FIXED_POINT, abs=1e-9)
    width = 1e-4
    above, below = mlrg.exact_map([FIXED_POINT + width, FIXED_POINT - width])
    assert (above - below) / (2 * width) == pytest.approx(1.3567966, abs=1e-6)


def test_minimum_kl_of_figure_4():
    J = [0.25, 0.5, 0.75, 1.0, 1.5]
    a1 = [0.003036, 0.028259, 0.072218, 0.102065, 0.060276]
    a1_e = [0.0000368, 0.005022, 0.041046, 0.087539, 0.059674]
    np.testing.assert_allclose(mlrg.minimum_kl(J, "A1"), a1, rtol=0, atol=5.1e-7)
    np.testing.assert_allclose(mlrg.minimum_kl(J, "A1+E"), a1_e, rtol=0, atol=5.1e-7)
    assert mlrg.minimum_kl(0.25, "A1+E") == pytest.approx(0.0000368, abs=5.1e-8)
    kl = mlrg.minimum_kl(FIXED_POINT) * math.log(2)
    assert kl == pytest.approx(0.0573950, abs=5e-8)


def test_degeneracy_counts_phases():
    assert mlrg.ground_state_degeneracy(FIXED_POINT) == pytest.approx(1.854375, abs=1e-6)
    np.testing.assert_allclose(mlrg.ground_state_degeneracy([0.0, 50.0]), [1, 2], atol=1e-12)
    assert mlrg.ground_state_degeneracy(1e6) == 2  # weights far beyond the range of float64


def test_scaling_dimensions():
    dimensions = mlrg.scaling_dimensions(FIXED_POINT)
    assert dimensions.shape == (2,)
    assert dimensions[0] == 0
    assert dimensions[1] == pytest.approx(0.0916525, abs=1e-7)
    assert mlrg.scaling_dimensions(FIXED_POINT, k=1).tolist() == [0]
    assert mlrg.scaling_dimensions(0.0)[1] == math.inf  # free spins do not correlate


# Shapes


def test_a1_takes_any_shape():
    for shape in [(), (1,), (5,), (5, 1), (2, 3), (0,)]:
        J = np.full(shape, 0.6)
        for function in (mlrg.exact_map, mlrg.minimum_kl, mlrg.ground_state_degeneracy):
            assert np.shape(function(J)) == shape
        assert mlrg.scaling_dimensions(J).shape == (*shape, 2)
    assert isinstance(mlrg.exact_map(0.6), float)
    assert isinstance(mlrg.ground_state_degeneracy(np.float32(0.6)), float)


def test_several_couplings_are_the_last_axis():
    J = np.zeros((2, 3, 5))
    J[..., 0] = 0.6
    assert mlrg.ground_state_degeneracy(J, "A1+E").shape == (2, 3)
    assert mlrg.scaling_dimensions(J, "A1+E").shape == (2, 3, 4)
    assert mlrg.scaling_dimensions(J[0, 0], "A1+E", k=99).shape == (8,)
    # Components that do not couple are free spins: they change neither phase nor dimension.
    assert mlrg.ground_state_degeneracy(J[0, 0], "A1+E") == pytest.approx(
        mlrg.ground_state_degeneracy(0.6)
    )


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0,), (3, 1)])
def test_model_shapes(monotone, shape):
    J = np.full(shape, 0.6)
    for method in ("monotone", "velocity", "jacobian", "ground_state_degeneracy"):
        assert np.shape(getattr(monotone, method)(J)) == shape
    assert np.shape(monotone.thermal_exponent(J)) == shape
    assert monotone.flow(J, 7).shape == (8, *shape)
    assert monotone.scaling_dimensions(J).shape == (*shape, 2)


def test_non_contiguous_couplings(monotone):
    J = np.linspace(0, 1, 12).reshape(3, 4)
    np.testing.assert_array_equal(monotone.velocity(J.T[::2]), monotone.velocity(J).T[::2])


# What a model says


def test_velocity_is_minus_the_slope_of_the_monotone(monotone):
    J, width = np.linspace(-1.4, 1.4, 15), 1e-5
    slope = (monotone.monotone(J + width) - monotone.monotone(J - width)) / (2 * width)
    np.testing.assert_allclose(monotone.velocity(J), -slope, atol=1e-8)


@pytest.mark.parametrize("name", ["monotone", "flow"])
def test_jacobian_is_the_slope_of_the_velocity(name, request):
    model = request.getfixturevalue(name)
    J, width = np.linspace(-1.4, 1.4, 15), 1e-5
    slope = (model.velocity(J + width) - model.velocity(J - width)) / (2 * width)
    np.testing.assert_allclose(model.jacobian(J), slope, atol=1e-7)


def test_step_transport_adds_the_velocity(monotone):
    J = np.linspace(0, 1, 5)
    path = monotone.flow(J, 3)
    np.testing.assert_array_equal(path[0], J)
    np.testing.assert_allclose(path[1:], path[:-1] + monotone.velocity(path[:-1]), rtol=1e-14)


def test_a_flow_that_leaves_the_finite_numbers():
    model = MLRG(moderator="flow", hidden=(4,)).fit(1, 8)
    put(model, {"network.1.weight": 1e305})
    with pytest.raises(isingrg.NonFiniteError, match="the flow is not finite"):
        model.flow([0.1, 0.2], 5000)


def test_ode_transport_solves_the_flow_equation(flow):
    """Against the fourth-order Runge-Kutta method with a thousand steps."""
    J, h = np.linspace(0.1, 1.2, 7), 1e-3
    y = J.copy()
    for _ in range(1000):
        k1 = flow.velocity(y)
        k2 = flow.velocity(y + h / 2 * k1)
        k3 = flow.velocity(y + h / 2 * k2)
        k4 = flow.velocity(y + h * k3)
        y += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    np.testing.assert_allclose(flow.flow(J, 1)[1], y, atol=1e-6)


@pytest.mark.parametrize("name", ["monotone", "flow"])
def test_critical_coupling_is_the_unstable_fixed_point(name, request):
    model = request.getfixturevalue(name)
    critical = model.critical_coupling()
    assert model.fixed_point() == pytest.approx(critical, abs=1e-9)
    assert model.fixed_point(0.8) == pytest.approx(critical, abs=1e-9)
    assert abs(model.velocity(critical)) < 1e-9
    assert model.ground_state_degeneracy(model.flow(critical - 0.01, 60)[-1]) < 1.1
    assert model.ground_state_degeneracy(model.flow(critical + 0.01, 12)[-1]) > 1.9


# The object


def test_repr_names_what_is_not_the_default(monotone):
    text = repr(monotone)
    assert text == "MLRG()  # step 600"
    assert repr(MLRG()) == "MLRG()  # untrained"
    flow = MLRG("A1+E", moderator="flow", hidden=(5, 4), symmetric=True)
    assert repr(eval(repr(flow).split("#")[0])) == repr(flow)
    assert repr(flow) == (
        "MLRG(representation='A1+E', moderator='flow', hidden=(5, 4), activation='silu', "
        "symmetric=True)  # untrained"
    )


def test_copies_are_complete(monotone):
    J = np.linspace(0, 1, 9)
    for twin in (copy.deepcopy(monotone), pickle.loads(pickle.dumps(monotone))):
        np.testing.assert_array_equal(twin.velocity(J), monotone.velocity(J))
        assert twin.step == monotone.step
    assert pickle.loads(pickle.dumps(MLRG(hidden=(3,)))).step == 0


def test_context_manager_closes():
    with MLRG(hidden=(4,)).fit(2) as model:
        assert model.step == 2
    with pytest.raises(isingrg.IsingRGError, match="closed"):
        model.velocity(0.5)
    model.close()  # again is no error
    assert repr(model).endswith("# closed")


@pytest.mark.parametrize("paper", ["hou-you", "shen"])
def test_published_settings_run(paper):
    model, fit = mlrg.published_settings(paper)
    fit["steps"], fit["cd_samples"] = 3, 64
    trained = MLRG("A1", **model).fit(**fit, seed=0)
    assert trained.step == 3
    fit["lr"] = -1
    assert mlrg.published_settings(paper)[1]["lr"] > 0  # the caller's own copy


def test_published_settings_of_shen():
    model, fit = mlrg.published_settings("shen")
    assert model["hidden"] == (16, 16) and model["activation"] == "silu"
    assert (fit["steps"], fit["batch"], fit["lr"], fit["final_lr"]) == (4096, 24, 1e-3, 1e-3)
    assert (fit["beta_max"], fit["beta_rate"], fit["beta_midpoint"]) == (16, 16, 0.25)
