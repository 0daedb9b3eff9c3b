"""Monte Carlo renormalization: exponents and couplings from block spins of sampled configurations.

Configurations of the Ising model are blocked level after level, and `Operators`, products of
neighbouring spins with all their images, are measured at each. How they are correlated gives the
renormalization group linearised at the critical point, its exponents, and the couplings of the
block spins: the classical answer that learned renormalization has to stand beside.
"""

from isingrg.mcrg._correlations import Correlations
from isingrg.mcrg._couplings import couplings
from isingrg.mcrg._exponents import CriticalExponents, Exponent, critical_exponents, exponents
from isingrg.mcrg._learning import LearnedFilter, learn_filter
from isingrg.mcrg._matching import critical_coupling
from isingrg.mcrg._operators import Operator, Operators, operators
from isingrg.mcrg._refinement import refine
from isingrg.mcrg._rules import Filter, block
from isingrg.mcrg._simulation import measure, simulate
from isingrg.mcrg._variational import VariationalResult, variational_couplings

__all__ = [
    "Correlations",
    "CriticalExponents",
    "Exponent",
    "Filter",
    "LearnedFilter",
    "Operator",
    "Operators",
    "VariationalResult",
    "block",
    "couplings",
    "critical_coupling",
    "critical_exponents",
    "exponents",
    "learn_filter",
    "measure",
    "operators",
    "refine",
    "simulate",
    "variational_couplings",
]
