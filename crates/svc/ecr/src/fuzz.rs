//! What fuzzing reaches of this crate's parsers.

use crate::manifest::Manifest;

/// An image's manifest as it is pushed, with its `Content-Type`.
pub fn manifest(bytes: &[u8], media_type: Option<&str>) {
    let _ = Manifest::parse(bytes, media_type);
}
