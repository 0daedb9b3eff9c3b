"""The list of small changes that `soak/mutants.py` tries: each can be made, in one place."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def mutation():
    sys.path.insert(0, str(ROOT / "soak"))
    try:
        from mutation import changes, report
    finally:
        sys.path.remove(str(ROOT / "soak"))
    return changes, report


def test_every_change_can_be_made(mutation):
    changes = mutation[0].read()
    for change in changes:
        text = (ROOT / change.file).read_text()
        assert text.count(change.old) == 1, (change.name, text.count(change.old))
        assert change.apply(text) != text, change.name
        assert change.wrong, change.name
    names = [change.name for change in changes]
    assert len(set(names)) == len(names)


def test_there_are_enough_in_every_room(mutation):
    changes = [change for change in mutation[0].read() if not change.equivalent]
    assert len(changes) >= 120
    assert {change.room for change in changes} == set(mutation[0].ROOMS)


def test_the_tests_of_a_room_exist(mutation):
    for room in mutation[0].ROOMS:
        assert all(list((ROOT / "python/tests").glob(file)) for file in room.python), room.name
        assert not room.swift or (ROOT / "Tests" / room.swift).is_dir(), room.name


def test_the_table_counts_verdicts(mutation):
    changes, report = mutation
    first, second, third, *others = (c for c in changes.read() if not c.equivalent)
    verdicts = {
        first.name: {"digest": first.digest, "verdict": "killed", "suite": "Python tests of it"},
        second.name: {"digest": second.digest, "verdict": "survived"},
        third.name: {"digest": "of another change", "verdict": "killed", "suite": ""},
    }
    total = next(
        line for line in report.table(changes.read(), verdicts).splitlines() if "| all |" in line
    )
    assert total.split("|")[2:-1] == [f" {n} " for n in (3 + len(others), 0, 1, 0, 1)]
