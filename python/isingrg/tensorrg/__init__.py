"""Tensor renormalization: controlled numbers of lattice models, to stand beside learned ones.

A `Network` is the partition function of a model on an infinite lattice as one repeated tensor. A
scheme, `TRG`, `BTRG`, `HOTRG` or `LoopTNR`, coarsens it step by step with at most chi states per
bond; free energy, central charge, scaling dimensions and degeneracy are read off each state. The
error falls as chi grows.
"""

from isingrg.tensorrg._flow import Flow, Info
from isingrg.tensorrg._scheme import Scheme
from isingrg.tensorrg.checkerboard import CheckerboardLoopTNR, CheckerboardState
from isingrg.tensorrg.critical import CriticalCoupling, critical_coupling
from isingrg.tensorrg.fixed_point import LoopFixedPoint, loop_fixed_point
from isingrg.tensorrg.hotrg import HOTRG
from isingrg.tensorrg.loop import LoopTNR
from isingrg.tensorrg.models import (
    ashkin_teller_network,
    clock_network,
    ising_network,
    potts_network,
)
from isingrg.tensorrg.network import Network, weights_network
from isingrg.tensorrg.states import MirrorState, Spectrum, State
from isingrg.tensorrg.trg import BTRG, TRG, WeightedState

__all__ = [
    "BTRG",
    "HOTRG",
    "TRG",
    "CheckerboardLoopTNR",
    "CheckerboardState",
    "CriticalCoupling",
    "Flow",
    "Info",
    "LoopFixedPoint",
    "LoopTNR",
    "MirrorState",
    "Network",
    "Scheme",
    "Spectrum",
    "State",
    "WeightedState",
    "ashkin_teller_network",
    "clock_network",
    "critical_coupling",
    "ising_network",
    "loop_fixed_point",
    "potts_network",
    "weights_network",
]
