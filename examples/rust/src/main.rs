//! The library from Rust: Monte Carlo, an MLRG trained on A1, and a NeuralRG that Python saved.
//!
//!     example model.safetensors [steps]
//!
//! Numbers go to standard output, and are the ones that Python gives for the same seeds; progress
//! goes to standard error. Ctrl-C ends the training early.

mod ffi;
mod flow;
mod json;
mod library;

use ffi::{NeuralRgConfig, NeuralRgTarget, NeuralRgTraining};
use flow::Flow;
use library::{check, label, report, Error, Model};
use std::ffi::{c_void, CStr};
use std::process::ExitCode;
use std::ptr::{null, null_mut};

const K_CRITICAL: f64 = 0.4406867935097715; // ln(1 + sqrt 2) / 2
const SIZE: usize = 16;
const CHAINS: usize = 2;
const DRAWS: usize = 50;
const FLOW_SAMPLES: usize = 256;
const WELL_STEPS: usize = 20;

fn monte_carlo() -> Result<(), Error> {
    const SITES: usize = SIZE * SIZE;
    let mut spins = vec![0i8; CHAINS * DRAWS * SITES];
    let (mut energies, mut means) = ([0.0; CHAINS * DRAWS], [0.0; CHAINS * DRAWS]);
    let (size, n, mut exact) = (SIZE as i64, (CHAINS * DRAWS) as i64, 0.0);
    unsafe {
        check(ffi::isingrg_ising_sample(
            size, &K_CRITICAL, 1, CHAINS as i64, DRAWS as i64, -1, -1, ffi::WOLFF, 1,
            spins.as_mut_ptr(), spins.len() as i64, Some(report), label(&"sampling"),
        ))?;
        check(ffi::isingrg_ising_energy(
            spins.as_ptr(), n, size, energies.as_mut_ptr(), None, null_mut(),
        ))?;
        check(ffi::isingrg_ising_magnetization(
            spins.as_ptr(), n, size, means.as_mut_ptr(), None, null_mut(),
        ))?;
        check(ffi::isingrg_ising_exact_torus(
            size, &K_CRITICAL, 1, null_mut(), &mut exact, null_mut(), None, null_mut(),
        ))?;
    }
    let energy = energies.iter().sum::<f64>() / (CHAINS * DRAWS * SITES) as f64;
    let order = means.iter().map(|m: &f64| m.abs()).sum::<f64>() / (CHAINS * DRAWS) as f64;
    println!("energy per site: {energy} exact {}", exact / SITES as f64);
    println!("mean |m|: {order}");
    println!("last configuration:");
    for row in spins[spins.len() - SITES..].chunks(SIZE) {
        println!("{}", row.iter().map(|&s| if s > 0 { '#' } else { '.' }).collect::<String>());
    }
    Ok(())
}

fn train(steps: u64) -> Result<(), Error> {
    let hidden = [64];
    let config = ffi::MlrgConfig {
        representation: c"A1".as_ptr(),
        symmetry: null(),
        n_symmetries: 0,
        scheme: ffi::STAR,
        moderator: ffi::MONOTONE,
        divergence: ffi::KL,
        transport: ffi::STEP,
        frame: ffi::PUBLISHED,
        activation: ffi::TANH,
        layer_norm: 0,
        symmetric: 0,
        n_hidden: 1,
        hidden: hidden.as_ptr(),
        seed: 0,
    };
    // The defaults of Python's MLRG.fit.
    let training = ffi::MlrgTraining {
        steps,
        schedule_steps: steps,
        batch: 32,
        learning_rate: 2e-2,
        final_learning_rate: 1e-5,
        weight_decay: 0.0,
        clip_norm: 0.02,
        beta_max: 16.0,
        beta_rate: 16.0,
        beta_midpoint: 0.25,
        proposal: ffi::SQUARED,
        replicas: 1,
        ray: 0.0,
        ray_low: 0.0,
        ray_high: 0.0,
        ray_steps: 0.0,
        ray_noise: 0.0,
        proposal_scale: 1.0,
        coupling_bound: 2.0,
        hmc_step: 0.1,
        hmc_leapfrog: 4,
        hmc_updates: 1,
        cd_samples: 512,
        teacher_sweeps: 32,
        student_sweeps: 1,
        record_from: u64::MAX,
        record_guess: null(),
        seed: 0,
    };
    let model = Model::new(|model| unsafe { ffi::isingrg_mlrg_create(&config, model) })?;
    let mut history = vec![0.0; steps as usize * ffi::MLRG_COLUMNS];
    let mut done = 0;
    let status = unsafe {
        ffi::isingrg_mlrg_fit(
            model.pointer, &training, history.as_mut_ptr(), history.len() as i64, &mut done,
            Some(report), label(&"training"),
        )
    };
    if status == ffi::INTERRUPTED {
        // What is trained remains, and could be trained further.
        eprintln!("\nstopped at step {done} of {steps}");
    }
    check(status)?;
    let (mut point, mut velocity, mut slope) = (0.0, 0.0, 0.0);
    unsafe {
        check(ffi::isingrg_mlrg_fixed_point(model.pointer, &0.8, &mut point, None, null_mut()))?;
        check(ffi::isingrg_mlrg_velocity(
            model.pointer, &point, 1, &mut velocity, &mut slope, None, null_mut(),
        ))?;
    }
    println!("loss: {}", history[(done as usize - 1) * ffi::MLRG_COLUMNS + ffi::MLRG_LOSS]);
    println!("J*: {point} exact 0.8139196792");
    println!("slope: {} exact 1.3567966", 1.0 + slope);
    Ok(())
}

fn evaluate(flow: Flow) -> Result<(), Error> {
    let Flow { model, size, coupling } = flow;
    let numbers = FLOW_SAMPLES * (size * size) as usize;
    let (mut x, mut z, mut back) = (vec![0.0; numbers], vec![0.0; numbers], vec![0.0; numbers]);
    let (mut log_q, mut log_pi) = ([0.0; FLOW_SAMPLES], [0.0; FLOW_SAMPLES]);
    let mut logdet = [0.0; FLOW_SAMPLES];
    let (n, mut layers, mut step, mut exact) = (FLOW_SAMPLES as i64, 0, 0, 0.0);
    unsafe {
        check(ffi::isingrg_model_step(model.pointer, &mut step))?;
        check(ffi::isingrg_neuralrg_sample(
            model.pointer, n, 0, x.as_mut_ptr(), null_mut(), log_q.as_mut_ptr(), Some(report),
            label(&"flow"),
        ))?;
        check(ffi::isingrg_neuralrg_log_density(
            size, coupling, x.as_ptr(), n, log_pi.as_mut_ptr(), None, null_mut(),
        ))?;
        check(ffi::isingrg_neuralrg_layer_count(model.pointer, &mut layers))?;
        check(ffi::isingrg_neuralrg_encode(
            model.pointer, x.as_ptr(), n, 0, layers, z.as_mut_ptr(), logdet.as_mut_ptr(), None,
            null_mut(),
        ))?;
        check(ffi::isingrg_neuralrg_decode(
            model.pointer, z.as_ptr(), n, 0, layers, back.as_mut_ptr(), logdet.as_mut_ptr(), None,
            null_mut(),
        ))?;
        check(ffi::isingrg_neuralrg_dual(
            size, &coupling, 1, &mut exact, null_mut(), null_mut(), None, null_mut(),
        ))?;
    }
    println!("flow: L {size} K {coupling} step {step}");
    for i in 0..4 {
        println!("ln q: {} ln pi: {}", log_q[i], log_pi[i]);
    }
    let bound: f64 = log_q.iter().zip(&log_pi).map(|(q, pi)| q - pi).sum();
    let largest = x.iter().zip(&back).map(|(x, y)| (y - x).abs()).fold(0.0, f64::max);
    println!("error of decode(encode(x)): {largest:e}");
    println!("bound of -ln Z: {} exact {}", bound / FLOW_SAMPLES as f64, -exact);
    Ok(())
}

/// ln pi = -sum (x^2 - 1)^2, and its gradient where that is wanted.
extern "C" fn double_well(
    context: *mut c_void, x: *const f64, n: i64, log_density: *mut f64, gradient: *mut f64,
) -> i32 {
    let sites = unsafe { *(context as *const usize) };
    for i in 0..n as usize {
        let mut sum = 0.0;
        for j in i * sites..(i + 1) * sites {
            let value = unsafe { *x.add(j) };
            let well = value * value - 1.0;
            sum -= well * well;
            if !gradient.is_null() {
                unsafe { *gradient.add(j) = -4.0 * value * well };
            }
        }
        unsafe { *log_density.add(i) = sum };
    }
    0
}

/// A flow that learns a density of our own.
fn own_density() -> Result<(), Error> {
    let mut sites = 16usize;
    let hidden = [4];
    let target = NeuralRgTarget {
        kind: ffi::NEURALRG_FUNCTION,
        strength: 0.0,
        form: null(),
        form_count: 0,
        function: Some(double_well),
        context: &mut sites as *mut usize as *mut c_void,
    };
    let config = NeuralRgConfig {
        rows: 4,
        columns: 4,
        coupling: 0.0,
        structure: 0,
        block: 2,
        depth: 0,
        repeats: 1,
        bijector: 0,
        layers: 2,
        n_hidden: 1,
        hidden: hidden.as_ptr(),
        neighbours: 0,
        symmetric: 1,
        masks: null(),
        masks_count: 0,
        seed: 0,
        target: &target,
        symmetry_sources: std::ptr::null(),
        symmetry_signs: std::ptr::null(),
        symmetry_count: 0,
    };
    let training = NeuralRgTraining {
        steps: WELL_STEPS as u64,
        batch: 64,
        learning_rate: 1e-2,
        decay: 0,
        final_learning_rate: 1e-2,
        schedule_steps: 1,
        weight_decay: 0.0,
        reverse: 0.0,
        seed: 0,
    };
    let model = Model::new(|model| unsafe { ffi::isingrg_neuralrg_create(&config, model) })?;
    let mut history = [0.0; WELL_STEPS * ffi::NEURALRG_COLUMNS];
    let mut done = 0;
    check(unsafe {
        ffi::isingrg_neuralrg_fit(
            model.pointer, &training, history.as_mut_ptr(), history.len() as i64, &mut done, None,
            null_mut(),
        )
    })?;
    println!("double well: {}", history[(WELL_STEPS - 1) * ffi::NEURALRG_COLUMNS]);
    Ok(())
}

fn run(path: &str, steps: u64) -> Result<(), Error> {
    if unsafe { ffi::isingrg_abi_version() } != ffi::ABI_VERSION {
        return Err(Error::Other("the library has another ABI version than ffi.rs".into()));
    }
    let flow = Flow::load(path)?;
    library::catch_interrupts();
    let (version, instructions) = unsafe {
        (CStr::from_ptr(ffi::isingrg_version()), CStr::from_ptr(ffi::isingrg_instruction_set()))
    };
    println!("library: {} {}", version.to_string_lossy(), instructions.to_string_lossy());
    monte_carlo()?;
    train(steps)?;
    evaluate(flow)?;
    own_density()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let steps = arguments.get(2).map_or(Some(5000), |steps| steps.parse().ok());
    let given = (arguments.get(1), steps, arguments.len());
    let (Some(path), Some(steps @ 1..=100_000_000), ..=3) = given else {
        eprintln!("usage: {} model.safetensors [steps]", arguments[0]);
        return ExitCode::FAILURE;
    };
    match run(path, steps) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            match error {
                Error::Library { status: ffi::INTERRUPTED, .. } => ExitCode::from(130),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
