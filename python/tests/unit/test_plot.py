"""Figures: what is drawn is the data, where it is drawn, and what is left alone."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, IsingRGError, ising, mlrg, plot, statistics
from isingrg.graphvae import GraphVAE, RGMap
from isingrg.mlrg._exact_fixed_point import exact_fixed_point
from isingrg.neuralrg import Chains, DualIsing, NeuralRG, Responses, log_partition_dual

matplotlib = pytest.importorskip("matplotlib")
Figure = pytest.importorskip("matplotlib.figure").Figure

K = np.array([0.3, 0.44, 0.55])


@pytest.fixture(scope="module")
def spins():
    return ising.sample(8, K, 300, n_chains=2, seed=4)


@pytest.fixture(scope="module")
def a1():
    return mlrg.MLRG().fit(40, seed=0)


@pytest.fixture(scope="module")
def ae():
    return mlrg.MLRG("A1+E", symmetric=True).fit(20, seed=0)


@pytest.fixture(scope="module")
def flow():
    return NeuralRG(L=4, K=0.3, layers=2, hidden=(4,)).fit(30, 16)


@pytest.fixture(scope="module")
def vae(spins):
    return GraphVAE(8, latent=3, hidden=4, token=4, levels=2).fit(spins[:, :, :10], 3)


@pytest.fixture(autouse=True)
def nothing_leaks():
    """Neither matplotlib's settings nor figures of pyplot."""
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert not sys.modules["matplotlib.pyplot"].get_fignums()


def axes(count=1):
    panels = Figure().subplots(1, count, squeeze=False)[0]
    return panels[0] if count == 1 else list(panels)


def bars(container):
    """Points and half the lengths of their error bars."""
    x, y = container.lines[0].get_data()
    segments = np.array(container.lines[2][0].get_segments())
    return x, y, np.ptp(segments[:, :, 1], axis=1) / 2


# Data


def test_configuration(spins):
    drawn = plot.configuration(spins[0, 0, 0])
    image = drawn.artists["image"]
    np.testing.assert_array_equal(image.get_array(), spins[0, 0, 0])
    down, up = image.cmap(image.norm([-1, 1]))[:, :3].sum(axis=1)
    assert up < down


@pytest.mark.parametrize("kind", ["energy", "magnetization"])
def test_observables_stand_beside_exact_curves(spins, kind):
    drawn = getattr(plot, kind)(spins, K)
    values = ising.energy(spins) / 64 if kind == "energy" else abs(ising.magnetization(spins))
    exact = [statistics.mean_and_error(one) for one in values]
    x, y, errors = bars(drawn.artists["points"])
    np.testing.assert_array_equal(x, K)
    np.testing.assert_allclose(y, [mean for mean, _ in exact], rtol=1e-14)
    np.testing.assert_allclose(errors, [error for _, error in exact], rtol=1e-9)
    assert "without_error" not in drawn.artists
    if kind == "energy":
        k, torus = drawn.artists["torus"].get_data()
        np.testing.assert_array_equal(torus, ising.mean_energy(8, k) / 64)
        bulk = ising.internal_energy_density
    else:
        bulk = ising.spontaneous_magnetization
    k, infinite = drawn.artists["infinite"].get_data()
    np.testing.assert_array_equal(infinite, bulk(k))
    assert k[0] < K[0] and k[-1] > K[-1]
    assert drawn.artists["critical"].get_xdata()[0] == ising.K_CRITICAL


def test_chains_too_short_for_an_error_are_open_points(spins):
    drawn = plot.energy(spins[:, :, :20], K)
    x, y = drawn.artists["without_error"].get_data()
    np.testing.assert_array_equal(x, K)
    np.testing.assert_allclose(y, ising.energy(spins[:, :, :20]).mean(axis=(1, 2)) / 64)
    assert "points" not in drawn.artists


@pytest.mark.parametrize("kind", ["energy", "magnetization"])
def test_a_frozen_lattice_is_an_open_point(spins, kind):
    """It never changed, and does not tell its error."""
    data = np.stack([spins[0], np.ones_like(spins[0])])
    drawn = getattr(plot, kind)(data, [K[0], 3.0])
    assert bars(drawn.artists["points"])[0].tolist() == [K[0]]
    x, y = drawn.artists["without_error"].get_data()
    assert (x, y) == ([3.0], [{"energy": -2.0, "magnetization": 1.0}[kind]])


def test_chains_that_never_move():
    still = Chains(np.ones((2, 60, 2, 2)), np.zeros((2, 60)), DualIsing(2, 0.3))
    drawn = still.plot("magnetization")
    assert "time" not in drawn.artists
    assert drawn.ax[1].get_title("right") == "no fluctuation was seen"
    np.testing.assert_array_equal(drawn.artists["autocorrelation"].get_ydata(), 0)


def test_a_single_coupling(spins):
    x, y, _ = bars(plot.energy(spins[1], K[1]).artists["points"])
    assert x.tolist() == [K[1]]
    assert y[0] == pytest.approx(ising.energy(spins[1]).mean() / 64)


def test_beta_function(a1):
    artists = a1.plot_beta_function([0.1, 0.5, 1.0]).artists
    J, step = artists["learned"].get_data()
    assert J.tolist() == [0.1, 0.5, 1.0]
    np.testing.assert_allclose(step, a1.velocity(J), atol=1e-12)
    J, step = artists["exact"].get_data()
    np.testing.assert_array_equal(step, mlrg.exact_map(J) - J)
    assert artists["fixed_point"].get_xdata()[0] == exact_fixed_point().J
    assert artists["lattice"].get_xdata()[0] == mlrg.LIEB_CRITICAL_COUPLING


def test_beta_function_of_a_potts_model():
    model = mlrg.MLRG(internal="S3", hidden=(4,)).fit(5)
    artists = model.plot_beta_function().artists
    J, step = artists["exact"].get_data()
    np.testing.assert_array_equal(step, mlrg.exact_map(J, internal="S3") - J)
    assert J[-1] == pytest.approx(2.9)
    assert artists["fixed_point"].get_xdata()[0] == exact_fixed_point(internal="S3").J
    assert artists["lattice"].get_xdata()[0] == mlrg.lieb_critical_coupling("S3")
    clock = mlrg.MLRG(internal="Z3", hidden=(4,)).fit(5)
    assert "lattice" not in clock.plot_monotone().artists


def test_the_step_of_an_ode_is_not_its_velocity():
    model = mlrg.MLRG(transport="ode").fit(3)
    J, step = model.plot_beta_function([0.3, 0.9]).artists["learned"].get_data()
    np.testing.assert_allclose(step, model.flow(J, 1)[1] - J, atol=1e-12)
    assert "exact" not in model.plot_monotone([0.3, 0.9]).artists


def test_monotone(a1):
    artists = a1.plot_monotone().artists
    J, C = artists["learned"].get_data()
    np.testing.assert_allclose(C, a1.monotone(J) - a1.monotone(J[0]), atol=1e-12)
    J, C = artists["exact"].get_data()
    # v = -dC/dJ, and the exact monotone is largest at its unstable fixed point
    inner = slice(1, -1)
    np.testing.assert_allclose(
        np.gradient(C, J)[inner], (J - mlrg.exact_map(J))[inner], rtol=0, atol=1e-5
    )
    assert J[C.argmax()] == pytest.approx(exact_fixed_point().J, abs=J[1] - J[0])


def test_flow_in_a_plane(ae):
    direction = np.array([0, 0, 1, 1, 0])
    drawn = ae.plot_flow((0, direction), origin=[0, 0.1, 0, 0, 0], limits=((0, 1), (-1, 0.5)))
    assert drawn.ax.get_xlim() == (0, 1) and drawn.ax.get_ylim() == (-1, 0.5)
    segments = drawn.artists["lines"].lines.get_segments()
    starts = np.array([segment[0] for segment in segments])
    ends = np.array([segment[-1] for segment in segments])
    unit = direction / np.sqrt(2)
    J = starts[:, :1] * np.eye(5)[0] + starts[:, 1:] * unit + [0, 0.1, 0, 0, 0]
    velocity = ae.velocity(J)
    v = np.stack([velocity[:, 0], velocity @ unit], axis=1)
    step = ends - starts
    moving = (np.linalg.norm(v, axis=1) > 0.05) & (np.linalg.norm(step, axis=1) > 1e-9)
    cosine = np.sum(v * step, axis=1) / np.linalg.norm(v, axis=1) / np.linalg.norm(step, axis=1)
    assert np.count_nonzero(moving) > 20 and np.median(cosine[moving]) > 0.99


def test_fixed_points_are_drawn_with_their_copies(ae):
    points = ae.fixed_points(starts=0)
    paramagnet = next(point for point in points if np.abs(point.J).max() < 1e-6)
    drawn = plot.flow(ae, points=[paramagnet])
    kind = "stable" if paramagnet.stability == "stable" else "unstable"
    x, y = drawn.artists[kind].get_data()
    np.testing.assert_allclose([*x, *y], 0, atol=1e-6)
    assert len({"stable", "unstable"} & drawn.artists.keys()) == 1


def test_fixed_points_outside_the_plane_are_projected_with_their_distance(ae):
    """All are drawn: filled circles in the plane, open ones outside, and none beyond the limits."""
    inside, near, far = (
        dataclasses.replace(ae.fixed_points(starts=0)[0], J=np.array(J), unstable_directions=n)
        for J, n in [
            ([0.5, 0.3, 0, 0, 0], 0), ([1.0, 0.2, 0.1, 0, 0], 1),
            ([2.5, 0, 0.6, 0.8, 0], 2),
        ]
    )  # fmt: skip
    drawn = plot.flow(ae, points=[inside, near, far])
    artists, axes = drawn.artists, drawn.ax
    for name, J0, filled in (
        ("stable", 0.5, True),
        ("unstable", 1.0, True),
        ("unstable, projected", 2.5, False),
    ):
        x, _ = artists[name].get_data()
        np.testing.assert_allclose(x, J0, atol=1e-5)
        assert (artists[name].get_markerfacecolor() != "white") == filled
    assert "stable, projected" not in artists
    assert [label.get_text() for label in artists["distances"]] == ["1.00"]
    assert axes.get_xlim() == pytest.approx((-0.1, 2.6)) and axes.get_title() == ""
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend[-1] == "unstable fixed points, projected, with their distance"
    cut = plot.flow(ae, points=[inside, near, far], limits=((0, 0.8), (-1, 1))).ax
    assert cut.get_title() == "2 of 3 fixed points beyond these limits"
    assert cut.get_xlim() == (0, 0.8)


def test_no_fixed_points_need_no_legend(ae):
    assert plot.flow(ae).ax.get_legend() is None


@pytest.mark.parametrize(
    "losses, scale, labels",
    [
        ([7.0, 5.0, 0.3, 0.03], "log", ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"]),
        ([5e-5, 2e-3], "log", [r"$2 \times 10^{-5}$", r"$5 \times 10^{-5}$", "$10^{-4}$"]),
        ([7.0, 6.5, 6.1], "linear", None),
    ],
)
def test_ticks_of_a_history_can_be_read(a1, monkeypatch, losses, scale, labels):
    """Numbers, not 6 x 10^0, and at least three of them."""
    history = {"step": np.arange(len(losses)), "loss": np.array(losses)}
    monkeypatch.setattr(type(a1), "history", history)
    drawn = a1.plot_history()
    axis = drawn.ax.yaxis
    assert axis.get_scale() == scale
    drawn.figure.draw_without_rendering()
    shown = [label.get_text() for label in axis.get_ticklabels(which="both") if label.get_text()]
    assert len(shown) >= 3 and not any("10^{0}" in text for text in shown)
    assert labels is None or set(labels[1:-1]) <= set(shown)


def test_history_of_a_flow(flow):
    artists = flow.plot_history().artists
    np.testing.assert_array_equal(artists["loss"].get_ydata(), flow.history["loss"])
    assert artists["exact"].get_ydata()[0] == -log_partition_dual(4, 0.3)
    x, y = artists["mean"].get_data()
    assert x.tolist() == [5.5, 15.5, 25.5]
    np.testing.assert_allclose(y, flow.history["loss"].reshape(3, 10).mean(axis=1))
    assert "likelihood" not in artists


def test_history_of_samples_has_no_exact_value():
    model = NeuralRG(L=4, K=0.3, layers=2, hidden=(4,)).fit_samples(np.full((3, 4, 4), 0.9), 5)
    artists = model.plot_history().artists
    assert set(artists) == {"likelihood"}
    np.testing.assert_array_equal(artists["likelihood"].get_ydata(), model.history["loss"])


def test_history_of_the_others(a1, vae):
    loss = a1.plot_history().artists["loss"]
    np.testing.assert_array_equal(loss.get_data(), (a1.history["step"], a1.history["loss"]))
    artists = vae.plot_history().artists
    assert set(artists) == {"loss", "reconstruction", "kl", "rg"}
    for name, line in artists.items():
        np.testing.assert_array_equal(line.get_ydata(), vae.history[name])


@pytest.mark.parametrize("shape", [(0, 0), (0, 4, 4), (2, 0, 0), (17, 4, 4), (4,), (2, 4, 3)])
def test_samples_of_no_lattice(shape):
    with pytest.raises(isingrg.ArgumentError, match="x must have the shape"):
        plot.samples(np.ones(shape))


def test_samples_and_responses(flow):
    images = flow.plot_samples(3, seed=2).artists["images"]
    x = flow.sample(3, seed=2)
    np.testing.assert_array_equal([image.get_array() for image in images], x)
    assert all(image.get_clim() == (-np.abs(x).max(), np.abs(x).max()) for image in images)
    drawn = flow.plot_responses(20, sites=[(0, 0), (1, 2)], seed=3)
    expected = flow.responses(20, sites=[(0, 0), (1, 2)], seed=3)
    shown = [image.get_array() for image in drawn.artists["images"]]
    np.testing.assert_array_equal(shown, expected.mean)
    row, column = 1, 2
    assert drawn.artists["sites"][1].get_data() == ([column], [row])


def test_chains(flow):
    chains = flow.hmc(4, 1000, warmup=50)
    drawn = chains.plot("energy_density")
    series = chains.energy_density()
    traces = [line.get_ydata() for line in drawn.artists["traces"]]
    np.testing.assert_array_equal(traces, series)
    np.testing.assert_allclose(drawn.artists["mean"].get_ydata(), series.mean(axis=0))
    tau = chains.autocorrelation_time("energy_density")
    assert drawn.artists["time"].get_xdata()[0] == tau
    rho = drawn.artists["autocorrelation"].get_ydata()
    centred = series - series.mean()
    direct = [np.mean(centred[:, t:] * centred[:, : 1000 - t]) for t in range(len(rho))]
    np.testing.assert_allclose(rho, np.array(direct) / direct[0], atol=1e-12)
    short = flow.hmc(1, 10).plot()
    assert "time" not in short.artists


def latent_means_of(monkeypatch, function):
    """Makes `encode` give means of two numbers, of which `function` of the spins decides PC1."""

    def encode(model, spins, progress=False):
        first = 3.0 * function(spins)
        mu = np.stack([first, 0.01 * np.cos(7 * first)], axis=-1)
        return [(mu, np.zeros_like(mu))]

    monkeypatch.setattr(GraphVAE, "encode", encode)


@pytest.mark.parametrize("sign", [1, -1])
def test_principal_component_that_is_odd_has_two_branches(vae, spins, monkeypatch, sign):
    """Its mean is a matter of the chains' signs, its modulus is that of the magnetization."""
    pytest.importorskip("sklearn")
    m = ising.magnetization(spins)
    latent_means_of(monkeypatch, lambda spins: sign * ising.magnetization(spins) + 0.3)
    drawn = vae.plot_principal_component(spins, K)
    x, y = drawn.artists["configurations"].get_data()
    np.testing.assert_array_equal(x, np.repeat(K, 600))
    np.testing.assert_allclose(y, 3 * m.ravel(), atol=0.03)
    moduli = np.abs(y.reshape(3, 600))
    x, y, errors = bars(drawn.artists["mean"])
    np.testing.assert_array_equal(x, K)
    np.testing.assert_allclose(y, moduli.mean(axis=1))
    np.testing.assert_allclose(errors, moduli.std(axis=1))
    assert "|PC1|" in drawn.artists["mean"].get_label()
    np.testing.assert_allclose(y, 3 * np.abs(m).mean(axis=(1, 2)), atol=0.03)


@pytest.mark.parametrize("sign", [1, -1])
def test_principal_component_that_is_even_grows_with_minus_the_energy(
    vae, spins, monkeypatch, sign
):
    pytest.importorskip("sklearn")
    density = ising.energy(spins) / 64
    latent_means_of(monkeypatch, lambda spins: sign * ising.energy(spins) / 64)
    drawn = vae.plot_principal_component(spins, K)
    points = drawn.artists["configurations"].get_ydata().reshape(3, 600)
    np.testing.assert_allclose(points, 3 * (density.mean() - density).reshape(3, 600), atol=0.03)
    _, y, errors = bars(drawn.artists["mean"])
    np.testing.assert_allclose(y, points.mean(axis=1))
    np.testing.assert_allclose(errors, points.std(axis=1))
    assert "|PC1|" not in drawn.artists["mean"].get_label()


def test_principal_component_of_a_trained_model(vae, spins):
    pytest.importorskip("sklearn")
    data = spins[:, 0, :10]
    drawn = vae.plot_principal_component(data, K, component=1)
    mu = vae.encode(data)[-1][0].reshape(-1, 3)
    second = np.linalg.svd(mu - mu.mean(axis=0))[2][1]
    expected = mu @ second
    y = drawn.artists["configurations"].get_ydata()
    assert abs(np.corrcoef(y, expected)[0, 1]) == pytest.approx(1)
    np.testing.assert_allclose(y.std(), expected.std())


def test_rg_spectrum(vae, spins):
    found = vae.rg_map(spins[:, :, :10], resamples=20)
    artists = found.plot().artists
    shown = {}
    for name in {"active", "collapsed"} & artists.keys():
        for x, y, error in zip(*bars(artists[name]), strict=True):
            shown[int(x)] = (y, error, name == "active")
    expected = zip(np.abs(found.eigenvalues), found.magnitudes.error, found.active, strict=True)
    for number, values in enumerate(expected, 1):
        assert shown[number] == pytest.approx(values, rel=1e-9)
    assert len(shown) == 3


# Where it is drawn


def test_axes_that_are_given_are_drawn_in(spins, a1, flow, vae):
    calls = [
        lambda ax: plot.configuration(spins[0, 0, 0], ax=ax),
        lambda ax: plot.energy(spins, K, ax=ax),
        lambda ax: plot.magnetization(spins, K, ax=ax),
        lambda ax: a1.plot_beta_function(ax=ax),
        lambda ax: a1.plot_monotone(ax=ax),
        lambda ax: a1.plot_history(ax=ax),
        lambda ax: flow.plot_samples(1, ax=ax),
        lambda ax: vae.rg_map(spins[:, :, :10], resamples=20).plot(ax=ax),
    ]
    for call in calls:
        ax = axes()
        drawn = call(ax)
        assert drawn.ax is ax and drawn.figure is ax.get_figure() and not drawn.is_new
        assert ax.has_data()
        assert drawn._repr_png_() is None
    two = axes(2)
    assert list(flow.hmc(1, 10).plot(ax=two).ax) == two


def test_new_figures_show_and_save_themselves(spins, tmp_path):
    drawn = plot.configuration(spins[0, 0, 0])
    assert drawn.is_new and drawn._repr_png_().startswith(b"\x89PNG")
    drawn.artists["image"].set_cmap("gray")
    for name, start in {"a.png": b"\x89PNG", "a.PDF": b"%PDF", "a.svg": b"<?xml"}.items():
        drawn.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ArgumentError, match=r"path must end in one of .*\.png.*got '.*a\.npz'"):
        drawn.save(tmp_path / "a.npz")


# Wrong arguments


def test_wrong_arguments_are_named(spins, a1, ae, flow):
    no_responses = Responses(np.empty((0, 2), np.int32), np.empty((0, 4, 4)), np.empty((0, 4, 4)))
    wrong = [
        (ArgumentError, "spins must be one configuration", lambda: plot.configuration(spins[0])),
        (ArgumentError, "spins must", lambda: plot.configuration(np.zeros((4, 4), np.int8))),
        (ArgumentError, "spins must have the shape", lambda: plot.energy(spins, K[:2])),
        (ArgumentError, "spins must have the shape", lambda: plot.magnetization(spins, 0.3)),
        (TypeError, "model must be an MLRG", lambda: plot.beta_function(flow)),
        (ArgumentError, "model must have one coupling", lambda: plot.beta_function(ae)),
        (ArgumentError, "at least two couplings", lambda: plot.flow(a1)),
        (ArgumentError, "J must be a list", lambda: plot.monotone(a1, [0.5, 0.2])),
        (ArgumentError, "plane must be from 0 to 4", lambda: plot.flow(ae, (0, 5))),
        (ArgumentError, "plane must be a pair", lambda: plot.flow(ae, 3)),
        (ArgumentError, "not parallel", lambda: plot.flow(ae, (0, [1, 0, 0, 0, 0]))),
        (ArgumentError, "not zero", lambda: plot.flow(ae, (0, np.zeros(5)))),
        (ArgumentError, "origin must have the shape", lambda: plot.flow(ae, origin=[0, 1])),
        (ArgumentError, "limits must be two pairs", lambda: plot.flow(ae, limits=[0, 1])),
        (TypeError, "model must be a model of isingrg, not int", lambda: plot.history(3)),
        (ArgumentError, "x must have the shape", lambda: plot.samples(np.zeros(3))),
        (TypeError, "responses must be", lambda: plot.responses(np.zeros(3))),
        (ArgumentError, "responses must be of 1 to 16", lambda: plot.responses(no_responses)),
        (TypeError, "chains must be", lambda: plot.chains(np.zeros(3))),
        (ArgumentError, "observable", lambda: flow.hmc(1, 10).plot("energy")),
        (ArgumentError, "at least two samples", lambda: flow.hmc(1, 1).plot()),
        (TypeError, "model must be a GraphVAE", lambda: plot.principal_component(a1, spins, K)),
        (TypeError, "rg_map must be", lambda: plot.rg_spectrum(np.eye(2))),
        (TypeError, "ax must be axes", lambda: plot.history(a1, ax=Figure())),
        (ArgumentError, "ax must be 2 axes", lambda: flow.hmc(1, 10).plot(ax=axes())),
        (IsingRGError, "call fit first", lambda: mlrg.MLRG().plot_history()),
        (IsingRGError, "call fit first", lambda: mlrg.MLRG().plot_beta_function()),
    ]  # fmt: skip
    for error, message, call in wrong:
        with pytest.raises(error, match=message):
            call()


def test_without_matplotlib_the_extra_is_named(spins, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[plot\]'"):
        plot.configuration(spins[0, 0, 0])


def test_importing_isingrg_does_not_import_matplotlib():
    code = "import sys, isingrg.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_function_is_public():
    assert all(callable(getattr(plot, name)) for name in plot.__all__)
    assert "plot" in isingrg.__all__ and RGMap.plot.__doc__
