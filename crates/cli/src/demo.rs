//! `wharf demo`: the story of the README, told by a script that shows every command it runs.

use std::process::{Command, ExitCode};

use crate::{problem::Problem, roles};

/// Kept beside the other scripts so that it can be read and run without the program.
const SCRIPT: &str = include_str!("../../../scripts/demo.sh");

pub fn run() -> Result<ExitCode, Problem> {
    roles::require_root()?;
    let status = Command::new("bash")
        .args(["-c", SCRIPT, "wharf demo"])
        .env("WHARF", roles::own_program()?)
        .status()
        .map_err(|cause| Problem::caused("cannot start bash", cause))?;
    Ok(ExitCode::from(
        u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
    ))
}
