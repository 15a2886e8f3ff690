//! What fuzzing reaches of this crate's parsers.

use std::{
    io::{self, Read},
    path::Path,
};

use wharf_base::Challenge;

use super::{
    UnpackLimits,
    budget::Budget,
    layer::decompress,
    manifest::{parse_config, parse_manifest},
    tar::Archive,
    unpack,
};

/// Reads an archive with the data of its entries.
pub fn archive(bytes: &[u8]) {
    let mut archive = Archive::new(bytes);
    while let Ok(Some(_)) = archive.next_entry() {
        // Every second one is left unread, as by entries that are no files.
        if archive.next_entry().is_ok_and(|entry| entry.is_some()) {
            let _ = io::copy(&mut archive.data(), &mut io::sink());
        }
    }
}

/// Unpacks a layer, compressed or not, into an empty folder: at most a mebibyte.
pub fn layer(mut bytes: &[u8], into: &Path) {
    let limits = UnpackLimits {
        entries: 100,
        bytes: 1 << 20,
        free_percent: 0,
        ..UnpackLimits::default()
    };
    let mut meter = Budget::new(limits, into.to_owned()).meter(bytes.len() as u64);
    let Ok(plain) = decompress(&mut bytes) else {
        return;
    };
    // A stream that never ends is the network's to bound.
    let _ = unpack::unpack(into, &mut Archive::new(plain.take(16 << 20)), &mut meter);
}

pub fn manifest(bytes: &[u8]) {
    let _ = parse_manifest(bytes);
}

pub fn config(bytes: &[u8]) {
    let _ = parse_config(bytes);
}

/// A registry's challenge, and where it sends for a token.
pub fn challenge(text: &str) {
    let challenge = Challenge::read(std::iter::once(text));
    let _ = challenge.and_then(|it| it.token_url("app"));
}
