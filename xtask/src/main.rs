//! Chores of the repository: `cargo xtask generate | coverage | reference | check | advisories`.

mod advisories;
mod check;
mod coverage;
mod generate;
mod new_service;
mod reference;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask generate         writes crates/api/<service> from models/
cargo xtask coverage         writes docs/coverage.md
cargo xtask reference        writes docs/iam from the rows that authorisation uses
cargo xtask new-service NAME what a service needs to answer, from models/NAME.json
cargo xtask check            licences, arrows between crates, unsafe code, permits, and that generated files are up to date
cargo xtask advisories DIR   what a checkout of the RustSec advisory database says of Cargo.lock";

fn main() -> Result<()> {
    let root = root();
    match std::env::args().nth(1).as_deref() {
        Some("generate") => generate::write(&root),
        Some("coverage") => coverage::write(&root),
        Some("reference") => reference::write(&root),
        Some("new-service") => match std::env::args().nth(2) {
            Some(name) => new_service::run(&root, &name),
            None => bail!("new-service: name the model\n{HELP}"),
        },
        Some("check") => check::run(&root),
        Some("advisories") => match std::env::args().nth(2) {
            Some(folder) => advisories::run(&root, Path::new(&folder)),
            None => bail!("advisories: name the folder of the database\n{HELP}"),
        },
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
