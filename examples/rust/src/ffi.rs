//! What this program uses of isingrg.h, version 6 of the ABI, as it is declared there.

use std::ffi::{c_char, c_void};

pub const ABI_VERSION: i32 = 9;

pub const OK: i32 = 0;
pub const INTERRUPTED: i32 = 5;

pub type Progress = Option<unsafe extern "C" fn(*mut c_void, u64, u64) -> i32>;

/// A model of any method behind an opaque handle.
#[repr(C)]
pub struct Model {
    _private: [u8; 0],
}

pub const WOLFF: i32 = 0;

pub const MONOTONE: i32 = 0;
pub const KL: i32 = 0;
pub const STEP: i32 = 0;
pub const PUBLISHED: i32 = 0;
pub const TANH: i32 = 0;
pub const SQUARED: i32 = 0;
pub const STAR: i32 = 0;

pub const NEURALRG_FUNCTION: i32 = 3;
pub const NEURALRG_COLUMNS: usize = 2;
pub const MLRG_LOSS: usize = 0;
pub const MLRG_COLUMNS: usize = 5;

#[repr(C)]
pub struct MlrgConfig {
    pub representation: *const c_char,
    pub symmetry: *const c_void,
    pub n_symmetries: i32,
    pub scheme: i32,
    pub moderator: i32,
    pub divergence: i32,
    pub transport: i32,
    pub frame: i32,
    pub activation: i32,
    pub layer_norm: i32,
    pub symmetric: i32,
    pub n_hidden: i32,
    pub hidden: *const i32,
    pub seed: u64,
}

#[repr(C)]
pub struct MlrgTraining {
    pub steps: u64,
    pub schedule_steps: u64,
    pub batch: u64,
    pub learning_rate: f64,
    pub final_learning_rate: f64,
    pub weight_decay: f64,
    pub clip_norm: f64,
    pub beta_max: f64,
    pub beta_rate: f64,
    pub beta_midpoint: f64,
    pub proposal: i32,
    pub replicas: u32,
    pub ray: f64,
    pub ray_low: f64,
    pub ray_high: f64,
    pub ray_steps: f64,
    pub ray_noise: f64,
    pub proposal_scale: f64,
    pub coupling_bound: f64,
    pub hmc_step: f64,
    pub hmc_leapfrog: u32,
    pub hmc_updates: u32,
    pub cd_samples: u32,
    pub teacher_sweeps: u32,
    pub student_sweeps: u32,
    pub record_from: u64,
    pub record_guess: *const f64,
    pub seed: u64,
}

#[repr(C)]
pub struct NeuralRgConfig {
    pub rows: i64,
    pub columns: i64,
    pub coupling: f64,
    pub structure: i32,
    pub block: i32,
    pub depth: i32,
    pub repeats: i32,
    pub bijector: i32,
    pub layers: i32,
    pub n_hidden: i32,
    pub hidden: *const i32,
    pub neighbours: i32,
    pub symmetric: i32,
    pub masks: *const i32,
    pub masks_count: i64,
    pub seed: u64,
    pub target: *const NeuralRgTarget,
    pub symmetry_sources: *const i32,
    pub symmetry_signs: *const i8,
    pub symmetry_count: i64,
}

pub type LogDensity = extern "C" fn(*mut c_void, *const f64, i64, *mut f64, *mut f64) -> i32;

#[repr(C)]
pub struct NeuralRgTarget {
    pub kind: i32,
    pub strength: f64,
    pub form: *const f64,
    pub form_count: i64,
    pub function: Option<LogDensity>,
    pub context: *mut c_void,
}

#[repr(C)]
pub struct NeuralRgTraining {
    pub steps: u64,
    pub batch: u64,
    pub learning_rate: f64,
    pub decay: i32,
    pub final_learning_rate: f64,
    pub schedule_steps: u64,
    pub weight_decay: f64,
    pub reverse: f64,
    pub seed: u64,
}

extern "C" {
    pub fn isingrg_abi_version() -> i32;
    pub fn isingrg_version() -> *const c_char;
    pub fn isingrg_instruction_set() -> *const c_char;
    pub fn isingrg_last_error() -> *const c_char;

    pub fn isingrg_ising_sample(
        size: i64, couplings: *const f64, n_couplings: i64, n_chains: i64, n_samples: i64,
        n_thermalize: i64, n_between: i64, algorithm: i32, seed: u64, spins: *mut i8,
        spins_count: i64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_ising_energy(
        spins: *const i8, n: i64, size: i64, energies: *mut f64, progress: Progress,
        context: *mut c_void,
    ) -> i32;
    pub fn isingrg_ising_magnetization(
        spins: *const i8, n: i64, size: i64, means: *mut f64, progress: Progress,
        context: *mut c_void,
    ) -> i32;
    pub fn isingrg_ising_exact_torus(
        size: i64, couplings: *const f64, n: i64, log_partition: *mut f64, energy: *mut f64,
        heat_capacity: *mut f64, progress: Progress, context: *mut c_void,
    ) -> i32;

    pub fn isingrg_model_destroy(model: *mut Model) -> i32;
    pub fn isingrg_model_step(model: *mut Model, step: *mut u64) -> i32;
    pub fn isingrg_model_array_count(model: *mut Model, count: *mut i32) -> i32;
    pub fn isingrg_model_array_info(
        model: *mut Model, index: i32, name: *mut c_char, name_capacity: i64, shape: *mut i64,
    ) -> i32;
    pub fn isingrg_model_write_array(
        model: *mut Model, index: i32, values: *const f64, count: i64,
    ) -> i32;

    pub fn isingrg_mlrg_create(config: *const MlrgConfig, model: *mut *mut Model) -> i32;
    pub fn isingrg_mlrg_fit(
        model: *mut Model, training: *const MlrgTraining, history: *mut f64, history_count: i64,
        done: *mut u64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_mlrg_fixed_point(
        model: *mut Model, guess: *const f64, fixed_point: *mut f64, progress: Progress,
        context: *mut c_void,
    ) -> i32;
    pub fn isingrg_mlrg_velocity(
        model: *mut Model, couplings: *const f64, n: i64, velocity: *mut f64, jacobian: *mut f64,
        progress: Progress, context: *mut c_void,
    ) -> i32;

    pub fn isingrg_neuralrg_dual(
        size: i64, couplings: *const f64, n: i64, log_partition: *mut f64, alpha: *mut f64,
        log_determinant: *mut f64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_neuralrg_log_density(
        size: i64, coupling: f64, samples: *const f64, n: i64, values: *mut f64,
        progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_neuralrg_create(
        config: *const NeuralRgConfig, model: *mut *mut Model,
    ) -> i32;
    pub fn isingrg_neuralrg_fit(
        model: *mut Model, training: *const NeuralRgTraining, history: *mut f64, history_count: i64,
        done: *mut u64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_neuralrg_sample(
        model: *mut Model, n: i64, seed: u64, samples: *mut f64, latents: *mut f64,
        log_probabilities: *mut f64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_neuralrg_layer_count(model: *mut Model, count: *mut i32) -> i32;
    pub fn isingrg_neuralrg_encode(
        model: *mut Model, samples: *const f64, n: i64, first_layer: i32, end_layer: i32,
        latents: *mut f64, log_determinants: *mut f64, progress: Progress, context: *mut c_void,
    ) -> i32;
    pub fn isingrg_neuralrg_decode(
        model: *mut Model, latents: *const f64, n: i64, first_layer: i32, end_layer: i32,
        samples: *mut f64, log_determinants: *mut f64, progress: Progress, context: *mut c_void,
    ) -> i32;
}
