"""The Haar wavelets of the hierarchy: what a flow would be if every decimator only took means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.neuralrg._samples import LARGEST_SIZE, Floats

#: Acts on top left, top right, bottom left, bottom right; orthogonal and its own inverse.
_BLOCK = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


def haar(x: ArrayLike) -> Floats:
    """Haar wavelet coefficients, laid out as the latent variables of a flow on all scales.

    Scale by scale, 2 x 2 sites a, b, c, d at the distance 2**n (`Layer.sites` of a decimator)
    become their smooth part (a + b + c + d) / 2, which takes the first site and goes on to the
    next scale, and the details (a - b + c - d) / 2, (a + b - c - d) / 2 and (a - b - c + d) / 2 on
    the others. `NeuralRG.latent_scales` tells the scale of each site; site (0, 0) is left with
    the mean of x times L. The transform is orthogonal: a flow without interaction.

    Parameters
    ----------
    x : array_like, shape (..., L, L)
        L a power of two from 2 to 64.

    Returns
    -------
    ndarray, shape (..., L, L)
    """
    return _transformed("x", x, reverse=False)


def inverse_haar(z: ArrayLike) -> Floats:
    """Configurations of Haar wavelet coefficients: the inverse of `haar`.

    Parameters
    ----------
    z : array_like, shape (..., L, L)
        L a power of two from 2 to 64.

    Returns
    -------
    ndarray, shape (..., L, L)
    """
    return _transformed("z", z, reverse=True)


def haar_matrix(L: int) -> Floats:
    """The matrix of `haar`: its rows are the responses dz / dx of the coefficients.

    Parameters
    ----------
    L : int
        A power of two from 2 to 64.

    Returns
    -------
    ndarray, shape (L**2, L**2)
        Orthogonal; sites i L + j along both axes.
    """
    L = arguments.integer("L", L, 2, LARGEST_SIZE)
    _check_power_of_two("L", L)
    unit = np.eye(L * L).reshape(L * L, L, L)
    return haar(unit).reshape(L * L, L * L).T


def _transformed(name: str, values: Any, *, reverse: bool) -> Floats:
    array = arguments.moderate(name, values).copy()
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise ArgumentError(f"{name} must have the shape (..., L, L), got {array.shape}")
    L = array.shape[-1]
    _check_power_of_two(f"L of {name}", L)
    scales = range(L.bit_length() - 1)
    for scale in reversed(scales) if reverse else scales:
        sites = [
            (..., slice(i << scale, None, 2 << scale), slice(j << scale, None, 2 << scale))
            for i in (0, 1)
            for j in (0, 1)
        ]
        mixed = np.einsum("ij,j...->i...", _BLOCK, np.stack([array[site] for site in sites]))
        for site, part in zip(sites, mixed, strict=True):
            array[site] = part
    return array


def _check_power_of_two(name: str, L: int) -> None:
    if not 2 <= L <= LARGEST_SIZE or L & (L - 1):
        raise ArgumentError(f"{name} must be a power of two from 2 to {LARGEST_SIZE}, got {L}")
