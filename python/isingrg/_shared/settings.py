"""Settings that say themselves what they are: default, range, meaning, and name in the core.

A method declares its settings once, as a dataclass whose fields are made by `integer`, `number`,
`choice` and their like. The checks, the text of the documentation and the record for the core come
from there.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError

_KEY = "setting"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a field of a `Settings` carries."""

    #: What it is, for the documentation: one sentence or more.
    meaning: str
    #: Its type and range, for the documentation.
    kind: str
    #: Brings a value into its form, or raises.
    check: Callable[[str, Any], Any]
    #: What the core receives for a checked value.
    encode: Callable[[Any], Any]
    #: Name of the field of the core's structure; "" if the core does not know it.
    core: str | None
    #: Whether less of it makes the steps of a training smaller, so that its loss stays finite.
    limits_steps: bool = False


def _field(default: Any, setting: Setting) -> Any:
    return dataclasses.field(default=default, metadata={_KEY: setting})


def integer(default: int, low: int, high: int, meaning: str, *, core: str | None = None) -> Any:
    """A whole number from `low` to `high`."""
    return _field(default, Setting(
        meaning, f"int, {_plain(low)} to {_plain(high)}",
        lambda name, value: arguments.integer(name, value, low, high), lambda value: value, core,
    ))  # fmt: skip


def number(
    default: float, low: float, high: float, meaning: str,
    *, core: str | None = None, limits_steps: bool = False,
) -> Any:  # fmt: skip
    """A finite number from `low` to `high`."""
    return _field(default, Setting(
        meaning, f"float, {low:g} to {high:g}",
        lambda name, value: arguments.finite(name, value, low, high), lambda value: value, core,
        limits_steps,
    ))  # fmt: skip


def choice(default: str, codes: Mapping[str, int], meaning: str, *, core: str | None = None) -> Any:
    """One of some names, for which the core has numbers."""
    return _field(default, Setting(
        meaning, "{" + ", ".join(f'"{name}"' for name in codes) + "}",
        lambda name, value: arguments.choice(name, value, codes), codes.__getitem__, core,
    ))  # fmt: skip


def boolean(default: bool, meaning: str, *, core: str | None = None) -> Any:
    """True or False."""
    return _field(default, Setting(meaning, "bool", arguments.boolean, int, core))


def other(
    default: Any, kind: str, check: Callable[[str, Any], Any], meaning: str,
    *, encode: Callable[[Any], Any] = lambda value: value, core: str | None = None,
) -> Any:  # fmt: skip
    """A setting with a check of its own."""
    return _field(default, Setting(meaning, kind, check, encode, core))


def _plain(number: int) -> str:
    """10**9 and not 1000000000."""
    digits = str(number)
    return f"10**{len(digits) - 1}" if number >= 10**4 and digits.strip("0") == "1" else digits


@dataclasses.dataclass(frozen=True)
class Settings:
    """Base of the settings of all methods; instances are checked and do not change."""

    @classmethod
    def declared(cls) -> dict[str, Setting]:
        """What each setting carries, in order.

        Returns
        -------
        dict of str to Setting
            By the names of the settings.
        """
        return {field.name: field.metadata[_KEY] for field in dataclasses.fields(cls)}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Settings from all of the arguments of a function, such as its ``locals()``.

        Parameters
        ----------
        given : mapping
            Values by name; names that are no settings do not count.

        Returns
        -------
        Settings
            Checked; settings that are not given have their defaults.

        Raises
        ------
        ArgumentError, TypeError
            For a value that is not permitted.
        """
        return cls()._replaced(cls.among(given))

    def changed(self, **given: Any) -> Self:
        """These settings with those that are given and not None put in; errors as for `of`.

        Parameters
        ----------
        **given
            Values by name; a name that is no setting is a TypeError.

        Returns
        -------
        Settings
            New ones; these stay as they are.
        """
        values = {name: value for name, value in given.items() if value is not None}
        if unknown := values.keys() - self.declared().keys():
            raise TypeError(f"there is no setting {min(unknown)!r}")
        return self._replaced(values)

    @classmethod
    def among(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the arguments of a function that are settings.

        Parameters
        ----------
        given : mapping
            Arguments by name, such as the ``locals()`` of the function.

        Returns
        -------
        dict
            The settings among them, by name.
        """
        return {name: given[name] for name in cls.declared() if name in given}

    def _replaced(self, values: dict[str, Any]) -> Self:
        declared = self.declared()
        checked = {name: declared[name].check(name, value) for name, value in values.items()}
        return dataclasses.replace(self, **checked).completed()

    def completed(self) -> Self:
        """These settings, with what follows from others filled in.

        Returns
        -------
        Settings
            Complete.

        Raises
        ------
        ArgumentError
            If the values do not fit each other.
        """
        return self

    @classmethod
    def restored(cls, stored: Any) -> Self:
        """Settings from what a file says of them.

        Parameters
        ----------
        stored : dict
            All settings by name, and no others.

        Returns
        -------
        Settings
            Checked.
        """
        if not isinstance(stored, dict) or stored.keys() != cls.declared().keys():
            raise ArgumentError(f"the {cls.__name__.lower()} is not complete")
        return cls.of(stored)

    def with_smaller_steps(self) -> str:
        """Which settings make the steps smaller of a training that went astray.

        Returns
        -------
        str
            For a message; those that are 0 are not in force.
        """
        names = [name for name, setting in self.declared().items() if setting.limits_steps]
        listed = [
            f"{name} (it is {getattr(self, name):g})" for name in names if getattr(self, name)
        ]
        return f"lower {' or '.join(listed)}"

    def record(self, **others: Any) -> dict[str, Any]:
        """The fields of the structure that the core takes.

        Parameters
        ----------
        **others
            Fields of the structure that are no settings.

        Returns
        -------
        dict of str to object
            By the names in the core.
        """
        fields = {
            setting.core or name: setting.encode(getattr(self, name))
            for name, setting in self.declared().items()
            if setting.core != ""
        }
        return fields | others

    @classmethod
    def documentation(cls, indent: str) -> str:
        """The entries of a docstring's list of parameters.

        Parameters
        ----------
        indent : str
            Spaces that every line but the first begins with.

        Returns
        -------
        str
            Name, type, range, meaning and default of each setting.
        """
        entries = []
        for field in dataclasses.fields(cls):
            setting: Setting = field.metadata[_KEY]
            text = f"{setting.meaning} Default: {_shown(field.default)}."
            lines = textwrap.wrap(text, 96 - len(indent), break_long_words=False)
            entries.append(f"{field.name} : {setting.kind}, optional")
            entries += ["    " + line for line in lines]
        return "\n".join(indent + line for line in entries).lstrip()


def _shown(default: Any) -> str:
    return f'"{default}"' if isinstance(default, str) else str(default)


_Documented = TypeVar("_Documented")
_Kind = TypeVar("_Kind", bound=Settings)


def documented(kind: type[Settings]) -> Callable[[_Documented], _Documented]:
    """A function or class whose docstring has the settings in place of ``{settings}``."""

    def complete(described: _Documented) -> _Documented:
        text = described.__doc__ or ""
        line = next(line for line in text.splitlines() if "{settings}" in line)
        indent = line[: len(line) - len(line.lstrip())]
        described.__doc__ = text.replace("{settings}", kind.documentation(indent))
        return described

    return complete


def self_documented(kind: type[_Kind]) -> type[_Kind]:
    """The same of the settings themselves."""
    return documented(kind)(kind)
