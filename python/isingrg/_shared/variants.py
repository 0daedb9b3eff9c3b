"""Which of the compiled libraries of a wheel is loaded.

A wheel carries the library once for every x86-64 machine and, in the folder `variants`, once for
each larger instruction set. A build from source has one library, for its own machine, and no such
folder. The environment variable ISINGRG_ISA asks for one of them by the name that
`isingrg.instruction_set` reports.
"""

from __future__ import annotations

import os
from pathlib import Path

_LIBRARY = "libisingrg.so"
_FOLDER = Path(__file__).parent / "variants"

#: The features of processors, as Linux names them, that an instruction set takes, the largest
#: first: what compilers use of Skylake-X and of Haswell.
_AVX2 = {"avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe"}
_FEATURES = {
    "avx512": _AVX2 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "avx2": _AVX2,
}


def load() -> None:
    """Loads the best library for this machine, or the one asked for, and then the extension.

    The extension is linked to a library of this name and takes the one that is there already.
    """
    if not _FOLDER.parent.is_dir():
        raise ImportError(
            f"isingrg has compiled parts, which Python cannot load from {str(_FOLDER.parent)!r}: "
            "import it from a folder, not from an archive"
        )
    wanted = os.environ.get("ISINGRG_ISA", "")
    present = [name for name in _FEATURES if (_FOLDER / name / _LIBRARY).exists()]
    features = _features() if present else set()
    suited = [name for name in present if _FEATURES[name] <= features]
    if wanted in present and wanted not in suited:
        raise ImportError(f"ISINGRG_ISA is {wanted!r}, an instruction set this machine lacks")
    chosen = [name for name in suited if wanted in ("", name)]
    if chosen:
        import ctypes  # builds from source do without

        ctypes.CDLL(str(_FOLDER / chosen[0] / _LIBRARY))
    from isingrg import _core

    loaded = _core.instruction_set()
    if wanted not in ("", loaded):
        raise ImportError(
            f"ISINGRG_ISA is {wanted!r}, but this build of isingrg has only "
            f"{', '.join(map(repr, [*present, loaded]))}"
        )


def _features() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


load()
