"""The native library as a whole: versions and threads."""

from __future__ import annotations

from typing import Any

from isingrg import _core
from isingrg._shared import arguments

__version__: str = _core.version()


def abi_version() -> int:
    """Version of the C interface the package is linked to (`isingrg.h`).

    Returns
    -------
    int
        It is raised whenever a function or a structure of the header changes its meaning.
    """
    return _core.abi_version()


def instruction_set() -> str:
    """The instruction set the native library was compiled for.

    Returns
    -------
    str
        Such as "avx2".
    """
    return _core.instruction_set()


def set_num_threads(n: Any) -> None:
    """Set the number of threads of every call, the calling one included.

    Results do not depend on it.

    Parameters
    ----------
    n : int
        1 to 1024. By default the number in the environment variable ISINGRG_NUM_THREADS, or else
        that of the processors which the process may keep busy: those of its affinity (taskset), or
        fewer if the quota of a control group of Linux, such as that of a container, grants less
        time, rounded up.
    """
    _core.set_num_threads(arguments.integer("n", n, 1, 1024))


def get_num_threads() -> int:
    """The number of threads used by each call.

    Returns
    -------
    int
        1 to 1024; see `set_num_threads`.

    Raises
    ------
    ArgumentError
        If ISINGRG_NUM_THREADS is not such a number, and none was set. All other functions that
        compute raise it as well.
    """
    return _core.get_num_threads()
