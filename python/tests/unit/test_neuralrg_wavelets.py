"""Haar wavelets in the layout of the latent variables."""

import numpy as np
import pytest

from isingrg.neuralrg import NeuralRG, haar, haar_matrix, inverse_haar


@pytest.mark.parametrize("L", [2, 4, 16])
def test_the_matrix(L):
    matrix = haar_matrix(L)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(L * L), rtol=0, atol=1e-14)
    x = np.random.default_rng(0).normal(size=(3, L, L))
    np.testing.assert_allclose(
        haar(x).reshape(3, -1), x.reshape(3, -1) @ matrix.T, rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("shape", [(2, 2), (5, 8, 8), (2, 3, 4, 4), (0, 4, 4)])
def test_round_trip(shape):
    x = np.random.default_rng(1).normal(size=shape)
    z = haar(x)
    assert z.shape == shape
    np.testing.assert_allclose(inverse_haar(z), x, rtol=0, atol=1e-14)
    np.testing.assert_allclose(haar(inverse_haar(x)), x, rtol=0, atol=1e-14)


def test_a_constant():
    expected = np.zeros((8, 8))
    expected[0, 0] = 8 * 1.5
    assert np.array_equal(haar(np.full((8, 8), 1.5)), expected)


def test_the_input_stays_as_it_is():
    x = np.random.default_rng(2).normal(size=(4, 4))
    before = x.copy()
    haar(x), inverse_haar(x)
    assert np.array_equal(x, before)


def test_details_of_one_block():
    a, b, c, d = 1.0, 2.0, 4.0, 8.0
    assert haar([[a, b], [c, d]]).tolist() == [[7.5, -2.5], [-4.5, 1.5]]


@pytest.mark.parametrize("L", [4, 16])
def test_layout_is_that_of_a_flow(L):
    """At scale n a coefficient sees 2 x 2 blocks of its decimator, and a detail has no mean."""
    model = NeuralRG(L, structure="tree", layers=1, hidden=(4,))
    scales, matrix = model.latent_scales, haar_matrix(L)
    seen = np.count_nonzero(matrix, axis=1).reshape(L, L)
    assert np.array_equal(seen, np.minimum(4 ** (scales + 1), L * L))
    sums = matrix.sum(axis=1).reshape(L, L)
    assert sums[0, 0] == L and np.count_nonzero(sums) == 1
    # Light cones: the physical sites below the sites of each block, down through the layers.
    below = {site: {site} for site in range(L * L)}
    for layer in model.hierarchy:
        for block in layer.sites.tolist():
            cone = set().union(*(below[site] for site in block))
            below.update(dict.fromkeys(block, cone))
    for site, cone in below.items():
        assert set(np.flatnonzero(matrix[site]).tolist()) == cone
