"""Settings of the documentation: `make docs`, or sphinx-build docs FOLDER."""

import re
import sys
from pathlib import Path

import isingrg

sys.path.append(str(Path(__file__).parent / "_ext"))

project = "isingrg"
author = "the isingrg authors"
project_copyright = author
version = release = isingrg.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "c_header",
    "mathml",
]
exclude_patterns = ["_ext", "notebooks/data"]

# The summaries of notebooks are for programs as well.
suppress_warnings = ["mystnb.unknown_mime_type"]
# Notebooks show their committed outputs; python/tests/notebooks runs them.
nb_execution_mode = "off"
nb_render_markdown_format = "myst"  # their tables and formulas are those of pages
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

# The docstrings give types and shapes; `name` in them links to what it names, if that is public.
default_role = "py:obj"
add_module_names = False
autodoc_typehints = "none"
maximum_signature_line_length = 100  # longer ones have a line for each argument
autodoc_member_order = "bysource"
autodoc_default_options = {
    "members": True,
    "inherited-members": "object, tuple, BaseException, Exception, ArithmeticError, ValueError",
}
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
napoleon_use_rtype = False

smartquotes_action = "D"  # quotes stay as they are typed

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"isingrg {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = ["search.js"]
html_show_sourcelink = False


def plain(app, what, name, object_, options, lines):
    """Docstrings are plain text but for `names` and sections: |J|, K**2 and c_i are no markup."""
    for index, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split(r"(`+.*?`+)", line)
            parts[::2] = [re.sub(r"[|*]|(?<=\w)_\b", r"\\\g<0>", part) for part in parts[::2]]
            # Neither "L. Onsager" nor a line of a formula, "+ x", begins a list.
            lines[index] = re.sub(r"^( *)((\w\.|\+) )", r"\1\\\2", "".join(parts))
    if what in ("attribute", "property"):
        lines.insert(0, "\\ ")  # or napoleon takes what is before a colon for the type


def setup(app):
    app.connect("autodoc-process-docstring", plain, priority=100)  # before numpydoc sections
