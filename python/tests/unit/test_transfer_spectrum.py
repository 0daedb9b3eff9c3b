"""Levels of transfer matrices: multiplicities and irreducible representations."""

import math

import numpy as np
import pytest

from isingrg import mlrg
from isingrg._shared.errors import ArgumentError
from isingrg.mlrg._characters import characters
from isingrg.mlrg.internal import internal_symmetry

NAMED = [
    "Z2", *(f"S{q}" for q in range(2, 8)), "Z3", "Z4", "Z5", "Z8", "Z4-chiral", "Z7-chiral",
    "Z2xZ2",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_characters_are_orthogonal_and_complete(name):
    symmetry = internal_symmetry(name)
    classes, table = characters(name, symmetry.q)
    sizes = np.array([size for _, size in classes])
    assert sizes.sum() == symmetry.order
    rows = np.array(list(table.values()))
    overlaps = (rows * sizes) @ rows.conj().T / symmetry.order
    np.testing.assert_allclose(overlaps, np.eye(len(rows)), atol=1e-12)
    # The identity is the first element of cyclic groups, and the last class of symmetric ones.
    identity = [g for g, _ in classes].index(tuple(range(symmetry.q)))
    assert (np.abs(rows[:, identity]) ** 2).sum() == pytest.approx(symmetry.order)


def test_characters_of_small_symmetric_groups():
    classes, table = characters("S4", 4)
    values = {
        name: {g: int(value.real) for (g, _), value in zip(classes, row, strict=True)}
        for name, row in table.items()
    }
    identity = (0, 1, 2, 3)
    dimensions = {name: row[identity] for name, row in values.items()}
    assert dimensions == {"[4]": 1, "[3,1]": 3, "[2,2]": 2, "[2,1,1]": 3, "[1,1,1,1]": 1}
    for g, _ in classes:
        fixed = sum(image == s for s, image in enumerate(g))
        assert values["[4]"][g] == 1 and values["[3,1]"][g] == fixed - 1
        assert values["[1,1,1,1]"][g] == round(np.linalg.det(np.eye(4)[list(g)]))


@pytest.mark.parametrize("q", [2, 3, 4, 5, 10])
def test_order_parameter_of_potts_models(q):
    J = 1.9
    found = mlrg.transfer_spectrum(J, internal=f"S{q}")
    dimensions = mlrg.scaling_dimensions(J, internal=f"S{q}", k=q)
    np.testing.assert_allclose(found.dimensions, dimensions[[0, 1]], atol=1e-12)
    assert found.multiplicities.tolist() == [1, q - 1]
    assert found.irreps == ({f"[{q}]": 1}, {f"[{q - 1},1]": 1})


def test_levels_of_a_ring_are_those_of_all_its_eigenvalues():
    for internal, J in [("S3", 1.86), ("Z2xZ2", [0.6, 0.5, 0.2]), ("Z5", [1.5, 0.3])]:
        found = mlrg.transfer_spectrum(J, levels=1024, period=2, internal=internal)
        q = internal_symmetry(internal).q
        everything = mlrg.scaling_dimensions(J, internal=internal, k=q**2, period=2)
        sizes = np.repeat(found.dimensions, found.multiplicities)
        finite = np.isfinite(everything) & (everything < 8)
        np.testing.assert_allclose(np.sort(sizes)[: finite.sum()], everything[finite], atol=1e-6)
        # In all they hold the representation on pairs of states: the fixed pairs of each element.
        classes, table = characters(internal, q)
        total = {}
        for irreps in found.irreps:
            for name, count in irreps.items():
                total[name] = total.get(name, 0) + count
        for index, (g, _) in enumerate(classes):
            fixed = sum(image == s for s, image in enumerate(g))
            character = sum(count * table[name][index] for name, count in total.items())
            assert character == pytest.approx(fixed**2, abs=1e-9)


def test_groups_of_ones_own_tell_invariants_from_the_rest():
    own = mlrg.transfer_spectrum(1.86, period=2, internal=[(1, 2, 0), (1, 0, 2)])
    named = mlrg.transfer_spectrum(1.86, period=2, internal="S3")
    np.testing.assert_allclose(own.dimensions, named.dimensions, atol=1e-9)
    for mine, theirs in zip(own.irreps, named.irreps, strict=True):
        assert mine.get("trivial", 0) == theirs.get("[3]", 0)


def test_ising_spectrum_in_even_and_odd_levels():
    point = mlrg.exact_fixed_point().J
    found = mlrg.transfer_spectrum(point, period=2)
    assert [list(irreps) for irreps in found.irreps[:3]] == [["0"], ["1"], ["0"]]
    np.testing.assert_allclose(found.dimensions[:3], mlrg.scaling_dimensions(point, period=2, k=3))
    assert found.eigenvalues[0] == 1


def test_critical_potts_model_is_near_its_conformal_field_theory():
    """Rings of the critical lattice: spin 2/15 and energy 4/5, with slow corrections."""
    J = 1.7218631764329
    errors = []
    for period in (3, 4, 5, 6):
        found = mlrg.transfer_spectrum(J, period=period, internal="S3", levels=3)
        assert found.irreps == ({"[3]": 1}, {"[2,1]": 1}, {"[3]": 1})
        errors.append(np.abs(found.dimensions[1:] - [2 / 15, 4 / 5]))
    assert (np.diff(np.array(errors)[:, 1]) < 0).all() and (errors[-1] < [0.001, 0.07]).all()
    charges = [mlrg.central_charge(J, internal="S3", period=period) for period in (2, 5)]
    assert abs(charges[1] - 4 / 5) < min(0.02, abs(charges[0] - 4 / 5))


def test_what_is_refused():
    with pytest.raises(ArgumentError, match="single point"):
        mlrg.transfer_spectrum([1.0, 2.0], internal="S3")
    with pytest.raises(ArgumentError, match="1024 states"):
        mlrg.transfer_spectrum(1.0, internal="S3", period=7)
    with pytest.raises(ArgumentError, match="levels"):
        mlrg.transfer_spectrum(1.0, levels=0)
    assert math.isfinite(mlrg.transfer_spectrum(1.0, internal="S3").dimensions[1])
