"""Which sites each bijector of a flow acts on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import state

Sites = NDArray[np.int32]


class Layer(NamedTuple):
    """Bijectors that act side by side and share their parameters."""

    #: A decimator passes the first of its four sites on to the next scale; the others are latent.
    is_decimator: bool
    #: n: the layer acts on 2 x 2 sites whose distance is 2**n.
    scale: int
    #: Sites i L + j of each bijector, (blocks, 4): top left, top right, bottom left, bottom right.
    sites: Sites


def layers(native: Any) -> tuple[Layer, ...]:
    """In the order of encoding, the finest scale first."""
    return tuple(_layer(native, index) for index in range(_core.neuralrg_layer_count(native)))


def _layer(native: Any, index: int) -> Layer:
    is_decimator, scale, blocks = _core.neuralrg_layer_info(native, index)
    sites = np.empty((blocks, 4), np.int32)
    _core.neuralrg_layer_sites(native, index, sites)
    return Layer(is_decimator, scale, sites)


def latent_scales(native: Any, L: int) -> Sites:
    scales = np.empty((L, L), np.int32)
    _core.neuralrg_latent_scales(native, scales)
    return scales


def masks(native: Any) -> NDArray[np.bool_]:
    """Bit i of a number of the core stands for site i."""
    numbers = state.read_one(native, "masks").astype(np.uint8)
    return (numbers[..., None] >> np.arange(4) & 1).astype(bool).reshape(*numbers.shape, 2, 2)
