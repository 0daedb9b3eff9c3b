"""Neural renormalization-group methods for the two-dimensional Ising model.

`isingrg.ising` makes Monte Carlo data and knows the exact answers; `isingrg.mlrg` learns the
renormalization-group flow of couplings, `isingrg.neuralrg` that of configurations,
`isingrg.graphvae` latent variables of every scale; `isingrg.plot` draws all of it;
`isingrg.ensemble` runs many trainings, or any function, over settings and seeds, on one machine or
many. Arrays are NumPy in C order, spins are int8; tensors of other libraries in the memory of the
CPU, such as PyTorch and JAX, are taken through DLPack, without a copy where that is their form.
Every random function takes a seed: equal seeds give equal results whatever the number of threads.
"""

# Before anything that needs the extension.
import isingrg._variants  # noqa: F401  # isort: skip

from isingrg._citation import citation
from isingrg._errors import (
    ArgumentError,
    ConvergenceError,
    Interrupted,
    IsingRGError,
    NonFiniteError,
)
from isingrg._library import (
    __version__,
    abi_version,
    get_num_threads,
    instruction_set,
    set_num_threads,
)

from isingrg import graphvae, ising, mlrg, neuralrg, plot  # isort: skip
from isingrg._ensemble import ensemble  # isort: skip

__all__ = [
    "ArgumentError",
    "ConvergenceError",
    "Interrupted",
    "IsingRGError",
    "NonFiniteError",
    "__version__",
    "abi_version",
    "citation",
    "ensemble",
    "get_num_threads",
    "graphvae",
    "instruction_set",
    "ising",
    "mlrg",
    "neuralrg",
    "plot",
    "set_num_threads",
]
