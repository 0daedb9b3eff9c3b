"""The kill table of docs/trust.md, made of the list and of the verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from .changes import ROOMS, Change

COLUMNS = ["room", "changes", "Swift tests of the room", "Python tests of the room"]
COLUMNS += ["all other tests", "survived"]


def column(verdict: Mapping[str, Any], change: Change) -> str:
    """Where a verdict is counted."""
    if verdict.get("digest") != change.digest or verdict["verdict"] == "not built":
        return "not judged"
    if verdict["verdict"] == "survived":
        return "survived"
    if verdict["suite"].startswith("all "):
        return "all other tests"
    return ("Python" if "Python" in verdict["suite"] else "Swift") + " tests of the room"


def table(changes: Sequence[Change], verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    """Counts by room, then what survived and what does not count, in Markdown."""
    lines = [" | ".join(["", *COLUMNS, ""]).strip(), "|" + "---|" * len(COLUMNS)]
    matter = [change for change in changes if not change.equivalent]
    places = {change.name: column(verdicts.get(change.name, {}), change) for change in matter}
    rooms = [(room.name, [c for c in matter if c.room == room]) for room in ROOMS]
    for name, members in [*rooms, ("all", matter)]:
        counts = [sum(places[c.name] == title for c in members) for title in COLUMNS[2:]]
        lines.append(f"| {' | '.join([name, str(len(members)), *map(str, counts)])} |")
    for title in ["survived", "not judged"]:
        names = [c for c in matter if places[c.name] == title]
        lines += ["", f"{title}: {len(names)}", ""]
        lines += [f"- {c.name} (`{c.file}`): {c.wrong}" for c in names]
    equivalent = [c for c in changes if c.equivalent]
    lines += ["", f"Without effect, not counted: {len(equivalent)}", ""]
    lines += [f"- {c.name} (`{c.file}`): {c.wrong}: {c.equivalent}" for c in equivalent]
    return "\n".join(lines) + "\n"
