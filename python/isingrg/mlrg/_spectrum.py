"""Levels of the transfer matrix: scaling dimensions, multiplicities and what they are under G."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg import _characters, _transfer, tensor
from isingrg.mlrg._couplings import Floats
from isingrg.mlrg._permutations import Permutation, images, orbit_labels
from isingrg.mlrg._space import Space, log_tensors
from isingrg.mlrg.internal import Internal

#: Eigenvalues that differ by less than this part of the largest are one level.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class TransferSpectrum:
    """Levels of a transfer matrix, from `transfer_spectrum`, the largest eigenvalue first."""

    #: Scaling dimensions, (levels,); infinite where the eigenvalue is 0.
    dimensions: Floats
    #: Eigenvalues in units of the largest, (levels,); complex where translations are not reflected.
    eigenvalues: NDArray[np.complex128]
    #: Dimension of each level, (levels,).
    multiplicities: NDArray[np.int64]
    #: For each level how often it holds each irreducible representation of the internal symmetry.
    irreps: tuple[dict[str, int], ...]


def transfer_spectrum(
    J: ArrayLike,
    representation: str = "A1",
    levels: int = 8,
    period: int = 1,
    *,
    machine: str = "teacher",
    frame: str = "published",
    internal: Internal = "Z2",
) -> TransferSpectrum:
    """Levels of the transfer matrix of a ring, with multiplicities and irreducible representations.

    At a critical point a primary field of dimension Delta is a level, whose irreducible
    representation tells the order parameter (not invariant) from the energy (invariant). Names are
    partitions for "S3" to "S10" ("[3]" is trivial, "[2,1]" the order parameter), charges for "Z2"
    and chiral clocks ("0" is trivial), charges with a parity for clocks ("0+" is trivial, "+-1" the
    order parameter, a pair of charges), and "1", "s", "t", "st" for "Z2xZ2". A group of one's own
    has "trivial" and "other".

    Parameters
    ----------
    J : float or array_like, shape (c,)
        Couplings of a single model.
    representation : str
        Point-group representation of every spin.
    levels : int
        How many at most, at least 1.
    period : int
        Tensors in the ring, whose transfer matrix has at most 2**10 states.
    machine, frame, internal
        As for `isingrg.mlrg.boltzmann_tensor`.

    Returns
    -------
    TransferSpectrum

    See Also
    --------
    scaling_dimensions : of many J, and of longer rings.
    """
    couplings, machine, of = tensor._checked(J, representation, machine, frame, internal)
    if len(couplings) != 1:
        raise ArgumentError(f"J must be a single point, got the shape {couplings.shape}")
    levels = arguments.integer("levels", levels, 1, 1024)
    period = arguments.integer("period", period, 1, 10)
    if of.states**period > 1024:
        raise ArgumentError(
            f"period must leave at most 1024 states of a ring of spins of {of.states}, got {period}"
        )
    logarithms = log_tensors(couplings.rows, of, machine)[0]
    matrix = _transfer._dense(np.exp(logarithms - logarithms.max()), period)
    values, right = np.linalg.eig(matrix)
    left = np.linalg.inv(right)
    order = np.argsort(-np.abs(values), kind="stable")
    values = values / np.abs(values[order[0]])
    groups: list[list[int]] = []
    for i in order:
        for group in groups:
            if abs(values[group[0]] - values[i]) < _SAME:
                group.append(int(i))
                break
        else:
            groups.append([int(i)])
    groups = groups[:levels]
    heads = np.array([values[g].mean() for g in groups])
    sizes = np.abs(heads)
    sizes[sizes < _transfer.ROUNDING * math.sqrt(len(matrix))] = 0
    with np.errstate(divide="ignore"):
        dimensions = np.log(sizes[0] / sizes) * (period / (2 * math.pi))
    return TransferSpectrum(
        dimensions=dimensions,
        eigenvalues=heads.astype(complex),
        multiplicities=np.array([len(g) for g in groups]),
        irreps=tuple(_irreps(of, period, right[:, g], left[g]) for g in groups),
    )


def _irreps(of: Space, period: int, right: Floats, left: Floats) -> dict[str, int]:
    """Irreducible representations in the space of some eigenvectors, whose projector is R L."""
    spins = of.components * period

    def trace(g: Permutation) -> complex:
        # g takes the basis state s to images[s].
        return complex(np.einsum("sk,ks->", right, left[:, images(g, spins)]))

    if not of.internal.name.startswith("("):
        return _characters.multiplicities(of.internal, trace)
    # The mean over the group takes a state to the mean of its orbit.
    labels = orbit_labels([images(g, spins) for g in of.internal.generators])
    orbits, members, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    summed = np.zeros((len(orbits), right.shape[1]), right.dtype)
    np.add.at(summed, members, right)
    trivial = round(float(np.einsum("sk,ks->", (summed / sizes[:, None])[members], left).real))
    found = {"trivial": trivial, "other": right.shape[1] - trivial}
    return {name: count for name, count in found.items() if count}
