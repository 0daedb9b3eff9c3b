"""Machine-learning renormalization group: networks that learn the flow of couplings J.

A teacher, the model with couplings J on a square of the Lieb lattice, is imitated by a student
with couplings J' on the coarser lattice; the moderator network learns J -> J'. Its flow has the
critical point as unstable fixed point (W. Hou and Y.-Z. You, arXiv:2306.11054; J. Shen).
"""

from isingrg.mlrg import symmetry
from isingrg.mlrg._analysis import Violations
from isingrg.mlrg._critical import CriticalCouplings
from isingrg.mlrg._divergence import divergence
from isingrg.mlrg._exact_fixed_point import ExactFixedPoint, exact_fixed_point
from isingrg.mlrg._fixed_points import FixedPoint
from isingrg.mlrg._lyapunov import LyapunovFunction
from isingrg.mlrg._many import fit_many
from isingrg.mlrg._published import published_settings
from isingrg.mlrg._space import coupling_names
from isingrg.mlrg._spectrum import TransferSpectrum, transfer_spectrum
from isingrg.mlrg.exact import (
    LIEB_CRITICAL_COUPLING,
    ExactMinimum,
    exact_map,
    exact_minimum,
    lieb_critical_coupling,
    minimum_kl,
)
from isingrg.mlrg.internal import InternalSymmetry, internal_symmetry
from isingrg.mlrg.loop import loop_couplings, loop_student, teacher_state, tensor_flow
from isingrg.mlrg.loop_critical import LoopCriticalPoint, critical_coupling
from isingrg.mlrg.loop_critical_exponents import LoopExponents, loop_exponents
from isingrg.mlrg.loop_distance import LoopDistance, loop_distance, loop_terms
from isingrg.mlrg.loop_map import LoopMinimum, loop_map
from isingrg.mlrg.loop_map_fixed_point import LoopMapFixedPoint, loop_map_fixed_point
from isingrg.mlrg.model import MLRG
from isingrg.mlrg.tensor import (
    boltzmann_tensor,
    central_charge,
    ground_state_degeneracy,
    scaling_dimensions,
)

__all__ = [
    "LIEB_CRITICAL_COUPLING",
    "MLRG",
    "CriticalCouplings",
    "ExactFixedPoint",
    "ExactMinimum",
    "FixedPoint",
    "InternalSymmetry",
    "LoopCriticalPoint",
    "LoopDistance",
    "LoopExponents",
    "LoopMapFixedPoint",
    "LoopMinimum",
    "LyapunovFunction",
    "TransferSpectrum",
    "Violations",
    "boltzmann_tensor",
    "central_charge",
    "coupling_names",
    "critical_coupling",
    "divergence",
    "exact_fixed_point",
    "exact_map",
    "exact_minimum",
    "fit_many",
    "ground_state_degeneracy",
    "internal_symmetry",
    "lieb_critical_coupling",
    "loop_couplings",
    "loop_distance",
    "loop_exponents",
    "loop_map",
    "loop_map_fixed_point",
    "loop_student",
    "loop_terms",
    "minimum_kl",
    "published_settings",
    "scaling_dimensions",
    "symmetry",
    "teacher_state",
    "tensor_flow",
    "transfer_spectrum",
]
