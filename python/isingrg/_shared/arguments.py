"""The one place where arguments are checked and brought into the form the core wants.

Every message names the argument, what is permitted and what was given. A wrong kind of object is
a TypeError, a wrong value an `ArgumentError` (which is a ValueError).
"""

from __future__ import annotations

import difflib
import math
import numbers
import operator
import os
import sys
from collections.abc import Iterable, Sequence, Sized
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isingrg._shared.errors import ArgumentError

#: Numbers that are looked at together: Ctrl-C is seen in between, and temporary arrays stay small.
_PIECE = 2**20

LARGEST_SEED = 2**64 - 1


def given(value: Any) -> str:
    """A value as messages show it, which is not always possible."""
    try:
        text = repr(value)
    except Exception:  # of integers with thousands of digits, for one
        return f"one of the type {_kind(value)} that cannot be shown"
    return text if len(text) <= 60 else text[:57] + "..."


def _kind(value: Any) -> str:
    return type(value).__name__


# Scalars


def integer(name: str, value: Any, low: int, high: int, *, even: bool = False) -> int:
    """A Python int from `low` to `high`; anything with `__index__` except a bool."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        advice = _advice(name, value)
        raise TypeError(f"{name} must be an integer, not {_kind(value)}{advice}") from None
    if not low <= number <= high or (even and number % 2):
        what = "even and from" if even else "from"
        raise ArgumentError(f"{name} must be {what} {low} to {high}, got {given(number)}")
    return number


def _advice(name: str, value: Any) -> str:
    """What is supported instead of a size or a seed as other libraries take it."""
    if name == "L" and isinstance(value, (tuple, list, np.ndarray)):
        return "; lattices are square, L x L"
    if not name.startswith("seed"):
        return ""
    if value is None:
        return (
            "; equal seeds give equal results, and none is drawn from the clock: for a new one in "
            "each run give secrets.randbits(64)"
        )
    if isinstance(value, np.random.Generator):
        return "; generators are not supported: give generator.integers(2**63)"
    if isinstance(value, (np.random.RandomState, np.random.BitGenerator, np.random.SeedSequence)):
        return "; generators are not supported: give a number drawn from it"
    return ""


def seed(value: Any, name: str = "seed") -> int:
    """A random seed: 0 to 2**64 - 1."""
    try:
        return integer(name, value, 0, LARGEST_SEED)
    except ArgumentError:
        raise ArgumentError(
            f"{name} must be from 0 to 2**64 - 1, got {given(operator.index(value))}"
        ) from None


def finite(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite Python float from `low` to `high`."""
    array = reals(name, value)
    if array.ndim != 0:
        raise TypeError(f"{name} must be a single number, not an array of shape {array.shape}")
    number = float(array)
    if not low <= number <= high:
        raise ArgumentError(f"{name} must be {_interval(low, high)}, got {number!r}")
    return number


def boolean(name: str, value: Any) -> bool:
    """True or False, of Python or NumPy."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, not {_kind(value)}")
    return bool(value)


def choice(name: str, value: Any, permitted: Iterable[str]) -> str:
    """One of some names; a misspelt one is answered with the nearest."""
    permitted = list(permitted)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {_quoted(permitted)}, not {_kind(value)}")
    if value in permitted:
        return str(value)
    near = {option.lower(): option for option in permitted}
    nearest = difflib.get_close_matches(value.lower(), near, n=1, cutoff=0.5)
    hint = f"; did you mean {near[nearest[0]]!r}?" if nearest else ""
    raise ArgumentError(f"{name} must be one of {_quoted(permitted)}, got {given(value)}{hint}")


def widths(name: str, value: Any, most: int, widest: int) -> tuple[int, ...]:
    """Widths of 1 to `most` hidden layers, 1 to `widest` each."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(
            f"{name} must be a sequence of layer widths such as (32, 32), not {_kind(value)}"
        )
    layers = tuple(islice(value, most + 1))  # a huge array is not looked through
    if not 1 <= len(layers) <= most:
        count = len(value) if isinstance(value, Sized) else f"at least {len(layers)}"
        raise ArgumentError(f"{name} must list 1 to {most} layers, got {count}")
    return tuple(integer(f"{name} width", layer, 1, widest) for layer in layers)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _interval(low: float, high: float) -> str:
    if low == -math.inf and high == math.inf:
        return "finite"
    if -low == high == MODERATE:
        return f"finite, at most {high:g} in magnitude"
    if high == math.inf:
        return f"finite and at least {low:g}"
    if low == -math.inf:
        return f"finite and at most {high:g}"
    return f"from {low:g} to {high:g}"


# Arrays

#: Memory that the CPU can read, by the device types of DLPack: its own, that of CUDA and ROCm
#: hosts, and managed by CUDA.
_READABLE_DEVICES = {1, 3, 11, 13}


def from_dlpack(name: str, value: Any) -> Any:
    """What other libraries export through DLPack as an array of NumPy, anything else as it is.

    The memory is shared, of a PyTorch tensor or a JAX array for instance. Tensors that cannot be
    exported, because they require gradients, have a dtype unknown to NumPy or no memory at all,
    are a TypeError.
    """
    if isinstance(value, np.ndarray) or not hasattr(value, "__dlpack__"):
        return value
    try:
        device, _ = value.__dlpack_device__()
        if device in _READABLE_DEVICES:
            return _imported(value)
    except (BufferError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise TypeError(
            f"{name} cannot be read as an array through DLPack from {_kind(value)}: {error}"
        ) from None
    where = getattr(value, "device", f"of DLPack type {int(device)}")
    raise ArgumentError(
        f"{name} must be in the memory of the CPU, got a {_kind(value)} on the device {where}; "
        "copy it to the CPU first"
    )


def _imported(value: Any) -> NDArray[Any]:
    """As `np.from_dlpack`, but for what an export of PyTorch does not say."""
    resolve_minus = getattr(value, "resolve_neg", None)  # of tensors that are read with a minus
    array = np.from_dlpack(value if resolve_minus is None else resolve_minus())
    if array.size and array.flags.owndata:  # NumPy had to allocate, as the address is NULL
        raise BufferError("it has no memory")
    return array


def is_masked(value: Any) -> bool:
    """Whether a value is masked, also in lists of masked arrays: NumPy forgets that there."""
    if isinstance(value, (list, tuple)):
        return any(map(is_masked, value))
    return _is_masked_array(value) and np.ma.is_masked(value)


def _is_masked_array(value: Any) -> bool:
    # Without `np.ma`, which is imported when it is first asked for: a child forked meanwhile would
    # wait for ever. Where nobody has imported it, nothing is masked.
    kind = getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)
    return kind is not None and isinstance(value, kind)


def unmasked(name: str, value: Any) -> Any:
    """The plain array of a masked one in which nothing is masked; anything else as it is."""
    if is_masked(value):
        raise ArgumentError(f"{name} must have no masked values")
    return value.data if _is_masked_array(value) else value


def from_bits(array: NDArray[Any]) -> str:
    """How spins of another convention become ours, as the core says it, too."""
    s = "s.astype(int)" if array.dtype.kind == "u" else "s"  # unsigned integers have no -1
    return f"; of spins 0 and 1, 2*{s} - 1 makes -1 and +1"


def real_array(name: str, value: Any) -> NDArray[Any]:
    """Any array-like as a plain array of real numbers, also NaN, not yet converted."""
    value = from_dlpack(name, value)
    value = unmasked(name, value)
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.generic)):
        # Subclasses of float and int, fractions: Python knows how to make a float of them.
        try:
            value = value if isinstance(value, int) and abs(value) < 2**63 else float(value)
        except OverflowError:
            raise ArgumentError(f"{name} must be finite, got {given(value)}") from None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise TypeError(f"{name} must be a number or a rectangular array of numbers") from None
    if array.dtype.kind not in "iuf":
        hint = from_bits(array) if array.dtype == bool and name == "spins" else ""
        raise TypeError(f"{name} must hold real numbers, not {_kind_of_items(value, array)}{hint}")
    return array


def _kind_of_items(value: Any, array: NDArray[Any]) -> str:
    return _kind(value) if array.ndim == 0 else array.dtype.name


#: What `moderate` permits.
MODERATE = 1e100


def moderate(name: str, value: Any) -> NDArray[np.float64]:
    """As `reals`, of numbers whose squares and sums of squares are in range as well."""
    return reals(name, value, -MODERATE, MODERATE)


def reals(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf
) -> NDArray[np.float64]:
    """Finite float64 numbers of any shape, C-contiguous, from `low` to `high`.

    The result is the given array itself, or shares its memory, when it is already of that form.
    """
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes an infinity, refused
        array = real_array(name, value)
        array = np.require(array, np.float64, ["C_CONTIGUOUS", "ALIGNED"])
    flat = array.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        piece = flat[start : start + _PIECE]
        # NaN compares false, so the test is written to let only good numbers through.
        good = np.isfinite(piece) & (piece >= low) & (piece <= high)
        if not good.all():
            first = float(piece[~good][0])
            raise ArgumentError(f"{name} must be {_interval(low, high)}, got {first!r}")
    return array


def integers(name: str, value: Any, low: int, high: int) -> NDArray[Any]:
    """Integers of any shape and size from `low` to `high`."""
    array = real_array(name, value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, not {array.dtype.name}")
    good = (array >= low) & (array <= high)
    if not good.all():
        raise ArgumentError(f"{name} must be from {low} to {high}, got {array[~good].flat[0]}")
    return array


def spins(value: Any, name: str = "spins", *, least: int = 2) -> NDArray[np.int8]:
    """Configurations (..., L, L) as C-contiguous int8, from any integer or floating dtype.

    int8 in C order is not copied, and whether it holds +1 and -1 only is left to the core, which
    looks at every spin anyway. Other dtypes are converted only if no value changes.
    """
    array = real_array(name, value)
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.shape[-1] < least:
        raise ArgumentError(
            f"{name} must have the shape (..., L, L) with L at least {least}, got {array.shape}"
        )
    with np.errstate(invalid="ignore"):
        converted = np.asarray(array, dtype=np.int8, order="C")
    if array.dtype != np.int8:
        is_unsigned = array.dtype.kind == "u"
        wrong = array[(array != 1) if is_unsigned else (converted != array)]
        if wrong.size:
            hint = from_bits(array) if is_unsigned else ""
            raise ArgumentError(
                f"{name} must be +1 or -1 everywhere, got {wrong[0].item()!r}{hint}"
            )
    return converted


# Memory


def allocate(name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An uninitialised array, refused with the bytes it would need if the machine has fewer."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > memory:
        raise MemoryError(
            f"{name} of shape {shape} would need {size:.3g} bytes; this machine has {memory:.3g}"
        )
    return np.empty(shape, dtype=dtype)
