"""Every public function says what goes in, within which range, what comes out and what can fail."""

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from public import Public, everything

PUBLIC = everything()
FUNCTIONS = [item for item in PUBLIC if item.is_function]
CLASSES = [item for item in PUBLIC if inspect.isclass(item.value)]
PROPERTIES = [item for item in PUBLIC if isinstance(item.value, property)]

#: Every function can raise these; the start page of the reference says so.
EVERYWHERE = {"ArgumentError", "TypeError", "IsingRGError", "ImportError"}


def named(items):
    return pytest.mark.parametrize("item", items, ids=[item.name for item in items])


@named(PUBLIC)
def test_summary_is_a_sentence(item):
    summary = item.sections[""].partition("\n\n")[0]
    assert summary.endswith((".", ":", ")")), summary
    assert summary.partition("\n")[0], "the first line says it all"


def is_record(item):
    """A class whose fields are documented one by one: users read them and do not give them."""
    return dataclasses.is_dataclass(item.value) or issubclass(item.value, tuple)


@named([item for item in CLASSES if is_record(item)])
def test_fields_are_explained(item):
    lines = inspect.getsource(item.value).splitlines()
    commented = {
        field[1]
        for above, line in pairwise(lines)
        if above.strip().startswith("#:") and (field := re.match(r"\s*(\w+):", line))
    }
    kinds = [Public(item.name, kind, item.module) for kind in item.value.__mro__[:-1]]
    texts = [kind.sections.get("Attributes", "") for kind in kinds]  # or where it is inherited from
    listed = {name for text in texts for name in re.findall(r"^(\S.*?) : ", text, re.M)}
    assert set(item.arguments) - commented - listed == set()
    assert all(map(str.isidentifier, listed)), "pages show several names before a colon as one"


CALLED = FUNCTIONS + [
    item for item in CLASSES if not is_record(item) and not issubclass(item.value, BaseException)
]


@named(CALLED)
def test_parameters_are_the_arguments(item):
    assert sorted(item.parameters) == sorted(item.arguments)


@named(CALLED)
def test_parameters_have_shapes_and_ranges(item):
    for name, text in item.parameters.items():
        assert text, name
        if "array_like" in text and "float or array_like" not in text:
            assert re.search(r"shape \(|any shape", text), f"the shape of {name}: {text}"
        if re.match(r"(int|float)\b", text) and "array" not in text:
            says = r"\d|[Aa]s (for|in|that)|at least one|By default|divisor|finite"
            assert re.search(says, text), f"the range of {name}: {text}"


@named(FUNCTIONS)
def test_results_are_described(item):
    annotation = inspect.signature(item.value).return_annotation
    if annotation in (None, "None"):
        assert "Returns" not in item.sections
    else:
        text = item.sections.get("Returns", "")
        assert text
        if re.match(r"(float or )?ndarray", text):
            assert "shape" in text


@named(FUNCTIONS)
def test_errors_are_listed(item):
    """Those that the function raises itself; others come from what it calls."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(item.value)))
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
    }
    for name in raised - EVERYWHERE:
        assert name in item.sections.get("Raises", ""), name


@named(PROPERTIES)
def test_properties_that_are_arrays_have_shapes(item):
    annotation = str(inspect.signature(item.value.fget).return_annotation)
    if "ndarray" in annotation:
        assert re.search(r"\(\w.*\)|arrays? of one number per", item.value.__doc__)
