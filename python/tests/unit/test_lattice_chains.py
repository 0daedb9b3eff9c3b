"""Chains on lattices: that they go on as if never stopped, and what they measure."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from lattice_models import LATTICES

import isingrg
from isingrg import ArgumentError, Interrupted, IsingRGError
from isingrg.ising import Chain, Lattice, measure

ALGORITHMS = ["metropolis", "heat-bath", "wolff", "swendsen-wang"]
#: One chain alone, some that share a word, some more, and two words of different K.
COUNTS = {"one": 0.3, "some": [0.3] * 5, "many": [0.3] * 70, "two K": [0.3] * 5 + [0.2] * 6}


def chain(lattice="square-open", K=0.3, algorithm="heat-bath", **options):
    return Chain(LATTICES[lattice], K, algorithm=algorithm, **{"seed": 5, **options})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("K", COUNTS.values(), ids=COUNTS)
def test_chains_go_on_as_if_never_stopped(algorithm, K, tmp_path):
    """By one call, by several, and after a file; Wolff's sweep is chosen by the first call."""
    first = chain(K=K, algorithm=algorithm, h=0.1).advance(8)
    straight = chain(K=K, algorithm=algorithm, h=0.1).advance(8)
    first.save(tmp_path / "chain")
    straight.advance(7)
    for n in (1, 4, 2):
        first.advance(n)
    resumed = Chain.load(tmp_path / "chain", first.lattice)
    assert resumed.sweeps == 8 and resumed.algorithm == algorithm
    samples = resumed.sample(7)
    for one in (first, resumed):
        np.testing.assert_array_equal(one.spins, straight.spins)
        assert one.sweeps == 15
    np.testing.assert_array_equal(samples[:, -1], straight.spins)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pieces_of_a_call_are_the_same(algorithm, monkeypatch):
    whole = chain(K=[0.3] * 5, algorithm=algorithm).advance(8)
    parts = chain(K=[0.3] * 5, algorithm=algorithm).advance(8)
    expected = whole.measure(12, n_between=3, bins=5), whole.sample(4, n_between=5)
    monkeypatch.setattr(Chain, "_piece", 4)
    found = parts.measure(12, n_between=3, bins=5), parts.sample(4, n_between=5)
    for name in expected[0].names:
        np.testing.assert_allclose(found[0][name], expected[0][name], rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_results_do_not_depend_on_the_number_of_threads(algorithm):
    before = isingrg.get_num_threads()
    try:
        spins = []
        for threads in (1, 2):
            isingrg.set_num_threads(threads)
            spins.append(chain(K=[0.3] * 70 + [0.2] * 3, algorithm=algorithm).advance(9).spins)
    finally:
        isingrg.set_num_threads(before)
    np.testing.assert_array_equal(*spins)


def test_seeds_and_chains_differ():
    first, other = (chain(K=[0.1] * 3, n_chains=3, seed=seed).advance(5).spins for seed in (1, 2))
    assert (first != other).any() and (first[0] != first[1]).any()


def test_starts():
    lattice = Lattice.square(4)
    assert (
        abs(Chain(lattice, 0.5, algorithm="metropolis", n_chains=9).spins.sum((1, 2))).min() == 16
    )
    both = Chain(lattice, -0.5, start="ordered", algorithm="wolff", n_chains=9, seed=1)
    np.testing.assert_array_equal(lattice.energy(both.spins), 32)
    assert len(np.unique(both.spins[:, 0, 0])) == 2
    assert (Chain(lattice, 0.5, h=-0.1, start="ordered", n_chains=9).spins == -1).all()
    potts = Chain(lattice.potts(3), 0.5, h=0.1, start="ordered", n_chains=9)
    assert (potts.spins == 0).all()
    given = np.random.default_rng(1).choice([-1, 1], (2, 4, 4))
    np.testing.assert_array_equal(Chain(lattice, 0.5, start=given, n_chains=2).spins, given)
    with pytest.raises(ArgumentError, match="no configuration is known"):
        Chain(Lattice.triangular(3), -0.5, start="ordered")


@pytest.mark.parametrize(
    "lattice, K, h, algorithm",
    [
        (Lattice.square(4), 0.4, 0, "wolff"), (Lattice.square(4), -0.4, 0, "wolff"),
        (Lattice.square(4), 0.4, 0.1, "heat-bath"), (Lattice.square(5), -0.4, 0, "heat-bath"),
        (Lattice.square(4).spin_glass(), 0.4, 0, "heat-bath"),
        (Lattice.square(4).potts(3), 1, 0, "wolff"),
        (Lattice.square(5, boundary="antiperiodic"), 0.4, 0, "wolff"),
        (Lattice.square(4).potts(3), -1, 0, "heat-bath"),
    ],
)  # fmt: skip
def test_auto(lattice, K, h, algorithm):
    assert Chain(lattice, K, h=h).algorithm == algorithm


# What is measured


def cosines(lattice, spins, momentum):
    """|sum s exp(i k r)|^2 / N from cell coordinates, for lattices of one site in a cell."""
    axes = np.meshgrid(*(np.arange(side) / side for side in lattice.shape), indexing="ij")
    phase = sum(n * axis for n, axis in zip(momentum, axes, strict=True))
    wave = np.exp(2j * np.pi * phase)
    return abs((spins * wave).reshape(*spins.shape[:2], -1).sum(-1)) ** 2 / lattice.n_sites


def test_series_are_of_the_configurations():
    lattice = Lattice.square((4, 6), J=(1, 0.5))
    options = dict(momenta=[(0, 0), (1, 2)], staggered=True, distances=2, shells=3)
    one, two = (Chain(lattice, 0.3, n_chains=3, algorithm="metropolis", seed=1) for _ in range(2))
    spins = one.sample(20, n_between=2).astype(float)
    found = two.measure(20, n_between=2, energy_edges=[-40, -10, 0, 40], **options)
    np.testing.assert_allclose(found["energy"], lattice.energy(spins), atol=1e-12)
    m = spins.mean((-1, -2))
    stagger = (-1) ** np.add.outer(np.arange(4), np.arange(6))
    expected = {
        "energy_squared": lattice.energy(spins) ** 2, "field_term": 24 * m, "magnetization": m,
        "abs_magnetization": abs(m), "magnetization_squared": m**2, "magnetization_fourth": m**4,
        "energy_magnetization_squared": lattice.energy(spins) * m**2,
        "staggered_magnetization_squared": (spins * stagger).mean((-1, -2)) ** 2,
        "structure_factor": np.stack([cosines(lattice, spins, k) for k in [(0, 0), (1, 2)]], -1),
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-10, err_msg=name)
    for r in range(3):
        pairs = [spins * np.roll(spins, r, axis) for axis in (-1, -2)]
        np.testing.assert_allclose(
            found["correlation"][..., r], np.mean(pairs, (0, -1, -2)), atol=1e-12
        )
    np.testing.assert_allclose(found.shell_distances, [1, 2**0.5, 2])
    np.testing.assert_allclose(found["shell_correlation"][..., 0], found["correlation"][..., 1])
    diagonal = [spins * np.roll(spins, (1, sign), (-2, -1)) for sign in (1, -1)]
    np.testing.assert_allclose(
        found["shell_correlation"][..., 1], np.mean(diagonal, (0, -1, -2)), atol=1e-12
    )
    counted = [np.histogram(row, [-40, -10, 0, 40])[0] for row in lattice.energy(spins)]
    np.testing.assert_array_equal(found.histogram, counted)


def test_shells_of_a_honeycomb():
    lattice = Lattice.honeycomb(4)
    one, two = (Chain(lattice, 0.5, algorithm="metropolis", n_chains=2, seed=1) for _ in range(2))
    spins = one.sample(9).reshape(2, 9, -1).astype(float)
    found = two.measure(9, shells=2, momenta=())
    near = (spins[..., lattice.bonds[:, 0]] * spins[..., lattice.bonds[:, 1]]).mean(-1)
    further = Lattice.honeycomb(4, J=0, J2=1)
    ends = further.bonds[further.strengths == 1]
    next_ones = (spins[..., ends[:, 0]] * spins[..., ends[:, 1]]).mean(-1)
    np.testing.assert_allclose(found.shell_distances, [1, 3**0.5])
    np.testing.assert_allclose(
        found["shell_correlation"], np.stack([near, next_ones], -1), atol=1e-12
    )


def test_order_parameters_of_potts_and_clock():
    for lattice in (Lattice.square(4).potts(3), Lattice.square(4).clock(5)):
        one, two = (Chain(lattice, 0.7, algorithm="heat-bath", seed=1) for _ in range(2))
        spins = one.sample(9)
        found = two.measure(9, momenta=[(1, 0)])
        q = lattice.q
        if lattice.spins == "potts":
            parts = (spins[..., None] == np.arange(q)).mean((-2, -3))
            square = (q * (parts**2).sum(-1) - 1) / (q - 1)
            waves = (
                sum(cosines(lattice, (spins == a) * 1.0, (1, 0)) for a in range(q)) * q / (q - 1)
            )
        else:
            vector = np.exp(2j * np.pi * spins / q)
            square = abs(vector.mean((-1, -2))) ** 2
            waves = cosines(lattice, np.cos(2 * np.pi * spins / q), (1, 0)) + cosines(
                lattice, np.sin(2 * np.pi * spins / q), (1, 0)
            )
        np.testing.assert_allclose(found["magnetization_squared"], square, atol=1e-12)
        np.testing.assert_allclose(found["structure_factor"][..., 0], waves, atol=1e-10)
        np.testing.assert_allclose(lattice.magnetization(spins), square**0.5, atol=1e-12)


def test_bins_are_means_of_the_series():
    one, two = (chain(K=[0.3] * 3) for _ in range(2))
    series, bins = one.measure(23), two.measure(23, bins=4)
    for name in series.names:
        expected = [series[name][:, np.arange(23) * 4 // 23 == b].mean(1) for b in range(4)]
        np.testing.assert_allclose(bins[name], np.stack(expected, 1), atol=1e-12)


def test_measure_is_a_thermalised_chain():
    lattice = Lattice.square(4)
    found = measure(lattice, 0.3, 10, n_chains=2, n_thermalize=30, n_between=3, seed=4, shells=1)
    one = Chain(lattice, 0.3, n_chains=2, seed=4).advance(30)
    expected = one.measure(10, n_between=3, shells=1)
    for name in expected.names:
        np.testing.assert_array_equal(found[name], expected[name])
    spins = lattice.sample([0.3, 0.2], 5, n_chains=2, n_thermalize=30, n_between=3, seed=4)
    assert spins.shape == (2, 2, 5, 4, 4)


def test_chains_at_several_couplings_are_not_one_ensemble():
    found = chain(K=[0.3, 0.2]).measure(60)
    with pytest.raises(ArgumentError, match="different K or h"):
        found.susceptibility()
    with pytest.raises(KeyError, match="was not measured"):
        found["heat"]


# Files and stopping


def test_damaged_and_foreign_files(tmp_path):
    one = chain()
    one.save(tmp_path / "chain")
    with pytest.raises(IsingRGError, match="another lattice"):
        Chain.load(tmp_path / "chain", LATTICES["square-antiperiodic"])
    with pytest.raises(IsingRGError, match="its spins are ising"):
        Chain.load(tmp_path / "chain", one.lattice.potts(3))
    content = (tmp_path / "chain").read_bytes()
    random = np.random.default_rng(1)
    for _ in range(60):
        place = int(random.integers(len(content)))
        damaged = content[:place] + bytes([content[place] ^ 1 << int(random.integers(8))])
        damaged += content[place + 1 :]
        (tmp_path / "damaged").write_bytes(damaged if random.random() < 0.8 else content[:place])
        try:
            resumed = Chain.load(tmp_path / "damaged", one.lattice)
        except IsingRGError:
            continue
        np.testing.assert_array_equal(resumed.spins, one.spins)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_stopped_chains_are_at_a_sweep(algorithm):
    lattice = Lattice.square(64)
    one = Chain(lattice, 0.3, n_chains=5, algorithm=algorithm, seed=1)
    asked = []

    def stop(done, total):
        asked.append((done, total))
        return len(asked) < 3

    with pytest.raises(Interrupted):
        one.advance(2**40, progress=stop)
    assert one.spins.shape == (5, 64, 64) and (abs(one.spins) == 1).all()
    one.advance(1)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: chain(K=np.nan), "K must be"),
        (lambda: chain(K=[0.1, 0.2], n_chains=3), "one for each of 3 chains"),
        (lambda: chain(h=[0.1, 0.2], K=[1, 2, 3]), "h must be a number"),
        (lambda: chain(algorithm="wolf"), "did you mean 'wolff'"),
        (lambda: chain(start="hot"), "start must be one of"),
        (lambda: chain(start=np.zeros((2, 4))), "start must be"),
        (lambda: chain(start=np.ones((3, 2, 4))), "one configuration or 1 of them"),
        (lambda: chain().advance(-1), "n must be from 0"),
        (lambda: chain().sample(0), "n_samples must be"),
        (lambda: chain().measure(5, bins=6), "bins must be from 2 to 5"),
        (lambda: chain().measure(5, momenta=[1, 2]), "momenta must have the shape"),
        (lambda: chain().measure(5, distances=2), "distances must be from 0 to 1"),
        (lambda: chain().measure(5, improved=True), "improved estimators are of"),
        (lambda: chain(h=0.1, algorithm="swendsen-wang").measure(5, improved=True), "improved"),
        (lambda: chain("square").measure(5, staggered=True), "two colours"),
        (lambda: chain().measure(5, energy_edges=[1, 0]), "ascending"),
        (lambda: chain("graph").measure(5, momenta=[[1]]), "a graph has no momenta"),
        (lambda: chain("graph").measure(5, shells=1), "a graph has no distances"),
        (lambda: chain().measure(60).correlation_length(), "give momenta"),
        (lambda: measure(LATTICES["square"], [0.1, 0.2], 5), "single number"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises((ArgumentError, TypeError), match=message):
        call()


def test_memory():
    with pytest.raises(MemoryError):
        Chain(Lattice.square(256), 0.3, n_chains=2**24)
    with pytest.raises(MemoryError):
        chain().sample(2**40)


def test_measurements_of_no_chain_are_refused():
    measured = Chain(Lattice.square(4), 0.4, n_chains=2).measure(50)
    with pytest.raises(ArgumentError, match="chains"):
        measured.of_chains(slice(0, 0))
