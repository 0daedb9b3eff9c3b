"""Every function of the C header is explained where it is declared."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT / "docs" / "_ext"))
from header import entries  # noqa: E402

ENTRIES = entries(ROOT / "Sources" / "CIsingRG" / "include" / "isingrg.h")
FUNCTIONS = {name: entry for entry in ENTRIES for name in entry.functions}
#: Explained once for all functions, in a comment of their own.
COMMON = {
    name
    for entry in ENTRIES
    if not entry.declarations
    for parameter in entry.parameters
    for name in parameter.names
}


def test_no_function_escapes():
    source = (ROOT / "Sources" / "CIsingRG" / "include" / "isingrg.h").read_text()
    assert source.count("\nISINGRG_API ") == len(FUNCTIONS) > 50


def test_every_status_is_said_to_occur():
    codes = next(e.declarations[1] for e in ENTRIES if "isingrg_status;" in "".join(e.declarations))
    text = " ".join(entry.text for entry in ENTRIES)
    statuses = re.findall(r"ISINGRG_\w+", codes)
    assert len(statuses) == 9
    assert [name for name in statuses if name not in text] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_explained(name):
    entry = FUNCTIONS[name]
    signature, arguments = entry.functions[name]
    explained = {each for parameter in entry.parameters for each in parameter.names}
    assert entry.text or entry.parameters
    assert [each for each in arguments if each not in explained | COMMON] == []
    if len(entry.functions) == 1:
        assert explained <= set(arguments), "of another function, or gone"
    outputs = {each for part in entry.parameters if part.is_output for each in part.names}
    for each in outputs & set(arguments):
        assert f"const double *{each}" not in signature and f"*{each}" in signature
