//! What the command line says, as values.

use std::{
    ffi::OsString,
    num::{ParseFloatError, ParseIntError},
    path::PathBuf,
};

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

/// What is wrong with a value, as it is said beside it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    #[error("at least 1 is needed, or nobody could connect")]
    NoConnections,
    #[error("`{text}` is not a number of connections: {source}")]
    Connections { text: String, source: ParseIntError },
    #[error("a region looks like us-east-1")]
    Region,
    #[error("give a number of bytes, with K, M, G or T if you like, such as 20G")]
    Size,
    #[error("give a number from 0.01 to 1000000")]
    Rate,
    #[error("give 10 or 20")]
    MetricsPeriod,
    #[error("`{text}` is not a factor: {source}")]
    Factor {
        text: String,
        source: ParseFloatError,
    },
    #[error("give a factor from 1 to 64")]
    Overcommit,
    #[error("a disk has at least {0} MiB")]
    TaskDisk(u64),
    #[error("name a folder")]
    NoFolder,
    #[error("give one of enforce, soft, off")]
    Iam,
}

pub fn parse_count(text: &str) -> Result<usize, BadValue> {
    match text.parse() {
        Ok(0) => Err(BadValue::NoConnections),
        Ok(count) => Ok(count),
        Err(source) => Err(BadValue::Connections {
            text: text.to_owned(),
            source,
        }),
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
pub fn parse_region(text: &str) -> Result<String, BadValue> {
    match wharf_base::regions::is_well_formed(text) {
        true => Ok(text.to_owned()),
        false => Err(BadValue::Region),
    }
}

/// Bytes, with K, M, G or T for powers of 1024.
pub fn parse_size(text: &str) -> Result<u64, BadValue> {
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(BadValue::Size),
    };
    let number: u64 = digits.parse().map_err(|_| BadValue::Size)?;
    match number.checked_mul(1 << shift) {
        Some(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(BadValue::Size),
    }
}

/// So many a second.
pub fn parse_rate(text: &str) -> Result<f64, BadValue> {
    match text.parse::<f64>() {
        Ok(rate) if (0.01..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err(BadValue::Rate),
    }
}

/// What tasks may be told that are measured closely.
pub fn parse_metrics_period(text: &str) -> Result<u32, BadValue> {
    match text.trim_end_matches('s') {
        "10" => Ok(10),
        "20" => Ok(20),
        _ => Err(BadValue::MetricsPeriod),
    }
}

/// From what is exact to what no machine makes sense of.
pub fn parse_overcommit(text: &str) -> Result<f64, BadValue> {
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=64.0).contains(&factor) => Ok(factor),
        Ok(_) => Err(BadValue::Overcommit),
        Err(source) => Err(BadValue::Factor {
            text: text.to_owned(),
            source,
        }),
    }
}

pub fn parse_task_disk(text: &str) -> Result<u64, BadValue> {
    const LEAST: u64 = wharf_agent::LEAST_TASK_DISK;
    match parse_size(text)? {
        bytes if bytes < LEAST => Err(BadValue::TaskDisk(LEAST >> 20)),
        bytes => Ok(bytes),
    }
}

/// A variable that is set to nothing is as good as none.
pub fn parse_data(given: OsString) -> Result<PathBuf, BadValue> {
    let is_unset = || std::env::var_os(DATA_VARIABLE).is_some_and(|it| it.is_empty());
    match given.is_empty() {
        false => Ok(given.into()),
        true if is_unset() => Ok(DEFAULT_DATA.into()),
        true => Err(BadValue::NoFolder),
    }
}

pub fn parse_iam(text: &str) -> Result<IamMode, BadValue> {
    match text {
        "enforce" => Ok(IamMode::Enforce),
        "soft" => Ok(IamMode::Soft),
        "off" => Ok(IamMode::Off),
        _ => Err(BadValue::Iam),
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
