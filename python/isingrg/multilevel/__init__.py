"""Multilevel sampler: configurations drawn from coarse to fine, each with its exact probability.

Spins are drawn between those that are there already, at half the spacing again and again, with
conditional probabilities that are exact at the finest spacing and learned elsewhere: the inverse of
decimation. What is learned are effective couplings of a spin to its surroundings, which can be
read. The probability of each configuration is known, so that weights give ln Z, and averages
without bias.
"""

from isingrg.multilevel._annealing import anneal
from isingrg.multilevel._chains import Chains
from isingrg.multilevel._couplings import Couplings
from isingrg.multilevel.model import MultilevelSampler

__all__ = ["Chains", "Couplings", "MultilevelSampler", "anneal"]
