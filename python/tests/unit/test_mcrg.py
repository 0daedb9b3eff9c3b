"""Operators, block rules and couplings, beside enumeration and plain NumPy."""

import itertools

import numpy as np
import pytest

from isingrg import ArgumentError, ConvergenceError, ising, mcrg

NEAREST, DIAGONAL, SQUARE = [(0, 0), (1, 0)], [(0, 0), (1, 1)], [(0, 0), (0, 1), (1, 0), (1, 1)]
CUBIC = mcrg.operators(1, 0, reach=1, dimension=3)
THREE = mcrg.Operators([NEAREST, DIAGONAL, SQUARE])


def all_spins(sides):
    sites = int(np.prod(sides))
    codes = np.arange(2**sites)[:, None] >> np.arange(sites) & 1
    return (2 * codes - 1).astype(np.int8).reshape(-1, *sides)


def plain(spins, operator):
    """S_a of configurations, (n,): x is the last axis."""
    axes = tuple(range(1, spins.ndim))
    total = np.zeros(len(spins))
    for image in operator.images:
        product = np.ones(spins.shape)
        for point in image:
            product = product * np.roll(spins, [-x for x in point[::-1]], axes)
        total += product.sum(axes)
    return total


def random_spins(shape, seed=0):
    return (2 * np.random.default_rng(seed).integers(0, 2, shape) - 1).astype(np.int8)


@pytest.mark.parametrize(
    "points, dimension, images",
    [([(0, 0)], 2, 1), (NEAREST, 2, 2), (DIAGONAL, 2, 2), ([(0, 0), (1, 2)], 2, 4), (SQUARE, 2, 1),
     ([(0, 0), (1, 0), (0, 1)], 2, 4), ([(0, 0, 0), (1, 0, 0)], 3, 3),
     ([(0, 0, 0), (1, 1, 0)], 3, 6), ([(0, 0, 0), (1, 1, 1)], 3, 4)],
)  # fmt: skip
def test_images_are_counted_once(points, dimension, images):
    table = mcrg.Operators([points])
    assert table.dimension == dimension
    assert len(table[0].images) == images


def test_the_table_is_sorted_and_every_operator_is_new():
    table = mcrg.operators(20, 10)
    assert (table.n_even, table.n_odd) == (20, 10)
    assert table.chosen("odd", 2) == [20, 21]
    seen = [image for operator in table for image in operator.images]
    assert len(seen) == len(set(seen))
    assert table == mcrg.Operators([o.points for o in table])
    assert hash(table) == hash(mcrg.operators(20, 10))


def test_the_most_compact_operators_are_found_among_all():
    """By the sum of squared distances, against every product within the window."""
    table = mcrg.operators(13, 8)
    window = list(itertools.product(range(3), repeat=2))

    def spread(points):
        pairs = itertools.combinations(points, 2)
        return sum((a - c) ** 2 + (b - d) ** 2 for (a, b), (c, d) in pairs)

    for parity, counts in (("even", (2, 4)), ("odd", (1, 3))):
        every = {
            mcrg.Operators([points])[0].images[0]: spread(points)
            for n in counts
            for points in itertools.combinations(window, n)
        }
        chosen = [table[index] for index in table.chosen(parity)]
        best = sorted(every.values())[: len(chosen)]
        assert [spread(operator.points) for operator in chosen] == best


@pytest.mark.parametrize("dimension, L", [(2, 4), (2, 8), (2, 66), (3, 4)])
def test_means_are_those_of_plain_sums(dimension, L):
    table = mcrg.operators(5, 3, reach=1 if dimension == 3 else 2, dimension=dimension)
    spins = random_spins((8, *(L,) * dimension))
    found = mcrg.measure(
        spins, operators=table, dimension=dimension, levels=1, rule="decimation", n_blocks=4
    )
    inner = spins[(slice(None), *(slice(None, None, 2),) * dimension)]
    for level, part in enumerate((spins, inner)):
        sites = part[0].size
        expected = [plain(part, operator).mean() / sites for operator in table]
        assert np.allclose(found.means[level], expected, atol=1e-12)
    covariance = np.cov([plain(spins, o) for o in table], bias=True) / spins[0].size
    assert np.allclose(found.covariance(0), covariance, atol=1e-10)


def test_rules_agree_where_they_are_the_same():
    spins = random_spins((50, 12, 12))
    odd = mcrg.block(spins, factor=3)
    equal = mcrg.Filter(np.ones((3, 3)), sharp=True)
    assert np.array_equal(odd, mcrg.block(spins, factor=3, rule=equal))
    assert np.array_equal(odd, ising.block_spin(spins, 3))
    assert np.array_equal(mcrg.block(spins, rule="decimation"), spins[:, ::2, ::2])
    by_hand = mcrg.block(spins, rule=lambda s: s[:, ::2, ::2])
    assert np.array_equal(by_hand, spins[:, ::2, ::2])
    assert np.array_equal(mcrg.block(spins, levels=2), mcrg.block(spins, levels=2))
    assert mcrg.block(spins[0], levels=0).shape == (12, 12)


def test_ties_keep_the_symmetry_of_the_spins():
    """Of 40,000 ties half are +1: five standard deviations, one false alarm in 1.7 million."""
    tied = np.tile(np.array([[1, -1], [1, -1]], np.int8), (100, 20, 20))
    assert abs(mcrg.block(tied).mean()) < 5 / np.sqrt(40_000)


def test_a_callable_measures_what_the_rule_of_the_same_name_does():
    spins = random_spins((40, 8, 8))
    named = mcrg.measure(spins, rule="decimation", n_blocks=4, levels=2, operators=THREE)
    called = mcrg.measure(
        spins, rule=lambda s: s[:, ::2, ::2], n_blocks=4, levels=2, operators=THREE
    )
    assert np.array_equal(named.means, called.means)
    assert np.array_equal(named.covariance(2), called.covariance(2))


# Exact answers on a torus of 4 x 4


def blocked_exactly(K):
    """Weights of all spins and of block spins of 2 x 2 given them, (2**16,) and (2**16, 16)."""
    spins = all_spins((4, 4))
    weights = np.exp(K * plain(spins, THREE[0]))
    sums = spins.reshape(-1, 2, 2, 2, 2).sum((2, 4)).reshape(-1, 4)
    up = np.where(sums > 0, 1.0, np.where(sums < 0, 0.0, 0.5))
    bits = all_spins((2, 2)).reshape(16, 4) > 0
    given = np.where(bits[None], up[:, None], 1 - up[:, None]).prod(-1)
    return spins, weights / weights.sum(), given


def exact_transfer(K, table):
    spins, weights, given = blocked_exactly(K)
    fine = np.array([plain(spins, o) for o in table])
    coarse = np.array([plain(all_spins((2, 2)), o) for o in table])
    marginal = weights @ given
    within = (coarse * marginal) @ coarse.T - np.outer(coarse @ marginal, coarse @ marginal)
    between = coarse @ (given.T @ (weights * fine).T) - np.outer(coarse @ marginal, fine @ weights)
    return np.linalg.solve(within, between)


@pytest.mark.parametrize("K", [0.3, ising.K_CRITICAL, -0.4])
@pytest.mark.parametrize("table", [THREE, mcrg.Operators([[(0, 0)]])], ids=["even", "odd"])
def test_the_matrix_of_derivatives_is_the_enumerated_one(K, table):
    """Five standard errors at 3 x (9 + 1) elements: one false alarm in 50,000."""
    parity = "even" if table is THREE else "odd"
    measured = mcrg.measure(
        ising.sample(4, K, 3000, n_chains=64, seed=3), levels=1,
        operators=mcrg.Operators([*(o.points for o in THREE), [(0, 0)]]),
    )  # fmt: skip
    found = measured.transfer(parity, 1)
    assert np.all(abs(found.value - exact_transfer(K, table)) < 5 * found.error)
    exact = np.log2(np.abs(np.linalg.eigvals(exact_transfer(K, table))).max())
    top = measured.exponents(parity, 1, most=1)
    assert abs(top.value[0] - exact) < 5 * top.error[0]


def test_exponents_do_not_depend_on_the_order_of_operators():
    spins = ising.sample(16, 0.43, 100, n_chains=8, seed=2)
    points = [o.points for o in mcrg.operators(5, 3)]
    shuffled = [points[i] for i in (0, 3, 1, 4, 2, 7, 5, 6)]
    for parity in ("even", "odd"):
        one, other = (
            mcrg.measure(spins, operators=mcrg.Operators(order), levels=2).exponents(parity, 2)
            for order in (points, shuffled)
        )
        assert np.allclose(one.value, other.value, atol=1e-9)


@pytest.mark.parametrize("K, h", [(0.3, 0.0), (-0.5, 0.0), (0.6, 0.2), (0.0, -0.3)])
def test_couplings_of_all_configurations_are_exact(K, h):
    table = mcrg.Operators([NEAREST, DIAGONAL, [(0, 0)]])
    spins = all_spins((4, 4))
    weights = np.exp(K * plain(spins, table[0]) + h * plain(spins, table[2]))
    found = mcrg.couplings(spins, table, weights=weights)
    assert np.allclose(found.value, [K, 0, h], atol=1e-10)


def test_swendsens_equations_hold_at_the_couplings():
    """<sum_i s_i phi_i> = <sum_i phi_i tanh(K phi_i)>, with phi by hand for nearest neighbours."""
    spins = ising.sample(8, 0.4, 200, seed=1)[0]
    K = mcrg.couplings(spins, mcrg.Operators([NEAREST])).value[0]
    phi = sum(np.roll(spins, d, a) for d in (1, -1) for a in (1, 2)).astype(float)
    assert abs((spins * phi).mean() - (phi * np.tanh(K * phi)).mean()) < 1e-12


def test_matching_finds_the_critical_coupling():
    """Five standard errors of each of four operators: one false alarm in 400,000."""
    table = mcrg.operators(4, 0)
    large = mcrg.simulate(32, 0.4385, 6400, operators=table, seed=1)
    small = mcrg.simulate(16, 0.4385, 6400, operators=table, seed=2)
    found = mcrg.critical_coupling(large, small, 0.4385)
    assert found.value.shape == (4,)
    assert np.all(abs(found.value - ising.K_CRITICAL) < 5 * found.error)
    assert np.all(found.error < 1e-3)


def test_refined_spins_have_their_blocks():
    blocks = random_spins((3, 6, 6))
    fine = mcrg.refine(blocks, 0.4, factor=3, n_sweeps=5)
    assert fine.shape == (3, 18, 18)
    assert np.array_equal(mcrg.block(fine, factor=3), blocks)
    assert np.array_equal(fine, mcrg.refine(blocks, 0.4, factor=3, n_sweeps=5))


@pytest.mark.parametrize(
    "call, message",
    [(lambda: mcrg.operators(0, 0), "n_even or n_odd"),
     (lambda: mcrg.operators(60, 0, reach=1), "at most 3"),
     (lambda: mcrg.Operators([NEAREST, [(0, 0), (0, 1)]]), "image"),
     (lambda: mcrg.Operators([[(0, 0), (0, 0)]]), "different"),
     (lambda: mcrg.Operators([]), "one operator"),
     (lambda: mcrg.Operators([[(0, 0)], [(0, 0, 0)]]), "one dimension"),
     (lambda: mcrg.Filter(np.ones(3)), "weights"),
     (lambda: mcrg.Filter(np.full((2, 2), np.nan)), "weights"),
     (lambda: mcrg.block(np.ones((8, 8)), rule=mcrg.Filter(np.ones((3, 3)))), "wide"),
     (lambda: mcrg.block(np.ones((8, 8)), levels=4), "levels"),
     (lambda: mcrg.block(np.ones((8, 8)), rule="median"), "rule"),
     (lambda: mcrg.block(np.ones((1, 8, 8)), rule=lambda s: s), "shape"),
     (lambda: mcrg.block(np.ones((1, 8, 8)), rule=lambda s: 0 * s[:, ::2, ::2]), "only"),
     (lambda: mcrg.block(np.zeros((8, 8), np.int8)), "spins must be -1 or"),
     (lambda: mcrg.measure(np.ones((8, 8))), "axes"),
     (lambda: mcrg.measure(np.ones((2, 8, 8))), "4 configurations"),
     (lambda: mcrg.measure(np.ones((8, 8, 8)), operators=mcrg.operators(0, 2)), "nearest"),
     (lambda: mcrg.simulate(7), "even"),
     (lambda: mcrg.simulate(8, n_samples=10), "n_samples"),
     (lambda: mcrg.variational_couplings(8, levels=3, factor=2), "blocks"),
     (lambda: mcrg.variational_couplings(9, operators=CUBIC), "dimension"),
     (lambda: mcrg.couplings(np.ones((8, 4, 4)), THREE, weights=-np.ones(8)), "weights"),
     (lambda: mcrg.refine(np.zeros((4, 4))), "everywhere"),
     (lambda: mcrg.learn_filter(np.ones((8, 8, 8)), width=3), "width")],
)  # fmt: skip
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ArgumentError, TypeError), match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [lambda: mcrg.couplings(np.ones((8, 4, 4)), THREE),
     lambda: mcrg.measure(np.ones((64, 8, 8)), levels=1).exponents("even", 1),
     lambda: mcrg.measure(random_spins((64, 8, 8)), levels=2).exponents("even", 2)],
)  # fmt: skip
def test_what_cannot_be_determined_is_said(call):
    with pytest.raises(ConvergenceError):
        call()


def test_small_tori_whose_operators_coincide_are_refused():
    with pytest.raises(ArgumentError, match="coincide"):
        mcrg.variational_couplings(4, levels=1, factor=2)
