"""Shapes, seeds and threads of the Monte Carlo, and the algorithm that it chooses."""

import math

import numpy as np
import pytest

import isingrg
from isingrg import ising

ALGORITHMS = ["auto", "wolff", "swendsen-wang", "metropolis", "heat-bath"]
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


# The algorithm that is chosen

AROUND = [0.0, 1e-300, 0.2, -0.38, 0.41, 0.42, ising.K_CRITICAL, -0.45, 0.46, 0.48, 0.6, 50.0]


@pytest.mark.parametrize("L, n_chains", [(4, 70), (8, 1), (16, 5), (32, 70)])
def test_naming_the_chosen_algorithm_gives_the_same_bits(L, n_chains):
    """Each coupling keeps its place among the others, by which it has random numbers of its own."""
    settings = {"n_chains": n_chains, "n_thermalize": 3, "seed": 11}
    plan = ising.sampling_plan(L, AROUND, n_chains=n_chains)
    spins = ising.sample(L, AROUND, 2, **settings)
    for name in set(plan.algorithm):
        chosen = plan.algorithm == name
        assert np.array_equal(
            ising.sample(L, AROUND, 2, algorithm=name, **settings)[chosen], spins[chosen]
        )
    assert np.array_equal(ising.sample(L, AROUND, 2, algorithm="auto", **settings), spins)


@pytest.mark.parametrize("L", [4, 6, 8, 16, 64, 128, 130, 256, 16384])
@pytest.mark.parametrize("n_chains", [1, 2, 63, 64, 65, 2**24])
def test_metropolis_where_it_needs_less_time(L, n_chains):
    """The rule of the docstring."""
    words = min(L * math.ceil(L / 128), math.ceil(n_chains / 64) * L * L / 2 / n_chains)
    for K, name in zip(
        AROUND, ising.sampling_plan(L, AROUND, n_chains=n_chains).algorithm, strict=True
    ):
        k = abs(K)
        inverse = -math.log(math.tanh(k)) - 2 * k if k else math.inf
        xi = 1 / inverse if inverse > 1e-9 else -0.5 / inverse if inverse < -1e-9 else math.inf
        length = L if L <= 6 else min(L, xi)
        sweeps = min(max(math.ceil(length**2.17), 1), 20000)
        assert name == ("metropolis" if sweeps * words <= 2 * L * L else "wolff"), K


def test_clusters_near_the_critical_point_and_local_updates_far_from_it():
    K = np.array([0, 0.2, 0.31, 0.43, 0.44, 0.45, 0.6])
    for sign in (1, -1):
        plan = ising.sampling_plan(64, sign * K)
        assert plan.algorithm.tolist() == ["metropolis"] * 3 + ["wolff"] * 3 + ["metropolis"]
        assert plan.n_between.tolist() == [1, 1, 4, 5, 5, 5, 1]
        assert plan.n_thermalize.tolist() == [20, 20, 80, 200, 200, 200, 20]


def test_plan_has_the_form_of_the_couplings():
    plan = ising.sampling_plan(16, ising.K_CRITICAL, n_between=3)
    assert plan == ("wolff", 200, 3) and type(plan.n_between) is int and type(plan[0]) is str
    assert plan._fields == ("algorithm", "n_thermalize", "n_between")
    assert ising.sampling_plan(16, 0.44, algorithm="heat-bath", n_thermalize=0).n_thermalize == 0
    assert ising.sampling_plan(16, 0.44, algorithm="wolff", n_thermalize=0).n_thermalize == 2
    for shape in ((0,), (2, 3), (1, 0, 2)):
        assert {field.shape for field in ising.sampling_plan(8, np.zeros(shape))} == {shape}
    assert ising.sampling_plan(16384, 0.4, n_chains=2**24).algorithm == "metropolis"


@pytest.mark.parametrize("algorithm", ["metropolis", "heat-bath"])
def test_few_sweeps_between_samples_do_not_shorten_the_thermalisation(algorithm):
    plans = [
        ising.sampling_plan(64, 0.4, algorithm=algorithm, n_between=n) for n in (1, None, 10**6)
    ]
    assert {plan.n_thermalize for plan in plans} == {20 * plans[1].n_between} == {980}
    first = [ising.sample(16, 0.4, 1, algorithm=algorithm, n_between=n, seed=3) for n in (1, 1000)]
    assert np.array_equal(*first)
