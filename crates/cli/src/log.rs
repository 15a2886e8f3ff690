//! What the parts of wharf log: warnings to the terminal, and more of it to a file of the data
//! folder, `log/PART.log`.
//!
//! Each line is one write to its file, so a process that is killed loses none. A disk that is full,
//! or a terminal that is gone, stops nobody: what cannot be written is counted and left out.

mod file;

use std::{
    ffi::OsString,
    fmt,
    fs::DirBuilder,
    io::{IsTerminal, Write, stderr},
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::OnceLock,
};

use parking_lot::Mutex;
use tracing_subscriber::{
    EnvFilter, Layer, filter::ParseError, fmt::layer, layer::SubscriberExt, util::SubscriberInitExt,
};
use wharf_base::{Clock, SystemClock};

use crate::layout::Layout;
use file::LogFile;

pub const SERVER: &str = "server";
pub const AGENT: &str = "agent";
pub const BALANCER: &str = "lb";
pub const SUPERVISOR: &str = "supervisor";

/// One part has so many files of this size, in bytes; all four together 200 MiB.
const FILE_SIZE: u64 = 10 << 20;
const FILES: usize = 5;

/// Where this process logs to, once it does.
static FILE: OnceLock<Mutex<LogFile>> = OnceLock::new();

/// What is logged.
#[derive(clap::Args, Clone)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or by part such as info,wharf_agent=debug.
    /// Without it warnings to the terminal, and info to the files in log/ of the data folder
    #[arg(long, value_name = "LEVEL", env = "WHARF_LOG", hide_env_values = true, value_parser = parse_level)]
    log_level: Option<String>,
}

impl LogArgs {
    /// The same flag, for a part.
    pub fn words(&self) -> Vec<OsString> {
        let given = self.log_level.iter();
        given
            .flat_map(|level| [OsString::from("--log-level"), level.into()])
            .collect()
    }

    fn filter(&self, otherwise: &str) -> EnvFilter {
        let given = self.log_level.as_deref().filter(|it| !it.is_empty());
        EnvFilter::new(given.unwrap_or(otherwise))
    }
}

/// What is logged by no level.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}; give one of error, warn, info, debug, trace, or a filter such as info,wharf_agent=debug"
)]
struct BadLevel(#[from] ParseError);

fn parse_level(text: &str) -> Result<String, BadLevel> {
    EnvFilter::try_new(text)?;
    Ok(text.trim().to_owned())
}

/// From now on this process logs as `part`; once a process.
pub fn start(layout: &Layout, part: &'static str, args: &LogArgs) {
    let to_terminal = layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .log_internal_errors(false)
        .with_filter(args.filter("warn"));
    let to_file = open(&layout.log(), part).then(|| {
        layer()
            .with_writer(|| Lines)
            .with_ansi(false)
            .log_internal_errors(false)
            .with_filter(args.filter("info"))
    });
    tracing_subscriber::registry()
        .with(to_terminal)
        .with(to_file)
        .init();
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        note("ERROR", panic);
        otherwise(panic);
    }));
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, pid = std::process::id(), "the {part} starts");
}

/// Whether there is a file now.
fn open(folder: &Path, part: &str) -> bool {
    // Its parent is made by who makes an installation.
    if let Err(error) = DirBuilder::new().mode(0o700).create(folder)
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        let folder = folder.display();
        let _ = writeln!(stderr(), "wharf: there is no log in {folder}: {error}");
        return false;
    }
    let path = folder.join(format!("{part}.log"));
    FILE.set(Mutex::new(LogFile::new(path, FILE_SIZE, FILES)))
        .is_ok()
}

/// Says something to the person at the terminal, and to the log.
pub fn say(text: impl fmt::Display) {
    let _ = writeln!(stderr(), "wharf: {text}");
    note("WARN", text);
}

/// Writes a line to the log alone, if this process has one.
pub fn note(level: &str, text: impl fmt::Display) {
    let Some(file) = FILE.get() else { return };
    let text = text.to_string().replace('\n', " ");
    let line = format!("{} {level:>5} wharf: {text}\n", SystemClock.now().iso8601());
    // A panic may come from within a write.
    if let Some(mut file) = file.try_lock() {
        file.write(line.as_bytes());
    }
}

/// The file as `tracing` writes to it: a line a write.
struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if let Some(file) = FILE.get() {
            let mut file = file.lock();
            file.write(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for good in ["warn", "info,wharf_agent=debug", "", " debug "] {
            assert!(parse_level(good).is_ok(), "{good}");
        }
        assert!(
            parse_level("wharf=loud")
                .unwrap_err()
                .to_string()
                .contains("one of error")
        );
    }

    #[test]
    fn a_part_gets_the_flag() {
        let level = |it: Option<&str>| LogArgs {
            log_level: it.map(str::to_owned),
        };
        assert!(level(None).words().is_empty());
        assert_eq!(level(Some("debug")).words(), ["--log-level", "debug"]);
    }
}
