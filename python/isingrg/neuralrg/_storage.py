"""Normalizing flows in files."""

from isingrg import _core
from isingrg._storage import Format, NativeState

FORMAT = Format("isingrg.neuralrg", 1)

STATE = NativeState(
    _core.neuralrg_array_count,
    _core.neuralrg_array_info,
    _core.neuralrg_read_array,
    _core.neuralrg_write_array,
)
