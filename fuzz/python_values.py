"""Values nobody expects, and unusual forms of arrays that mean the same."""

import array
import decimal
import fractions
import math
import mmap

import numpy as np
from hypothesis import strategies as st


class Raised(Exception):
    """What hostile objects raise; it must come out unchanged."""


class Broken:
    """Every question that NumPy or the package asks an object, answered with an exception."""

    def _raise(self, *_, **__):
        raise Raised("hostile")

    __index__ = __int__ = __float__ = __len__ = __iter__ = __getitem__ = __call__ = _raise
    __array__ = __fspath__ = __dlpack__ = __dlpack_device__ = __eq__ = __lt__ = _raise
    __hash__ = object.__hash__


class Subclass(np.ndarray):
    """An array that is not quite one."""


class FloatSubclass(float):
    pass


#: For each kind the smallest beyond a range, and where conversions go wrong.
NUMBERS = [
    math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e-310, 1e308, -1e308, 1e16, 0.5, -1, 0, 1, 3,
    2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**64), 10**400, 10**5000,
    True, False, np.True_, np.int8(-128), np.uint64(2**64 - 1), np.float16("inf"),
    np.float32("nan"), np.longdouble("1e4000"), np.complex64(1j), 1j, np.datetime64("NaT"),
    np.timedelta64(1, "s"), fractions.Fraction(1, 3), fractions.Fraction(10**400),
    decimal.Decimal("0.1"), decimal.Decimal("NaN"), FloatSubclass(0.5), FloatSubclass("nan"),
]  # fmt: skip
OBJECTS = [
    None, ..., NotImplemented, "", "A1", "0.5", "\0", "\ud800", "é" * 3, b"A1", "x" * 9999, (), [],
    {}, set(), {"a": 1}, [[1, 2], [3]], [None], ["a"], (1, "a"), range(3), slice(None), object(),
    object, print, len, Broken(), Broken, lambda: None, iter([1.0]), memoryview(b"abcd"),
    bytearray(8), array.array("d", [0.1, 0.2]), np.dtype("f8"), np.random.default_rng(0),
]  # fmt: skip
DTYPES = [
    "?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "F", "D", "G", "O",
    "U3", "S3", "M8[s]", "m8[s]", ">i2", ">f4", ">f8", ">u8", "V4", [("a", "f8"), ("b", "i4")],
]  # fmt: skip
#: Shapes; the last ones only as views of a single number.
SHAPES = [(), (0,), (1,), (3,), (0, 0), (0, 4, 4), (4, 4, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5,)]
SHAPES += [(2, 5), (2, 4, 4), (1, 1, 1, 4, 4), (1,) * 32]
HUGE = [(10**12,), (10**6, 10**6), (10**8, 64, 64), (2**40, 4, 4), (10**11, 5), (2, 2**36)]


def _strange_array(draw):
    dtype = draw(st.sampled_from(DTYPES))
    huge = draw(st.integers(0, 9)) == 0
    shape = draw(st.sampled_from(HUGE if huge else SHAPES))
    if huge:
        return np.broadcast_to(np.zeros((), dtype), shape)
    number = draw(st.sampled_from([0, 1, -1, 0.5, math.nan, math.inf, -0.0, 5e-324, 1e30, 300]))
    with np.errstate(all="ignore"):
        try:
            return np.full(shape, number).astype(dtype)
        except (TypeError, ValueError, OverflowError):
            return np.zeros(shape, dtype)


hostile = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(OBJECTS),
    st.composite(_strange_array)(),
    st.integers(),
    st.floats(),
    st.text("aA1+E-. \0é", max_size=5),
)


# Forms of an array that mean the same


def _strided(a):
    if a.ndim == 0:
        return a
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def _unaligned(a):
    raw = np.zeros(a.nbytes + 1, np.uint8)
    view = raw[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


def _mapped(a):
    if not a.nbytes:
        return a
    mapped = np.frombuffer(mmap.mmap(-1, a.nbytes), a.dtype).reshape(a.shape)
    mapped[...] = a
    return mapped


def _read_only(a):
    frozen = a.copy()
    frozen.flags.writeable = False
    return frozen


FORMS = {
    "itself": lambda a: a,
    "strided": _strided,
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1] if a.ndim else a,
    "fortran": np.asfortranarray,
    "transposed": lambda a: a.T.copy().T,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "unaligned": _unaligned,
    "read only": _read_only,
    "subclass": lambda a: a.view(Subclass),
    "masked": np.ma.array,
    "matrix": lambda a: a.view(np.matrix) if a.ndim == 2 else a,
    "memory map": _mapped,
    "list": lambda a: a.tolist(),
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape) if a.ndim and a.size else a,
    "long double": lambda a: a.astype("g"),
    "memoryview": lambda a: memoryview(a) if a.size else a,
}


def plain(value):
    """The same numbers in a form that nobody can misread."""
    if isinstance(value, np.ma.MaskedArray):
        value = value.data
    if isinstance(value, (np.ndarray, memoryview)):
        value = np.asarray(value)
        native = value.dtype.newbyteorder("=") if value.dtype.kind in "iuf" else value.dtype
        return np.array(value, native, order="C")
    return value


def in_any_form(arrays):
    """Arrays of a strategy, each in one of the forms."""
    return st.builds(lambda a, form: FORMS[form](np.asarray(a)), arrays, st.sampled_from([*FORMS]))
