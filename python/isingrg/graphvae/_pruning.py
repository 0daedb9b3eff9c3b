"""A smaller autoencoder without the latent units that say nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared.errors import ArgumentError
from isingrg._shared.history import Floats
from isingrg.graphvae._principal import active_units

if TYPE_CHECKING:
    from isingrg.graphvae.model import GraphVAE

#: Layers whose outputs are the latent units.
_HEAD = re.compile(r"level\.\d+\.(mean|log_variance)\.")
_MOMENTS = ("adam.first_moment", "adam.second_moment")


def prune(
    model: GraphVAE, spins: ArrayLike, units: ArrayLike | None = None, *, progress: Any = False
) -> GraphVAE:
    """A model of the active latent units only; this one stays as it is.

    The decoder's first bias takes over what a unit that goes contributes at its mean over `spins`.
    `encode` gives of every level what this model gives for the units that stay, and `decode` what
    this model decodes if the others are at their means, both to a relative 1e-12. The new model can
    be saved and trained further; it has the history of this one.

    Parameters
    ----------
    spins : array_like, shape (..., l, l)
        Configurations that tell which units are active, of any size that `encode` takes; best those
        of the training, at least two.
    units : array_like of bool, shape (latent,), optional
        The units that stay, by default those of `active_units` at the last level.
    progress : bool or callable
        As for `encode`.

    Returns
    -------
    GraphVAE
        Its `latent` is the number of units that stay.

    Raises
    ------
    ArgumentError
        If no unit would stay, or without configurations.

    Examples
    --------
    >>> spins = isingrg.ising.sample(8, [0.2, 0.44, 0.6], 100).reshape(-1, 8, 8)
    >>> model = GraphVAE(L=8, hidden=16, levels=2).fit(spins, 5)
    >>> model.prune(spins, [True, False, False, True]).latent
    2
    """
    metadata, arrays = model._snapshot()
    mu = model.encode(spins, progress=progress)[-1][0].reshape(-1, model.latent)
    if not len(mu):
        raise ArgumentError("spins must hold at least one configuration")
    kept = active_units(mu) if units is None else _checked(units, model.latent)
    if not kept.any():
        found = "" if units is not None else ": none is active on these spins"
        raise ArgumentError(f"units must keep at least one{found}")
    layers = [name for name in arrays if name.endswith((".weight", ".bias"))]
    shapes = [arrays[name].shape for name in layers]
    first = arrays["decoder.0.weight"]
    bias = arrays["decoder.0.bias"] + first[:, ~kept] @ mu.mean(0)[~kept, None]
    for name in _MOMENTS:
        ends = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
        parts = zip(layers, np.split(arrays[name].ravel(), ends), shapes, strict=True)
        cut = [_cut(layer, part.reshape(shape), kept).ravel() for layer, part, shape in parts]
        arrays[name] = np.concatenate(cut).reshape(-1, arrays[name].shape[1])
    for name in layers:
        arrays[name] = _cut(name, arrays[name], kept)
    arrays["decoder.0.bias"] = bias
    metadata["configuration"]["latent"] = int(kept.sum())
    return type(model)._restored(metadata, arrays)


def _cut(layer: str, array: Floats, kept: NDArray[np.bool_]) -> Floats:
    """What stays of numbers of a layer."""
    if _HEAD.match(layer):
        return array[kept]
    return array[:, kept] if layer == "decoder.0.weight" else array


def _checked(units: ArrayLike, latent: int) -> NDArray[np.bool_]:
    array = np.asarray(units)
    if array.dtype != np.bool_:
        raise TypeError(f"units must hold True or False, not {array.dtype.name}")
    if array.shape != (latent,):
        raise ArgumentError(f"units must have the shape ({latent},), got {array.shape}")
    return array
