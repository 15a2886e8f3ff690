//! Cargo's lock files.

use serde::Deserialize;

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

/// The parser holds all of the file as values, which take some times its length.
const MAX_LOCK: usize = 4 << 20;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    /// Without one it is a crate of the workspace itself.
    source: Option<String>,
}

pub(super) fn lock(text: &str, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    if text.len() > MAX_LOCK {
        let what = format!("{MAX_LOCK} bytes in /{}", found.path());
        return Err(ScanError::TooMuch(what));
    }
    let Ok(lock) = toml::from_str::<Lock>(text) else {
        return Ok(());
    };
    for locked in lock.package.iter().filter(|it| it.source.is_some()) {
        found.add(Package::new(Manager::Cargo, &locked.name, &locked.version))?;
    }
    Ok(())
}
