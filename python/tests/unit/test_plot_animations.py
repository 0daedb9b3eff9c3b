"""Animations: every picture is a step of what is animated."""

import numpy as np
import pytest

from isingrg import ArgumentError, ising, mlrg, plot
from isingrg.neuralrg import NeuralRG

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def configuration():
    return ising.sample(8, 0.44, 1, seed=4)[0, 0]


@pytest.fixture(scope="module")
def a1():
    return mlrg.MLRG().fit(40, seed=0)


@pytest.fixture(scope="module")
def flow():
    return NeuralRG(L=4, K=0.3, layers=2, hidden=(4,)).fit(30, 16)


def frames(animation):
    """What the pictures show, as saving draws them one after the other."""
    animation._draw_was_started = True  # otherwise it complains when it goes
    for frame in animation.new_saved_frame_seq():
        animation._draw_next_frame(frame, blit=False)
        yield animation._fig


def test_animated_block_spins(configuration):
    shown = [
        np.asarray(figure.axes[0].images[0].get_array())
        for figure in frames(plot.animate_block_spins(configuration))
    ]
    assert [len(values) for values in shown] == [8, 4, 2, 1]
    np.testing.assert_array_equal(shown[0], configuration)
    coarse = configuration
    for values in shown[1:]:
        coarse = ising.block_spin(coarse)
        np.testing.assert_array_equal(values, coarse)


def test_animated_generation(flow):
    z = np.random.default_rng(0).standard_normal((4, 4))
    shown = [
        np.asarray(figure.axes[0].images[0].get_array())
        for figure in frames(plot.animate_generation(flow, z))
    ]
    assert [len(values) for values in shown] == [1, 2, 4]
    assert shown[0] == z[0, 0]
    x = flow.decode(z)[0]
    np.testing.assert_allclose(shown[2], x, atol=1e-12)
    np.testing.assert_allclose(shown[1], flow.encode(x, scales=(0, 1))[0][::2, ::2], atol=1e-9)


def test_animated_flow(a1):
    ae = mlrg.MLRG("A1+E").fit(20)
    start = np.array([[0.4, 0.1, 0, 0, 0], [0.9, 0, 0, 0.2, 0]])
    paths = ae.flow(start, 3)
    for step, figure in enumerate(frames(plot.animate_flow(ae, start, 3, (0, 3)))):
        *trails, heads = figure.axes[0].lines
        np.testing.assert_allclose(np.transpose(heads.get_data()), paths[step][:, [0, 3]])
        assert len(trails) == 2
        for k, trail in enumerate(trails):
            np.testing.assert_allclose(
                np.transpose(trail.get_data()), paths[: step + 1, k][:, [0, 3]]
            )
    path = a1.flow([0.5, 0.9], 2)
    for step, figure in enumerate(frames(plot.animate_flow(a1, [0.5, 0.9], 2))):
        x, y = figure.axes[0].lines[-1].get_data()
        np.testing.assert_array_equal(x, path[step])
        assert not np.any(y)


def test_an_animation_becomes_a_gif(configuration, tmp_path):
    image = pytest.importorskip("PIL.Image")
    plot.animate_block_spins(configuration, 2).save(tmp_path / "rg.gif", writer="pillow", dpi=30)
    with image.open(tmp_path / "rg.gif") as moving:
        assert moving.n_frames == 3


def test_wrong_arguments_are_named(configuration, a1, flow):
    wrong = [
        (ArgumentError, "steps must be", lambda: plot.animate_block_spins(configuration, 4)),
        (ArgumentError, "interval", lambda: plot.animate_block_spins(configuration, interval=0)),
        (ArgumentError, "z must have the shape", lambda: plot.animate_generation(flow, [0.0])),
        (TypeError, "model must be a NeuralRG", lambda: plot.animate_generation(a1)),
        (TypeError, "model must be an MLRG", lambda: plot.animate_flow(flow, [0.5])),
    ]  # fmt: skip
    for error, message, call in wrong:
        with pytest.raises(error, match=message):
            call()


def test_latent_variables_beyond_any_colour(flow):
    with pytest.raises(ArgumentError, match=r"z must be finite, at most 1e\+100"):
        plot.animate_generation(flow, 1e308 * np.ones((flow.L, flow.L)))
