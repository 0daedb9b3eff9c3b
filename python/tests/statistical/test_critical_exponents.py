"""The script of the page on analysis, with small lattices: the exponents of the Ising model."""

import re
from pathlib import Path

import pytest

from isingrg.ising import K_CRITICAL

PAGE = Path(__file__).parents[3] / "docs/how-to/analyse.md"
LARGE, SMALL = "[16, 32, 64, 128], 4000", "[12, 24, 48], 1000"
EXPONENTS = {"Binder": 0.0, "-beta/nu": -1 / 8, "gamma/nu": 7 / 4}


@pytest.fixture(scope="module")
def found():
    code = re.search(r"```python\n(import numpy.*?)```", PAGE.read_text(), re.S)[1]
    assert LARGE in code and len(code.strip().splitlines()) <= 30
    names = {}
    exec(code.replace(LARGE, SMALL), names)
    return names["found"]


@pytest.mark.parametrize("name", EXPONENTS)
def test_exponents_and_critical_coupling(name, found):
    """Each within 4 of its errors: a false alarm of 2e-4 for each name."""
    one = found[name]
    for estimate, exact in (
        (one.K_c, K_CRITICAL), (one.nu, 1.0), (one.exponent, EXPONENTS[name])
    ):  # fmt: skip
        assert abs(estimate.value - exact) < 4 * estimate.error
    assert one.p_value > 1e-4 and one.exponent.error < 0.1
