//! dpkg and apk: paragraphs of lines.

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

/// `status`, or a file of `status.d`: what is installed, not what only left its configuration.
pub(super) fn dpkg(text: &str, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let (mut package, mut installed) = (Package::new(Manager::Dpkg, "", ""), true);
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            let ended = std::mem::replace(&mut package, Package::new(Manager::Dpkg, "", ""));
            if installed {
                found.add(ended)?;
            }
            installed = true;
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match key {
            "Package" => value.clone_into(&mut package.name),
            "Version" => value.clone_into(&mut package.version),
            "Architecture" => value.clone_into(&mut package.arch),
            "Status" => installed = value.ends_with(" installed"),
            "Source" => {
                let (name, version) = value.split_once(' ').unwrap_or((value, ""));
                name.clone_into(&mut package.source);
                let version = version.trim().trim_matches(['(', ')']);
                version.clone_into(&mut package.source_version);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The database of apk.
pub(super) fn apk(text: &str, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let mut package = Package::new(Manager::Apk, "", "");
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            let ended = std::mem::replace(&mut package, Package::new(Manager::Apk, "", ""));
            found.add(ended)?;
            continue;
        }
        match line.split_once(':') {
            Some(("P", value)) => value.clone_into(&mut package.name),
            Some(("V", value)) => value.clone_into(&mut package.version),
            Some(("A", value)) => value.clone_into(&mut package.arch),
            Some(("o", value)) => value.clone_into(&mut package.source),
            _ => {}
        }
    }
    Ok(())
}
