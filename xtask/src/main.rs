//! Chores of the repository: `cargo xtask generate | coverage | check`.

mod check;
mod coverage;
mod generate;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask generate   writes crates/api/<service> from models/
cargo xtask coverage   writes docs/coverage.md
cargo xtask check      licences, permits, and that generated files are as the generator writes them";

fn main() -> Result<()> {
    let root = root();
    match std::env::args().nth(1).as_deref() {
        Some("generate") => generate::write(&root),
        Some("coverage") => coverage::write(&root),
        Some("check") => check::run(&root),
        _ => bail!("{HELP}"),
    }
}

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
        .to_owned()
}
