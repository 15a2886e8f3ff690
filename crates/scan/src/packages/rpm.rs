//! RPM: a header for each package, which its databases keep as a blob.

pub(super) mod ndb;
pub(super) mod sqlite;

use super::damaged;
use crate::package::{Manager, Package};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCH: u32 = 1022;
const SOURCE_RPM: u32 = 1044;

const TAGS: [u32; 6] = [NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCE_RPM];

const INT32: u32 = 4;
const STRING: u32 = 6;

/// An entry of the index: tag, type, offset, count; four bytes each.
const ENTRY: usize = 16;

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// The package of a header; `None` for one that makes no sense, and for keys, which are kept as
/// packages too.
pub(super) fn header(blob: &[u8]) -> Option<Package> {
    let entries = usize::try_from(number(blob, 0)?).ok()?;
    let store = entries.checked_mul(ENTRY)?.checked_add(8)?;
    let data = blob.get(store..)?;
    let mut package = Package::new(Manager::Rpm, "", "");
    let (mut version, mut release, mut epoch) = (String::new(), String::new(), None);
    let mut seen = [false; TAGS.len()];
    for entry in blob.get(8..store)?.chunks_exact(ENTRY) {
        let (tag, kind) = (number(entry, 0)?, number(entry, 4)?);
        let Some(known) = TAGS.iter().position(|it| *it == tag) else {
            continue;
        };
        // A header has each once; one that has not would have its texts read again and again.
        if std::mem::replace(&mut seen[known], true) {
            return None;
        }
        let at = usize::try_from(number(entry, 8)?).ok()?;
        let text = || {
            let bytes = data.get(at..)?;
            let end = bytes.iter().take(4096).position(|byte| *byte == 0)?;
            Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
        };
        match (tag, kind) {
            (NAME, STRING) => package.name = text()?,
            (VERSION, STRING) => version = text()?,
            (RELEASE, STRING) => release = text()?,
            (ARCH, STRING) => package.arch = text()?,
            (SOURCE_RPM, STRING) => {
                let file = text()?;
                let (name, version) = source(&file).unwrap_or_default();
                name.clone_into(&mut package.source);
                version.clone_into(&mut package.source_version);
            }
            (EPOCH, INT32) => epoch = number(data, at),
            _ => {}
        }
    }
    // As that of a program of another version than what it comes with, where it differs.
    if package.source_version == format!("{version}-{release}") {
        package.source_version.clear();
    }
    let epoch = epoch.map(|it| format!("{it}:")).unwrap_or_default();
    package.version = format!("{epoch}{version}-{release}");
    (package.name != "gpg-pubkey").then_some(package)
}

/// `openssl` and `3.0.7-24.el9` of `openssl-3.0.7-24.el9.src.rpm`; its epoch is said nowhere.
fn source(file: &str) -> Option<(&str, &str)> {
    let bare = file.strip_suffix(".rpm").unwrap_or(file);
    let bare = (bare.strip_suffix(".src")).or_else(|| bare.strip_suffix(".nosrc"));
    let bare = bare.unwrap_or(file);
    let (rest, _) = bare.rsplit_once('-')?;
    let (name, _) = rest.rsplit_once('-')?;
    Some((name, &bare[name.len() + 1..]))
}
