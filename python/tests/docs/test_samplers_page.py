"""The page of samplers shows what is recorded."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_its_tables_are_those_of_the_records(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), str(ROOT / "notebooks"), *sys.path])
    import samplers_table

    text = (ROOT / "docs" / "samplers.md").read_text()
    assert samplers_table.page(text) == text
