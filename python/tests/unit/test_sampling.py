"""Shapes, seeds and threads of the Monte Carlo."""

import numpy as np
import pytest

import isingrg
from isingrg import ising

ALGORITHMS = ["wolff", "swendsen-wang", "metropolis", "heat-bath"]
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@each_algorithm
def test_shape_and_type(algorithm):
    spins = ising.sample(6, 0.4, 5, n_chains=3, algorithm=algorithm)
    assert spins.shape == (3, 5, 6, 6)
    assert spins.dtype == np.int8 and spins.flags.c_contiguous and spins.flags.writeable
    assert set(np.unique(spins)) == {-1, 1}


def test_couplings_add_their_axes_in_front():
    assert ising.sample(4, [0.1, 0.2], 3, n_chains=2).shape == (2, 2, 3, 4, 4)
    assert ising.sample(4, [[0.1, 0.2, 0.3]], 1).shape == (1, 3, 1, 1, 4, 4)
    assert ising.sample(4, [], 3).shape == (0, 1, 3, 4, 4)


@each_algorithm
def test_equal_seeds_give_equal_bits_whatever_the_threads(algorithm):
    def run():
        return ising.sample(
            32, [0.2, 0.44, 0.7], 4, n_chains=5, n_thermalize=20, n_between=2, seed=17,
            algorithm=algorithm,
        ).tobytes()  # fmt: skip

    threads = isingrg.get_num_threads()
    try:
        isingrg.set_num_threads(1)
        alone = run()
        for n in (2, 3):
            isingrg.set_num_threads(n)
            assert run() == alone
    finally:
        isingrg.set_num_threads(threads)


@each_algorithm
def test_large_lattice_on_one_and_two_threads(algorithm):
    def run():
        return ising.sample(256, 0.44, 2, n_thermalize=5, n_between=1, algorithm=algorithm)

    threads = isingrg.get_num_threads()
    try:
        isingrg.set_num_threads(1)
        alone = run()
        isingrg.set_num_threads(2)
        assert np.array_equal(run(), alone)
    finally:
        isingrg.set_num_threads(threads)


@each_algorithm
def test_other_seeds_chains_and_samples_differ(algorithm):
    a = ising.sample(16, 0.3, 3, n_chains=3, seed=1, algorithm=algorithm)
    b = ising.sample(16, 0.3, 3, n_chains=3, seed=2, algorithm=algorithm)
    distinct = {lattice.tobytes() for lattice in np.concatenate([a, b]).reshape(-1, 256)}
    assert len(distinct) == 18


@each_algorithm
def test_extreme_couplings(algorithm):
    L = 16
    cold = ising.sample(L, [-5.0, 5.0], 4, n_thermalize=2000, algorithm=algorithm, seed=5)
    # One domain, or a few straight walls that a local update does not remove.
    assert (np.abs(ising.energy(cold)) >= 2 * L * L - 8 * L).all()
    assert (ising.energy(cold[0]) > 0).all() and (ising.energy(cold[1]) < 0).all()
    free = ising.sample(L, 0.0, 400, algorithm=algorithm, seed=5)
    assert abs(ising.energy(free).mean()) < 4 * np.sqrt(2 * L * L / 400)


@each_algorithm
@pytest.mark.parametrize("strength", [50.0, 700.0, 1e155, np.finfo(float).max])
def test_couplings_beyond_every_exponential(algorithm, strength):
    """exp(-4 K) is 0 and 4 K may be infinite: ordered states of both signs, staggered for K < 0."""
    spins = ising.sample(8, [-strength, strength], 2, n_chains=70, algorithm=algorithm, seed=5)
    assert (ising.energy(spins) == [[[128]], [[-128]]]).all()
    assert not ising.magnetization(spins[0]).any()
    assert set(ising.magnetization(spins[1]).ravel()) == {-1, 1}


@each_algorithm
def test_couplings_too_small_to_matter(algorithm):
    same = [ising.sample(8, K, 20, algorithm=algorithm, seed=5) for K in (0.0, 1e-300, 5e-324)]
    assert np.array_equal(same[0], same[1]) and np.array_equal(same[0], same[2])


def test_zero_sweeps_to_thermalise():
    assert ising.sample(8, 0.4, 1, n_thermalize=0, algorithm="metropolis").shape == (1, 1, 8, 8)


def test_two_python_threads_at_once():
    from concurrent.futures import ThreadPoolExecutor

    alone = [ising.sample(32, 0.4, 10, seed=seed).tobytes() for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda seed: ising.sample(32, 0.4, 10, seed=seed).tobytes(), range(4))
        assert list(together) == alone
