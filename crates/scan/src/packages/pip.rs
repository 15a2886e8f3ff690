//! Installed packages of Python.

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

/// `METADATA` or `PKG-INFO`: headers of a mail, up to the first empty line.
pub(super) fn metadata(text: &str, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let (mut name, mut version) = ("", "");
    for line in text.lines().take_while(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some(("Name", value)) => name = value.trim(),
            Some(("Version", value)) => version = value.trim(),
            _ => {}
        }
    }
    found.add(Package::new(Manager::Pip, &normal(name), version))
}

/// The name as PyPI compares it: lowercase, with one hyphen for hyphens, dots and underscores.
pub(crate) fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    parts.join("-")
}
