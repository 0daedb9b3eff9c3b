"""The directive `c-header`: the reference of a C header from the header itself."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from header import Entry, entries
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class CHeader(SphinxDirective):
    """Sections, functions, structures and constants of the header that is the argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        listed = entries(Path(path))
        functions = {name for entry in listed for name in entry.functions}
        text = "\n".join(line for entry in listed for line in _lines(entry, functions))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _lines(entry: Entry, functions: set[str]) -> Iterator[str]:
    """reStructuredText of an entry."""
    text = _marked(entry.text, functions)
    if entry.text.startswith("MARK: "):
        title = entry.text.removeprefix("MARK: ")
        yield from (title, "-" * len(title), "")
    elif entry.functions:
        signatures = [signature for signature, _ in entry.functions.values()]
        yield ".. c:function:: " + "\n                ".join(signatures)
        yield ""
        yield textwrap.indent(text, "   ")
        yield ""
        for name, explained in _parameters(entry, functions):
            yield f"   :param {name}: {explained}"
        yield ""
    else:
        yield from (text, "")
        for name, explained in _parameters(entry, functions):
            yield f":{name}: {explained}"
        yield ""
        if entry.declarations:
            yield from (".. code-block:: c", "")
            yield from (textwrap.indent(code, "   ") for code in entry.declarations)
            yield ""


def _parameters(entry: Entry, functions: set[str]) -> Iterator[tuple[str, str]]:
    """Names and explanations."""
    for parameter in entry.parameters:
        out = "(out) " if parameter.is_output else ""
        for name in parameter.names:
            yield name, out + _marked(parameter.text, functions)


def _marked(text: str, functions: set[str]) -> str:
    """Comments are plain text: links to functions, constants as code, nothing else is markup."""

    def word(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return "\\" + match[0]
        return f":c:func:`{name}`" if name in functions else f"``{name}``"

    return re.sub(r"\b(?P<name>isingrg_\w+|ISINGRG_\w+)(?:\(\))?|[|*_`\\]", word, text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("c-header", CHeader)
    return {"parallel_read_safe": True}
