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
Masks = NDArray[np.int8]
#: Called with units done and in total, about every 50 ms, with the GIL held. False stops the call
#: with `isingrg.Interrupted`, an exception stops it with that exception.
Progress = Callable[[int, int], Any] | None
#: A capsule; only the functions below can look inside.
Model = NewType("Model", object)

WOLFF: int
SWENDSEN_WANG: int
METROPOLIS: int
HEAT_BATH: int
MONOTONE: int
FLOW: int
KL: int
CD: int
STEP: int
ODE: int
SQUARED: int
NORM: int
PUBLISHED: int
CONSISTENT: int
TEACHER: int
STUDENT: int
TANH: int
RELU: int
SILU: int
ELU: int
GELU: int
HISTORY_LOSS: int
HISTORY_ACCEPTANCE: int
HISTORY_SWAP_RATE: int
HISTORY_BETA: int
HISTORY_FIXED_POINT: int
HISTORY_COLUMNS: int
MERA: int
TEBD: int
TREE: int
LATENT: int
PHYSICAL: int
NEURALRG_LOSS: int
NEURALRG_STANDARD_ERROR: int
NEURALRG_COLUMNS: int
MSE: int
BERNOULLI: int
DECODER_MLP: int
DECODER_GRAPH: int
REPRESENTATION_MU: int
REPRESENTATION_Z: int
GRAPHVAE_LOSS: int
GRAPHVAE_RECONSTRUCTION: int
GRAPHVAE_KL: int
GRAPHVAE_RG: int
GRAPHVAE_COLUMNS: int

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

def ising_energy(spins: Spins, energies: Array, /) -> None:
    """spins (n, L, L), energies (n,)."""

def ising_magnetization(spins: Spins, means: Array, /) -> None:
    """spins (n, L, L), means (n,)."""

def ising_block_spin(spins: Spins, factor: int, blocked: Spins, /) -> None:
    """spins (n, L, L), blocked (n, L/factor, L/factor)."""

def ising_exact_torus(
    size: int, couplings: Array, log_partition: Array | None, energy: Array | None,
    heat_capacity: Array | None, /,
) -> None:
    """All arrays (n,)."""

def ising_exact_bulk(
    couplings: Array, free_energy: Array | None, energy: Array | None,
    specific_heat: Array | None, magnetization: Array | None, /,
) -> None:
    """All arrays (n,)."""

def ising_autocorrelation_time(series: Array, progress: Progress, /) -> float:
    """series (n_chains, n_samples)."""

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

def mlrg_boltzmann_tensor(
    representation: str, frame: int, machine: int, couplings: Array, logarithms: Array, /,
) -> None:
    """couplings (n, c), logarithms (n, 2^m, 2^m, 2^m, 2^m)."""

def mlrg_weights(
    representation: str, frame: int, machine: int, couplings: Array, weights: Array, /,
) -> None:
    """couplings (c,), weights (4 m, 4 m) of a teacher, (m, 4 m) of a student."""

def mlrg_create(
    representation: str, moderator: int, divergence: int, transport: int, frame: int,
    activation: int, layer_norm: int, symmetric: int, hidden: tuple[int, ...], seed: int, /,
) -> Model:
    """A model, destroyed with the last reference to it or by `mlrg_destroy`."""

def mlrg_destroy(model: Model, /) -> None:
    """Frees the memory now; every later use of the model raises `IsingRGError`."""

def mlrg_fit(
    model: Model, steps: int, schedule_steps: int, batch: int, learning_rate: float,
    final_learning_rate: float, weight_decay: float, clip_norm: float, beta_max: float,
    beta_rate: float, beta_midpoint: float, proposal: int, replicas: int, ray: float,
    proposal_scale: float, coupling_bound: float, hmc_step: float, hmc_leapfrog: int,
    hmc_updates: int, cd_samples: int, teacher_sweeps: int, student_sweeps: int,
    record_from: int, record_guess: Array, seed: int, history: Array, progress: Progress, /,
) -> tuple[int, BaseException | None]:
    """Rows of history (steps, HISTORY_COLUMNS) filled, and what ended the training early.

    The exception is returned, not raised, so that the caller can record the finished steps first
    and then raise it. Wrong arguments to this function are raised. record_guess (c,).
    """

def mlrg_fit_many(
    tasks: tuple[tuple[Any, ...], ...], progress: Progress, /,
) -> tuple[list[tuple[int, Exception | None]], BaseException | None]:
    """Trains the models of several tasks, arguments of `mlrg_fit` but progress, side by side.

    What `mlrg_fit` would return for each, and what ended the whole call early.
    """

def mlrg_step(model: Model, /) -> int: ...
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

def mlrg_array_count(model: Model, /) -> int: ...
def mlrg_array_info(model: Model, index: int, /) -> tuple[str, tuple[int, int]]:
    """Name and shape of one array of the complete state; a vector has shape (n, 1)."""

def mlrg_read_array(model: Model, index: int, values: Array, /) -> None:
    """values in the shape of `mlrg_array_info`."""

def mlrg_write_array(model: Model, index: int, values: Array, /) -> None:
    """As `mlrg_read_array`; the number of rows of "proposal.couplings" is free."""

# NeuralRG: configurations (n, L, L) of float64. Progress counts rows, but for training.

def neuralrg_dual(
    size: int, couplings: Array, log_partition: Array | None, alpha: Array | None,
    log_determinant: Array | None, /,
) -> None:
    """All arrays (n,)."""

def neuralrg_log_density(
    coupling: float, samples: Array, values: Array, progress: Progress, /,
) -> None:
    """samples (n, L, L), values (n,)."""

def neuralrg_create(
    size: int, coupling: float, structure: int, depth: int, repeats: int, couplings: int,
    hidden: tuple[int, ...], symmetric: int, masks: Masks | None, seed: int, /,
) -> Model:
    """masks (layers of the hierarchy, couplings); a model, destroyed with the last reference to it
    or by `neuralrg_destroy`."""

def neuralrg_destroy(model: Model, /) -> None:
    """Frees the memory now; every later use of the model raises `IsingRGError`."""

def neuralrg_fit(
    model: Model, steps: int, batch: int, learning_rate: float, weight_decay: float, seed: int,
    history: Array, progress: Progress, /,
) -> tuple[int, BaseException | None]:
    """As `mlrg_fit`; history (steps, NEURALRG_COLUMNS)."""

def neuralrg_fit_samples(
    model: Model, samples: Array, steps: int, batch: int, learning_rate: float, weight_decay: float,
    seed: int, history: Array, progress: Progress, /,
) -> tuple[int, BaseException | None]:
    """As `neuralrg_fit`; samples (n, L, L)."""

def neuralrg_step(model: Model, /) -> int: ...
def neuralrg_parameter_count(model: Model, /) -> int: ...
def neuralrg_sample(
    model: Model, seed: int, samples: Array, latents: Array | None,
    log_probabilities: Array | None, progress: Progress, /,
) -> None:
    """samples, latents (n, L, L), log_probabilities (n,)."""

def neuralrg_hmc(
    model: Model, space: int, adapts: int, warmup: int, between: int, leapfrog: int,
    random_length: int, step_size: float, seed: int, samples: Array, start: Array | None,
    acceptance: Array, progress: Progress, /,
) -> float:
    """samples (n_chains, n_samples, L, L), start (n_chains, L, L), acceptance (n_chains,
    n_samples); the step they were taken with."""

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
def neuralrg_layer_info(model: Model, index: int, /) -> tuple[bool, int, int]:
    """Whether it decimates, its scale, and its number of blocks."""

def neuralrg_layer_sites(model: Model, index: int, sites: Sites, /) -> None:
    """sites (blocks, 4)."""

def neuralrg_latent_scales(model: Model, scales: Sites, /) -> None:
    """scales (L, L)."""

def neuralrg_array_count(model: Model, /) -> int: ...
def neuralrg_array_info(model: Model, index: int, /) -> tuple[str, tuple[int, int]]:
    """Name and shape of one array of the complete state."""

def neuralrg_read_array(model: Model, index: int, values: Array, /) -> None:
    """values in the shape of `neuralrg_array_info`."""

def neuralrg_write_array(model: Model, index: int, values: Array, /) -> None:
    """As `neuralrg_read_array`; "masks" must be those of the model."""

# GraphVAE: configurations (n, L, L) of int8. Progress counts configurations.

def graphvae_create(
    size: int, latent: int, hidden: int, token: int, levels: int, likelihood: int, decoder: int,
    representation: int, beta: float, lambda_rg: float, anneal: int, seed: int, /,
) -> Model:
    """A model, destroyed with the last reference to it or by `graphvae_destroy`."""

def graphvae_destroy(model: Model, /) -> None:
    """Frees the memory now; every later use of the model raises `IsingRGError`."""

def graphvae_fit(
    model: Model, spins: Spins, epochs: int, batch: int, learning_rate: float, weight_decay: float,
    seed: int, history: Array, progress: Progress, /,
) -> tuple[int, BaseException | None]:
    """As `mlrg_fit`; spins (n, L, L), history (epochs, GRAPHVAE_COLUMNS)."""

def graphvae_epoch(model: Model, /) -> int: ...
def graphvae_step(model: Model, /) -> int: ...
def graphvae_parameter_count(model: Model, /) -> int: ...
def graphvae_encode(
    model: Model, spins: Spins, means: Array, log_variances: Array, progress: Progress, /,
) -> None:
    """spins (n, l, l) of any fitting size l, means and log_variances (levels, n, latent)."""

def graphvae_decode(model: Model, latents: Array, means: Array, progress: Progress, /) -> None:
    """latents (n, latent), means (n, L, L)."""

def graphvae_loss(
    model: Model, spins: Spins, seed: int, terms: Array, progress: Progress, /
) -> None:
    """spins (n, L, L), terms (GRAPHVAE_COLUMNS,)."""

def graphvae_array_count(model: Model, /) -> int: ...
def graphvae_array_info(model: Model, index: int, /) -> tuple[str, tuple[int, int]]:
    """Name and shape of one array of the complete state; a vector has shape (n, 1)."""

def graphvae_read_array(model: Model, index: int, values: Array, /) -> None:
    """values in the shape of `graphvae_array_info`."""

def graphvae_write_array(model: Model, index: int, values: Array, /) -> None:
    """As `graphvae_read_array`."""
