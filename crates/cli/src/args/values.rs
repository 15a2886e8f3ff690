//! What the command line says, as values.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Args,
    builder::{OsStringValueParser, TypedValueParser},
};
use wharf_server::IamMode;

pub const DATA_VARIABLE: &str = "WHARF_DATA";
pub const DEFAULT_DATA: &str = "/var/lib/wharf";

#[derive(Args, Clone)]
pub struct DataArgs {
    /// Where the installation keeps everything
    #[arg(
        long,
        value_name = "DIR",
        env = DATA_VARIABLE,
        hide_env_values = true,
        default_value = DEFAULT_DATA,
        value_parser = OsStringValueParser::new().try_map(parse_data)
    )]
    pub data: PathBuf,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
}

pub fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("nothing could connect".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("`{text}` is no number of connections: {error}")),
    }
}

#[derive(Args, Clone)]
pub struct OutputArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

/// The name of a region.
pub fn parse_region(text: &str) -> Result<String, String> {
    match wharf_base::regions::is_well_formed(text) {
        true => Ok(text.to_owned()),
        false => Err("it has the form of us-east-1".to_owned()),
    }
}

/// Bytes, with K, M, G or T for powers of 1024.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let bad = || "it is a number with K, M, G or T, such as 20G".to_owned();
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(bad()),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    match number.checked_mul(1 << shift) {
        Some(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(bad()),
    }
}

/// So many a second.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.01..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("it is a number from 0.01 to 1000000".to_owned()),
    }
}

/// What tasks may be told that are measured closely.
pub fn parse_metrics_period(text: &str) -> Result<u32, String> {
    match text.trim_end_matches('s') {
        "10" => Ok(10),
        "20" => Ok(20),
        _ => Err("it is 10 or 20".to_owned()),
    }
}

/// From what is exact to what no machine makes sense of.
pub fn parse_overcommit(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=64.0).contains(&factor) => Ok(factor),
        Ok(_) => Err("it is from 1 to 64".to_owned()),
        Err(error) => Err(format!("`{text}` is no factor: {error}")),
    }
}

pub fn parse_task_disk(text: &str) -> Result<u64, String> {
    let bytes = parse_size(text)?;
    if bytes < wharf_agent::LEAST_TASK_DISK {
        let least = wharf_agent::LEAST_TASK_DISK >> 20;
        return Err(format!("a disk has at least {least} MiB"));
    }
    Ok(bytes)
}

/// A variable that is set to nothing is as good as none.
pub fn parse_data(given: OsString) -> Result<PathBuf, String> {
    let is_unset = || std::env::var_os(DATA_VARIABLE).is_some_and(|it| it.is_empty());
    match given.is_empty() {
        false => Ok(given.into()),
        true if is_unset() => Ok(DEFAULT_DATA.into()),
        true => Err("a folder is required".to_owned()),
    }
}

pub fn parse_iam(text: &str) -> Result<IamMode, String> {
    match text {
        "enforce" => Ok(IamMode::Enforce),
        "soft" => Ok(IamMode::Soft),
        "off" => Ok(IamMode::Off),
        _ => Err("it is one of enforce, soft, off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_named_by_nothing_is_refused() {
        assert_eq!(parse_data("/d".into()), Ok("/d".into()));
        // Of the variable the end-to-end tests are: it is the whole process's.
        assert!(std::env::var_os(DATA_VARIABLE).is_some() || parse_data("".into()).is_err());
    }
}
