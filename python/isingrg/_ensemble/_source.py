"""The source of a function, without what does not count, and the names that it reads."""

from __future__ import annotations

import ast
import dis
import functools
import linecache
import types
from collections.abc import Iterator

#: Methods that change what they are called on, which then is a state and no constant.
_CHANGING = frozenset(
    ("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse",
     "setdefault", "sort", "update")
)  # fmt: skip

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def text(function: types.FunctionType) -> str:
    """The source without comments, docstring and layout, or else the bytecode.

    Bytecode stands for functions that have no file, for lambdas, and where the file has changed
    since the function was made.
    """
    tree = _definition(function)
    return ast.unparse(tree) if tree else repr(_bytecode(function.__code__))


def names(function: types.FunctionType) -> set[tuple[str, ...]]:
    """Names from outside that the function reads and does not change: x as ("x",), x.y as well."""
    outer = set(function.__code__.co_freevars)
    for code in _nested(function.__code__):
        instructions = dis.get_instructions(code)
        outer |= {i.argval for i in instructions if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    tree = _definition(function)
    if tree is None:
        return {(name,) for name in outer}
    changed = set(_changed(tree))
    chains = {_chain(node) for node in ast.walk(tree)}
    return {
        chain
        for chain in chains
        if chain and chain[0] in outer and not {chain[: n + 1] for n in range(len(chain))} & changed
    }


def _definition(function: types.FunctionType) -> _Definition | None:
    """The definition that has the bytecode of the function."""
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    tree, codes = _parsed(code.co_filename, "".join(lines))
    if not any(_bytecode(other) == _bytecode(code) for other in codes if _same(other, code)):
        return None
    for node in ast.walk(tree):
        if isinstance(node, _Definition) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


@functools.lru_cache(maxsize=64)
def _parsed(file: str, source: str) -> tuple[ast.AST, list[types.CodeType]]:
    """A file without docstrings, and what it compiles to."""
    try:
        tree = ast.parse(source)
        codes = list(_nested(compile(source, file, "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):  # Jupyter's own commands
        return ast.Module([], []), []
    for node in ast.walk(tree):
        if isinstance(node, (_Definition, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree, codes


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    return (one.co_firstlineno, one.co_qualname) == (other.co_firstlineno, other.co_qualname)


def _bytecode(code: types.CodeType) -> tuple[object, ...]:
    names = code.co_names, code.co_varnames, code.co_freevars
    return code.co_code, names, [_constant(constant) for constant in code.co_consts]


def _constant(value: object) -> object:
    if isinstance(value, types.CodeType):
        return _bytecode(value)
    # Sets have an order that is another one in every process.
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _chain(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (start := _chain(node.value)):
        return (*start, node.attr)
    return ()


def _changed(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """Names that are assigned to, in whole or in part, or whose methods change them."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            if not isinstance(node.ctx, ast.Load):
                while isinstance(node, ast.Subscript):
                    node = node.value
                yield _chain(node)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in _CHANGING:
            yield _chain(node.func)[:-1]
