"""Models of the machine-learning renormalization group in files."""

from typing import Any

import numpy as np

from isingrg import _core
from isingrg._files import Path
from isingrg._storage import Format, NativeState, reading
from isingrg.mlrg._couplings import Floats

FORMAT = Format("isingrg.mlrg", 2)

STATE = NativeState(
    _core.mlrg_array_count,
    _core.mlrg_array_info,
    _core.mlrg_read_array,
    _core.mlrg_write_array,
    # The number of proposals is that of the training, not of the model.
    free_rows=("proposal.couplings",),
)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    """What was written, in the newest version; errors as those of `Format.read`."""
    version, described, arrays = FORMAT.read(path)
    if version < 2:
        with reading(path):
            _complete(described, arrays)
    return described, arrays


def _complete(described: dict[str, Any], arrays: dict[str, Floats]) -> None:
    """Puts what the first version of the format did not know, and did not do, into a model."""
    described["configuration"]["symmetric"] = False
    described["training"] |= {"proposal": "squared", "replicas": 1, "ray": 0.0}
    arrays["history.swap_rate"] = np.full_like(arrays["history.loss"], np.nan)
