//! The library's conventions in Rust: statuses as errors, and models that free themselves.

use crate::ffi;
use std::ffi::{c_void, CStr};
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
pub enum Error {
    /// A call of the library that failed, and why.
    Library { status: i32, message: String },
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Library { message, .. } | Error::Other(message) => formatter.write_str(message),
        }
    }
}

pub fn check(status: i32) -> Result<(), Error> {
    if status == ffi::OK {
        return Ok(());
    }
    let message = unsafe { CStr::from_ptr(ffi::isingrg_last_error()) };
    Err(Error::Library { status, message: message.to_string_lossy().into_owned() })
}

/// A model of the library, freed at the end.
pub struct Model {
    pub pointer: *mut ffi::Model,
}

impl Model {
    /// Takes the model that a function of the library creates.
    pub fn new(create: impl FnOnce(*mut *mut ffi::Model) -> i32) -> Result<Self, Error> {
        let mut pointer = std::ptr::null_mut();
        check(create(&mut pointer))?;
        Ok(Model { pointer })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        unsafe { ffi::isingrg_model_destroy(self.pointer) };
    }
}

// Progress and Ctrl-C

static STOPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_signal: i32) {
    STOPPED.store(true, Ordering::Relaxed);
}

/// Ctrl-C is left to `report` from now on.
pub fn catch_interrupts() {
    const SIGINT: i32 = 2;
    extern "C" {
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    }
    unsafe { signal(SIGINT, stop) };
}

/// Called by the library at most every 50 ms; what is not 0 asks it to stop. The context is what
/// `label` makes.
pub unsafe extern "C" fn report(context: *mut c_void, done: u64, total: u64) -> i32 {
    let label = &*(context as *const &str);
    let end = if done == total { "\n" } else { "" };
    let part = 100.0 * done as f64 / total as f64;
    // A closed standard error is no reason to panic, least of all inside a call of C.
    let _ = write!(std::io::stderr(), "\r{label} {part:3.0} %{end}");
    STOPPED.load(Ordering::Relaxed) as i32
}

/// The context of `report`: what is being done.
pub fn label(text: &&str) -> *mut c_void {
    text as *const &str as *mut c_void
}
