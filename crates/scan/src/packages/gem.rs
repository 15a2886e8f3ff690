//! Installed gems: each has a specification, whose file is named after it.

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

/// `rack-2.2.3.gemspec`; with a platform, `nokogiri-1.15.0-x86_64-linux.gemspec`.
pub(super) fn specification(found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let name = found.path().rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".gemspec").unwrap_or(name);
    let number = |at: &usize| {
        let after = name.as_bytes().get(at + 1);
        after.is_some_and(u8::is_ascii_digit)
    };
    // A name may have hyphens with digits behind them, a version has none: the last one that is not
    // within a platform's name.
    let mut hyphens = name.match_indices('-').map(|(at, _)| at).filter(number);
    let Some(at) = hyphens.next_back() else {
        return Ok(());
    };
    let (gem, version) = (&name[..at], &name[at + 1..]);
    let version = version.split('-').next().unwrap_or_default();
    found.add(Package::new(Manager::Gem, gem, version))
}
