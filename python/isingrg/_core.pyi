"""Native entry points: `isingrg.h` one to one, with prepared arrays and no defaults.

Arguments are positional. Arrays are C-contiguous in native byte order: `int8` spins, `int32`
sites, `float64` everything else. Outputs are the caller's and are filled in place. Whatever is
wrong raises an exception that names the argument; the package's public functions prepare the
arguments.
"""

from collections.abc import Callable
from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Spins = NDArray[np.int8]
Sites = NDArray[np.int32]
#: Called with units done and in total, about every 50 ms, with the GIL held. False stops the call
#: with `isingrg.Interrupted`, an exception stops it with that exception.
Progress = Callable[[int, int], Any] | None
#: A capsule; only the functions below can look inside.
Model = NewType("Model", object)
CoreLattice = NewType("CoreLattice", object)
#: A structure of isingrg.h.
Record = dict[str, Any]
#: Rows of the history that are filled, and what ended the training early.
Trained = tuple[int, BaseException | None]

ISING_AUTO: int
ISING_WOLFF: int
ISING_SWENDSEN_WANG: int
ISING_METROPOLIS: int
ISING_HEAT_BATH: int
MCRG_FILTER: int
MCRG_MAJORITY: int
MCRG_SHARP_FILTER: int
LATTICE_ISING: int
LATTICE_POTTS: int
LATTICE_CLOCK: int
MLRG_STAR: int
MLRG_LOOP: int
MLRG_MONOTONE: int
MLRG_FLOW: int
MLRG_KL: int
MLRG_CD: int
MLRG_L2: int
MLRG_STEP: int
MLRG_ODE: int
MLRG_SQUARED: int
MLRG_NORM: int
MLRG_PUBLISHED: int
MLRG_CONSISTENT: int
MLRG_TEACHER: int
MLRG_STUDENT: int
MLRG_TANH: int
MLRG_RELU: int
MLRG_SILU: int
MLRG_ELU: int
MLRG_GELU: int
MLRG_LOSS: int
MLRG_ACCEPTANCE: int
MLRG_SWAP_RATE: int
MLRG_BETA: int
MLRG_FIXED_POINT: int
MLRG_COLUMNS: int
NEURALRG_MERA: int
NEURALRG_TEBD: int
NEURALRG_TREE: int
NEURALRG_COUPLING: int
NEURALRG_LINEAR: int
NEURALRG_CONSTANT: int
NEURALRG_COSINE: int
NEURALRG_STEP: int
NEURALRG_GAUSSIAN: int
NEURALRG_LOG_COSH: int
NEURALRG_QUARTIC: int
NEURALRG_FUNCTION: int
NEURALRG_LATENT: int
NEURALRG_PHYSICAL: int
NEURALRG_LOSS: int
NEURALRG_STANDARD_ERROR: int
NEURALRG_COLUMNS: int
GRAPHVAE_MSE: int
GRAPHVAE_BERNOULLI: int
GRAPHVAE_DECODER_MLP: int
GRAPHVAE_DECODER_GRAPH: int
GRAPHVAE_REPRESENTATION_MU: int
GRAPHVAE_REPRESENTATION_Z: int
GRAPHVAE_READOUT_MEAN: int
GRAPHVAE_READOUT_SITES: int
GRAPHVAE_LOSS: int
GRAPHVAE_RECONSTRUCTION: int
GRAPHVAE_KL: int
GRAPHVAE_RG: int
GRAPHVAE_COLUMNS: int
TENSORRG_START_COST: int
TENSORRG_DISTANCE: int
TENSORRG_SLOPE: int
TENSORRG_ITERATIONS: int
TENSORRG_REPORT: int
MULTILEVEL_LOSS: int
MULTILEVEL_STANDARD_ERROR: int
MULTILEVEL_EFFECTIVE_SHARE: int
MULTILEVEL_LOG_PARTITION: int
MULTILEVEL_LOG_PARTITION_ERROR: int
MULTILEVEL_FORWARD: int
MULTILEVEL_FORWARD_ERROR: int
MULTILEVEL_COLUMNS: int
MULTILEVEL_WOLFF: int
MULTILEVEL_LADDER: int
MULTILEVEL_NONE: int
MULTILEVEL_SPACING: int
MULTILEVEL_POSITION: int
MULTILEVEL_COLOUR: int
MULTILEVEL_ORDER: int
MULTILEVEL_PRODUCTS: int
MULTILEVEL_SQUARED_DISTANCE: int
MULTILEVEL_ORBIT_COLUMNS: int

def abi_version() -> int: ...
def version() -> str: ...
def instruction_set() -> str: ...
def set_num_threads(count: int, /) -> None: ...
def get_num_threads() -> int: ...

# Ising model. Optional outputs may be None.

def ising_sample(
    size: int, couplings: Array, n_chains: int, n_samples: int, n_thermalize: int, n_between: int,
    algorithm: int, seed: int, spins: Spins, progress: Progress, /,
) -> None:
    """couplings (k,), spins (k, n_chains, n_samples, size, size); -1 sweeps is the default."""

def ising_plan(
    size: int, coupling: float, n_chains: int, n_thermalize: int, n_between: int, algorithm: int, /,
) -> tuple[int, int, int]:
    """Algorithm, sweeps before the first sample and between samples; -1 is the default of each."""

def ising_energy(spins: Spins, energies: Array, progress: Progress, /) -> None:
    """spins (n, L, L), energies (n,)."""

def ising_magnetization(spins: Spins, means: Array, progress: Progress, /) -> None:
    """spins (n, L, L), means (n,)."""

def ising_block_spin(spins: Spins, factor: int, blocked: Spins, progress: Progress, /) -> None:
    """spins (n, L, L), blocked (n, L/factor, L/factor)."""

def ising_exact_torus(
    size: int, couplings: Array, log_partition: Array | None, energy: Array | None,
    heat_capacity: Array | None, progress: Progress, /,
) -> None:
    """All arrays (n,)."""

def ising_exact_bulk(
    couplings: Array, minus_log_partition: Array | None, energy: Array | None,
    specific_heat: Array | None, magnetization: Array | None, progress: Progress, /,
) -> None:
    """All arrays (n,)."""

def ising_autocorrelation_time(series: Array, progress: Progress, /) -> float:
    """series (n_chains, n_samples)."""

# Spins on any lattice of n sites with b bonds.

def lattice_create(
    sites: int, bonds: Sites, strengths: Array, colours: Sites, pattern: Array | None, kind: int,
    states: int, /,
) -> CoreLattice:
    """bonds (b, 2), strengths (b,), colours and pattern (n,). Freed with the last reference."""

def lattice_advance(
    lattice: CoreLattice, couplings: Array, fields: Array, algorithm: int, seed: int,
    first_sweep: int, between: int, rows: int, spins: Spins, clusters: Sites,
    weights: Array | None, partners: Sites | None, improved: int, table: Array | None,
    samples: Spins | None, progress: Progress, /,
) -> None:
    """couplings and fields (c,), spins (c, n) and clusters (c,) in place, weights and partners
    (k, n), table (c, rows, numbers of a row), samples (c, rows, n)."""

def lattice_measure(
    lattice: CoreLattice, weights: Array | None, partners: Sites | None, improved: int,
    spins: Spins, table: Array, progress: Progress, /,
) -> None:
    """weights and partners (k, n), spins (m, n), table (m, numbers of a row)."""

def lattice_moments(
    lattice: CoreLattice, couplings: Array, fields: Array, moments: Array, progress: Progress, /,
) -> None:
    """couplings and fields (c,), moments (c, 8)."""

def lattice_levels(
    lattice: CoreLattice, lowest: int, counts: Array, progress: Progress, /,
) -> None:
    """counts (energies, n + 1)."""

# Models of any method. Their constructors and trainings take structures of isingrg.h as dicts from
# the names of their fields.

def model_destroy(model: Model, /) -> None:
    """Frees the memory now; every later use of the model raises `IsingRGError`."""

def model_step(model: Model, /) -> int: ...
def model_rows_done(model: Model, /) -> int: ...
def model_parameter_count(model: Model, /) -> int: ...
def model_array_count(model: Model, /) -> int: ...
def model_array_info(model: Model, index: int, /) -> tuple[str, tuple[int, int]]:
    """Name and shape of one array of the complete state; a vector has shape (n, 1)."""

def model_read_array(model: Model, index: int, values: Array, /) -> None:
    """values in the shape of `model_array_info`."""

def model_write_array(model: Model, index: int, values: Array, /) -> None:
    """As `model_read_array`; the number of rows of some arrays is free."""

# Machine-learning renormalization group: c couplings of the representation.

def mlrg_coupling_count(representation: str, frame: int, /) -> int: ...
def mlrg_couplings(representation: str, frame: int, /) -> tuple[tuple[int, int], ...]:
    """Components (edge spin, vertex spin) of each coupling."""

def mlrg_divergence(
    representation: str, frame: int, teacher: Array, student: Array, divergence: Array,
    gradient: Array | None, progress: Progress, /,
) -> None:
    """teacher, student, gradient (n, c), divergence (n,)."""

def mlrg_divergence_hessian(
    representation: str, frame: int, teacher: Array, student: Array, directions: Array,
    divergence: Array, products: Array, progress: Progress, /,
) -> None:
    """teacher, student, directions, products (n, c), divergence (n,)."""

def mlrg_exact_map(
    representation: str, frame: int, couplings: Array, starts: int, seed: int,
    renormalized: Array, divergence: Array | None, gradient_norm: Array | None,
    counts: Array | None, progress: Progress, /,
) -> None:
    """couplings, renormalized (n, c), divergence, gradient_norm (n,), counts (n, 2)."""

def mlrg_minimum_divergence(
    representation: str, couplings: Array, starts: int, seed: int, divergence: Array,
    progress: Progress, /,
) -> None:
    """couplings (n,), divergence (n,)."""

def mlrg_loop_terms(representation: str, /) -> tuple[int, ...]:
    """The components in the product of each coupling, a bit each."""

def mlrg_loop_distance(
    representation: str, divergence: int, teacher: Array, student: Array, distance: Array,
    gradient: Array | None, progress: Progress, /,
) -> None:
    """teacher, student, gradient (n, c), distance (n,)."""

def mlrg_state_couplings(
    kernels: Array, generators: Array, representation: str, frame: int, /,
) -> tuple[tuple[int, int, int], ...]:
    """kernels (r, q, q), generators (g, q) of int32. Components of edge spin and vertex spin, and
    kernel, of each coupling."""

def mlrg_state_divergence(
    kernels: Array, generators: Array, representation: str, frame: int, teacher: Array,
    student: Array, directions: Array | None, divergence: Array, gradient: Array | None,
    products: Array | None, progress: Progress, /,
) -> None:
    """teacher, student, directions, gradient, products (n, c), divergence (n,)."""

def mlrg_state_exact_map(
    kernels: Array, generators: Array, representation: str, frame: int, couplings: Array,
    starts: int, seed: int, renormalized: Array, divergence: Array | None,
    gradient_norm: Array | None, counts: Array | None, progress: Progress, /,
) -> None:
    """As mlrg_exact_map."""

def mlrg_state_tensor(
    kernels: Array, generators: Array, representation: str, frame: int, machine: int,
    couplings: Array, logarithms: Array, progress: Progress, /,
) -> None:
    """couplings (n, c), logarithms (n, S, S, S, S) of S states per spin."""

def mlrg_boltzmann_tensor(
    representation: str, frame: int, machine: int, couplings: Array, logarithms: Array,
    progress: Progress, /,
) -> None:
    """couplings (n, c), logarithms (n, 2^m, 2^m, 2^m, 2^m)."""

def mlrg_weights(
    representation: str, frame: int, machine: int, couplings: Array, weights: Array, /,
) -> None:
    """couplings (c,), weights (4 m, 4 m) of a teacher, (m, 4 m) of a student."""

def mlrg_create(config: Record, /) -> Model:
    """isingrg_mlrg_config with hidden, a tuple of widths, and symmetry, None or arrays of kernels
    and generators; destroyed with the last reference."""

def mlrg_fit(model: Model, training: Record, history: Array, progress: Progress, /) -> Trained:
    """isingrg_mlrg_training with record_guess (c,); history (steps, MLRG_COLUMNS).

    The rows of history that are filled, and what ended the training early. The exception is
    returned, not raised, so that the caller can record the finished steps first and then raise
    it. Wrong arguments to this function are raised.
    """

def mlrg_fit_many(
    tasks: tuple[tuple[Model, Record, Array], ...], progress: Progress, /,
) -> tuple[list[tuple[int, Exception | None]], BaseException | None]:
    """Trains the models of several tasks, arguments of `mlrg_fit` but progress, side by side.

    What `mlrg_fit` would return for each, and what ended the whole call early.
    """

def mlrg_monotone(
    model: Model, couplings: Array, values: Array, progress: Progress, /,
) -> None:
    """couplings (n, c), values (n,)."""

def mlrg_velocity(
    model: Model, couplings: Array, velocity: Array, jacobian: Array | None,
    progress: Progress, /,
) -> None:
    """couplings, velocity (n, c), jacobian (n, c, c)."""

def mlrg_flow(
    model: Model, couplings: Array, steps: int, trajectory: Array, progress: Progress, /,
) -> None:
    """couplings (n, c), trajectory (steps + 1, n, c)."""

def mlrg_fixed_point(
    model: Model, guess: Array, fixed_point: Array, progress: Progress, /,
) -> None:
    """guess, fixed_point (c,)."""

# NeuralRG: configurations (n, L, L), or (n, rows, columns), of float64. Progress counts rows, but
# for training.

def neuralrg_dual(
    size: int, couplings: Array, log_partition: Array | None, alpha: Array | None,
    log_determinant: Array | None, progress: Progress, /,
) -> None:
    """All arrays (n,)."""

def neuralrg_log_density(
    coupling: float, samples: Array, values: Array, progress: Progress, /,
) -> None:
    """samples (n, L, L), values (n,)."""

def neuralrg_create(config: Record, /) -> Model:
    """isingrg_neuralrg_config with hidden, a tuple of widths, masks (layers of the hierarchy,
    layers) or None, and symmetry_sources and symmetry_signs (elements, L**2) or None; destroyed
    with the last reference."""

def neuralrg_fit(model: Model, training: Record, history: Array, progress: Progress, /) -> Trained:
    """As `mlrg_fit`, with isingrg_neuralrg_training; history (steps, NEURALRG_COLUMNS)."""

def neuralrg_fit_samples(
    model: Model, samples: Array, training: Record, history: Array, progress: Progress, /,
) -> Trained:
    """As `neuralrg_fit`; samples (n, L, L)."""

def neuralrg_sample(
    model: Model, seed: int, samples: Array, latents: Array | None,
    log_probabilities: Array | None, progress: Progress, /,
) -> None:
    """samples, latents (n, L, L), log_probabilities (n,)."""

def neuralrg_hmc(
    model: Model, chains: Record, samples: Array, start: Array | None, acceptance: Array,
    progress: Progress, /,
) -> float:
    """isingrg_neuralrg_chains; samples (n_chains, n_samples, L, L), start (n_chains, L, L),
    acceptance (n_chains, n_samples); the step they were taken with."""

def neuralrg_log_probability(
    model: Model, samples: Array, values: Array, progress: Progress, /,
) -> None:
    """samples (n, L, L), values (n,)."""

def neuralrg_encode(
    model: Model, samples: Array, first_layer: int, end_layer: int, latents: Array,
    log_determinants: Array, progress: Progress, /,
) -> None:
    """samples, latents (n, L, L), log_determinants (n,)."""

def neuralrg_decode(
    model: Model, latents: Array, first_layer: int, end_layer: int, samples: Array,
    log_determinants: Array, progress: Progress, /,
) -> None:
    """latents, samples (n, L, L), log_determinants (n,)."""

def neuralrg_responses(
    model: Model, samples: Array, sites: Sites, means: Array, deviations: Array,
    progress: Progress, /,
) -> None:
    """samples (n, L, L), sites (k,), means and deviations (k, L, L)."""

def neuralrg_layer_count(model: Model, /) -> int: ...
def neuralrg_layer_info(
    model: Model, index: int, /
) -> tuple[bool, int, int, tuple[int, int]]:
    """Whether it decimates, its scale, its number of blocks, and their rows and columns."""

def neuralrg_layer_sites(model: Model, index: int, sites: Sites, /) -> None:
    """sites (blocks, sites of a block)."""

def neuralrg_latent_scales(model: Model, scales: Sites, /) -> None:
    """scales (L, L)."""

# GraphVAE: configurations (n, L, L) of int8. Progress counts configurations.

def graphvae_create(config: Record, /) -> Model:
    """isingrg_graphvae_config; destroyed with the last reference."""

def graphvae_fit(
    model: Model, spins: Spins, training: Record, history: Array, progress: Progress, /,
) -> Trained:
    """As `mlrg_fit`, with isingrg_graphvae_training; spins (n, L, L), history (epochs,
    GRAPHVAE_COLUMNS)."""

def graphvae_encode(
    model: Model, spins: Spins, means: Array, log_variances: Array, progress: Progress, /,
) -> None:
    """spins (n, l, l) of any fitting size l, means and log_variances (n * nodes, latent): of each
    level in turn the rows of all configurations, one or, by sites, one for each site."""

def graphvae_decode(model: Model, latents: Array, means: Array, progress: Progress, /) -> None:
    """latents (n, nodes of the last level, latent), means (n, L, L)."""

def graphvae_sample(
    model: Model, seed: int, latents: Array, spins: Spins, progress: Progress, /
) -> None:
    """latents (n, nodes of the last level, latent), spins (n, L, L); seed from 0 to 2**64 - 1."""

def graphvae_loss(
    model: Model, spins: Spins, seed: int, terms: Array, progress: Progress, /
) -> None:
    """spins (n, L, L), terms (GRAPHVAE_COLUMNS,)."""

# Tensor renormalization.

def tensorrg_loop_cost(
    teacher: Array, even_legs: int, student: Array, even_bonds: int, mu: float, gradient: Array, /,
) -> float:
    """teacher (n, n, n, n), student, gradient (chi, n, n)."""

def tensorrg_loop_hessian(
    teacher: Array, even_legs: int, student: Array, even_bonds: int, mu: float, hessian: Array,
    progress: Progress, /,
) -> None:
    """teacher (n, n, n, n), student (chi, n, n), hessian (p, p) of the p permitted entries."""

def tensorrg_loop_search(
    teacher: Array, even_legs: int, student: Array, even_bonds: int, mu: float, iterations: int,
    tolerance: float, report: Array, progress: Progress, /,
) -> None:
    """teacher (n, n, n, n), student (chi, n, n) is replaced, report (TENSORRG_REPORT,)."""

# Monte Carlo renormalization. Operators are given by their number and three int32 arrays:
# term_operators (t,), term_starts (t + 1,), points (p, 3).

def mcrg_measure(
    dimension: int, size: int, spins: Spins, factor: int, levels: int, kind: int,
    weights: Array | None, n_operators: int, term_operators: Sites, term_starts: Sites,
    points: Sites, seed: int, first: int, sums: Array, progress: Progress, /,
) -> None:
    """spins (n, size^dimension), sums (n, levels + 1, n_operators)."""

def mcrg_block(
    dimension: int, size: int, spins: Spins, factor: int, levels: int, kind: int,
    weights: Array | None, seed: int, first: int, blocked: Spins, progress: Progress, /,
) -> None:
    """spins (n, size^dimension), blocked (n, (size / factor^levels)^dimension)."""

def mcrg_biased_sample(
    factor: int, levels: int, n_operators: int, term_operators: Sites, term_starts: Sites,
    points: Sites, coupling: float, bias: Array | None, n_samples: int, n_between: int, seed: int,
    first: int, spins: Spins, ties: Spins, fine: Array, coarse: Array, progress: Progress, /,
) -> None:
    """spins (w, L, L) and ties (w, blocks) go on; fine, coarse (w, n_samples, n_operators)."""

# Multilevel sampler: configurations (n, L, L) of int8. Progress counts configurations, but for
# training.

def multilevel_create(config: Record, /) -> Model:
    """isingrg_multilevel_config; destroyed with the last reference."""

def multilevel_fit(
    model: Model, training: Record, history: Array, progress: Progress, /,
) -> Trained:
    """As `mlrg_fit`, with isingrg_multilevel_training; history (steps, MULTILEVEL_COLUMNS)."""

def multilevel_fit_samples(
    model: Model, spins: Spins, training: Record, history: Array, progress: Progress, /,
) -> Trained:
    """As `multilevel_fit`; spins (n, L, L)."""

def multilevel_adopt(model: Model, other: Model, /) -> None: ...
def multilevel_sample(
    model: Model, coarse: Spins | None, seed: int, spins: Spins, log_probabilities: Array | None,
    progress: Progress, /,
) -> None:
    """coarse (n, l, l), spins (n, L, L), log_probabilities (n,)."""

def multilevel_log_probability(
    model: Model, spins: Spins, coarse_size: int, values: Array, progress: Progress, /,
) -> None:
    """spins (n, L, L), values (n,)."""

def multilevel_anneal(
    couplings: Array, field: float, seed: int, spins: Spins, work: Array, progress: Progress, /,
) -> None:
    """spins (n, L, L), which change, work (n,)."""

def multilevel_orbits(model: Model, orbits: Sites, /) -> None:
    """orbits (parameters, MULTILEVEL_ORBIT_COLUMNS)."""
