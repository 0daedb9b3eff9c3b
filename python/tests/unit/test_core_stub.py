"""`_core.pyi` says what the extension has: names, kinds, and how many arguments."""

import ast
import re
from pathlib import Path
from types import BuiltinFunctionType

import pytest

from isingrg import _core

STUB = ast.parse(Path(_core.__file__).with_name("_core.pyi").read_text())
DECLARED = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
PRESENT = {name: value for name, value in vars(_core).items() if not name.startswith("__")}


def test_functions_are_those_of_the_extension():
    functions = {name for name, value in PRESENT.items() if isinstance(value, BuiltinFunctionType)}
    assert set(DECLARED) == functions
    assert len(functions) > 50


def test_constants_are_those_of_the_extension():
    declared = {
        node.target.id: ast.unparse(node.annotation)
        for node in STUB.body
        if isinstance(node, ast.AnnAssign)
    }
    assert declared == {
        name: type(value).__name__ for name, value in PRESENT.items() if name not in DECLARED
    }


@pytest.mark.parametrize("name", DECLARED)
def test_arguments_are_as_many(name):
    """All are positional; the extension says how many it takes when there are others."""
    arguments = DECLARED[name].args
    others = (arguments.args, arguments.kwonlyargs, arguments.defaults)
    assert not any(others) and arguments.vararg is None and arguments.kwarg is None
    assert all(argument.annotation for argument in arguments.posonlyargs)
    assert DECLARED[name].returns is not None
    count = len(arguments.posonlyargs)
    with pytest.raises(TypeError, match=r"takes") as caught:
        PRESENT[name](*[None] * (count + 1))
    takes = re.search(r"takes (no|\d+) argument", str(caught.value))[1]
    assert takes == (str(count) if count else "no")
