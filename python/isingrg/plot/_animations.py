"""The renormalization group in motion: matplotlib animations, which users save or show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg import ising
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import MLRG
from isingrg.mlrg._couplings import Couplings
from isingrg.neuralrg import NeuralRG
from isingrg.plot import _style
from isingrg.plot._drawing import PICTURE, drawing, picture
from isingrg.plot._ising import spin_picture
from isingrg.plot._mlrg import beta_function, count, flow, span_plane
from isingrg.plot._neuralrg import DIVERGING

Floats = NDArray[np.float64]

_LONGEST = 1000


def animate_block_spins(
    spins: ArrayLike, steps: int | None = None, *, interval: float = 800.0, ax: Any = None
) -> Any:
    """Block spins of a configuration, step by step; each looks at blocks of twice the size.

    Parameters
    ----------
    spins : array_like, shape (L, L)
        +1 and -1 in any integer or floating dtype.
    steps : int, optional
        Steps of 2 x 2 block spins; by default as many as L allows.
    interval : float
        Milliseconds from one picture to the next, 1 to 60000.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        Saved by ``.save("rg.gif", writer="pillow")``, shown in a notebook by ``.to_jshtml()``.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    ImportError
        Without matplotlib.
    """
    array = arguments.spins(spins)
    if array.ndim != 2:
        raise ArgumentError(f"spins must be one configuration (L, L), got {array.shape}")
    interval = _interval(interval)
    L = len(array)
    most = (L & -L).bit_length() - 1  # times that 2 divides L
    steps = most if steps is None else arguments.integer("steps", steps, 0, most)
    ising.magnetization(array)  # refuses what is neither +1 nor -1
    stages = [array]
    for _ in range(steps):
        stages.append(ising.block_spin(stages[-1]))
    with drawing(ax, PICTURE + 0.3, PICTURE) as drawn:
        image = spin_picture(drawn.ax, array, extent=(0, L, L, 0))
        title = drawn.ax.set_title(" ")

    def show(step: int) -> list[Any]:
        image.set_data(stages[step])
        title.set_text(f"RG step {step}: {len(stages[step])} x {len(stages[step])} spins")
        return [image, title]

    return _animation(drawn.figure, show, steps + 1, interval)


def animate_flow(
    model: MLRG,
    J: ArrayLike,
    steps: int = 16,
    plane: Sequence[Any] = (0, 1),
    *,
    interval: float = 300.0,
    ax: Any = None,
    **settings: Any,
) -> Any:
    """Couplings that follow the learned flow, one RG step from picture to picture.

    Parameters
    ----------
    model : MLRG
        Trained.
    J : array_like, shape (n,), or (n, c) for c couplings
        Where n couplings begin. With one coupling they move over the beta function, else in a
        plane of two couplings, onto which they are projected.
    steps : int
        1 to 1000.
    plane : (first, second)
        For several couplings, as for `flow`.
    interval : float
        Milliseconds from one picture to the next, 1 to 60000.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.
    **settings
        Keywords of `beta_function` or `flow`, which draw the background.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        As from `animate_block_spins`.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    IsingRGError
        If the model is not trained.
    NonFiniteError
        If a trajectory leaves the finite numbers.
    ImportError
        Without matplotlib.
    """
    couplings = Couplings(J, count(model))
    steps, interval = arguments.integer("steps", steps, 1, _LONGEST), _interval(interval)
    paths = model.flow(couplings.rows if couplings.count > 1 else couplings.rows[:, 0], steps)
    if couplings.count == 1:
        drawn = beta_function(model, ax=ax, **settings)
        points = np.stack([paths, np.zeros_like(paths)], axis=-1)
    else:
        drawn = flow(model, plane, ax=ax, **settings)
        points = span_plane(model, plane, settings.get("origin")).coordinates(paths)
    with _style.styled():
        x, y = np.moveaxis(points, -1, 0)
        trails = drawn.ax.plot(x[:1], y[:1], color=_style.ORANGE, linewidth=1.5, zorder=6)
        (heads,) = drawn.ax.plot(
            x[0], y[0], "o", color=_style.ORANGE, markeredgecolor=_style.BLACK, markersize=6,
            zorder=7,
        )  # fmt: skip
        title = drawn.ax.set_title(" ", loc="right")

    def show(step: int) -> list[Any]:
        heads.set_data(x[step], y[step])
        for k, trail in enumerate(trails):
            trail.set_data(x[: step + 1, k], y[: step + 1, k])
        title.set_text(f"RG step {step}")
        return [heads, title, *trails]

    return _animation(drawn.figure, show, steps + 1, interval)


def animate_generation(
    model: NeuralRG,
    z: ArrayLike | None = None,
    *,
    seed: int = 0,
    interval: float = 1000.0,
    ax: Any = None,
) -> Any:
    """A flow generates a configuration scale by scale, from the coarsest variables to x.

    Each picture shows the variables that live on the lattice of one scale, on blocks of the sites
    they stand for; the finer latent variables come in from scale to scale.

    Parameters
    ----------
    model : NeuralRG
        Trained.
    z : array_like, shape (L, L), optional
        Latent variables; by default normal random numbers.
    seed : int
        Seed of these, 0 to 2**64 - 1.
    interval : float
        Milliseconds from one picture to the next, 1 to 60000.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        As from `animate_block_spins`. The last of its `depth` + 1 pictures is
        ``model.decode(z)[0]``.

    Raises
    ------
    ArgumentError, TypeError
        For a wrong argument.
    IsingRGError
        If the model is not trained.
    ImportError
        Without matplotlib.
    """
    if not isinstance(model, NeuralRG):
        raise TypeError(f"model must be a NeuralRG, not {type(model).__name__}")
    shape, interval = model._shape, _interval(interval)
    random = np.random.default_rng(arguments.seed(seed))
    state = random.standard_normal(shape) if z is None else arguments.moderate("z", z)
    if state.shape != shape:
        raise ArgumentError(f"z must have the shape {shape}, got {state.shape}")
    coarsens = model._configuration.structure != "tebd"
    stages: list[tuple[int, Floats]] = []
    for scale in range(model.depth, -1, -1):
        if scale < model.depth:
            state = model.decode(state, scales=(scale, scale + 1))[0]
        distances = model._configuration.distances(scale if coarsens else 0)
        kept = state[tuple(slice(None, None, distance) for distance in distances)]
        stages.append((scale, kept[None] if kept.ndim == 1 else kept))
    bound = max(float(np.abs(values).max()) for _, values in stages) or 1.0
    with drawing(ax, PICTURE + 0.3, PICTURE + 0.7) as drawn:
        image = picture(
            drawn.ax,
            stages[0][1],
            cmap=DIVERGING,
            vmin=-bound,
            vmax=bound,
            extent=(0, shape[-1], shape[0] if len(shape) == 2 else 1, 0),
        )
        drawn.figure.colorbar(image, ax=drawn.ax, shrink=0.8)
        title = drawn.ax.set_title(" ")

    def show(frame: int) -> list[Any]:
        scale, values = stages[frame]
        image.set_data(values)
        title.set_text(f"scale {scale}: {len(values)} x {len(values[0])} variables")
        return [image, title]

    return _animation(drawn.figure, show, len(stages), interval)


def _animation(figure: Any, show: Callable[[int], list[Any]], frames: int, interval: float) -> Any:
    from matplotlib.animation import FuncAnimation

    return FuncAnimation(figure, show, frames=frames, interval=interval)


def _interval(value: Any) -> float:
    return arguments.finite("interval", value, 1.0, 60_000.0)
