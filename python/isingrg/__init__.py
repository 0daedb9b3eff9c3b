"""Neural renormalization-group methods for the two-dimensional Ising model.

`isingrg.ising` samples configurations and computes exact results. `isingrg.mlrg` learns the
renormalization-group flow of couplings, `isingrg.neuralrg` that of configurations, and
`isingrg.graphvae` a latent variable of every scale; `isingrg.multilevel` draws configurations from
coarse to fine with known probabilities. `isingrg.mcrg` reads exponents and couplings off block
spins of sampled configurations. `isingrg.tensorrg` contracts lattice models with a controlled
error, `isingrg.statistics` gives estimates their errors, and `isingrg.plot` draws all of it.
`isingrg.ensemble` repeats trainings, or any function, over settings and seeds, on one machine or
many.

Arrays are NumPy in C order, spins are int8. Tensors of other libraries in the memory of the CPU,
such as those of PyTorch and JAX, are taken through DLPack, without a copy where their form allows
it. Every random function takes a seed: equal seeds give equal results whatever the number of
threads.
"""

import sys as _sys

# Before anything that needs the extension.
from isingrg._shared import variants as _variants  # noqa: F401  # isort: skip

from isingrg._citation import citation
from isingrg._shared.errors import (
    ArgumentError,
    ConvergenceError,
    Interrupted,
    IsingRGError,
    NonFiniteError,
)
from isingrg._shared.library import (
    __version__,
    abi_version,
    get_num_threads,
    instruction_set,
    set_num_threads,
)
from isingrg._shared.training import TrainingRecord

from isingrg import graphvae, ising, mcrg, mlrg, multilevel, neuralrg, plot, statistics, tensorrg  # isort: skip
from isingrg._ensemble import ensemble  # isort: skip
from isingrg._shared.signatures import without_quotes as _without_quotes

__all__ = [
    "ArgumentError",
    "ConvergenceError",
    "Interrupted",
    "IsingRGError",
    "NonFiniteError",
    "TrainingRecord",
    "__version__",
    "abi_version",
    "citation",
    "ensemble",
    "get_num_threads",
    "graphvae",
    "instruction_set",
    "ising",
    "mcrg",
    "mlrg",
    "multilevel",
    "neuralrg",
    "plot",
    "set_num_threads",
    "statistics",
    "tensorrg",
]

_without_quotes(_sys.modules[__name__])
_without_quotes(mlrg.settings)
