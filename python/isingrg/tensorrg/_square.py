"""Which networks have the symmetries of a square, and their tensors in states that show them."""

from __future__ import annotations

import math

import numpy as np

from isingrg._shared.errors import ArgumentError
from isingrg.tensorrg._sectors import Charges, Floats
from isingrg.tensorrg.network import Network

#: Largest relative difference between tensors that are mirror images of each other.
_ASYMMETRY = 1e-9


def has_symmetries_of_a_square(network: Network) -> bool:
    """Whether `LoopTNR` takes a network."""
    try:
        square_letters(network)
    except ArgumentError:
        return False
    return True


def square_letters(network: Network) -> tuple[Floats, Charges]:
    """T[a, b, c, d] in units of its largest element and the charges of its legs.

    Raises
    ------
    ArgumentError
        If it has not all symmetries of a square.
    """
    if network.aspect != 1j:
        raise ArgumentError(
            "network must be symmetric like a square: the loop flow needs equal couplings in "
            "both directions of the square lattice; CheckerboardLoopTNR does not"
        )
    assert network.horizontal is not None and network.vertical is not None
    tensor = network.tensor / np.abs(network.tensor).max()
    letters, charges = real_states(tensor, network.horizontal, network.vertical, network.modulus)
    for name, image in mirror_images(letters).items():
        if np.abs(letters - image).max() > _ASYMMETRY:
            raise ArgumentError(
                "network must be symmetric like a square, but its tensor differs from its "
                f"mirror image {name}: use CheckerboardLoopTNR, TRG, BTRG or HOTRG"
            )
    return letters, charges


def mirror_images(letters: Floats) -> dict[str, Floats]:
    """The tensors that one with the symmetries of a square equals."""
    return {
        "T[b, a, d, c]": letters.transpose(1, 0, 3, 2),
        "T[d, c, b, a]": letters.transpose(3, 2, 1, 0),
        "T[c, b, a, d]": letters.transpose(2, 1, 0, 3),
    }


def real_states(
    tensor: Floats, horizontal: Charges, vertical: Charges, modulus: int
) -> tuple[Floats, Charges]:
    """T[a, b, c, d] in states that are their own mirror images, and their Z2 charges.

    States of charges k and -k become cosine and sine, of which the sine is odd; for an even modulus
    the charge is that of k itself, modulo 2.
    """
    if tensor.shape[0] != tensor.shape[1] or not np.array_equal(horizontal, vertical):
        raise ArgumentError("network must have equal charges of horizontal and vertical bonds")
    n = len(horizontal)
    if modulus > 2:
        if not np.array_equal(horizontal, np.arange(modulus)):
            raise ArgumentError("network must have one state of each charge, or charges modulo 2")
        outgoing = np.zeros((n, n), complex)
        parity = np.zeros(n, np.int64)
        for k in range(n):
            opposite = -k % n
            if opposite == k:
                outgoing[k, k] = 1
            elif k < opposite:
                outgoing[[k, opposite], k] = math.sqrt(0.5)
                outgoing[[k, opposite], opposite] = -1j * math.sqrt(0.5), 1j * math.sqrt(0.5)
                parity[opposite] = 1
        if modulus % 2 == 0:
            parity = np.minimum(np.arange(n), -np.arange(n) % n) % 2
        turned = tensor.astype(complex)
        for matrix in (outgoing.conj(), outgoing.conj(), outgoing, outgoing):
            turned = np.tensordot(turned, matrix, (0, 0))
        tensor, horizontal = turned.real, parity
    order = np.argsort(horizontal, kind="stable")
    letters = tensor.transpose(2, 1, 0, 3)[np.ix_(order, order, order, order)]
    return np.ascontiguousarray(letters), horizontal[order]
