"""The script of the page on analysis, with small lattices: the exponents of the Ising model."""

import re
from pathlib import Path

import pytest

from isingrg.ising import K_CRITICAL

PAGE = Path(__file__).parents[3] / "docs/how-to/analyse.md"
LARGE, SMALL = "[16, 32, 64, 128], 4000", "[12, 24, 48], 1000"
EXPONENTS = {"nu": 1.0, "-beta/nu": -1 / 8, "gamma/nu": 7 / 4}


@pytest.fixture(scope="module")
def script():
    code = re.search(r"```python\n(import numpy.*?)```", PAGE.read_text(), re.S)[1]
    assert LARGE in code and len(code.strip().splitlines()) <= 30
    names = {}
    exec(code.replace(LARGE, SMALL), names)
    return names


@pytest.mark.parametrize("name", EXPONENTS)
def test_exponents(name, script):
    """Each within 4 of its errors: a false alarm of 2e-4 for each name."""
    found = script["found"][name]
    assert abs(found.value - EXPONENTS[name]) < 4 * found.error < 0.2


def test_critical_coupling(script):
    """Within 4 errors, and a chi-square that one in 10^4 exceeds: a false alarm of 2e-4."""
    binder = script["binder"]
    assert abs(binder.K_c.value - K_CRITICAL) < 4 * binder.K_c.error
    assert binder.p_value > 1e-4


def test_three_dimensions():
    """Within 4 errors of the literature; a chi-square that one in 10^4 exceeds: 2e-4 in all."""
    code = re.search(r"## In three dimensions.*?```python\n(.*?)```", PAGE.read_text(), re.S)[1]
    large = "[8, 12, 16, 24, 32], 20_000"
    assert large in code
    names = {}
    exec(code.replace(large, "[6, 8, 12], 3000"), names)
    found = names["found"]
    assert abs(found.K_c.value - 0.221654626) < 4 * found.K_c.error < 2e-3
    assert abs(found.nu.value - 0.629971) < 4 * found.nu.error < 0.2
    assert found.p_value > 1e-4
