"""The Ising model on the square lattice: Monte Carlo, observables, block spins, exact results.

Conventions: p(s) ~ exp(K sum_<ij> s_i s_j) with spins +1 and -1, K = J/T, and periodic
boundaries. Energies are E/J = -sum_<ij> s_i s_j. A coupling from 4 K_c to 5 is more probably a
temperature, and every function of K warns of it.
"""

from isingrg.ising._annealing import Annealed, anneal
from isingrg.ising._beale import TorusLevels, torus_density_of_states
from isingrg.ising._bulk import (
    free_energy_density,
    internal_energy_density,
    specific_heat_density,
    spontaneous_magnetization,
)
from isingrg.ising._chain import Chain
from isingrg.ising._couplings import K_CRITICAL
from isingrg.ising._critical_points import CriticalPoint, critical_point
from isingrg.ising._dataset import to_dataset
from isingrg.ising._enumeration import Exact, Levels
from isingrg.ising._fluctuations import (
    binder_cumulant,
    connected_susceptibility,
    correlation_length,
    specific_heat,
    structure_factor,
    susceptibility,
)
from isingrg.ising._lattice import Lattice
from isingrg.ising._lattice_sampling import measure
from isingrg.ising._measurements import Measurements
from isingrg.ising._observables import block_spin, energy, magnetization
from isingrg.ising._reference import reference
from isingrg.ising._sampling import SamplingPlan, sample, sampling_plan
from isingrg.ising._tempering import Tempering
from isingrg.ising._torus import heat_capacity, log_partition, mean_energy

__all__ = [
    "K_CRITICAL",
    "Annealed",
    "Chain",
    "CriticalPoint",
    "Exact",
    "Lattice",
    "Levels",
    "Measurements",
    "SamplingPlan",
    "Tempering",
    "TorusLevels",
    "anneal",
    "binder_cumulant",
    "block_spin",
    "connected_susceptibility",
    "correlation_length",
    "critical_point",
    "energy",
    "free_energy_density",
    "heat_capacity",
    "internal_energy_density",
    "log_partition",
    "magnetization",
    "mean_energy",
    "measure",
    "reference",
    "sample",
    "sampling_plan",
    "specific_heat",
    "specific_heat_density",
    "spontaneous_magnetization",
    "structure_factor",
    "susceptibility",
    "to_dataset",
    "torus_density_of_states",
]
