//! npm: installed modules, and lock files.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::plausible;
use crate::package::{Manager, Package};

fn package(name: &str, version: &str, path: &str) -> Option<Package> {
    plausible(name, version).then(|| Package::new(Manager::Npm, name, version, path))
}

#[derive(Deserialize)]
struct Module {
    name: Option<String>,
    version: Option<String>,
}

/// `package.json` of an installed module.
pub(super) fn module(bytes: &[u8], path: &str) -> Vec<Package> {
    let Ok(Module {
        name: Some(name),
        version: Some(version),
    }) = serde_json::from_slice(bytes)
    else {
        return Vec::new();
    };
    package(&name, &version, path).into_iter().collect()
}

#[derive(Deserialize)]
struct Lock {
    /// Of versions 2 and 3: by path.
    packages: Option<BTreeMap<String, Locked>>,
    /// Of version 1: by name.
    #[serde(default)]
    dependencies: BTreeMap<String, Nested>,
}

#[derive(Deserialize)]
struct Locked {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    link: bool,
}

#[derive(Deserialize)]
struct Nested {
    version: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Nested>,
}

pub(super) fn lock(bytes: &[u8], path: &str) -> Vec<Package> {
    // Nesting is bounded by the parser.
    let Ok(lock) = serde_json::from_slice::<Lock>(bytes) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let Some(packages) = lock.packages else {
        nested(lock.dependencies, path, &mut found);
        return found;
    };
    for (place, locked) in packages {
        // What is not below `node_modules` is the project itself.
        let Some((_, name)) = place.rsplit_once("node_modules/") else {
            continue;
        };
        let name = locked.name.as_deref().unwrap_or(name);
        let version = locked.version.as_deref().filter(|_| !locked.link);
        found.extend(version.and_then(|version| package(name, version, path)));
    }
    found
}

fn nested(dependencies: BTreeMap<String, Nested>, path: &str, found: &mut Vec<Package>) {
    for (name, it) in dependencies {
        found.extend(
            it.version
                .and_then(|version| package(&name, &version, path)),
        );
        nested(it.dependencies, path, found);
    }
}

/// `yarn.lock`, of both kinds: what is asked for in a line without indentation, its version below.
pub(super) fn yarn(text: &str, path: &str) -> Vec<Package> {
    let mut found = Vec::new();
    let mut name: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            name = asked(line);
            continue;
        }
        let mut words = line.split_whitespace();
        if matches!(words.next(), Some("version" | "version:")) {
            let version = words.next().unwrap_or_default().trim_matches('"');
            found.extend(name.take().and_then(|name| package(name, version, path)));
        }
    }
    found
}

/// `@scope/name` of `"@scope/name@^1.0.0", "@scope/name@^1.2.0":`.
fn asked(line: &str) -> Option<&str> {
    let first = line
        .split(',')
        .next()?
        .trim()
        .trim_end_matches(':')
        .trim_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    let (name, range) = first.split_at(at);
    let own = range.starts_with("@workspace:");
    (!own && name != "__metadata").then_some(name)
}
