"""The exceptions of the package. The extension raises these very classes."""

from __future__ import annotations


class IsingRGError(Exception):
    """Base of every error that isingrg itself raises."""


class ArgumentError(IsingRGError, ValueError):
    """An argument is outside its permitted range; the message names it and the range."""


class ConvergenceError(IsingRGError):
    """An iteration or an estimate did not reach its tolerance."""


class NonFiniteError(IsingRGError, ArithmeticError):
    """A number became NaN or infinite where a finite one is required."""


class Interrupted(IsingRGError):
    """A `progress` callable returned False, so the computation stopped."""


# Tracebacks and pickles name them as users write them.
for _error in (IsingRGError, ArgumentError, ConvergenceError, NonFiniteError, Interrupted):
    _error.__module__ = "isingrg"
