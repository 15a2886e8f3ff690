//! Cargo's lock files.

use serde::Deserialize;

use super::plausible;
use crate::package::{Manager, Package};

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

pub(super) fn lock(text: &str, path: &str) -> Vec<Package> {
    let Ok(lock) = toml::from_str::<Lock>(text) else {
        return Vec::new();
    };
    let locked = lock.package.into_iter().filter(|it| it.source.is_some());
    locked
        .filter(|it| plausible(&it.name, &it.version))
        .map(|it| Package::new(Manager::Cargo, &it.name, &it.version, path))
        .collect()
}
