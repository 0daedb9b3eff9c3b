"""Neural network renormalization group: a hierarchical flow between spins and independent noise.

A normalizing flow with the hierarchy of a MERA carries physical variables x to latent variables z
of a standard normal distribution, scale by scale, and back. It learns a density from its logarithm
alone, by default the continuous dual of the Ising model; its loss is an upper bound of the free
energy (S.-H. Li and L. Wang, doi:10.1103/PhysRevLett.121.260601).
"""

from isingrg.neuralrg._chains import Chains
from isingrg.neuralrg._dual import log_density, log_partition_dual, sample_spins
from isingrg.neuralrg._free_energy import LogPartition, log_partition_dual_from
from isingrg.neuralrg._hierarchy import Layer
from isingrg.neuralrg._information import mutual_information
from isingrg.neuralrg._responses import Responses
from isingrg.neuralrg._wavelets import haar, haar_matrix, inverse_haar
from isingrg.neuralrg.dual_ising import DualIsing, sample_fields
from isingrg.neuralrg.function_target import FunctionTarget
from isingrg.neuralrg.gaussian import Gaussian
from isingrg.neuralrg.model import NeuralRG
from isingrg.neuralrg.plateau import Plateau
from isingrg.neuralrg.targets import Phi4, Target

__all__ = [
    "Chains",
    "DualIsing",
    "FunctionTarget",
    "Gaussian",
    "Layer",
    "LogPartition",
    "NeuralRG",
    "Phi4",
    "Plateau",
    "Responses",
    "Target",
    "haar",
    "haar_matrix",
    "inverse_haar",
    "log_density",
    "log_partition_dual",
    "log_partition_dual_from",
    "mutual_information",
    "sample_fields",
    "sample_spins",
]
