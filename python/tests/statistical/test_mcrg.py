"""Monte Carlo renormalization beside exact exponents, couplings and distributions."""

import sys
from pathlib import Path

import numpy as np

from isingrg import ising, mcrg

sys.path.append(str(Path(__file__).parents[1] / "unit"))
from test_mcrg import THREE, all_spins, blocked_exactly, exact_transfer, plain


def exact_block_couplings(K):
    _, weights, given = blocked_exactly(K)
    coarse = all_spins((2, 2))
    columns = [np.ones(16), *(plain(coarse, operator) for operator in THREE)]
    return np.linalg.lstsq(np.array(columns).T, np.log(weights @ given), rcond=None)[0][1:]


def test_both_exponents_are_those_of_onsager():
    """Two errors, statistical and systematic added, as they are advertised; seeds are fixed."""
    found = mcrg.exponents(64, n_samples=12_800, seed=1)
    assert abs(found.y_t.value - 1) < 2 * found.y_t.error
    assert abs(found.y_h.value - 15 / 8) < 2 * found.y_h.error
    assert found.y_h.error < 0.005


def test_error_bars_of_exponents_cover_the_exact_values():
    """100 runs on a torus of 4 x 4, whose exponents are enumerated.

    Of 100 independent runs 68 lie within one error on average; fewer than 52 or more than 83, and
    fewer than 87 within two errors, happen once in about 1,000 tests.
    """
    table = mcrg.Operators([*(o.points for o in THREE), [(0, 0)]])
    odd = mcrg.Operators([[(0, 0)]])
    exact = {
        "even": np.log2(np.abs(np.linalg.eigvals(exact_transfer(0.35, THREE))).max()),
        "odd": np.log2(exact_transfer(0.35, odd)[0, 0]),
    }
    spins = ising.sample(4, 0.35, 150, n_chains=3200, seed=11).reshape(100, 32, 150, 4, 4)
    deviations = {"even": [], "odd": []}
    for run in spins:
        measured = mcrg.measure(run, levels=1, operators=table)
        for parity, found in deviations.items():
            value = measured.exponents(parity, 1, most=1)
            found.append((value.value[0] - exact[parity]) / value.error[0])
    for found in deviations.values():
        within = np.abs(found)
        assert 52 <= (within < 1).sum() <= 83
        assert (within < 2).sum() >= 87


def test_variational_couplings_are_the_enumerated_ones():
    """Five errors of three couplings at two K: one false alarm in 300,000."""
    for K in (0.3, -0.35):
        found = mcrg.variational_couplings(
            4, K, factor=2, operators=THREE, n_walkers=64, sweeps=40, n_samples=2000, n_between=2,
            seed=1,
        )  # fmt: skip
        exact = exact_block_couplings(K)
        assert np.all(abs(found.couplings.value - exact) < 5 * found.couplings.error), K
        assert np.all(found.couplings.error < 2e-3)


def test_variational_couplings_are_those_of_the_block_spins():
    """Beside the pseudolikelihood of blocks of unbiased samples, for 9 x 9 blocks of 3 x 3.

    Both are complete but for small couplings that both leave out, so that a systematic difference
    of 0.005 is allowed beside five errors.
    """
    table = mcrg.operators(6, 0)
    biased = mcrg.variational_couplings(27, 0.4, operators=table, seed=4).couplings
    spins = ising.sample(30, 0.4, 150, n_chains=32, seed=6).reshape(-1, 30, 30)
    plainly = mcrg.couplings(mcrg.block(spins, factor=3), table)
    error = np.hypot(biased.error, plainly.error)
    assert np.all(abs(biased.value - plainly.value) < 5 * error + 0.005)


def test_the_bias_leaves_the_leading_exponent():
    found = mcrg.variational_couplings(
        36, factor=2, levels=2, operators=mcrg.operators(4, 0), n_samples=1500, seed=2
    )
    y_t = found.exponents("even", most=1)
    assert abs(y_t.value[0] - 1) < 3 * y_t.error[0] + 0.05
    assert y_t.error[0] < 0.1


def test_refined_spins_have_the_conditional_distribution():
    """Mean energies given each of four block configurations; five errors, one alarm in 400,000."""
    spins, weights, given = blocked_exactly(0.5)
    energies = -plain(spins, THREE[0])
    for code in (0, 1, 3, 6):
        block = all_spins((2, 2))[code]
        conditional = weights * given[:, code]
        exact = energies @ conditional / conditional.sum()
        fine = mcrg.refine(np.tile(block, (4000, 1, 1)), 0.5, n_sweeps=40, seed=code)
        found = -plain(fine, THREE[0])
        assert abs(found.mean() - exact) < 5 * found.std() / np.sqrt(len(found)) + 1e-9, code


def test_blocks_of_critical_spins_are_refined_to_critical_spins():
    """Energy and magnetization of 16 x 16; five errors of two numbers, one alarm in 900,000."""
    spins = ising.sample(16, ising.K_CRITICAL, 100, n_chains=32, seed=5).reshape(-1, 16, 16)
    fine = mcrg.refine(mcrg.block(spins, seed=2), n_sweeps=30, seed=3)
    exact = ising.mean_energy(16, ising.K_CRITICAL)
    chains = ising.energy(fine).reshape(32, 100).mean(1)
    assert abs(chains.mean() - exact) < 5 * chains.std(ddof=1) / np.sqrt(32)
    before, after = (
        (ising.magnetization(each) ** 2).reshape(32, 100).mean(1) for each in (spins, fine)
    )
    difference = after - before
    assert abs(difference.mean()) < 5 * difference.std(ddof=1) / np.sqrt(32)


def test_a_learned_filter_settles_sooner_than_majority():
    """On configurations that it was not learned from."""
    spins = ising.sample(32, ising.K_CRITICAL, 200, n_chains=32, seed=5)
    learned = mcrg.learn_filter(spins, steps=5)
    assert np.all(np.diff(learned.history) <= 0)
    assert learned.history[-1] < 0.2 * learned.history[0]
    others = ising.sample(32, ising.K_CRITICAL, 200, n_chains=32, seed=6)
    table = mcrg.operators(4, 3)

    def change(rule):
        found = mcrg.measure(others, rule=rule, operators=table, levels=2)
        return abs(np.diff([found.exponents("odd", n, most=1).value[0] for n in (1, 2)]))[0]

    assert change(learned.filter) < change("majority")
