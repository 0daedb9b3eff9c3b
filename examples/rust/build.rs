//! Links the library that is in the Python package, or in the folder that the environment variable
//! ISINGRG_LIBRARY names.

use std::env;
use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../..");
    let folder = env::var("ISINGRG_LIBRARY").map_or(root.join("python/isingrg"), PathBuf::from);
    let folder = folder.canonicalize().expect("ISINGRG_LIBRARY must be a folder");
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:rustc-link-lib=dylib=isingrg");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    println!("cargo:rerun-if-env-changed=ISINGRG_LIBRARY");
    println!("cargo:rerun-if-changed=build.rs");
}
