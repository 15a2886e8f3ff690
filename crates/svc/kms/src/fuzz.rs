//! Parsers as functions of any bytes.

use wharf_records::fuzz::again;

use crate::{ciphertext::Blob, records};

/// Reads a ciphertext; what was read is written back as it was.
pub fn ciphertext(bytes: &[u8]) {
    if let Some(blob) = Blob::parse(bytes) {
        assert_eq!(blob.to_bytes(), bytes);
    }
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Key>(bytes);
    again::<records::Family>(bytes);
    again::<records::Material>(bytes);
    again::<records::Alias>(bytes);
    again::<records::Grant>(bytes);
}
