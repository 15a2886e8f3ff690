//! What the files of package managers say is installed.

mod cargo;
mod gem;
pub(crate) mod go;
mod java;
mod npm;
mod pip;
mod rpm;
mod system;
#[cfg(test)]
mod tests;

use crate::{
    interest::Interest,
    limits::{Limits, ScanError},
    package::Package,
};

/// The packages of one file. Lines that make no sense are passed over; a file none of which can be read
/// is an error where an image would otherwise look as if nothing was installed.
pub(crate) fn read(
    interest: Interest,
    path: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Vec<Package>, ScanError> {
    let text = || String::from_utf8_lossy(bytes);
    let damaged = |what: String| ScanError::Damaged(format!("/{path}"), what);
    Ok(match interest {
        Interest::DpkgStatus => system::dpkg(&text(), path),
        Interest::ApkInstalled => system::apk(&text(), path),
        Interest::RpmSqlite => rpm::sqlite::read(bytes, path, limits).map_err(damaged)?,
        Interest::RpmNdb => rpm::ndb::read(bytes, path, limits).map_err(damaged)?,
        Interest::CargoLock => cargo::lock(&text(), path),
        Interest::NpmLock => npm::lock(bytes, path),
        Interest::YarnLock => npm::yarn(&text(), path),
        Interest::NpmPackage => npm::module(bytes, path),
        Interest::PythonMetadata => pip::metadata(&text(), path),
        Interest::Gemspec => gem::specification(path),
        Interest::Archive => java::archive(bytes, path, limits)?,
        Interest::OsRelease | Interest::RpmBdb => Vec::new(),
    })
}

pub(crate) use pip::normal as pip_name;

/// Names and versions longer than this are nobody's.
const MAX_NAME: usize = 256;

/// Whether both can be a package's.
fn plausible(name: &str, version: &str) -> bool {
    let fits =
        |text: &str| (1..=MAX_NAME).contains(&text.len()) && !text.chars().any(|c| c.is_control());
    fits(name) && fits(version)
}
