"""A density that the user programs, with its gradient or by automatic differentiation."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from isingrg import _core
from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError, Interrupted, NonFiniteError
from isingrg._shared.optional import package
from isingrg.neuralrg._samples import Floats, Sides, sides
from isingrg.neuralrg._symmetry import Symmetry
from isingrg.neuralrg.targets import Target

#: Of the check: step of the differences, and the part of the change of ln pi that may be wrong.
_STEP, _TOLERANCE = 1e-4, 1e-4
#: Configurations that the core hands over at most.
_TOGETHER = 32


class FunctionTarget(Target):
    """A density that a function of the user evaluates, for a batch of configurations.

    The function is called with 1 to 32 configurations at a time while a flow is trained, and may be
    called on other threads than the one that called `fit`, but never on two at once. An exception
    that it raises ends the call, and the model stays at its last complete step. A model file holds
    the name only: `NeuralRG.load` then takes the target again.

    Parameters
    ----------
    function : callable
        Of x, shape (n, L, L), on a ring (n, L): an array of float64, or with `autodiff` a tensor of
        that library. It returns (ln pi(x), gradient), shapes (n,) and that of x; with `autodiff`
        ln pi(x) alone.
    L : int or (int, int) or (int,)
        Linear size, a power of two, 2 to 64; rows and columns of a rectangle; sites of a ring, 2 to
        4096.
    name : str
        What files call it.
    autodiff : {"torch", "jax"}, optional
        Library whose automatic differentiation gives the gradient. Needs torch or jax.
    check : bool
        Compare the gradient with differences of ln pi, two answers to the same question, and those
        to images under the symmetry, when a first model is made with it.

    Examples
    --------
    >>> def double_well(x):
    ...     return -((x**2 - 1) ** 2).sum(axis=(1, 2)), -4 * x * (x**2 - 1)
    >>> target = FunctionTarget(double_well, 4, name="double well")
    >>> flow = NeuralRG(4, target=target, layers=4).fit(3, 32)
    """

    kind = "function"

    def __init__(
        self, function: Callable[[Any], Any], L: Sides, *, name: str = "function",
        autodiff: str | None = None, check: bool = True,
    ) -> None:  # fmt: skip
        if not callable(function):
            raise TypeError(f"function must be callable, not {type(function).__name__}")
        self.L = sides("L", L, even=False)
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, not {type(name).__name__}")
        self.name = name
        if autodiff is not None:
            arguments.choice("autodiff", autodiff, _DIFFERENTIATED)
        self._autodiff = autodiff
        self._function = function
        self._check = arguments.boolean("check", check)
        #: What has been compared: `symmetric`, and groups.
        self._passed: set[bool | Symmetry] = set()
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._finite = True

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_lock": None, "_failure": None, "_finite": True}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_lock": threading.Lock()}

    def _log_densities(self, rows: Floats) -> Floats:
        parts = [
            self._evaluated(rows[start : start + _TOGETHER].copy())[0]
            for start in range(0, len(rows), _TOGETHER)
        ]
        return np.concatenate([np.empty(0), *parts])

    def _evaluated(self, x: Floats) -> tuple[Floats, Floats]:
        """ln pi and its gradient, checked; x is the function's own."""
        if self._autodiff is None:
            with np.errstate(over="ignore", invalid="ignore"):
                answer = self._function(x)
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise TypeError(
                    "the function of the target must return (ln pi, gradient), or ln pi alone with "
                    f"autodiff; it returned {arguments.given(answer)}"
                )
        else:
            answer = _DIFFERENTIATED[self._autodiff](self._function, x)
        density, gradient = (
            arguments.real_array(name, arguments.from_dlpack(name, value)).astype(float)
            for name, value in zip(("ln pi of the target", "its gradient"), answer, strict=True)
        )
        wanted = {"ln pi": x.shape[:1], "gradient": x.shape}
        for (what, shape), found in zip(wanted.items(), (density, gradient), strict=True):
            if found.shape != shape:
                raise ArgumentError(
                    f"{what} of the target must have the shape {shape}, got {found.shape}"
                )
        return density, gradient

    # What the core calls

    def __call__(self, x: memoryview, density: memoryview, gradient: memoryview | None) -> bool:
        """Fills what the core wants; False after a failure, which is kept."""
        rows = np.frombuffer(x).reshape(-1, *self._shape).copy()
        with self._lock:
            if self._failure is not None:
                return False
            try:
                found, slopes = self._evaluated(rows)
            except BaseException as error:
                # Its traceback holds this frame, whose views end with the call.
                x = density = gradient = None  # type: ignore[assignment]
                self._failure = error
                return False
        self._finite &= bool(np.isfinite(found).all() and np.isfinite(slopes).all())
        np.frombuffer(density)[:] = found
        if gradient is not None:
            np.frombuffer(gradient)[:] = slopes.ravel()
        return True

    # Checks on first use

    def checked(self, symmetric: bool) -> None:
        """Compares gradient and differences at a few configurations, the first time.

        Parameters
        ----------
        symmetric : bool
            Whether ln pi(-x) has to be ln pi(x).

        Raises
        ------
        ArgumentError
            If the gradient is not that of ln pi, if ln pi is another one at the second time, or if
            it changes with the sign of x although `symmetric`.
        """
        if self._check and symmetric not in self._passed:
            self._compare(symmetric)
            self._passed.add(symmetric)

    def _check_symmetry(self, group: Symmetry) -> None:
        if self._check and group not in self._passed:
            super()._check_symmetry(group)
            self._passed.add(group)

    def _compare(self, symmetric: bool) -> None:
        random = np.random.default_rng(0)
        x, directions = random.standard_normal((2, 4, *self._shape))
        axes = tuple(range(1, x.ndim))
        directions /= np.sqrt((directions**2).sum(axis=axes, keepdims=True))
        density, gradient = self._evaluated(x.copy())
        again, _ = self._evaluated(x.copy())
        scale = np.abs(density) + 1
        if (np.abs(again - density) > 1e-6 * scale).any():
            raise ArgumentError("the function of the target gives another ln pi for the same x")
        ahead, behind = (self._evaluated(x + sign * _STEP * directions)[0] for sign in (1, -1))
        slope = (gradient * directions).sum(axis=axes)
        expected = (ahead - behind) / (2 * _STEP)
        allowed = _TOLERANCE * (1 + np.abs(expected)) + 1e-11 * scale / _STEP
        wrong = np.abs(slope - expected) > allowed
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ArgumentError(
                "the gradient of the target is not that of ln pi: along a random direction it is "
                f"{slope[at]:.6g}, and differences of ln pi give {expected[at]:.6g}"
            )
        turned, _ = self._evaluated(-x)
        if symmetric and (np.abs(turned - density) > 1e-6 * scale).any():
            raise ArgumentError(
                "ln pi of the target changes with the sign of x: give symmetric=False"
            )

    def _description(self) -> dict[str, Any]:
        return {"L": self.L, "name": self.name}

    def _record(self) -> dict[str, Any]:
        return {"kind": _core.NEURALRG_FUNCTION, "function": self}


def _by_torch(function: Callable[[Any], Any], x: Floats) -> tuple[Any, Any]:
    torch = package("torch", "this target is differentiated by PyTorch")
    tensor = torch.from_numpy(x).requires_grad_(True)
    with torch.enable_grad():
        density = function(tensor)
        (gradient,) = torch.autograd.grad(density.sum(), tensor)
    return density.detach(), gradient


def _by_jax(function: Callable[[Any], Any], x: Floats) -> tuple[Any, Any]:
    jax = package("jax", "this target is differentiated by JAX")
    density, back = jax.vjp(function, jax.numpy.asarray(x))
    (gradient,) = back(jax.numpy.ones_like(density))
    return np.asarray(density), np.asarray(gradient)


_DIFFERENTIATED = {"torch": _by_torch, "jax": _by_jax}


@contextlib.contextmanager
def following(target: Target) -> Iterator[None]:
    """Raises what a function of the user raised in place of the stop that it caused."""
    if not isinstance(target, FunctionTarget):
        yield
        return
    target._failure, target._finite = None, True
    try:
        yield
    except NonFiniteError as error:
        if not target._finite:
            error.add_note("isingrg: ln pi of the target or its gradient was not finite")
        raise
    except Interrupted as stopped:
        failure, target._failure = target._failure, None
        if failure is None:
            raise
        for note in getattr(stopped, "__notes__", ()):  # at which step the model is
            failure.add_note(note)
        raise failure from None
