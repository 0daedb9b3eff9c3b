"""The effective couplings of a trained sampler."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isingrg import _core
from isingrg._shared import state

if TYPE_CHECKING:
    from isingrg.multilevel.model import MultilevelSampler


@dataclasses.dataclass(frozen=True, eq=False)
class Couplings:
    """What each coupling of a sampler multiplies, and its value: arrays of one entry for each."""

    #: J_o of the field h_i = sum_o J_o phi_o.
    J: NDArray[np.float64]
    #: Spacing a of the lattice on which the spins are drawn.
    spacing: NDArray[np.int32]
    #: The kind of their sites: "A" of the first spin, "B", "C" or "D".
    position: NDArray[np.str_]
    #: Colour of their sites, from 0.
    colour: NDArray[np.int32]
    #: Spins in a product, 0 for a constant field.
    order: NDArray[np.int32]
    #: Products that phi_o is the sum of.
    products: NDArray[np.int32]
    #: From the site to the farthest spin of a product, in spacings.
    distance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.J)


def couplings(model: MultilevelSampler) -> Couplings:
    """The effective couplings that the sampler has learned.

    Returns
    -------
    Couplings
        In the order in which spins are drawn; single spins by distance first.
    """
    native = model._ready()
    orbits = np.empty((model.parameter_count, _core.MULTILEVEL_ORBIT_COLUMNS), np.int32)
    if len(orbits):
        _core.multilevel_orbits(native, orbits)
    arrays = state.read(native)
    J = [values.ravel() for name, values in arrays.items() if name.endswith(".couplings")]
    spacing = orbits[:, _core.MULTILEVEL_SPACING]
    squared = orbits[:, _core.MULTILEVEL_SQUARED_DISTANCE]
    return Couplings(
        np.concatenate([np.empty(0), *J]),
        spacing,
        np.array(list("ABCD"))[orbits[:, _core.MULTILEVEL_POSITION]],
        orbits[:, _core.MULTILEVEL_COLOUR],
        orbits[:, _core.MULTILEVEL_ORDER],
        orbits[:, _core.MULTILEVEL_PRODUCTS],
        np.sqrt(squared) / spacing,
    )
