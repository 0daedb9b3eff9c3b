"""Which sites each bijector of a flow acts on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import state
from isingrg.neuralrg._samples import for_core

Sites = NDArray[np.int32]


class Layer(NamedTuple):
    """Bijectors that act side by side and share their parameters."""

    #: A decimator passes the first of its sites on to the next scale; the others are latent.
    is_decimator: bool
    #: n: the layer acts on 2 x 2 sites whose distance is 2**n, or on 4 x 4 at 4**n.
    scale: int
    #: Sites i L + j of each bijector, (blocks, sites of a block), row by row: of 2 x 2 top left,
    #: top right, bottom left, bottom right.
    sites: Sites


def layers(native: Any) -> tuple[Layer, ...]:
    """In the order of encoding, the finest scale first."""
    return tuple(_layer(native, index) for index in range(_core.neuralrg_layer_count(native)))


def _layer(native: Any, index: int) -> Layer:
    is_decimator, scale, blocks, shape = _core.neuralrg_layer_info(native, index)
    sites = np.empty((blocks, math.prod(shape)), np.int32)
    _core.neuralrg_layer_sites(native, index, sites)
    return Layer(is_decimator, scale, sites)


def latent_scales(native: Any, shape: tuple[int, ...]) -> Sites:
    scales = np.empty(shape, np.int32)
    _core.neuralrg_latent_scales(native, for_core(scales, len(shape)))
    return scales


Masks = NDArray[np.bool_] | tuple[NDArray[np.bool_], ...]


def masks(native: Any, blocks: Sequence[tuple[int, ...]]) -> Masks:
    """Bit i of a number of the core stands for site i of a block, of one shape for each layer."""
    found = []
    for numbers, shape in zip(state.read_one(native, "masks").astype(int), blocks, strict=True):
        bits = numbers[:, None] >> np.arange(math.prod(shape)) & 1
        found.append(bits.astype(bool).reshape(-1, *shape))
    return np.array(found) if len(set(blocks)) == 1 else tuple(found)
