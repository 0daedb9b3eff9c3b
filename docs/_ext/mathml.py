"""Formulas as MathML, which browsers show by themselves: pages need neither scripts nor a network.

The font comes along within the style sheet, as Firefox does not read fonts from other folders of a
disk, and a machine without a font for mathematics has brackets and roots that do not grow. It is
TeX Gyre Termes Math 1.543 of B. Jackowski, P. Strzelczyk and P. Pianowski, under the GUST Font
License, reduced to the characters that formulas have and renamed, as its authors ask. Its primes
are those that it has for superscripts, which browsers do not choose by themselves.
"""

import base64
import re
from pathlib import Path

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

FOLDER = Path(__file__).parent
CONVERTER = LatexToMathML()
log = logging.getLogger(__name__)


class KeepTogether(SphinxPostTransform):
    """Browsers would break lines between a formula and the comma behind it, and within 1e-05."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: object) -> None:
        for entry in self.document.findall(nodes.entry):
            for text in list(entry.findall(nodes.Text)):
                if not isinstance(text.parent, nodes.literal):
                    _keep_numbers(text)
        for formula in list(self.document.findall(nodes.math)):
            _keep_neighbours(formula)


def _keep_numbers(text: nodes.Text) -> None:
    parts = re.split(r"([\d.]+e[+-]\d+)", text)
    pieces: list[nodes.Node] = [nodes.Text(part) for part in parts]
    for k in range(1, len(parts), 2):
        pieces[k] = nodes.inline("", parts[k], classes=["together"])
    text.parent.replace(text, pieces)


def _keep_neighbours(formula: nodes.math) -> None:
    """What touches the formula moves into one element with it."""
    siblings = formula.parent
    place = siblings.index(formula)
    before, after = siblings[:place][-1:], siblings[place + 1 :][:1]
    head = re.search(r"\S*$", _text(before))[0]
    tail = re.match(r"\S*", _text(after))[0]
    if head or tail:
        pieces = [nodes.Text(head), formula, nodes.Text(tail)]
        kept = nodes.inline("", "", *pieces, classes=["together"])
        first = [nodes.Text(before[0][: -len(head)])] if head else before
        last = [nodes.Text(after[0][len(tail) :])] if tail else after
        siblings[place - len(before) : place + 1 + len(after)] = [*first, kept, *last]


def _text(siblings: list[nodes.Node]) -> str:
    return siblings[0].astext() if siblings and isinstance(siblings[0], nodes.Text) else ""


def mathml(node: nodes.Element, *, displaystyle: bool) -> str:
    """The formula of a node; one that cannot be converted is a warning, and the build fails."""
    try:
        return CONVERTER.convert_with_local_state(node.astext(), displaystyle=displaystyle)
    except LatexError as error:
        log.warning("formula %r: %s", node.astext(), error, location=node)
        return ""


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(mathml(node, displaystyle=False))
    raise nodes.SkipNode


def visit_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    if node["number"]:
        log.warning("equations have the numbers of the papers and no labels", location=node)
    writer.body.append(f'<div class="math">{mathml(node, displaystyle=True)}</div>\n')
    raise nodes.SkipNode


def write_style(app: Sphinx) -> None:
    """_static/mathml.css: the style with the font in it."""
    font = base64.b64encode((FOLDER / "mathml.woff2").read_bytes()).decode()
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    style = (FOLDER / "mathml.css").read_text()
    (folder / "mathml.css").write_text(style.replace("FONT", font))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_post_transform(KeepTogether)
    app.connect("builder-inited", write_style)
    app.add_css_file("mathml.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
