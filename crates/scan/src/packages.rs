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

use crate::{gathering::Gathering, interest::Interest, limits::ScanError};

pub(crate) use pip::normal as pip_name;

/// Gathers the packages of one file. Lines that make no sense are passed over; a file none of which can
/// be read is an error where an image would otherwise look as if nothing was installed.
pub(crate) fn read(
    interest: Interest,
    bytes: &[u8],
    found: &mut Gathering<'_>,
) -> Result<(), ScanError> {
    let text = || String::from_utf8_lossy(bytes);
    match interest {
        Interest::DpkgStatus => system::dpkg(&text(), found),
        Interest::ApkInstalled => system::apk(&text(), found),
        Interest::RpmSqlite => rpm::sqlite::read(bytes, found),
        Interest::RpmNdb => rpm::ndb::read(bytes, found),
        Interest::CargoLock => cargo::lock(&text(), found),
        Interest::NpmLock => npm::lock(bytes, found),
        Interest::YarnLock => npm::yarn(&text(), found),
        Interest::NpmPackage => npm::module(bytes, found),
        Interest::PythonMetadata => pip::metadata(&text(), found),
        Interest::Gemspec => gem::specification(found),
        Interest::Archive => java::archive(bytes, found),
        Interest::OsRelease | Interest::RpmBdb => Ok(()),
    }
}

/// The file is not what its name says.
fn damaged(found: &Gathering<'_>, why: &str) -> ScanError {
    ScanError::Damaged(format!("/{}", found.path()), why.to_owned())
}
