"""Figures of data and models, in one style whose colours colour-blind readers can tell apart.

Every function draws in the axes it is given as `ax`, or in a new figure, and returns a `Drawing`
with everything it drew; the animations are matplotlib's. Exact results are black, what was learned
or sampled is blue. Neither pyplot nor matplotlib's settings are touched. Needs matplotlib:
pip install 'isingrg[plot]'.
"""

from isingrg.plot._animations import animate_block_spins, animate_flow, animate_generation
from isingrg.plot._chains import chains
from isingrg.plot._drawing import Drawing
from isingrg.plot._graphvae import principal_component, rg_spectrum
from isingrg.plot._history import history
from isingrg.plot._ising import configuration, energy, magnetization
from isingrg.plot._mcrg import operators
from isingrg.plot._mlrg import beta_function, flow, monotone
from isingrg.plot._multilevel import effective_couplings
from isingrg.plot._neuralrg import responses, samples

__all__ = [
    "Drawing",
    "animate_block_spins",
    "animate_flow",
    "animate_generation",
    "beta_function",
    "chains",
    "configuration",
    "effective_couplings",
    "energy",
    "flow",
    "history",
    "magnetization",
    "monotone",
    "operators",
    "principal_component",
    "responses",
    "rg_spectrum",
    "samples",
]
