"""How a training went."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg import _style
from isingrg._errors import IsingRGError
from isingrg._model import NativeModel
from isingrg.graphvae import GraphVAE
from isingrg.mlrg import MLRG
from isingrg.neuralrg import NeuralRG, log_partition_dual
from isingrg.plot._drawing import Drawing, drawing

Floats = NDArray[np.float64]

#: Means of at least so many consecutive steps are drawn over a noisy loss, at most so many.
_TOGETHER, _MEANS = 10, 100


def history(model: NativeModel, *, ax: Any = None) -> Drawing:
    """The loss of every step of a training, and its exact value where there is one.

    Parameters
    ----------
    model : MLRG, NeuralRG or GraphVAE
        Trained.
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Drawing
        Artists: "loss"; of an `MLRG` and a `NeuralRG` also "mean", the means of 10 or more
        consecutive steps. Of a `NeuralRG` "exact", a line at -ln Z, which the loss bounds from
        above, and "likelihood", the loss of steps of `NeuralRG.fit_samples`, each if there are
        any such steps. Of a `GraphVAE` "reconstruction", "kl" and "rg", the terms of the loss
        without their weights.

    Raises
    ------
    IsingRGError
        If the model is not trained.
    TypeError
        For a wrong kind of argument.
    ImportError
        Without matplotlib.
    """
    if not isinstance(model, (MLRG, NeuralRG, GraphVAE)):
        raise TypeError(f"model must be an MLRG, NeuralRG or GraphVAE, not {type(model).__name__}")
    if not len(model.history["loss"]):
        raise IsingRGError("the model has not been trained yet; call fit first")
    with drawing(ax) as drawn:
        if isinstance(model, MLRG):
            _mlrg(drawn, model)
        elif isinstance(model, NeuralRG):
            _neuralrg(drawn, model)
        else:
            _graphvae(drawn, model)
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
    if exact and (record["loss"] > 0).all():
        drawn.ax.set_yscale("log")


def _neuralrg(drawn: Drawing, model: NeuralRG) -> None:
    record = model.history
    by_energy = record["likelihood"] == 0
    if by_energy.any():
        loss = np.where(by_energy, record["loss"], np.nan)
        _noisy(drawn, record["step"], loss, r"$\langle\ln q - \ln\pi\rangle$")
        exact = -float(log_partition_dual(model.L, model.K))
        drawn.artists["exact"] = drawn.ax.axhline(
            exact, color=_style.BLACK, linewidth=1.2, label=rf"exact $-\ln Z$ = {exact:.4f}"
        )
    if not by_energy.all():
        (drawn.artists["likelihood"],) = drawn.ax.plot(
            record["step"], np.where(by_energy, np.nan, record["loss"]), color=_style.ORANGE,
            linewidth=0.8, label=r"$-\langle\ln q\rangle$ of samples",
        )  # fmt: skip
    drawn.ax.set(xlabel="step", ylabel="loss (nat)")
    _show_end(drawn, record["loss"])


def _show_end(drawn: Drawing, loss: Floats) -> None:
    """The first steps are orders of magnitude off, and would leave no room for the others."""
    late = loss[len(loss) // 20 :]
    exact = drawn.artists.get("exact")
    low = late.min() if exact is None else min(late.min(), exact.get_ydata()[0])
    margin = 0.05 * (late.max() - low) or 1.0
    drawn.ax.set_ylim(low - margin, late.max() + margin)


def _graphvae(drawn: Drawing, model: GraphVAE) -> None:
    record = model.history
    terms = {
        "loss": ("loss", _style.BLUE), "reconstruction": ("reconstruction", _style.ORANGE),
        "kl": (r"$D_{KL}$", _style.GREEN), "rg": ("consistency of levels", _style.PURPLE),
    }  # fmt: skip
    for name, (label, colour) in terms.items():
        (drawn.artists[name],) = drawn.ax.plot(
            record["epoch"], record[name], color=colour, label=label
        )
    drawn.ax.set(xlabel="epoch", ylabel="mean over configurations", ylim=(0, None))


def _noisy(drawn: Drawing, step: Floats, loss: Floats, label: str) -> None:
    """Every step thin, and means over many of them thick."""
    (drawn.artists["loss"],) = drawn.ax.plot(
        step, loss, color=_style.SKY, linewidth=0.6, label=label
    )
    pieces = min(_MEANS, len(loss) // _TOGETHER)
    if pieces:
        x, y = ([part.mean() for part in np.array_split(a, pieces)] for a in (step, loss))
        (drawn.artists["mean"],) = drawn.ax.plot(x, y, color=_style.BLUE, label="mean of steps")
