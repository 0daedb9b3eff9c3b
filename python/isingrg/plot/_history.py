"""How a training went."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import IsingRGError
from isingrg._shared.model import NativeModel
from isingrg.ising import log_partition
from isingrg.mlrg import MLRG
from isingrg.multilevel import MultilevelSampler
from isingrg.neuralrg import NeuralRG
from isingrg.plot import _style
from isingrg.plot._drawing import Drawing, drawing

Floats = NDArray[np.float64]

#: A loss that varies by less is drawn on a linear axis, where its ticks are more.
_DECADE = 10

#: Means of at least so many consecutive steps are drawn over a noisy loss, at most so many.
_TOGETHER, _MEANS = 10, 100

#: Colours of the columns in their order, and labels where their names say too little.
_COLOURS = (_style.BLUE, _style.ORANGE, _style.GREEN, _style.PURPLE)
_LABELS = {"kl": r"$D_{KL}$", "rg": "consistency of levels"}


def history(model: NativeModel, *, ax: Any = None) -> Drawing:
    """The loss of every step of a training, and its exact value where there is one.

    Parameters
    ----------
    model : model of any method
        Trained.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "loss". An `MLRG` and a `NeuralRG` also have "mean", the means of 10 or more
        consecutive steps. A `NeuralRG` has "exact", a line at -ln Z, which the loss bounds from
        above, and "likelihood", the loss of steps of `NeuralRG.fit_samples`, each if there are
        any such steps. A `MultilevelSampler` has, with errors, "loss", the bound of -ln Z, and
        "log_partition", -ln Z by weights, and without a field "exact". Any other model has
        all columns of its history, such as the terms of its loss.

    Raises
    ------
    IsingRGError
        If the model is not trained.
    TypeError
        For a wrong kind of argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(model, NativeModel):
        raise TypeError(f"model must be a model of isingrg, not {type(model).__name__}")
    if not len(model.history["loss"]):
        raise IsingRGError("the model has not been trained yet; call fit first")
    with drawing(ax) as drawn:
        if isinstance(model, MLRG):
            _mlrg(drawn, model)
        elif isinstance(model, NeuralRG):
            _neuralrg(drawn, model)
        elif isinstance(model, MultilevelSampler):
            _multilevel(drawn, model)
        else:
            _columns(drawn, model)
        drawn.ax.legend()
    return drawn


def _mlrg(drawn: Drawing, model: MLRG) -> None:
    record = model.history
    exact = model._configuration.divergence == "kl"
    _noisy(drawn, record["step"], record["loss"], "loss")
    drawn.ax.set(
        xlabel="step",
        ylabel="mean KL divergence (nat)" if exact else "contrastive divergence (nat)",
    )
    loss = record["loss"]
    if exact and loss.min() > 0 and loss.max() > _DECADE * loss.min():
        _logarithmic(drawn.ax)


def _logarithmic(ax: Any) -> None:
    """Ticks at 1, 2 and 5 of each decade, as numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(_number)
    ax.yaxis.set_minor_formatter(NullFormatter())


def _number(value: float, _: int | None = None) -> str:
    """0.02, but 2 x 10^-5 below a thousandth."""
    if 1e-3 <= value < 1e4:
        return f"{value:g}"
    digits, exponent = f"{value:.0e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return f"${power}$" if digits == "1" else rf"${digits} \times {power}$"


def _neuralrg(drawn: Drawing, model: NeuralRG) -> None:
    record = model.history
    by_energy = record["likelihood"] == 0
    if by_energy.any():
        loss = np.where(by_energy, record["loss"], np.nan)
        _noisy(drawn, record["step"], loss, r"$\langle\ln q - \ln\pi\rangle$")
        known = model.target.log_partition
        if known is not None:
            drawn.artists["exact"] = drawn.ax.axhline(
                -known, color=_style.BLACK, linewidth=1.2, label=rf"exact $-\ln Z$ = {-known:.4f}"
            )
    if not by_energy.all():
        (drawn.artists["likelihood"],) = drawn.ax.plot(
            record["step"], np.where(by_energy, np.nan, record["loss"]), color=_style.ORANGE,
            linewidth=0.8, label=r"$-\langle\ln q\rangle$ of samples",
        )  # fmt: skip
    drawn.ax.set(xlabel="step", ylabel="loss (nat)")
    _show_end(drawn, record["loss"])


def _multilevel(drawn: Drawing, model: MultilevelSampler) -> None:
    record = model.history
    parts = (
        ("loss", record["loss"], record["standard_error"], _style.BLUE, r"bound of $-\ln Z$"),
        (
            "log_partition", -record["log_partition"], record["log_partition_error"],
            _style.ORANGE, r"$-\ln Z$ by weights",
        ),
    )  # fmt: skip
    for name, values, errors, colour, label in parts:
        drawn.artists[name] = drawn.ax.errorbar(
            record["step"], values, errors, fmt="o-", markersize=3.5, linewidth=1, capsize=2,
            color=colour, label=label,
        )  # fmt: skip
    if model.field == 0:
        drawn.artists["exact"] = drawn.ax.axhline(
            -float(log_partition(model.L, model.K)), color=_style.BLACK, linewidth=1.2,
            linestyle="--", label=r"exact $-\ln Z$",
        )  # fmt: skip
    drawn.ax.set(xlabel="step", ylabel="nat")


def _show_end(drawn: Drawing, loss: Floats) -> None:
    """The first steps are orders of magnitude off, and would leave no room for the others."""
    late = loss[len(loss) // 20 :]
    exact = drawn.artists.get("exact")
    low = late.min() if exact is None else min(late.min(), exact.get_ydata()[0])
    margin = 0.05 * (late.max() - low) or 1.0
    drawn.ax.set_ylim(low - margin, late.max() + margin)


def _columns(drawn: Drawing, model: NativeModel) -> None:
    record = model.history
    rows = record.pop(model._columns.row)
    for (name, column), colour in zip(record.items(), itertools.cycle(_COLOURS), strict=False):
        (drawn.artists[name],) = drawn.ax.plot(
            rows, column, color=colour, label=_LABELS.get(name, name.replace("_", " "))
        )
    drawn.ax.set(xlabel=model._columns.row, ylabel="mean over configurations", ylim=(0, None))


def _noisy(drawn: Drawing, step: Floats, loss: Floats, label: str) -> None:
    """Every step thin, and means over many of them thick."""
    (drawn.artists["loss"],) = drawn.ax.plot(
        step, loss, color=_style.SKY, linewidth=0.6, label=label
    )
    pieces = min(_MEANS, len(loss) // _TOGETHER)
    if pieces:
        x, y = ([part.mean() for part in np.array_split(a, pieces)] for a in (step, loss))
        (drawn.artists["mean"],) = drawn.ax.plot(x, y, color=_style.BLUE, label="mean of steps")
