"""Families: one network for several groups, whose last input is ln q.

At one q that input is a constant, which the biases of the first layer take in: what is left is an
ordinary model of that group.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg._shared.model import of_one_state
from isingrg._shared.results import plain
from isingrg.mlrg._couplings import Reals
from isingrg.mlrg.internal import MOST_STATES, InternalSymmetry, internal_symmetry

if TYPE_CHECKING:
    from isingrg.mlrg.model import MLRG

#: Largest q of a critical line.
_LARGEST_Q = 100.0


def groups(internal: Any) -> tuple[InternalSymmetry, ...]:
    """The groups that a setting ``internal=`` of a model stands for, by ascending q."""
    names = isinstance(internal, (list, tuple)) and len(internal) > 0
    if not (names and all(isinstance(name, str) for name in internal)):
        return (internal_symmetry(internal),)
    found = sorted((internal_symmetry(name) for name in internal), key=lambda group: group.q)
    if len(found) == 1:
        return (found[0],)
    if len({group.q for group in found}) < len(found):
        raise ArgumentError(f"internal must name groups of different q, got {internal!r}")
    if len({_named(group, 0) for group in found}) > 1 or _named(found[0], 0) == found[0].name:
        raise ArgumentError(
            'internal must name groups that differ by q only, such as ("S2", "S3", "S4"), '
            f"got {internal!r}"
        )
    _check_kernels(found[0], found[-1])
    return tuple(found)


@of_one_state
def at(model: MLRG, q: int) -> MLRG:
    """The model of one group of a family, for all that a model can say, save and train.

    Parameters
    ----------
    q : int
        States of a spin, 2 to 10, not only those that were trained. The couplings must stay
        those of the family: Potts models have one for each q, clock models floor(q / 2).

    Returns
    -------
    MLRG
        One that has the network at this q, and the family's settings and history. It does not
        change when the family is trained further.

    Raises
    ------
    ArgumentError
        If the model is that of a single group, or the group of q has other couplings.

    Examples
    --------
    >>> family = MLRG(internal=("S2", "S3", "S4")).fit(seed=0)
    >>> potts = family.at(3)
    >>> potts
    MLRG(internal='S3')  # step 5000
    >>> round(potts.critical_coupling(), 1)
    1.9
    """
    first = _family_of(model)[0]
    q = arguments.integer("q", q, 2, MOST_STATES)
    group = internal_symmetry(_named(first, q))
    _check_kernels(first, group)
    return _folded(model, q, group)


@of_one_state
def critical_line(model: MLRG, q: ArrayLike) -> Reals:
    """Critical coupling of a family for any q, as `critical_coupling` finds it.

    The network takes any real q. Between whole numbers, and beyond those of the training, nothing
    was enumerated: there the line is what the network makes of its neighbours.

    Parameters
    ----------
    q : float or array_like
        1 to 100.

    Returns
    -------
    float or ndarray, shape of q
        J0*.

    Raises
    ------
    ArgumentError
        If the model is that of a single group.
    ConvergenceError
        If the flow of one q has no transition.
    """
    first = _family_of(model)[0]
    values = arguments.reals("q", q, 1.0, _LARGEST_Q)
    line = np.empty(values.size)
    for i, value in enumerate(values.ravel()):
        # Flows of either phase end far away, where the smallest group tells them apart as well.
        with _folded(model, value, first) as one:
            line[i] = one.critical_coupling()
    return plain(line.reshape(values.shape))


def _named(group: InternalSymmetry, q: int) -> str:
    """The name of the group of q states of the same kind; that of a group of one's own stays."""
    return re.sub(r"^([SZ])\d+(?=$|-)", rf"\g<1>{q}", group.name)


def _check_kernels(first: InternalSymmetry, other: InternalSymmetry) -> None:
    if other.kernel_names != first.kernel_names:
        raise ArgumentError(
            f"groups of a family must have the same kernels, but {first.name} has "
            f"{', '.join(first.kernel_names)} and {other.name} {', '.join(other.kernel_names)}"
        )


def _family_of(model: MLRG) -> tuple[InternalSymmetry, ...]:
    found = groups(model._configuration.internal)
    if len(found) == 1:
        raise ArgumentError(f"the model is that of {found[0].name} alone, and no family")
    return found


def _folded(model: MLRG, q: float, group: InternalSymmetry) -> MLRG:
    metadata, arrays = model._snapshot()
    weight = arrays["network.0.weight"]
    arrays["network.0.bias"] = arrays["network.0.bias"] + weight[:, -1:] * math.log(q)
    arrays["network.0.weight"] = weight[:, :-1]
    # The first layer's weights come first among the parameters.
    dropped = np.arange(1, len(weight) + 1) * weight.shape[1] - 1
    for name in ("adam.first_moment", "adam.second_moment"):
        arrays[name] = np.delete(arrays[name], dropped, axis=0)
    metadata["configuration"]["internal"] = group.setting
    return model._restored(metadata, arrays)
