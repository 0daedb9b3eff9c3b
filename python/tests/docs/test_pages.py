"""The built pages show formulas and tables as such, and ask no other machine for anything."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

#: Elements without an end tag.
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
#: Their text is not prose.
CODE = {"code", "kbd", "math", "pre", "samp", "script", "style", "svg"}
#: Attributes that make a browser fetch something; `href` does in a link element only.
FETCHED = {"action", "data", "formaction", "poster", "src", "srcset", "xlink:href"}
REMOTE = re.compile(r"(https?:)?//")

RAW = re.compile(
    r"\|\s*:?--"  # the line below the head of a table
    r"|\\[a-zA-Z]+|\\[()\[\]{}]"  # commands and brackets of TeX
    r"|\$[^$\n]+\$"  # a formula in a line
    r"|(?m:^\s*\|.*\|\s*$)"  # a row of a table
)


class Page(HTMLParser):
    """Prose of a page, what it fetches, and the number of each of its elements."""

    def __init__(self, html):
        super().__init__()
        self.prose, self.fetched, self.count = [], [], {}
        self._open = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.count[tag] = self.count.get(tag, 0) + 1
        for name, value in attributes:
            if name in FETCHED or (name == "href" and tag == "link"):
                self.fetched.append(value or "")
            if name == "style":
                self.fetched += addresses(value or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, text):
        if not CODE & set(self._open):
            self.prose.append(text)
        if self._open[-1:] == ["style"]:
            self.fetched += addresses(text)


def raw(page):
    """What of the prose is a formula or a table that was not converted."""
    return [match[0].strip() for match in RAW.finditer("\n".join(page.prose))]


def addresses(style):
    """What a style sheet fetches."""
    named = re.findall(r"url\(\s*[\"']?([^\"')]+)", style)
    return named + re.findall(r"@import\s+[\"']([^\"']+)", style)


@pytest.fixture(scope="module")
def read(pages):
    paths = sorted(path for path in pages.rglob("*.html") if "_static" not in path.parts)
    return {str(path.relative_to(pages)): Page(path.read_text()) for path in paths}


def test_the_reader_of_pages_sees_what_is_raw():
    page = Page(
        '<p>where $J$ is<br> \\frac12 and \\(x\\)</p><img src="//host/a.png">'
        "<p>| a | b |\n|---|---|</p><pre>$a$ |---|</pre><math><mi>$x$</mi></math>"
        '<style>@import "https://host/a.css"; b { background: url(c.png) }</style><p>1 $</p>'
    )
    assert raw(page) == ["$J$", "\\frac", "\\(", "\\)", "| a | b |", "|--", "|--"]
    assert page.fetched == ["//host/a.png", "c.png", "https://host/a.css"]
    assert [bool(REMOTE.match(each)) for each in page.fetched] == [True, False, True]


def test_no_formula_and_no_table_is_raw(read):
    assert len(read) > 30
    assert {name: raw(page) for name, page in read.items() if raw(page)} == {}


SOURCES = sorted((ROOT / "docs" / "theory").glob("*.md"))


@pytest.mark.parametrize("source", SOURCES, ids=[source.stem for source in SOURCES])
def test_every_formula_is_shown(source, read):
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", source.read_text(), flags=re.S | re.M)
    blocks = re.findall(r"\$\$.+?\$\$", text, re.S)
    inline = re.findall(r"\$[^$]+\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.S))
    assert len(inline) > 5
    page = read[f"theory/{source.stem}.html"]
    assert page.count["math"] == len(blocks) + len(inline)
    assert "merror" not in page.count


def test_tables_of_notebooks_are_tables(read):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        outputs = [
            "".join(output.get("data", {}).get("text/markdown", ""))
            for cell in json.loads(path.read_text())["cells"]
            for output in cell.get("outputs", [])
        ]
        tables = sum(len(re.findall(r"^\|[-|: ]+\|$", text, re.M)) for text in outputs)
        assert tables > 2
        assert read[f"notebooks/{path.stem}.html"].count["table"] >= tables


def test_pages_need_no_network(pages, read):
    asked = {name: list(filter(REMOTE.match, page.fetched)) for name, page in read.items()}
    for path in pages.rglob("*.css"):
        asked[str(path.relative_to(pages))] = list(
            filter(REMOTE.match, addresses(path.read_text()))
        )
    assert {name: found for name, found in asked.items() if found} == {}


@pytest.mark.parametrize("word", ["Potts", "GPU", "macOS", "triangular", "field", "isingrg"])
def test_the_search_finds_what_is_not_there(pages, word):
    """The index of the search leads from what people ask for to the page on limits."""
    from sphinx.search.en import SearchEnglish

    text = (pages / "searchindex.js").read_text()
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    page = index["docnames"].index("limits")
    assert index["titles"][page] == "What isingrg does not do"
    stem = SearchEnglish({}).stem(word.lower())
    found = [index[part].get(stem, []) for part in ("terms", "titleterms")]
    assert any(page in each if isinstance(each, list) else page == each for each in found)
