"""The C header as a list of what it declares, with the comments above the declarations."""

import re
from dataclasses import dataclass, field
from pathlib import Path

_ITEM = re.compile(
    r"^/\*(?P<comment>.*?)\*/"
    r"|^(?P<code>(?:typedef struct|enum) \{\n.*?^\}[^;]*;"
    r"|(?:ISINGRG_API|typedef|enum)\b.*?;$"
    r"|#define ISINGRG_ABI_VERSION.*?$)",
    re.S | re.M,
)
_PARAMETER = re.compile(r"\\param(?P<out>\[out\])?\s+(?P<names>\w+(?:, \w+)*)\s*")
_FUNCTION = re.compile(
    r"^ISINGRG_API (?P<signature>.*?(?P<name>isingrg_\w+)\((?P<arguments>.*)\));$"
)


@dataclass
class Parameter:
    """One \\param of a comment; several names may share it."""

    names: list[str]
    text: str
    is_output: bool


@dataclass
class Entry:
    """A comment and the declarations right below it: none, one, or several that share it."""

    text: str
    parameters: list[Parameter]
    declarations: list[str] = field(default_factory=list)

    @property
    def functions(self) -> dict[str, tuple[str, list[str]]]:
        """Signature and names of the arguments of each declared function, by its name."""
        matches = (_FUNCTION.match(" ".join(code.split())) for code in self.declarations)
        return {
            match["name"]: (match["signature"], _names(match["arguments"]))
            for match in matches
            if match
        }


def _names(arguments: str) -> list[str]:
    return [re.findall(r"\w+", part)[-1] for part in arguments.split(",") if part != "void"]


def entries(path: Path) -> list[Entry]:
    """Everything in a header, in its order."""
    source = path.read_text()
    found: list[Entry] = []
    end = 0
    for item in _ITEM.finditer(source):
        apart = "\n\n" in source[end : item.start()]
        end = item.end()
        if item["comment"] is not None:
            found.append(_described(item["comment"]))
        elif apart or not found:
            found.append(Entry("", [], [item["code"]]))
        else:
            found[-1].declarations.append(item["code"])
    return found


def _described(comment: str) -> Entry:
    text = re.sub(r"^ \* ?", "", comment, flags=re.M).strip()
    marks = [*_PARAMETER.finditer(text)]
    bounds = [*(mark.start() for mark in marks), len(text)]
    parameters = [
        Parameter(
            mark["names"].split(", "),
            " ".join(text[mark.end() : end].split()).removesuffix(";"),
            mark["out"] is not None,
        )
        for mark, end in zip(marks, bounds[1:], strict=True)
    ]
    return Entry(text[: bounds[0]].strip(), parameters)
