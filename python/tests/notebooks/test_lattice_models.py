"""What notebook 01 says of lattice models with learned couplings, beside exact answers of A1."""

import math
import sys
from pathlib import Path

import pytest

from isingrg import mlrg

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
CRITICAL = mlrg.LIEB_CRITICAL_COUPLING


@pytest.fixture
def lattice(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(NOTEBOOKS), *sys.path])
    import lattice_mlrg

    return lattice_mlrg


@pytest.mark.parametrize("J", [0.6, 0.8139196792])
def test_the_critical_point_of_a1_is_found_from_both_phases(lattice, J):
    assert lattice.critical_scale([J], "A1") * J == pytest.approx(CRITICAL, rel=1e-4)


def test_components_without_couplings_are_free(lattice):
    bare = [0.8, 0, 0, 0, 0]
    assert lattice.critical_scale(bare, "A1+E") * 0.8 == pytest.approx(CRITICAL, rel=1e-4)
    expected = lattice.correlation_length([0.8], "A1")
    assert lattice.correlation_length(bare, "A1+E") == pytest.approx(expected, rel=1e-6)


def test_two_copies_of_a1_are_critical_where_one_is(lattice):
    """Each has four of the sixteen states of a bond: 1.4 % off."""
    copies = [0.8, 0, 0, 0.8]
    assert lattice.end(copies, "2A1") == pytest.approx(4, rel=0.05)
    assert lattice.critical_scale(copies, "2A1") * 0.8 == pytest.approx(CRITICAL, rel=2e-2)


def test_couplings_too_weak_for_an_order_have_no_critical_point(lattice):
    assert lattice.critical_scale([0.2], "A1") is None


@pytest.mark.parametrize("J", [0.7, 0.74, 0.78, 0.8, 0.82])
def test_correlation_lengths_in_both_phases(lattice, J):
    assert lattice.correlation_length([J], "A1") == pytest.approx(lattice.exact_length(J), rel=0.01)


def test_the_exact_length_diverges_at_the_critical_point_only(lattice):
    """As 1 / |J - J_c|, in the disordered phase twice as fast."""
    below, above = lattice.exact_length(CRITICAL - 1e-4), lattice.exact_length(CRITICAL + 1e-4)
    assert below / above == pytest.approx(2, rel=1e-2)
    assert lattice.exact_length(CRITICAL - 1e-5) == pytest.approx(10 * below, rel=1e-2)


def test_dimensions_at_the_critical_point(lattice):
    found = lattice.dimensions([CRITICAL], "A1")
    assert found["sigma"] == pytest.approx(1 / 8, abs=1e-3)
    assert found["epsilon"] == pytest.approx(1, abs=5e-3)
    assert found["central_charge"] == pytest.approx(1 / 2, abs=2e-3)
    assert math.isfinite(lattice.correlation_length([0.75], "A1"))
