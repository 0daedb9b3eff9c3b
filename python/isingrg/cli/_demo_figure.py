"""The picture of `isingrg demo`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from isingrg import mlrg
from isingrg._shared import files
from isingrg.mlrg._exact_fixed_point import exact_fixed_point
from isingrg.plot import _style
from isingrg.plot._ising import spin_picture

_LARGEST = 1.45


def draw(
    output: str, models: Sequence[mlrg.MLRG], ratios: Sequence[float], lattices: np.ndarray
) -> None:
    """Learned beta function, its error, and a strip of lattices, one for each ratio K/K_c."""
    with _style.styled():
        figure = _style.figure(6.4)
        curves = figure.add_gridspec(
            2,
            1,
            height_ratios=(3.0, 1.0),
            hspace=0.1,
            left=0.095,
            right=0.985,
            top=0.955,
            bottom=0.355,
        )
        beta = figure.add_subplot(curves[0])
        error = figure.add_subplot(curves[1], sharex=beta)
        _beta_function(beta, models)
        _error(error, models)
        strip = figure.add_gridspec(
            1, len(ratios), wspace=0.08, left=0.095, right=0.985, top=0.215, bottom=0.035
        )
        for i, (ratio, lattice) in enumerate(zip(ratios, lattices, strict=True)):
            _lattice(figure.add_subplot(strip[i]), ratio, lattice, first=i == 0)
        content = io.BytesIO()
        figure.savefig(content, format=output.rpartition(".")[2].lower(), dpi=200)
    files.replace_file(output, content.getvalue())


def _beta_function(axes: Any, models: Sequence[mlrg.MLRG]) -> None:
    J = np.linspace(0.0, _LARGEST, 400)
    mean = np.mean([np.asarray(model.velocity(J)) for model in models], axis=0)
    points = np.linspace(0.0, _LARGEST, 24)
    critical = float(exact_fixed_point().J)
    learned = float(np.mean([model.critical_coupling() for model in models]))
    axes.axhline(0.0, color=_style.BLACK, linewidth=0.8, zorder=1)
    axes.plot(J, mean, color=_style.BLUE, label=f"learned, mean of {len(models)} models")
    axes.plot(
        points, np.asarray(mlrg.exact_map(points)) - points, "o", markersize=3.6,
        color=_style.ORANGE,
        markeredgecolor=_style.BLACK, markeredgewidth=0.5, zorder=4,
        label=f"exact RG map, $J_*$ = {critical:.4f}",
    )  # fmt: skip
    _verticals(axes, learned, labelled=True)
    _flow_arrows(axes, critical)
    axes.set_xlim(0.0, _LARGEST)
    axes.set_ylim(-0.13, 0.42)
    axes.set_ylabel("RG velocity  $v = J' - J$")
    axes.tick_params(labelbottom=False)
    axes.set_title("(a) learned beta function, one Ising spin per site (A1)", loc="left")
    axes.legend(loc="upper left")


def _error(axes: Any, models: Sequence[mlrg.MLRG]) -> None:
    """Draw what the eye cannot see above: the models minus the exact RG map, in thousandths."""
    J = np.linspace(0.0, _LARGEST, 200)
    exact = np.asarray(mlrg.exact_map(J)) - J
    errors = 1e3 * (np.array([model.velocity(J) for model in models]) - exact)
    mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1)
    axes.axhline(0.0, color=_style.BLACK, linewidth=0.8)
    axes.fill_between(
        J, mean - 2 * spread, mean + 2 * spread, color=_style.SKY, alpha=0.6, linewidth=0,
        label="two standard deviations between models",
    )  # fmt: skip
    axes.plot(J, mean, color=_style.BLUE)
    _verticals(axes, float(np.mean([model.critical_coupling() for model in models])))
    inner = J < 1.3
    limit = 1.15 * np.max((np.abs(mean) + 2 * spread)[inner])
    axes.set_ylim(-limit, 1.5 * limit)
    axes.set_xlabel("coupling $J$")
    axes.set_ylabel("error / $10^{-3}$")
    axes.legend(loc="upper left", borderaxespad=0.1)


def _verticals(axes: Any, learned: float, labelled: bool = False) -> None:
    axes.axvline(
        learned, color=_style.VERMILION, linewidth=1.2, zorder=1,
        label=f"learned fixed point, $J_*$ = {learned:.4f}" if labelled else None,
    )  # fmt: skip
    axes.axvline(
        mlrg.LIEB_CRITICAL_COUPLING, color=_style.GREEN, linestyle="--", linewidth=1.2, zorder=1,
        label=f"Lieb lattice, $J_c$ = {mlrg.LIEB_CRITICAL_COUPLING:.4f}" if labelled else None,
    )  # fmt: skip


def _flow_arrows(axes: Any, critical: float) -> None:
    """Arrowheads on the axis, from the unstable fixed point to both phases."""
    for start, direction in [(0.2, -1), (0.45, -1), (0.68, -1), (0.97, 1), (1.16, 1), (1.33, 1)]:
        axes.annotate(
            "", (start + 0.035 * direction, 0.0), (start - 0.035 * direction, 0.0),
            arrowprops={
                "arrowstyle": "-|>", "color": _style.BLACK, "linewidth": 0.8, "mutation_scale": 11
            },
        )  # fmt: skip
    axes.plot(
        [critical], [0.0], "o", color="white", markeredgecolor=_style.BLACK, zorder=5, markersize=5
    )
    axes.text(0.33, -0.105, "disordered", ha="center", va="bottom", style="italic")
    axes.text(1.15, -0.105, "ordered", ha="center", va="bottom", style="italic")


def _lattice(axes: Any, ratio: float, lattice: np.ndarray, first: bool) -> None:
    spin_picture(axes, lattice)
    axes.set_xlabel(f"$K/K_c$ = {ratio:.2f}", labelpad=3)
    if first:
        size = len(lattice)
        axes.set_title(f"(b) sampled configurations, {size} x {size}", loc="left")
