"""Critical couplings, fixed points and exponents of trained networks of one and five couplings."""

import itertools
import json
import math

import numpy as np
import pytest

import isingrg
from isingrg import _core, mlrg
from isingrg.cli import _tables
from isingrg.mlrg import MLRG, _bare_flows, _fixed_points, _phases, _scales, _survey
from isingrg.mlrg._space import space
from isingrg.mlrg.tensor import degeneracies


@pytest.fixture(scope="module")
def a1():
    return MLRG("A1").fit(600, seed=3)


@pytest.fixture(scope="module")
def monotone():
    return MLRG("A1+E").fit(3000, seed=0)


@pytest.fixture(scope="module")
def flow():
    return MLRG("A1+E", moderator="flow").fit(2000, seed=2)


@pytest.fixture(scope="module")
def still():
    """v = 0: every coupling stays where it is."""
    metadata, arrays = MLRG("A1", moderator="flow").fit(1, seed=0)._state()
    arrays = {name: np.zeros_like(a) if "network" in name else a for name, a in arrays.items()}
    return MLRG._restored(metadata, arrays)


def couplings(count, n=6):
    return np.random.default_rng(8).normal(0, 0.5, (n, count))


# Critical coupling


def test_the_flow_of_no_bare_couplings():
    assert MLRG(hidden=(3,)).fit(1, 8).bare_flow([], 2).shape == (3, 0, 1)


def test_bare_flow_is_the_flow_of_padded_couplings(monotone, a1):
    J0 = np.array([0.2, 0.7])
    rows = np.zeros((2, 5))
    rows[:, 0] = J0
    np.testing.assert_array_equal(monotone.bare_flow(J0, 3), monotone.flow(rows, 3))
    assert monotone.bare_flow(0.3, 4).shape == (5, 1, 5)
    np.testing.assert_array_equal(a1.bare_flow(J0, 3)[..., 0], a1.flow(J0, 3))


@pytest.mark.parametrize("name", ["a1", "monotone", "flow"])
def test_three_methods_agree(name, request):
    """Within their uncertainties, which are small for networks with one clear transition."""
    model = request.getfixturevalue(name)
    found = model.critical_coupling_estimates()
    paper = "phase" if name == "flow" else "monotone"
    assert model.critical_coupling() == getattr(found, paper).value
    assert model.critical_coupling("phase") == found.phase.value
    assert found.phase.error <= 1e-10
    for method in ("monotone", "degeneracy"):
        estimate = getattr(found, method)
        if name == "flow" and method == "monotone":
            assert math.isnan(estimate.value) and "no monotone" in estimate.reason
            with pytest.raises(isingrg.ConvergenceError, match="no monotone"):
                model.critical_coupling(method)
            continue
        assert estimate.reason == ""
        assert 0 < estimate.error < (1e-5 if name == "a1" else 1e-2)
        assert abs(estimate.value - found.phase.value) < 2 * estimate.error
        assert model.critical_coupling(method) == estimate.value


@pytest.mark.parametrize("bound", [1.0, 1.5])
def test_scales_are_compared_where_the_network_was_trained(monotone, bound, monkeypatch):
    """Beyond the wall, where C(J) has maxima of its own, it is never asked."""
    metadata, arrays = monotone._state()
    metadata["training"]["coupling_bound"] = bound
    model = MLRG._restored(metadata, arrays)
    native, asked = _core.mlrg_monotone, []

    def ask(handle, rows, values, progress):
        asked.append(np.abs(rows).max())
        native(handle, rows, values, progress)

    monkeypatch.setattr(_core, "mlrg_monotone", ask)
    found = model.critical_coupling_estimates()
    assert bound - 1e-9 < max(asked) <= bound * (1 + 1e-12)
    assert abs(found.monotone.value - found.phase.value) < 2 * found.monotone.error


def test_no_transition_is_sought_beyond_the_wall(a1):
    metadata, arrays = a1._state()
    metadata["training"]["coupling_bound"] = 0.5
    found = MLRG._restored(metadata, arrays).critical_coupling_estimates()
    assert "between 0 and 0.5" in found.phase.reason
    assert found.monotone.reason and found.degeneracy.reason


def test_a_flow_ends_at_the_wall(a1):
    """Where the straight line of its last step crosses it; before a step to no number."""
    metadata, arrays = a1._state()
    metadata["training"]["coupling_bound"] = 1.0
    model = MLRG._restored(metadata, arrays)
    inside, out = [[0.2, -0.3], [0.4, 0.1], [0.3, 0.9]], [[0.5, 0.0], [0.5, -0.5], [1.5, -1.5]]
    lost = [[0.5, 0.5], [0.6, 0.6], [np.nan, np.inf]]
    start = [[1.0, 0.0], [3.0, 1.0], [0.0, 0.0]]  # on the wall
    ended = _scales._inside(model, np.array([inside, out, lost, start]).swapaxes(0, 1))
    expected = [inside, [*out[:2], [1.0, -1.0]], [*lost[:2], lost[1]], [start[0]] * 3]
    np.testing.assert_allclose(ended.swapaxes(0, 1), expected, atol=1e-12)


def test_the_bracket_of_the_phases_holds_the_fixed_point(a1):
    """With one coupling both are the same number, known to half of the bracket."""
    low, high = _phases.phase_bracket(a1)
    assert low <= a1.fixed_point() <= high and 0 < high - low <= 1e-10
    found = a1.critical_coupling_estimates(2).phase
    assert (found.value, found.error) == ((low + high) / 2, (high - low) / 2)


@pytest.mark.parametrize("name", ["monotone", "flow"])
def test_phases_beside_the_critical_coupling(name, request):
    model = request.getfixturevalue(name)
    critical = model.critical_coupling("phase")
    below, above = _bare_flows.trajectories(
        model, _bare_flows.bare_couplings(model, critical + np.array([-0.01, 0.01])), 24
    ).swapaxes(0, 1)
    assert model.ground_state_degeneracy(below[-1]) == pytest.approx(1, abs=0.01)
    assert np.nanmax(_bare_flows.degeneracies_of(model, above)) > 1.99


def test_flows_that_leave_the_numbers_have_a_phase():
    """Rectifiers go on in a straight line: large couplings grow without end."""
    model = MLRG("A1", moderator="flow", activation="relu").fit(600, seed=0)
    bare = np.array([0.1, 1.9])
    with pytest.raises(isingrg.NonFiniteError, match="too far outside"):
        model.bare_flow(bare, 10_000)
    paths = _bare_flows.trajectories(model, _bare_flows.bare_couplings(model, bare), 10_000)
    assert np.isfinite(paths[:, 0]).all()
    lost = np.isnan(paths[:, 1, 0])
    assert lost[-1] and not lost[0] and (np.diff(lost.astype(int)) >= 0).all()
    found = model.critical_coupling_estimates(120)  # far beyond what a grid resolves
    assert found.phase.value == pytest.approx(model.fixed_point(), abs=1e-9)
    assert abs(found.degeneracy.value - found.phase.value) < 2 * found.degeneracy.error


@pytest.mark.parametrize(
    ("values", "widths", "expected"),
    [
        ([1.0, 1.1, 1.2], [0, 0, 0], (1.2, 0.1)),  # the second half: scales 1 and 2
        ([1.0, 1.1, 1.2, 1.25], [0, 0, 0, 0.01], (1.25, 0.16)),
        ([9.0, 1.0, 1.3, 1.2, np.nan], [0, 0, 0, 0.5, np.nan], (1.2, 0.7)),
        ([3.0], [0.25], (3.0, 0.25)),
        ([np.nan, 2.0], [np.nan, 0.125], (2.0, 0.125)),
    ],
)
def test_the_uncertainty_of_a_series_of_scales(values, widths, expected):
    """The spread from half of the last scale on, and the width of the last."""
    found = _scales._settled(list(zip(values, widths, strict=True)), "none")
    assert (found.value, found.error) == pytest.approx(expected, abs=1e-12)
    assert found.reason == ""


def test_a_series_without_a_value():
    found = _scales._settled([(np.nan, np.nan)] * 2, "no scale has one")
    assert np.isnan([found.value, found.error]).all() and found.reason == "no scale has one"


def test_flows_too_stiff_to_follow_leave_the_others(a1, monkeypatch):
    native = _core.mlrg_flow

    def stiff(model, rows, steps, path, progress):
        if rows.max() > 1.5 and steps > 2:
            raise isingrg.ConvergenceError("too stiff")
        native(model, rows, steps, path, progress)

    J = np.linspace(0, 2, 9)[:, None]
    expected = _bare_flows.trajectories(a1, J, 4)
    monkeypatch.setattr(_core, "mlrg_flow", stiff)
    paths = _bare_flows.trajectories(a1, J, 4)
    easy = J[:, 0] <= 1.5
    np.testing.assert_allclose(paths[:, easy], expected[:, easy], rtol=1e-12)
    np.testing.assert_allclose(paths[:3, ~easy], expected[:3, ~easy], rtol=1e-12)
    assert np.isnan(paths[3:, ~easy]).all()


def test_no_transition_has_reasons(still):
    found = still.critical_coupling_estimates(4)
    assert "neither phase" in found.phase.reason
    assert "do not cross" in found.degeneracy.reason
    assert math.isnan(found.phase.value) and math.isnan(found.degeneracy.error)
    with pytest.raises(isingrg.ConvergenceError, match="do not cross"):
        still.critical_coupling("degeneracy", steps=4)
    metadata, arrays = still._state()
    last = [name for name in arrays if name.startswith("network") and arrays[name].shape == (1, 1)]
    arrays[last[-1]] = np.full((1, 1), 0.5)  # v = 1/2: everything becomes ordered
    with pytest.raises(isingrg.ConvergenceError, match="ordered phase"):
        MLRG._restored(metadata, arrays).critical_coupling("phase")


def test_interpolation_of_crossings_and_maxima():
    """A cubic without quadratic part crosses 0 at its centre; a parabola peaks where it does."""
    x = np.sort(np.random.default_rng(0).uniform(0, 2, 400))
    i = _scales._crossing((x - 0.731) + 3 * (x - 0.731) ** 3)
    assert x[i] < 0.731 < x[i + 1]
    assert _scales._zero(x, x - 0.731, i)[0] == pytest.approx(0.731, abs=1e-12)
    parabola = 2 - 3 * (x - 0.4321) ** 2
    value, width = _scales._vertex(x, parabola, _scales._peak(parabola))
    assert value == pytest.approx(0.4321, abs=1e-9) and 0 < width < 0.1
    assert _scales._crossing(x) is None and _scales._crossing(0 * x) is None
    assert _scales._peak(x) is None
    # A rise from noise does not count, nor does NaN.
    noise = 1e-9 * np.sin(40 * x)
    assert _scales._crossing(noise) is None
    step = np.where(x < 1, -1.0, np.where(x < 1.5, 1.0, np.nan))
    assert x[_scales._crossing(step)] < 1


def test_estimates_are_as_uncertain_as_they_vary_over_the_larger_scales():
    """The spread from half of the largest scale on, and the width of the grid there."""
    nothing = (math.nan, math.nan)
    found = _scales._settled([nothing, nothing, (1.0, 0), (1.1, 0), (1.2, 0)], "")
    assert found.value == 1.2 and found.error == pytest.approx(0.2, abs=1e-15)
    found = _scales._settled([(9.0, 0), (1.3, 0.5), (1.2, 0.01), nothing], "")
    assert found.value == 1.2 and found.error == pytest.approx(0.11, abs=1e-15)
    assert _scales._settled([nothing], "none").reason == "none"


# Fixed points


def test_fixed_points_of_a1(a1):
    """The paramagnet and the critical point; -J is a copy of J."""
    trivial, critical = a1.fixed_points()
    assert abs(trivial.J[0]) < 0.02 and trivial.stability == "stable"
    assert trivial.degeneracy == pytest.approx(1, abs=1e-3)
    assert critical.J[0] == pytest.approx(a1.fixed_point(), abs=1e-9)
    assert critical.stability == "unstable" and critical.unstable_directions == 1
    assert critical.gauge_copies == 2 and critical.gauge_spread < 0.01
    assert critical.is_decoupled_a1 and critical.components == [(0,)]
    slope = (a1.flow(critical.J + 1e-5, 1)[1] - a1.flow(critical.J - 1e-5, 1)[1]) / 2e-5
    assert critical.eigenvalues[0] == pytest.approx(slope[0], abs=1e-6)
    assert critical.monotone == a1.monotone(critical.J[0])


def test_fixed_points_of_five_couplings(monotone):
    found = monotone.fixed_points(32, seed=1)
    assert [np.linalg.norm(p.J) for p in found] == sorted(np.linalg.norm(p.J) for p in found)
    assert found[0].stability == "stable" and found[0].degeneracy == pytest.approx(1, abs=1e-3)
    for point in found:
        assert np.linalg.norm(monotone.velocity(point.J)) == point.residual < 1e-9
        moduli = np.abs(point.eigenvalues)
        assert (np.diff(moduli) <= 0).all()
        assert point.unstable_directions == np.count_nonzero(moduli > 1)
        assert np.abs(point.eigenvalues.imag).max() == 0  # the Hessian of a monotone is symmetric
        assert point.degeneracy == monotone.ground_state_degeneracy(point.J)
        assert point.scaling_dimensions.shape == (4,)
        assert point.gauge_spread <= 0.1
    # Deterministic, and another seed finds the important ones as well.
    again = monotone.fixed_points(32, seed=1)
    assert [p.J.tolist() for p in again] == [p.J.tolist() for p in found]
    critical = monotone.fixed_point()
    assert any(np.abs(p.J - critical).max() < 1e-6 and p.unstable_directions == 1 for p in found)


@pytest.mark.parametrize("name", ["monotone", "flow"])
def test_default_fixed_point_governs_the_transition(name, request):
    """One unstable direction, along which one side is each phase."""
    model = request.getfixturevalue(name)
    point = model.fixed_point()
    slopes, directions = np.linalg.eig(np.eye(5) + model.jacobian(point))
    assert np.count_nonzero(np.abs(slopes) > 1) == 1
    along = directions[:, np.argmax(np.abs(slopes))].real * 0.02
    ends = [_bare_flows.trajectories(model, (point + s * along)[None], 40)[:, 0] for s in (1, -1)]
    reached = sorted(np.nanmax(_bare_flows.degeneracies_of(model, path[5:])) for path in ends)
    last = [_bare_flows.degeneracies_of(model, path) for path in ends]
    assert min(z[np.isfinite(z)][-1] for z in last) == pytest.approx(1, abs=0.01)
    assert reached[1] > 1.99


@pytest.mark.parametrize("point, count", [(0.4, 1), (-1.2, 1), (1.3, 0)])
def test_fixed_points_of_a_straight_line(point, count):
    """v = (J - J*) / 2, from rectifiers of J and -J; far beyond the wall nothing was trained."""
    model = MLRG("A1", moderator="flow", activation="relu", hidden=(2,))
    metadata, arrays = model.fit(1, 8, coupling_bound=1.0)._state()
    weights = {"0.weight": [1, -1], "0.bias": [0, 0], "1.weight": [0.5, -0.5], "1.bias": -point / 2}
    for name, values in weights.items():
        array = arrays[f"network.{name}"]
        arrays[f"network.{name}"] = np.reshape(np.array(values, float), array.shape)
    found = MLRG._restored(metadata, arrays).fixed_points(8)
    assert len(found) == count
    for one in found:
        assert one.J[0] == pytest.approx(point, abs=1e-9) and one.gauge_copies == 1
        assert one.eigenvalues == pytest.approx([1.5], abs=1e-12) and one.stability == "unstable"


def test_images_are_the_same_model(monotone):
    """Renamed components: the same weights in another order, so the same degeneracy."""
    J = couplings(5, 1)[0]
    images = _fixed_points._images(monotone, J)
    assert len({tuple(image) for image in images.tolist()}) == 7  # of 8 signs, one changes nothing
    weights = [np.sort(mlrg.boltzmann_tensor(x, "A1+E", log=True).ravel()) for x in [J, *images]]
    np.testing.assert_allclose(weights[1:], [weights[0]] * len(images), rtol=1e-12)
    np.testing.assert_allclose(
        degeneracies(images, space("A1+E", "published")),
        degeneracies(J[None], space("A1+E", "published"))[0],
        rtol=1e-12,
    )


def test_copies_are_merged_within_the_tolerance(monotone):
    J = monotone.fixed_point()
    copy = J * [1, -1, -1, 1, 1] + 0.01
    merged = _fixed_points._merged(monotone, [J, copy], 0.02)
    assert len(merged) == 1 and merged[0].gauge_copies == 2
    assert merged[0].gauge_spread == pytest.approx(0.01, abs=1e-12)
    assert len(_fixed_points._merged(monotone, [J, copy], 0.005)) == 2
    assert _fixed_points._merged(monotone, [], 0.1) == []


# To first order


def test_exponents_are_those_of_the_linearised_flow(monotone, flow):
    width = 1e-5
    for model, J in itertools.product((monotone, flow), couplings(5, 3)):
        shifted = np.concatenate([J + width * np.eye(5), J - width * np.eye(5)])
        ends = model.flow(shifted, 1)[1]
        slopes = np.linalg.eigvals((ends[:5] - ends[5:]).T / (2 * width))
        expected = np.sort(np.log(np.abs(slopes)) / math.log(math.sqrt(2)))[::-1]
        np.testing.assert_allclose(model.exponents(J), expected, atol=2e-5)
        assert model.thermal_exponent(J) == model.exponents(J)[0]


def test_exponents_of_the_differential_equation():
    model = MLRG("A1", moderator="flow", transport="ode").fit(600, seed=4)
    point, width = model.fixed_point(), 1e-5
    above, below = model.flow([point + width, point - width], 1)[1]
    expected = math.log((above - below) / (2 * width)) / math.log(math.sqrt(2))
    assert model.exponents() == pytest.approx([expected], abs=1e-5)
    assert model.exponents([0.1, 0.2]).shape == (2, 1)


def test_newton_steps(monotone, a1, still):
    J = couplings(5).reshape(2, 3, 5)
    steps = monotone.newton_step(J)
    assert steps.shape == J.shape
    product = np.einsum("...ij,...j->...i", monotone.jacobian(J), steps)
    np.testing.assert_allclose(product, -monotone.velocity(J), atol=1e-9)
    point = monotone.fixed_point()
    near = point + 1e-3
    near += monotone.newton_step(near)
    assert np.abs(near - point).max() < 1e-4
    assert a1.newton_step(0.5) == pytest.approx(-a1.velocity(0.5) / a1.jacobian(0.5), rel=1e-12)
    assert np.isnan(still.newton_step([0.5, 0.6])).all()


def test_monotone_decreases_along_its_flow(a1, monotone):
    """Everywhere it was trained: at all proposals, and for A1 at all |J| <= 1.5."""
    assert a1.monotone_violations() == (0, 0)
    assert monotone.monotone_violations() == (0, 0)
    J = np.linspace(-1.5, 1.5, 301)
    fraction, largest = a1.monotone_violations(J)
    growth = a1.monotone(a1.flow(J, 1)[1]) - a1.monotone(J)
    assert fraction == 0 and largest == max(0, growth.max()) <= 1e-12
    values = a1.monotone(J)
    assert np.abs(values - values[::-1]).max() < 0.01 * np.ptp(
        values
    )  # nothing knows the sign of J


def test_differential_equation_never_increases_the_monotone():
    model = MLRG("A1", transport="ode").fit(50, seed=0)
    assert model.monotone_violations(np.linspace(-2, 2, 101)).fraction == 0


def test_bad_arguments(a1, flow, still):
    with pytest.raises(isingrg.ArgumentError, match="method"):
        a1.critical_coupling("phases")
    for steps in (1, 201):
        with pytest.raises(isingrg.ArgumentError, match="steps"):
            a1.critical_coupling("degeneracy", steps=steps)
    with pytest.raises(isingrg.ArgumentError, match="starts"):
        a1.fixed_points(-1)
    with pytest.raises(isingrg.ArgumentError, match="tolerance"):
        a1.fixed_points(tolerance=-1.0)
    with pytest.raises(isingrg.ArgumentError, match="monotone"):
        flow.monotone_violations()
    with pytest.raises(isingrg.ArgumentError, match="at least one"):
        a1.monotone_violations([])
    with pytest.raises(isingrg.IsingRGError, match="not been trained"):
        MLRG().critical_coupling_estimates()
    with pytest.raises(isingrg.ConvergenceError, match="neither phase"):
        still.fixed_point()


# Surveys


@pytest.mark.parametrize(
    "model, steps",
    [({"representation": "A1+E"}, 400), ({"representation": "2A1+E", "hidden": (8,)}, 5)],
)
def test_surveys_of_several_couplings(model, steps):
    """Whatever such short trainings lack, every number is there or has a reason not to be."""
    trained = _survey.train([0, 1], model, {"steps": steps})
    for one in trained:
        for name in _survey.NUMBERS:
            assert math.isnan(getattr(one, name)) == (name in one.failures)
    numbers = _tables.survey_numbers(trained)
    json.dumps(numbers, allow_nan=False)
    table = _tables.survey_table(trained)
    assert "nan" not in table
    assert all(reason in table for one in trained for reason in one.failures.values())


def test_what_a_survey_measures(a1, still):
    found, J = _survey.measure(a1), a1.fixed_point()
    assert found["fixed_point"] == J and found["failures"] == {}
    assert found["critical_coupling"] == a1.critical_coupling()
    assert found["degeneracy"] == a1.ground_state_degeneracy(J)
    assert found["delta_1"] == a1.scaling_dimensions(J)[1] == pytest.approx(0.0917, abs=0.01)
    assert found["thermal_exponent"] == a1.thermal_exponent(J)
    nothing = _survey.measure(still)
    assert set(nothing["failures"]) == set(_survey.NUMBERS)
    assert all(np.isnan(nothing[name]) for name in _survey.NUMBERS)


@pytest.mark.parametrize("error", [isingrg.NonFiniteError, np.linalg.LinAlgError])
def test_a_number_that_fails_leaves_the_others_of_a_survey(a1, error, monkeypatch):
    def fail(model, J):
        raise error("no exponent")

    monkeypatch.setattr(MLRG, "thermal_exponent", fail)
    found = _survey.measure(a1)
    assert found["failures"] == {"thermal_exponent": "no exponent"}
    assert np.isnan(found["thermal_exponent"]) and found["delta_1"] == pytest.approx(0.09, abs=0.01)


@pytest.mark.parametrize("edge", [0.0, 0.009, 0.02])
def test_no_transition_where_only_zero_itself_is_disordered(a1, monkeypatch, edge):
    """An odd network stays at J0 = 0 even where it is unstable: that is no disordered phase."""

    def phases(model, bare):
        ordered = bare > edge
        return np.where(ordered, _phases._ORDERED, _phases._DISORDERED), bare, 1.0 + ordered

    monkeypatch.setattr(_phases, "_end_phases", phases)
    if edge > 0.01:
        assert a1.critical_coupling("phase") == pytest.approx(edge, abs=1e-10)
        return
    with pytest.raises(isingrg.ConvergenceError, match=r"paramagnet is unstable, .*ordered"):
        a1.critical_coupling("phase")
    found = a1.critical_coupling_estimates(2).phase
    assert math.isnan(found.value) and found.reason.startswith("no critical coupling between 0")
