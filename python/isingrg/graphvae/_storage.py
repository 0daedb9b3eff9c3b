"""Graph variational autoencoders in files."""

from isingrg import _core
from isingrg._storage import Format, NativeState

FORMAT = Format("isingrg.graphvae", 1)

STATE = NativeState(
    _core.graphvae_array_count,
    _core.graphvae_array_info,
    _core.graphvae_read_array,
    _core.graphvae_write_array,
)
