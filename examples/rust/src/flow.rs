//! A NeuralRG that Python's model.save wrote: a safetensors file, which is eight bytes that tell
//! the length of a header in JSON, the header, and the arrays one after the other.

use crate::ffi::{self, NeuralRgConfig};
use crate::json::Json;
use crate::library::{check, Error, Model};
use std::ffi::{c_char, CStr};

pub struct Flow {
    pub model: Model,
    /// L.
    pub size: i64,
    /// K.
    pub coupling: f64,
}

impl Flow {
    pub fn load(path: &str) -> Result<Flow, Error> {
        let bytes = std::fs::read(path).map_err(|why| Error::Other(format!("{path}: {why}")))?;
        let (header, arrays) = split(&bytes)
            .ok_or_else(|| Error::Other(format!("{path}: no safetensors file")))?;
        let described = description(&header)
            .ok_or_else(|| Error::Other(format!("{path}: no NeuralRG of format version 1 to 4")))?;
        let flow = create(&described)?;
        flow.fill(&header, arrays)?;
        Ok(flow)
    }

    /// Every array of the model, from the array of the same name in the file.
    fn fill(&self, header: &Json, arrays: &[u8]) -> Result<(), Error> {
        let mut count = 0;
        check(unsafe { ffi::isingrg_model_array_count(self.model.pointer, &mut count) })?;
        for index in 0..count {
            let (mut name, mut shape) = ([0 as c_char; 64], [0i64; 2]);
            check(unsafe {
                ffi::isingrg_model_array_info(
                    self.model.pointer, index, name.as_mut_ptr(), 64, shape.as_mut_ptr(),
                )
            })?;
            let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy();
            let values = floats(header, arrays, &name)
                .ok_or_else(|| Error::Other(format!("the array {name} is missing")))?;
            check(unsafe {
                ffi::isingrg_model_write_array(
                    self.model.pointer, index, values.as_ptr(), values.len() as i64,
                )
            })?;
        }
        Ok(())
    }
}

/// The header and the bytes of the arrays.
fn split(bytes: &[u8]) -> Option<(Json, &[u8])> {
    let length = usize::try_from(u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?)).ok()?;
    let header = bytes[8..].get(..length)?;
    Some((Json::parse(std::str::from_utf8(header).ok()?)?, &bytes[8 + length..]))
}

/// An array of float64.
fn floats(header: &Json, arrays: &[u8], name: &str) -> Option<Vec<f64>> {
    let array = header.member(name)?;
    if array.member("dtype")?.text()? != "F64" {
        return None;
    }
    let offsets: Vec<usize> = array.member("data_offsets")?.numbers()?;
    let bytes = arrays.get(*offsets.first()?..*offsets.get(1)?)?;
    let numbers = bytes.chunks_exact(8);
    Some(numbers.map(|eight| f64::from_le_bytes(eight.try_into().unwrap())).collect())
}

/// What the file says of the model.
fn description(header: &Json) -> Option<Json> {
    let metadata = header.member("__metadata__")?;
    let is = |name, value| metadata.member(name).and_then(Json::text) == Some(value);
    // Version 2 tells the settings of the last training as well, 3 the target and 4 the symmetry.
    let known = ["1", "2", "3", "4"].iter().any(|version| is("format_version", version));
    if !is("format", "isingrg.neuralrg") || !known {
        return None;
    }
    Json::parse(metadata.member("model")?.text()?)
}

/// An untrained model of the saved configuration.
fn create(described: &Json) -> Result<Flow, Error> {
    let missing = || Error::Other("the configuration is not complete".into());
    let saved = described.member("configuration").ok_or_else(missing)?;
    let get = |name| saved.member(name).ok_or_else(missing);
    let integer = |name| get(name)?.number::<i32>().ok_or_else(missing);
    if ["target", "symmetry"].iter().any(|name| saved.member(name).is_some_and(|it| !it.is_null())) {
        return Err(Error::Other("the target or the symmetry is not that of the dual Ising model".into()));
    }
    let hidden: Vec<i32> = get("hidden")?.numbers().ok_or_else(missing)?;
    let masks: Vec<i32> = match get("masks")? {
        null if null.is_null() => Vec::new(),
        given => given.numbers().ok_or_else(missing)?,
    };
    let size = i64::from(integer("L")?);
    // Older files say neither the block nor the conditioner.
    let text = |name, value| saved.member(name).is_some_and(|saved| saved.text() == Some(value));
    let config = NeuralRgConfig {
        rows: size,
        columns: size,
        coupling: get("K")?.number().ok_or_else(missing)?,
        structure: ["mera", "tebd", "tree"]
            .iter()
            .position(|name| get("structure").is_ok_and(|saved| saved.text() == Some(*name)))
            .ok_or_else(missing)? as i32,
        block: saved.member("block").and_then(Json::number).unwrap_or(2),
        depth: if get("depth")?.is_null() { 0 } else { integer("depth")? },
        repeats: integer("repeat")?,
        bijector: i32::from(get("bijector").is_ok_and(|saved| saved.text() == Some("linear"))),
        layers: integer("layers")?,
        n_hidden: hidden.len() as i32,
        hidden: hidden.as_ptr(),
        neighbours: i32::from(text("conditioner", "neighbours")),
        symmetric: i32::from(get("symmetric")?.number::<bool>().ok_or_else(missing)?),
        masks: if masks.is_empty() { std::ptr::null() } else { masks.as_ptr() },
        masks_count: masks.len() as i64,
        seed: described.member("network_seed").and_then(Json::number).ok_or_else(missing)?,
        target: std::ptr::null(),
        symmetry_sources: std::ptr::null(),
        symmetry_signs: std::ptr::null(),
        symmetry_count: 0,
    };
    let model = Model::new(|model| unsafe { ffi::isingrg_neuralrg_create(&config, model) })?;
    Ok(Flow { model, size, coupling: config.coupling })
}
