"""What users can reach, and what its docstring says, for the tests beside it."""

import importlib
import inspect
import re
from dataclasses import dataclass

MODULES = (
    "isingrg", "isingrg.ising", "isingrg.mlrg", "isingrg.mlrg.settings", "isingrg.mlrg.symmetry",
    "isingrg.neuralrg", "isingrg.graphvae", "isingrg.multilevel", "isingrg.statistics",
    "isingrg.tensorrg", "isingrg.mcrg",
    "isingrg.plot",
)  # fmt: skip


@dataclass(frozen=True)
class Public:
    """A function, class, method or property."""

    name: str
    value: object
    #: The module whose page shows it.
    module: object

    @property
    def is_function(self):
        return inspect.isfunction(self.value) or inspect.ismethod(self.value)

    @property
    def sections(self):
        """Text of each section of the docstring by its title, "" for what is before the first."""
        doc = inspect.cleandoc(self.value.__doc__ or "")
        parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", doc, flags=re.M)
        return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))

    @property
    def arguments(self):
        """Names of the parameters that a caller can give."""
        names = list(inspect.signature(self.value).parameters)
        bound = "." in self.name.removeprefix(f"{self.module.__name__}.")  # a method's own object
        return [name for name in names if not (bound and name in ("self", "model"))]

    @property
    def parameters(self):
        """What the docstring says of each parameter: its type and its description."""
        found = {}
        entries = re.split(r"^(?=\S)", self.sections.get("Parameters", ""), flags=re.M)
        for names, colon, text in (entry.partition(" : ") for entry in entries if entry.strip()):
            head, _, rest = names.partition("\n")
            for name in head.split(", "):
                found[name.lstrip("*")] = " ".join((text if colon else rest).split())
        return found


def names(module):
    """Public names of a module: what it lists, or what it defines."""
    listed = getattr(module, "__all__", None)
    return listed or [
        name
        for name, value in vars(module).items()
        if name[0] != "_" and getattr(value, "__module__", None) == module.__name__
    ]


def everything():
    """Functions, classes, and methods and properties of classes, inherited ones included."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name in names(module):
            value = inspect.unwrap(getattr(module, name))  # of a cache
            if inspect.isfunction(value) or inspect.isclass(value):
                found[f"{module.__name__}.{name}"] = value, module
            if inspect.isclass(value):
                for member, static in inspect.getmembers_static(value):
                    if member[0] != "_" and _is_own(static):
                        method = static if isinstance(static, property) else getattr(value, member)
                        found[f"{module.__name__}.{name}.{member}"] = method, module
    return [Public(name, *value) for name, value in found.items()]


def _is_own(static):
    """Written in the package, not inherited from the standard library."""
    function = getattr(static, "fget", None) or getattr(static, "__func__", static)
    return inspect.isfunction(function) and function.__module__.startswith("isingrg")
